//! What a record belongs to is touched when the record is written.

use atlas::{
    Error,
    prelude::*,
    types::chrono::{DateTime, TimeZone, Utc},
};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("touch_shelves")]
#[timestamps]
pub struct Shelf {
    pub id: i64,
    pub updated_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
#[table("touch_books")]
#[timestamps]
#[touches(shelf)]
pub struct Book {
    pub id: i64,
    pub title: String,
    pub shelf_id: Option<i64>,
    pub updated_at: DateTime<Utc>,
    #[belongs_to]
    pub shelf: BelongsTo<Shelf>,
    #[has_many]
    pub pages: HasMany<Page>,
}

#[derive(Model, Debug)]
#[table("touch_pages")]
#[touches(book, subject)]
pub struct Page {
    pub id: i64,
    pub text: String,
    pub book_id: Option<i64>,
    pub subject_type: Option<String>,
    pub subject_id: Option<i64>,
    #[belongs_to]
    pub book: BelongsTo<Book>,
    #[morph_to]
    pub subject: MorphTo<Subject>,
}

#[derive(MorphTarget, Debug)]
#[allow(dead_code)]
pub enum Subject {
    #[morph("film")]
    Film(Record<Film>),
    Book(Record<Book>),
}

#[derive(Model, Debug)]
#[table("touch_films")]
#[timestamps(updated_at = changed)]
pub struct Film {
    pub id: i64,
    pub changed: DateTime<Utc>,
}

/// Rows in a ring.
#[derive(Model, Debug)]
#[table("touch_nodes")]
#[timestamps]
#[touches(parent)]
pub struct Node {
    pub id: i64,
    pub name: String,
    pub parent_id: Option<i64>,
    pub updated_at: DateTime<Utc>,
    #[belongs_to]
    pub parent: BelongsTo<Node>,
}

#[derive(Model, Debug)]
#[table("touch_stamps")]
#[soft_deletes]
#[touches(shelf)]
pub struct Stamp {
    pub id: i64,
    pub shelf_id: i64,
    pub deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    pub shelf: BelongsTo<Shelf>,
}

fn long_ago() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2001, 2, 3, 4, 5, 6).unwrap()
}

/// Two shelves, two books on the first and two films; all of them old.
async fn filled() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Shelf, Film, Book, Page, Node, Stamp]).await.unwrap();
        for _ in 0..2 {
            Shelf::draft().save(db).await.unwrap();
            Book::draft().title("B").shelf_id(1).save(db).await.unwrap();
            Film::draft().save(db).await.unwrap();
        }
        age(db).await;
    }
    databases
}

async fn age(db: &Db) {
    Shelf::query().update(db, Shelf::updated_at.set(long_ago())).await.unwrap();
    Book::query().update(db, Book::updated_at.set(long_ago())).await.unwrap();
    Film::query().update(db, Film::changed.set(long_ago())).await.unwrap();
    Node::query().update(db, Node::updated_at.set(long_ago())).await.unwrap();
}

/// The shelves, books and films that were touched since: `s1 b2`. Then all are old again.
async fn touched(db: &Db) -> String {
    let shelves = Shelf::query().where_gt(Shelf::updated_at, long_ago()).order_by(Shelf::id);
    let books = Book::query().where_gt(Book::updated_at, long_ago()).order_by(Book::id);
    let films = Film::query().where_gt(Film::changed, long_ago()).order_by(Film::id);
    let mut found = Vec::new();
    found.extend(shelves.pluck(db, Shelf::id).await.unwrap().into_iter().map(|id| format!("s{id}")));
    found.extend(books.pluck(db, Book::id).await.unwrap().into_iter().map(|id| format!("b{id}")));
    found.extend(films.pluck(db, Film::id).await.unwrap().into_iter().map(|id| format!("f{id}")));
    age(db).await;
    found.join(" ")
}

