//! Words that are found in texts: the same rows on every database.

use atlas::{Error, full_text, prelude::*};

use crate::support::{Databases, databases};

#[allow(clippy::duplicated_attributes, reason = "two indexes of one column")]
#[derive(Model, Debug)]
#[table("library_books")]
#[full_text(title, body)]
#[full_text(title)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub body: Option<String>,
    pub shelf_id: i64,
    #[belongs_to]
    pub shelf: BelongsTo<Shelf>,
}

#[derive(Model, Debug)]
#[table("library_shelves")]
pub struct Shelf {
    pub id: i64,
    pub name: String,
    #[has_many]
    pub books: HasMany<Book>,
}

/// Five books on two shelves.
async fn books() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Shelf, Book]).await.unwrap();
        Shelf::insert(db, ["Low", "High"].map(|name| Shelf::draft().name(name))).await.unwrap();
        let books = [
            ("Borrowing", Some("Lend a book; a lent book's book."), 1),
            ("Books", Some("Found in the Library, or lent."), 1),
            ("RUST in anger", None, 2),
            ("Ünïcödé", Some("foo-bar ann@example.com it's 3.14 {x} snake_case"), 2),
            ("Rust", Some("Rust and peace; rust, rust."), 2),
        ];
        let drafts = books.map(|(title, body, shelf)| {
            Book::draft().title(title).body(body.map(str::to_owned)).shelf_id(shelf)
        });
        Book::insert(db, drafts).await.unwrap();
    }
    databases
}

async fn found(db: &Db, words: &str) -> Vec<i64> {
    let books = Book::query().where_full_text((Book::title, Book::body), words).order_by(Book::id);
    books.pluck(db, Book::id).await.unwrap_or_else(|error| panic!("{}: {words}: {error}", db.driver_name()))
}

// C-35
#[tokio::test]
async fn words_are_found() {
    for db in books().await {
        for (words, expected) in [
            ("book", &[1][..]),
            ("BOOKS", &[2]),
            ("lent", &[1, 2]),
            ("lent book", &[1]),
            ("rust", &[3, 5]),
            ("rust peace", &[5]),
            ("rust -anger", &[5]),
            ("rust -\"peace rust\"", &[3]),
            ("\"rust in anger\"", &[3]),
            ("\"anger rust\"", &[]),
            ("borrowing or anger", &[1, 3]),
            ("borrowing or \"rust and peace\"", &[1, 5]),
            ("rust peace or anger", &[3, 5]),
            ("ünïcödé", &[4]),
            ("ÜNÏCÖDÉ", &[4]),
            ("unicode", &[]),
            ("foo", &[4]),
            ("foo-bar", &[4]),
            ("bar-foo", &[]),
            ("example", &[4]),
            ("ann@example.com", &[4]),
            ("snake", &[4]),
            ("nowhere", &[]),
            ("rust nowhere", &[]),
            // What finds nothing, and what is no word.
            ("", &[]),
            ("  ", &[]),
            ("-rust", &[]),
            ("\"", &[]),
            ("+ - * ( ) ~ < > @ & | ! : '", &[]),
        ] {
            assert_eq!(found(&db, words).await, expected, "{}: {words}", db.driver_name());
        }
        for hostile in [
            "rust'; drop table library_books; --",
            "rust\" OR 1=1",
            "rust\0",
            "rust) & (x",
            "NOT rust",
            "NEAR(rust peace)",
            "title:rust",
            "rust*",
            "^rust",
            "{title} : rust",
            "+rust* >peace <anger ~x @5",
        ] {
            found(&db, hostile).await;
        }
        assert_eq!(Book::query().count(&db).await.unwrap(), 5);
        for too_much in ["x ".repeat(101), "x".repeat(1_000_000)] {
            let error = Book::query().where_full_text(Book::title, too_much).get(&db).await.unwrap_err();
            assert!(matches!(error, Error::Config { .. }), "{error}");
        }
    }
}

