//! Rows that become structs, by queries and by raw statements.

use atlas::{
    FromRow,
    bounds::{As, Maybe},
    count_all, fields,
    prelude::*,
    record,
};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("dto_authors")]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub mentor_id: Option<i64>,
    #[belongs_to]
    pub mentor: BelongsTo<Author>,
    #[has_many]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[table("dto_books")]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub pages: i32,
    pub author_id: Option<i64>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

/// Ann wrote two books, Bob, whom she taught, one, nobody another one.
async fn library() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Author, Book]).await.unwrap();
        Author::draft().name("Ann").save(db).await.unwrap();
        Author::draft().name("Bob").mentor_id(1).save(db).await.unwrap();
        let books = [("Ash", 100, Some(1)), ("Bay", 200, Some(1)), ("Cue", 300, Some(2)), ("Dew", 50, None)];
        let drafts =
            books.map(|(title, pages, author)| Book::draft().title(title).pages(pages).author_id(author));
        Book::insert(db, drafts).await.unwrap();
    }
    databases
}

#[derive(FromRow, Debug, PartialEq)]
#[select(Book, Maybe<Author>)]
struct Line {
    title: String,
    #[select(Author::name)]
    by: Option<String>,
    #[select(Book::pages * 2)]
    doubled: i32,
}

#[derive(FromRow, Debug, PartialEq)]
#[select(Author, Book)]
struct Shelf {
    name: String,
    #[select(count_all())]
    books: i64,
    #[select(Book::pages.sum())]
    pages: i64,
}

#[derive(FromRow, Debug)]
#[select(Book, Maybe<Author>)]
struct Whole {
    r#title: String,
    #[select(record::<Author>())]
    author: Option<Record<Author>>,
    #[select(record::<Book>())]
    book: Record<Book>,
}

struct Mentor;

#[derive(FromRow, Debug, PartialEq)]
#[select(Author, As<Author, Mentor>)]
struct Pupil {
    name: String,
    #[select(Author::name.of::<Mentor>())]
    mentor: String,
}

// B-31, C-01, C-02
#[tokio::test]
async fn a_query_fills_a_struct() {
    for db in library().await {
        let lines = Book::query().left_join(Book::author).order_by(Book::id).select_as::<Line>();
        let (statements, lines) = sent(&db, async || lines.get(&db).await.unwrap()).await;
        assert_eq!(statements, 1);
        let line = |title: &str, by: Option<&str>, doubled| Line {
            title: title.into(),
            by: by.map(Into::into),
            doubled,
        };
        assert_eq!(
            lines,
            [
                line("Ash", Some("Ann"), 200),
                line("Bay", Some("Ann"), 400),
                line("Cue", Some("Bob"), 600),
                line("Dew", None, 100)
            ]
        );

        let shelves = Author::query().join(Author::books).group_by(Author::name).having(count_all().gt(1));
        let shelf = shelves.select_as::<Shelf>().sole(&db).await.unwrap();
        assert_eq!(shelf, Shelf { name: "Ann".into(), books: 2, pages: 300 });

        let pupils = Author::query().join_as(Mentor, Author::mentor).select_as::<Pupil>();
        assert_eq!(pupils.get(&db).await.unwrap(), [Pupil { name: "Bob".into(), mentor: "Ann".into() }]);
    }
}

#[tokio::test]
async fn a_struct_may_hold_records_which_load_together() {
    for db in library().await {
        let query = Book::query().left_join(Book::author).order_by(Book::id).select_as::<Whole>();
        let page = query.clone().paginate(&db, 1, 3).await.unwrap();
        assert_eq!((page.total, page.data.len()), (4, 3));

        let mut rows = query.get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            for row in &mut rows {
                assert_eq!(row.title, row.book.title);
                if let Some(author) = &mut row.author {
                    author.load(&db, Author::books).await.unwrap();
                    assert!(author.books.get().unwrap().iter().any(|book| book.title == row.title));
                }
            }
        })
        .await;
        assert_eq!(statements, 1, "one for the authors of all rows");
        rows[3].book.pages = 51;
        rows[3].book.save(&db).await.unwrap();
        assert_eq!(Book::find_or_fail(&db, 4).await.unwrap().pages, 51);
    }
}

/// Filled by raw statements alone.
#[derive(FromRow, Debug, PartialEq)]
struct Found {
    #[column("the title")]
    title: String,
    pages: Option<i32>,
    r#type: String,
}