// C-140, C-150
#[tokio::test]
async fn saving_touches_what_it_belongs_to() {
    for db in &filled().await {
        let mut page = Page::draft().text("p").book_id(1).save(db).await.unwrap();
        assert_eq!(touched(db).await, "s1 b1", "and the book touches its shelf");

        let (statements, ()) = sent(db, async || page.save(db).await.unwrap()).await;
        assert_eq!((statements, touched(db).await.as_str()), (0, ""), "nothing is dirty");

        page.text = "q".into();
        page.save(db).await.unwrap();
        assert_eq!(touched(db).await, "s1 b1");

        page.book_id = Some(2);
        page.save(db).await.unwrap();
        assert_eq!(touched(db).await, "s1 b1 b2", "the one before and the one after");

        page.subject_type = Some("film".into());
        page.subject_id = Some(2);
        page.book_id = None;
        page.save(db).await.unwrap();
        assert_eq!(touched(db).await, "s1 b2 f2");

        page.text = "r".into();
        page.save(&db.without_touching()).await.unwrap();
        assert_eq!(touched(db).await, "");

        page.delete(db).await.unwrap();
        assert_eq!(touched(db).await, "f2");
    }
}

#[tokio::test]
async fn one_statement_for_each_relation() {
    for db in &filled().await {
        let (statements, _) = sent(db, async || {
            let drafts = [1, 2, 1].map(|book| {
                Page::draft().text("p").book_id(book).subject_type("film".to_owned()).subject_id(1)
            });
            Page::create_many(db, drafts).await.unwrap()
        })
        .await;
        // The pages; the books and the films; what the books belong to is read, and touched.
        assert_eq!(statements, 5);
        assert_eq!(touched(db).await, "s1 b1 b2 f1");

        let book = Book::find_or_fail(db, 2).await.unwrap();
        book.related(Book::pages).create(db, Page::draft().text("x")).await.unwrap();
        assert_eq!(touched(db).await, "s1 b2");
        let pages = ["y", "z"].map(|text| Page::draft().text(text));
        Book::draft().title("New").shelf_id(2).pages(pages).save(&db.without_touching()).await.unwrap();
        assert_eq!(touched(db).await, "b3", "it is new itself");
        assert_eq!(Page::query().where_eq(Page::book_id, Some(3)).delete(db).await.unwrap(), 2);
        assert_eq!(touched(db).await, "", "a query touches nothing");
    }
}

#[tokio::test]
async fn all_or_nothing() {
    for db in &filled().await {
        let error = db
            .transaction(async |tx| {
                Page::draft().text("p").book_id(1).save(&tx).await?;
                Err::<(), _>(Error::config("no"))
            })
            .await;
        assert!(error.is_err());
        assert_eq!(touched(db).await, "");

        // A page of no book is refused, and with it what was touched before.
        let mut page = Page::draft().text("p").book_id(1).save(db).await.unwrap();
        touched(db).await;
        page.book_id = Some(99);
        assert!(page.save(db).await.is_err());
        assert_eq!(touched(db).await, "");
        page.book_id = Some(2);
        page.save(db).await.unwrap();
        assert_eq!(touched(db).await, "s1 b1 b2");
    }
}

#[tokio::test]
async fn rows_that_belong_to_each_other() {
    for db in &filled().await {
        for (name, parent) in [("a", None), ("b", Some(1)), ("c", Some(2))] {
            Node::draft().name(name).parent_id(parent).save(db).await.unwrap();
        }
        let mut a = Node::find_or_fail(db, 1).await.unwrap();
        a.parent_id = Some(3);
        a.save(db).await.unwrap();
        age(db).await;
        a.name = "A".into();
        a.save(db).await.unwrap();
        let newer = Node::query().where_gt(Node::updated_at, long_ago()).order_by(Node::id);
        assert_eq!(newer.pluck(db, Node::id).await.unwrap(), [1, 2, 3]);
    }
}

#[tokio::test]
async fn deleting_softly_and_restoring_touch_too() {
    for db in &filled().await {
        let mut stamp = Stamp::draft().shelf_id(2).save(db).await.unwrap();
        touched(db).await;
        stamp.delete(db).await.unwrap();
        assert!(stamp.trashed());
        assert_eq!(touched(db).await, "s2");
        stamp.restore(db).await.unwrap();
        assert_eq!(touched(db).await, "s2");
        stamp.force_delete(db).await.unwrap();
        assert_eq!(touched(db).await, "s2");
    }
}