// C-35
#[tokio::test]
async fn the_best_come_first_and_other_conditions_hold() {
    for db in books().await {
        let search = full_text((Book::body, Book::title), "rust");
        let best = Book::query().filter(search.clone().matches()).order_by(search.clone().relevance().desc());
        assert_eq!(best.pluck(&db, Book::id).await.unwrap(), [5, 3]);
        let scores =
            Book::query().order_by(Book::id).select(search.clone().relevance()).get(&db).await.unwrap();
        assert_eq!(
            scores.iter().map(|score| *score > 0.0).collect::<Vec<_>>(),
            [false, false, true, false, true]
        );
        let nothing = full_text(Book::title, "").relevance();
        let unranked = Book::query().order_by(nothing.desc()).order_by(Book::id);
        assert_eq!(unranked.pluck(&db, Book::id).await.unwrap(), [1, 2, 3, 4, 5]);

        let ids = async |query: Query<Book>| query.order_by(Book::id).pluck(&db, Book::id).await.unwrap();
        let all = Book::query;
        assert_eq!(ids(all().where_full_text(Book::title, "rust").where_null(Book::body)).await, [3]);
        assert_eq!(ids(all().where_full_text(Book::title, "peace")).await, [0; 0]);
        assert_eq!(ids(all().where_not(full_text(Book::title, "rust").matches())).await, [1, 2, 4]);
        assert_eq!(
            ids(all().where_eq(Book::id, 1).or_where(|or| or.where_full_text(Book::title, "rust"))).await,
            [1, 3, 5]
        );
        // Beside other tables, and in a query of another.
        let joined = Book::query().join(Book::shelf).where_full_text(Book::title, "rust");
        let joined = joined.filter(Shelf::name.eq("High")).order_by(Book::id).select((Book::id, Shelf::name));
        assert_eq!(joined.get(&db).await.unwrap().len(), 2);
        let low = Shelf::query().where_has(Shelf::books, |books| books.where_full_text(Book::title, "books"));
        assert_eq!(low.pluck(&db, Shelf::name).await.unwrap(), ["Low"]);

        let undeclared = all().where_full_text(Book::body, "rust").get(&db).await.unwrap_err();
        assert!(undeclared.to_string().contains("put `#[full_text(body)]` on `Book`"), "{undeclared}");
    }
}

#[tokio::test]
async fn the_index_follows_its_rows() {
    for db in books().await {
        let mut book = Book::find_or_fail(&db, 3).await.unwrap();
        book.title = "Go".into();
        book.save(&db).await.unwrap();
        assert_eq!(found(&db, "anger").await, [0; 0]);
        assert_eq!(found(&db, "go").await.len(), if db.driver_name() == "mysql" { 0 } else { 1 });
        Book::query().where_eq(Book::id, 5).delete(&db).await.unwrap();
        assert_eq!(found(&db, "rust").await, [0; 0]);
        let saved = Book::draft().title("Rust again").shelf_id(1).save(&db).await.unwrap();
        assert_eq!(saved.id, 6);
        Book::query().where_eq(Book::id, 1).update(&db, Book::body.set("rusty rust")).await.unwrap();
        assert_eq!(found(&db, "rust").await, [1, 6]);
        let undone: Result<()> = db
            .transaction(async |tx| {
                Book::query().delete(&tx).await?;
                Err(Error::aborted("to undo it"))
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(found(&db, "rust").await, [1, 6]);
        // Nobody sees what the index is made of.
        let row = db.table("library_books").find(6).await.unwrap().unwrap();
        assert_eq!(row.columns().collect::<Vec<_>>(), ["id", "title", "body", "shelf_id"]);
    }
}

#[derive(Model, Debug)]
#[full_text(text, language = "english")]
struct Saying {
    id: i64,
    text: String,
}

#[tokio::test]
async fn a_language_knows_the_forms_of_its_words() {
    for db in databases().await {
        db.create_tables(models![Saying]).await.unwrap();
        Saying::draft().text("Running dogs were found").save(&db).await.unwrap();
        let found = Saying::query().where_full_text(Saying::text, "dog runs").count(&db).await.unwrap();
        // InnoDB knows no languages.
        assert_eq!(found, if db.driver_name() == "mysql" { 0 } else { 1 });
        assert_eq!(
            Saying::query().where_full_text(Saying::text, "running dogs").count(&db).await.unwrap(),
            1
        );
    }
}