// C-06, B-70, 004-50, 004-51, C-154
#[tokio::test]
async fn a_raw_statement_fills_structs_records_and_tuples() {
    for db in library().await {
        let quote = if db.driver_name() == "mysql" { "`" } else { "\"" };
        let text = format!(
            "select 'x' as {quote}type{quote}, pages, 1 as ignored, title as {quote}the title{quote} from dto_books where id = ?"
        );
        let found = db.raw(text.clone(), [1]).read_as::<Found>().first_or_fail().await.unwrap();
        assert_eq!(found, Found { title: "Ash".into(), pages: Some(100), r#type: "x".into() });
        let error = db.raw(text, [99]).read_as::<Found>().first_or_fail().await.unwrap_err().to_string();
        assert!(error.contains("gave no row"), "{error}");

        // What the derive knows of a query's columns, a raw statement gives by name.
        let text = "select 7 as doubled, name as title, null as \"by\" from dto_authors order by id";
        let text = text.replace('"', quote);
        let lines = db.raw(text, ()).read_as::<Line>().get().await.unwrap();
        assert_eq!(lines[1], Line { title: "Bob".into(), by: None, doubled: 7 });

        // A record in any order of columns, with what is beside it; it is a record, and saves.
        let text = "select 'new' as kind, author_id, title, id, pages from dto_books order by id";
        let mut books = db.raw(text, ()).read_as::<Record<Book>>().get().await.unwrap();
        assert_eq!((books.len(), books[2].title.as_str(), books[2].author_id), (4, "Cue", Some(2)));
        assert_eq!(books[2].extra::<String>("kind").unwrap(), "new");
        books[2].pages += 1;
        books[2].save(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            for book in &mut books {
                book.load(&db, Book::author).await.unwrap();
            }
        })
        .await;
        assert_eq!(statements, 1);

        // Each part of a tuple looks behind the one before it.
        let text = "select dto_books.*, dto_authors.*, 5 as five from dto_books \
                    left join dto_authors on author_id = dto_authors.id order by dto_books.id";
        let rows = db.raw(text, ()).read_as::<(Record<Book>, Option<Record<Author>>, i64)>();
        let rows = rows.get().await.unwrap();
        assert_eq!(
            (rows[2].0.pages, rows[2].1.as_ref().map(|author| author.id), rows[2].2),
            (301, Some(2), 5)
        );
        assert!(rows[3].1.is_none());

        let names: Vec<String> =
            db.raw("select name from dto_authors order by id", ()).read_as::<String>().get().await.unwrap();
        assert_eq!(names, ["Ann", "Bob"]);

        let mut cursor =
            db.raw("select name, id from dto_authors order by id", ()).read_as::<(String, i64)>().cursor();
        assert_eq!(cursor.try_next().await.unwrap(), Some(("Ann".into(), 1)));
        assert_eq!(cursor.try_next().await.unwrap(), Some(("Bob".into(), 2)));
        assert_eq!(cursor.try_next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_column_that_is_missing_or_does_not_fit_is_named() {
    for db in library().await {
        let error = |text: &str| {
            let raw = db.raw(text, ()).read_as::<Record<Book>>();
            async { raw.get().await.unwrap_err().to_string() }
        };
        let missing = error("select id, title from dto_books").await;
        assert!(missing.contains("no further column `pages`: there are `id`, `title`"), "{missing}");
        let unfit = error("select id, title, 'many' as pages, null as author_id from dto_books").await;
        assert!(unfit.contains("Book") && unfit.contains("pages") && unfit.contains("many"), "{unfit}");

        let short =
            db.raw("select 1 as one", ()).read_as::<(i64, i64)>().get().await.unwrap_err().to_string();
        assert!(short.contains("no further column: there are `one`"), "{short}");
        let null = db.raw("select null as name", ()).read_as::<String>().get().await.unwrap_err().to_string();
        assert!(null.contains("name"), "{null}");
    }
}

#[derive(FromRow, Debug, PartialEq)]
#[select(Author)]
struct Name {
    name: String,
}

// B-31, B-70
#[tokio::test]
async fn a_struct_is_filled_by_any_query_that_has_its_models() {
    for db in library().await {
        let books = || Book::query().join(Book::author).order_by(Book::id);
        let names = books().select((Book::title, fields::<Name>())).first(&db).await.unwrap();
        assert_eq!(names, Some(("Ash".to_owned(), Name { name: "Ann".to_owned() })));
        // What the struct takes for a left join may be a join too, in any order.
        let lines = Author::query().join(Author::books).order_by(Book::id).select(fields::<Line>());
        let line = lines.first_or_fail(&db).await.unwrap();
        assert_eq!(line, Line { title: "Ash".to_owned(), by: Some("Ann".to_owned()), doubled: 200 });
        let left = Book::query().left_join(Book::author).order_by(Book::id.desc());
        let (line, pages) = left.select((fields::<Line>(), Book::pages)).first_or_fail(&db).await.unwrap();
        assert_eq!((line.by, pages), (None, 50));
    }
}
