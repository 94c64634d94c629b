//! Columns that queries leave out: `Deferred` fields.

use atlas::{Error, Records, prelude::*, value::Value};

use crate::support::{Databases, databases, sent};

#[derive(Model)]
struct Shelf {
    id: i64,
    name: String,
    #[has_many]
    books: HasMany<Book>,
    #[has_one(latest)]
    newest: HasOne<Note>,
    #[belongs_to_many(pivot = Place)]
    placed: BelongsToMany<Book, Place>,
}

#[derive(Model)]
struct Place {
    #[primary_key]
    shelf_id: i64,
    #[primary_key]
    book_id: i64,
}

#[derive(Model)]
#[soft_deletes]
#[fillable(title, blurb)]
struct Book {
    id: i64,
    shelf_id: i64,
    title: String,
    text: Deferred<String>,
    blurb: Deferred<Option<String>>,
    #[cast(json)]
    tags: Deferred<Vec<String>>,
    #[default(7)]
    pages: Deferred<i32>,
    deleted_at: Option<atlas::types::chrono::DateTime<atlas::types::chrono::Utc>>,
    #[belongs_to]
    shelf: BelongsTo<Shelf>,
}

#[derive(Model)]
struct Note {
    id: i64,
    shelf_id: i64,
    body: Deferred<String>,
}

/// Two shelves: `a` with the books 1 and 2, `b` with 3, whose blurb is NULL.
async fn shelves() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Shelf, Book, Place, Note]).await.unwrap();
        Shelf::create_many(db, ["a", "b"].map(|name| Shelf::draft().name(name))).await.unwrap();
        let book = |shelf: i64, title: &str| {
            let tags = vec![title.to_owned()];
            Book::draft().shelf_id(shelf).title(title).text(format!("text of {title}")).tags(tags)
        };
        let books = [book(1, "one").blurb("good".to_owned()), book(1, "two").pages(9), book(2, "three")];
        Book::create_many(db, books).await.unwrap();
        for (shelf, book) in [(1, 3), (2, 1), (2, 2)] {
            Place::draft().shelf_id(shelf).book_id(book).save(db).await.unwrap();
        }
        for body in ["first", "second"] {
            Note::draft().shelf_id(1).body(body).save(db).await.unwrap();
        }
    }
    databases
}

