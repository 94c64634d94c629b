use atlas::{Error, prelude::*};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
struct Author {
    id: i64,
    name: String,
    #[has_many]
    books: HasMany<Book>,
    #[has_one]
    profile: HasOne<Profile>,
}

#[derive(Model, Debug)]
struct Profile {
    id: i64,
    author_id: i64,
    bio: String,
}

#[derive(Model, Debug)]
struct Book {
    id: i64,
    author_id: Option<i64>,
    title: String,
    #[belongs_to(on_delete = cascade)]
    author: BelongsTo<Author>,
}

async fn library() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Book, Profile, Author]).await.unwrap();
        Author::create_many(db, ["Ann", "Bob", "Cid"].map(|name| Author::draft().name(name))).await.unwrap();
        let books = [("a1", Some(1)), ("a2", Some(1)), ("b1", Some(2)), ("none", None)];
        Book::create_many(db, books.map(|(title, author)| Book::draft().title(title).author_id(author)))
            .await
            .unwrap();
        Profile::draft().author_id(2).bio("poet").save(db).await.unwrap();
    }
    databases
}

// 000-25…28, 000-34, 000-35, 002-35, 002-38…40, C-168, B-354, B-360, 002-29, B-60, Y-03, B-99
#[tokio::test]
async fn relations_are_loaded_for_all_rows() {
    for db in library().await {
        let newest_first = Author::books.order_by(Book::id.desc()).with(Book::author);
        let authors = Author::query()
            .with((newest_first, Author::profile))
            .order_by(Author::id.asc())
            .get(&db)
            .await
            .unwrap();
        let titles = |author: &Record<Author>| {
            author.books.get().unwrap().iter().map(|book| book.title.clone()).collect::<Vec<_>>()
        };
        assert_eq!(authors.iter().map(titles).collect::<Vec<_>>(), [vec!["a2", "a1"], vec!["b1"], vec![]]);
        assert_eq!(authors[1].profile.get().unwrap().unwrap().bio, "poet");
        assert!(authors[0].profile.get().unwrap().is_none());
        let first = &authors[0].books.get().unwrap()[0];
        assert_eq!(first.author.get().unwrap().unwrap().name, "Ann");

        let books = Book::query().with(Book::author).order_by(Book::id.asc()).get(&db).await.unwrap();
        let names: Vec<_> =
            books.iter().map(|b| b.author.get().unwrap().map(|author| author.name.as_str())).collect();
        assert_eq!(names, [Some("Ann"), Some("Ann"), Some("Bob"), None]);
        let filtered =
            Author::query().with(Author::books.filter(Book::title.ends_with("1"))).find_or_fail(&db, 1);
        assert_eq!(titles(&filtered.await.unwrap()), ["a1"]);
    }
}

#[tokio::test]
async fn a_relation_that_is_not_loaded_is_an_error_that_names_the_call() {
    for db in library().await {
        let mut ann = Author::find_or_fail(&db, 1).await.unwrap();
        let error = ann.books.get().unwrap_err();
        assert!(matches!(error, Error::RelationNotLoaded { model: "Author", relation: "books" }));
        assert!(error.to_string().contains(".with(Author::books)"), "{error}");
        ann.load(&db, (Author::books, Author::profile)).await.unwrap();
        assert_eq!(ann.books.get().unwrap().len(), 2);
        ann.books.get_mut().unwrap()[0].title = "changed".into();
        ann.books.get_mut().unwrap()[0].save(&db).await.unwrap();
        assert!(ann.is_clean(()), "a relation is no column");
        assert!(Book::query().where_eq(Book::title, "changed").exists(&db).await.unwrap());
    }
}

#[derive(Model, Debug)]
struct Rate {
    #[primary_key(manual)]
    percent: rust_decimal::Decimal,
    #[has_many(foreign_key = percent, local_key = percent)]
    prices: HasMany<Taxed>,
}

#[derive(Model, Debug)]
struct Taxed {
    id: i64,
    percent: rust_decimal::Decimal,
}

#[tokio::test]
async fn keys_that_the_database_takes_for_equal_are() {
    for db in databases().await {
        db.create_tables(models![Rate, Taxed]).await.unwrap();
        Rate::draft().percent("7.0".parse::<rust_decimal::Decimal>().unwrap()).save(&db).await.unwrap();
        Taxed::draft().percent("7.00".parse::<rust_decimal::Decimal>().unwrap()).save(&db).await.unwrap();
        let rate = Rate::query().with(Rate::prices).sole(&db).await.unwrap();
        assert_eq!(rate.prices.get().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_record_that_is_read_anew_has_no_old_relations() {
    for db in library().await {
        let mut book = Book::query().with(Book::author).find_or_fail(&db, 1).await.unwrap();
        book.author_id = Some(2);
        book.save(&db).await.unwrap();
        book.refresh(&db).await.unwrap();
        assert!(matches!(book.author.get(), Err(Error::RelationNotLoaded { .. })));
    }
}