fn left_out<T>(result: atlas::Result<T>) -> (&'static str, &'static str) {
    match result.err() {
        Some(Error::ColumnLeftOut { model, column }) => (model, column),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deferred_column_is_read_unless_it_is_left_out() {
    for db in shelves().await {
        let book = Book::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(book.text.get().unwrap(), "text of one");
        assert_eq!(book.blurb.get().unwrap().as_deref(), Some("good"));
        assert_eq!((book.tags.get().unwrap().len(), *book.pages.get().unwrap()), (1, 7));
        // What is NULL is there.
        assert_eq!(*Book::find_or_fail(&db, 3).await.unwrap().blurb.get().unwrap(), None);

        let book =
            Book::query().without_columns((Book::text, Book::blurb)).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(left_out(book.text.get()), ("Book", "text"));
        assert_eq!(left_out(book.blurb.get()), ("Book", "blurb"));
        assert_eq!((book.title.as_str(), *book.pages.get().unwrap()), ("one", 7));
        let error = book.text.get().unwrap_err().to_string();
        assert!(
            error.contains("`text` of `Book`") && error.contains("load_columns(&db, Book::text)"),
            "{error}"
        );

        let book = Book::query().columns((Book::title, Book::pages)).find_or_fail(&db, 1).await.unwrap();
        assert!(book.pages.is_loaded() && !book.text.is_loaded() && !book.tags.is_loaded());
        assert_eq!((book.id, book.title.as_str()), (1, "one"));
        let shown = format!("{book:?}");
        assert!(shown.contains("text: (left out)") && shown.contains("pages: 7"), "{shown}");

        let text = Book::query().columns(()).where_eq(Book::id, 1).to_sql(&db).unwrap().text;
        assert!(!text.contains("tags") && !text.contains("blurb") && text.contains("deleted_at"), "{text}");
    }
}

#[tokio::test]
async fn a_column_that_was_left_out_is_not_written() {
    for db in shelves().await {
        let mut book = Book::query().columns(()).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(sent(&db, async || book.save(&db).await.unwrap()).await.0, 0);
        book.title = "uno".into();
        assert!(book.is_dirty(Book::title) && book.is_clean((Book::text, Book::blurb)));
        assert_eq!(book.dirty(), [("title", Value::from("uno"))]);
        book.save(&db).await.unwrap();
        let row = Book::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.title.as_str(), row.text.get().unwrap().as_str()), ("uno", "text of one"));

        // Setting it is a change, of NULL too.
        book.blurb = None.into();
        book.text = String::from("new").into();
        assert_eq!(left_out(book.original(Book::text)), ("Book", "text"));
        assert_eq!(book.dirty(), [("text", Value::from("new")), ("blurb", Value::Null)]);
        book.save(&db).await.unwrap();
        assert!(book.was_changed(Book::blurb) && book.is_clean(()));
        let row = Book::find_or_fail(&db, 1).await.unwrap();
        assert_eq!((row.text.get().unwrap().as_str(), row.blurb.get().unwrap()), ("new", &None));
        assert_eq!(*row.tags.get().unwrap(), ["one"]);

        // A write that was undone leaves it as it was.
        let mut book = Book::query().columns(()).find_or_fail(&db, 2).await.unwrap();
        let tx = db.begin().await.unwrap();
        book.blurb = Some("gone".to_owned()).into();
        book.save(&tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(book.dirty(), [("blurb", Value::from("gone"))]);

        // A soft deletion writes none of them either.
        let mut book = Book::query().columns(()).find_or_fail(&db, 3).await.unwrap();
        book.delete(&db).await.unwrap();
        book.restore(&db).await.unwrap();
        assert_eq!(Book::find_or_fail(&db, 3).await.unwrap().text.get().unwrap(), "text of three");
    }
}

#[tokio::test]
async fn what_was_left_out_is_read_later() {
    for db in shelves().await {
        let mut book = Book::query().columns(()).find_or_fail(&db, 1).await.unwrap();
        book.title = "uno".into();
        let (statements, loaded) = sent(&db, async || book.load_columns(&db, Book::text).await).await;
        loaded.unwrap();
        assert_eq!((statements, book.text.get().unwrap().as_str()), (1, "text of one"));
        assert!(!book.tags.is_loaded() && book.is_dirty(Book::title) && book.is_clean(Book::text));
        assert_eq!(book.original(Book::text).unwrap(), "text of one");
        // What is there is not read again.
        book.text = "mine".to_owned().into();
        let (statements, loaded) = sent(&db, async || book.load_columns(&db, (Book::text,)).await).await;
        loaded.unwrap();
        assert_eq!((statements, book.text.get().unwrap().as_str()), (0, "mine"));
        assert!(book.is_dirty(Book::text));
        book.refresh(&db).await.unwrap();
        assert_eq!((book.title.as_str(), book.tags.get().unwrap().len()), ("one", 1));

        let mut books = Book::query().columns(()).order_by(Book::id).get(&db).await.unwrap();
        let (statements, loaded) =
            sent(&db, async || books.load_columns(&db, (Book::text, Book::tags)).await).await;
        loaded.unwrap();
        assert_eq!(statements, 1);
        let texts: Vec<&str> = books.iter().map(|book| book.text.get().unwrap().as_str()).collect();
        assert_eq!(texts, ["text of one", "text of two", "text of three"]);
        assert!(books.iter().all(|book| book.tags.is_loaded() && !book.blurb.is_loaded()));

        let mut gone = Book::query().columns(()).find_or_fail(&db, 3).await.unwrap();
        Book::query().where_eq(Book::id, 3).force_delete(&db).await.unwrap();
        let error = gone.load_columns(&db, Book::text).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { model: "Book", key: Some(key) } if key == "3"));
    }
}

#[tokio::test]
async fn a_record_with_a_column_left_out_is_no_new_row() {
    for db in shelves().await {
        let book = Book::query().without_columns(Book::blurb).find_or_fail(&db, 1).await.unwrap();
        assert_eq!(left_out(book.replicate(&db).await), ("Book", "blurb"));
        assert_eq!(book.replicate_except(&db, Book::blurb).await.unwrap().text.get().unwrap(), "text of one");
        // What is not known is not shown.
        let shown = book.serialize().unwrap();
        assert!(shown.get("blurb").is_none() && shown["text"] == "text of one", "{shown}");
        let draft = Book::draft().shelf_id(1).title("four").text("t").tags(vec![]);
        let mut new = Record::new(draft).unwrap();
        new.blurb = book.into_inner().blurb;
        assert_eq!(left_out(new.save(&db).await), ("Book", "blurb"));
        new.blurb = Some("b".to_owned()).into();
        new.save(&db).await.unwrap();
        assert_eq!(Book::find_or_fail(&db, new.id).await.unwrap().blurb.get().unwrap().as_deref(), Some("b"));
    }
}

// C-200, B-358
#[tokio::test]
async fn eager_loads_leave_columns_out() {
    for db in shelves().await {
        let of = |shelves: &[Record<Shelf>]| {
            shelves
                .iter()
                .map(|shelf| shelf.books.get().unwrap().iter().map(|book| book.text.is_loaded()).collect())
                .collect::<Vec<Vec<bool>>>()
        };
        let load = Shelf::books.columns((Book::title,)).order_by(Book::id);
        let (statements, shelves) =
            sent(&db, async || Shelf::query().with(load).order_by(Shelf::id).get(&db).await.unwrap()).await;
        assert_eq!((statements, of(&shelves)), (2, vec![vec![false, false], vec![false]]));
        assert_eq!(shelves[0].books.get().unwrap()[1].title, "two");

        // Nested, limited for each parent, picked, and through a pivot.
        let limited = Shelf::books.without_columns(Book::text).order_by(Book::id.desc()).limit(1);
        let placed = Shelf::placed.columns(Book::blurb).order_by(Book::id);
        let load = (limited.with(Book::shelf), Shelf::newest.columns(()), placed);
        let (statements, shelves) =
            sent(&db, async || Shelf::query().with(load).order_by(Shelf::id).get(&db).await.unwrap()).await;
        assert_eq!((statements, of(&shelves)), (5, vec![vec![false], vec![false]]));
        let last = &shelves[0].books.get().unwrap()[0];
        assert_eq!((last.title.as_str(), *last.pages.get().unwrap()), ("two", 9));
        assert_eq!(last.shelf.get().unwrap().unwrap().name, "a");
        let newest = shelves[0].newest.get().unwrap().unwrap();
        assert_eq!((newest.id, left_out(newest.body.get())), (2, ("Note", "body")));
        let placed = shelves[1].placed.get().unwrap();
        assert_eq!((placed.len(), placed[1].pivot::<Place>().unwrap().book_id), (2, 2));
        assert_eq!(left_out(placed[0].text.get()), ("Book", "text"));
        assert_eq!(placed[0].blurb.get().unwrap().as_deref(), Some("good"));

        // Lazily, where one record loads for all: in one shape and in the other.
        let mut shelves = Shelf::query().order_by(Shelf::id).get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            for shelf in &mut shelves {
                shelf.load(&db, Shelf::books.columns(())).await.unwrap();
            }
        })
        .await;
        assert_eq!((statements, of(&shelves)), (1, vec![vec![false, false], vec![false]]));
        shelves[0].load(&db, Shelf::books).await.unwrap();
        assert!(shelves[0].books.get().unwrap()[0].text.is_loaded());
    }
}

#[tokio::test]
async fn every_way_to_read_leaves_columns_out() {
    for db in shelves().await {
        let books = || Book::query().columns(()).order_by(Book::id);
        let none = |book: &Record<Book>| !book.text.is_loaded() && !book.blurb.is_loaded();
        assert!(none(&books().first_or_fail(&db).await.unwrap()));
        assert!(books().limit(2).offset(1).get(&db).await.unwrap().iter().all(none));
        let mut rows = books().cursor(&db);
        let mut seen = 0;
        while let Some(book) = rows.try_next().await.unwrap() {
            seen += u32::from(none(&book));
        }
        assert_eq!(seen, 3);
        let page = books().paginate(&db, 1, 2).await.unwrap();
        assert!(page.total == 3 && page.data.len() == 2 && page.data.iter().all(none));
        let page = books().cursor_paginate(&db, 2, None).await.unwrap();
        let next = books().cursor_paginate(&db, 2, page.next_cursor.as_deref()).await.unwrap();
        assert!(page.data.iter().chain(&next.data).all(none) && next.data[0].id == 3);
        let mut by_id = Book::query().without_columns((Book::text, Book::blurb)).cursor_by_id(&db, 2);
        while let Some(book) = by_id.try_next().await.unwrap() {
            assert!(none(&book) && book.pages.is_loaded());
        }

        // Beside an extra, and beside another record.
        let shelf = Shelf::query().with_count(Shelf::books);
        assert_eq!(
            shelf.order_by(Shelf::id).first_or_fail(&db).await.unwrap().count_of(Shelf::books).unwrap(),
            2
        );
        let rows = Book::query().join(Book::shelf).columns(()).order_by(Book::id).get(&db).await.unwrap();
        assert!(rows.iter().all(|(book, shelf)| none(book) && !shelf.name.is_empty()));
        assert_eq!((rows[2].0.title.as_str(), rows[2].1.name.as_str()), ("three", "b"));
        let rows = Shelf::query().left_join(Shelf::books).order_by(Book::id).get(&db).await.unwrap();
        assert!(rows.iter().all(|(_, book)| book.as_ref().unwrap().text.is_loaded()));

        // Of several queries together, and of those that are ordered and filtered by what is left out.
        let both = books().where_eq(Book::id, 1).union(books().where_eq(Book::id, 3));
        let both = both.order_by(Book::id).get(&db).await.unwrap();
        assert!(both.len() == 2 && both.iter().all(none));
        let ordered =
            Book::query().columns(()).where_like(Book::text, "text of t%").order_by(Book::text.desc());
        let titles: Vec<String> =
            ordered.get(&db).await.unwrap().into_iter().map(|book| book.into_inner().title).collect();
        assert_eq!(titles, ["two", "three"]);

        // Everything that is no record has the column's own type.
        assert_eq!(
            Book::query().where_eq(Book::text, "text of two").value(&db, Book::pages).await.unwrap(),
            Some(9)
        );
        let pairs =
            Book::query().order_by(Book::id).select((Book::text, Book::blurb)).get(&db).await.unwrap();
        assert_eq!(pairs[0], ("text of one".to_owned(), Some("good".to_owned())));
        assert_eq!(Book::query().where_null(Book::blurb).sum(&db, Book::pages).await.unwrap(), 16);
        Book::query().update(&db, (Book::pages.set(1), Book::blurb.set(None))).await.unwrap();
        Book::query().increment(&db, Book::pages, 1).await.unwrap();
        assert_eq!(Book::query().max(&db, Book::pages).await.unwrap(), Some(2));
    }
}
