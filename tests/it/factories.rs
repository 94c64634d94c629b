//! Factories: made-up rows.

use atlas::{
    Complete, Error,
    factory::{
        Factory, FactoryBuilder, Making,
        fake::faker::{internet::en::SafeEmail, lorem::en::Sentence, name::en::Name},
    },
    prelude::*,
};
use chrono::{DateTime, Utc};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("made_authors")]
#[soft_deletes]
pub struct Author {
    pub id: i64,
    pub name: String,
    #[unique]
    pub email: String,
    #[default("")]
    pub slug: String,
    #[default(true)]
    pub active: bool,
    pub age: Option<i32>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[has_many]
    pub books: HasMany<Book>,
    #[has_one]
    pub desk: HasOne<Desk>,
    #[belongs_to_many(pivot = "made_memberships")]
    pub clubs: BelongsToMany<Club>,
    #[morph_many(name = about)]
    pub remarks: MorphMany<Remark>,
}

#[derive(Model, Debug)]
#[table("made_books")]
pub struct Book {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    #[default(0)]
    pub stars: i32,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[morph_many(name = about)]
    pub remarks: MorphMany<Remark>,
}

#[derive(Model, Debug)]
#[table("made_desks")]
pub struct Desk {
    pub id: i64,
    pub author_id: i64,
    pub wood: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[table("made_clubs")]
pub struct Club {
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[table("made_memberships")]
pub struct Membership {
    pub id: i64,
    pub author_id: i64,
    pub club_id: i64,
}

#[derive(Model, Debug)]
#[table("made_remarks")]
pub struct Remark {
    pub id: i64,
    pub about_type: String,
    pub about_id: i64,
    pub line: String,
    #[morph_to]
    pub about: MorphTo<About>,
}

#[derive(MorphTarget, Debug)]
pub enum About {
    #[morph("author")]
    Author(Record<Author>),
    #[morph("book")]
    Book(Record<Book>),
}

impl Factory for Author {
    fn definition(making: &mut Making) -> impl Complete<Author> {
        Author::draft()
            .name(making.fake::<String>(Name()))
            .email(format!("{}-{}", making.number(), making.fake::<String>(SafeEmail())))
            .age(making.fake::<i32>(18..80))
    }
}

impl Factory for Book {
    fn definition(making: &mut Making) -> impl Complete<Book> {
        Book::draft().title(making.fake::<String>(Sentence(2..5))).author(making.draft(Author::factory()))
    }
}

impl Factory for Desk {
    fn definition(_: &mut Making) -> impl Complete<Desk> {
        Desk::draft().wood("oak")
    }
}

impl Factory for Club {
    fn definition(making: &mut Making) -> impl Complete<Club> {
        Club::draft().name(format!("club {}", making.index()))
    }
}

impl Factory for Remark {
    fn definition(_: &mut Making) -> impl Complete<Remark> {
        Remark::draft().line("well")
    }

    fn configure(factory: FactoryBuilder<Remark>) -> FactoryBuilder<Remark> {
        factory.after_making(|remark| remark.line.push('!'))
    }
}

async fn empty() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Author, Book, Desk, Club, Membership, Remark]).await.unwrap();
    }
    databases
}

// 002-49, 002-50, 002-51, 002-52, 002-55, 002-56, B-128, C-245
#[tokio::test]
async fn rows_are_made_by_the_definition_and_differ_as_is_said() {
    for db in empty().await {
        let ann = Author::factory().create_one(&db).await.unwrap();
        assert!(ann.exists() && ann.was_recently_created() && !ann.name.is_empty() && ann.active);
        assert!(ann.age.is_some_and(|age| (18..80).contains(&age)));

        // Every row by itself, all of them with one statement; states in their order.
        let retired = |author: <Author as Model>::CompleteDraft| author.active(false).age(70);
        let factory = Author::factory().count(100).state(retired).state(|author| author.age(71));
        let (statements, authors) = sent(&db, async || factory.create(&db).await.unwrap()).await;
        assert_eq!((statements, authors.len()), (1, 100));
        assert!(authors.iter().all(|author| !author.active && author.age == Some(71)));
        let names: std::collections::HashSet<&str> = authors.iter().map(|author| &*author.name).collect();
        assert!(names.len() > 20, "made up anew for each row: {names:?}");
        assert_eq!(Author::query().count(&db).await.unwrap(), 101);

        assert!(Author::factory().count(0).create(&db).await.unwrap().is_empty());
        // A factory is a value, and what is said of a copy is said of that alone.
        let two = Author::factory().count(2);
        let none = two.clone().state(|author| author.age(None)).create(&db).await.unwrap();
        let some = two.create(&db).await.unwrap();
        assert!(
            none.iter().all(|author| author.age.is_none()) && some.iter().all(|author| author.age.is_some())
        );
        let trashed = Author::factory().trashed().create_one(&db).await.unwrap();
        assert!(trashed.trashed() && Author::find(&db, trashed.id).await.unwrap().is_none());
    }
}

// 002-53, 002-54
#[tokio::test]
async fn what_is_made_is_not_saved() {
    for db in empty().await {
        let made = Author::factory().count(3).make().unwrap();
        assert!(made.len() == 3 && made.iter().all(|author| !author.exists() && author.id == 0));
        let mut one = Author::factory().state(|author| author.name("Ann")).make_one().unwrap();
        assert_eq!((one.name.as_str(), one.active), ("Ann", true));
        assert_eq!(Author::query().count(&db).await.unwrap(), 0);
        one.save(&db).await.unwrap();

        // Drafts are for whatever takes some.
        let drafts = Author::factory().count(5).drafts().unwrap();
        assert_eq!(Author::insert(&db, drafts).await.unwrap(), 5);
        let draft = Author::factory().draft().unwrap().name("Bob");
        assert_eq!(draft.save(&db).await.unwrap().name, "Bob");

        let error = Book::factory().make_one().unwrap_err().to_string();
        assert!(error.contains("draft of `Book` brings `author` with it"), "{error}");
        let error =
            Book::factory().for_parent(Book::author, Author::factory()).make().unwrap_err().to_string();
        assert!(error.contains("this `Book` is for a `Author` that has to be made first"), "{error}");
        let book = Book::factory().for_parent(Book::author, &one).make_one().unwrap();
        assert_eq!(book.author_id, one.id);
    }
}

#[tokio::test]
async fn a_sequence_goes_round() {
    for db in empty().await {
        let authors = Author::factory()
            .count(5)
            .sequence(["x", "y"], |author, slug| author.slug(slug))
            .sequence(1.., |author, n: i32| author.name(format!("author {n}")).age(n))
            .create(&db)
            .await
            .unwrap();
        let seen: Vec<_> = authors.iter().map(|author| (&*author.slug, &*author.name, author.age)).collect();
        let name = ["author 1", "author 2", "author 3", "author 4", "author 5"];
        assert_eq!(
            seen,
            [
                ("x", name[0], Some(1)),
                ("y", name[1], Some(2)),
                ("x", name[2], Some(3)),
                ("y", name[3], Some(4)),
                ("x", name[4], Some(5))
            ]
        );
        // Each use begins anew, the children of several rows go on.
        let factory = Club::factory().count(2).sequence(0.., |club, n: i32| club.name(format!("c{n}")));
        for _ in 0..2 {
            let authors =
                Author::factory().count(2).has(Author::clubs, factory.clone()).create(&db).await.unwrap();
            let clubs = authors.iter().flat_map(|author| author.clubs.get().unwrap());
            assert_eq!(clubs.map(|club| club.name.as_str()).collect::<Vec<_>>(), ["c0", "c1", "c2", "c3"]);
        }
        let nothing: [&str; 0] = [];
        assert_eq!(Author::factory().sequence(nothing, |a, slug| a.slug(slug)).make_one().unwrap().slug, "");
    }
}

#[test]
fn a_seed_makes_up_the_same_again() {
    let names = |seed| {
        let made = Author::factory().count(20).seed(seed).make().unwrap();
        made.into_iter().map(|author| author.into_inner().name).collect::<Vec<_>>()
    };
    assert_eq!(names(7), names(7));
    assert_ne!(names(7), names(8));
}

// C-246
#[tokio::test]
async fn rows_come_with_what_refers_to_them() {
    for db in empty().await {
        let factory = Author::factory()
            .count(10)
            .has(Author::books, Book::factory().count(3).has(Book::remarks, Remark::factory()))
            .has(Author::desk, Desk::factory())
            .has(Author::clubs, Club::factory().count(2))
            .has(Author::remarks, Remark::factory().count(2));
        let (statements, authors) = sent(&db, async || factory.create(&db).await.unwrap()).await;
        assert_eq!(statements, 7, "authors, books, their remarks, desks, clubs, memberships, remarks");
        for author in &authors {
            assert_eq!(author.books.get().unwrap().len(), 3);
            assert!(author.books.get().unwrap().iter().all(|book| book.author_id == author.id));
            assert_eq!(author.desk.get().unwrap().unwrap().author_id, author.id);
            assert_eq!(author.clubs.get().unwrap().len(), 2);
            assert!(author.remarks.get().unwrap().iter().all(|remark| remark.line == "well!"));
        }
        // The books are their authors', not those of authors that the definition would bring.
        assert_eq!(Author::query().count(&db).await.unwrap(), 10);
        assert_eq!(Remark::query().where_eq(Remark::about_type, "book").count(&db).await.unwrap(), 30);
        assert_eq!(Membership::query().count(&db).await.unwrap(), 20);

        let two = Author::factory().has(Author::desk, Desk::factory().count(2)).create_one(&db).await;
        let error = two.unwrap_err().to_string();
        assert!(
            error.contains("`desk` of `Author` leads to one record, and its factory is to make 2"),
            "{error}"
        );
        assert_eq!(Author::query().count(&db).await.unwrap(), 10);
    }
}

// C-246, B-420
#[tokio::test]
async fn rows_are_made_for_a_parent() {
    for db in empty().await {
        // By the definition each has its own.
        let books = Book::factory().count(3).create(&db).await.unwrap();
        assert_eq!(Author::query().count(&db).await.unwrap(), 3);
        assert_eq!(books[1].author.get().unwrap().unwrap().id, books[1].author_id);

        // One for all, made before them, or there already.
        let new =
            Book::factory().count(3).for_parent(Book::author, Author::factory().state(|a| a.name("Ann")));
        let (statements, books) = sent(&db, async || new.create(&db).await.unwrap()).await;
        assert_eq!(statements, 2);
        let ann = Author::find_or_fail(&db, books[0].author_id).await.unwrap();
        assert!(ann.name == "Ann" && books.iter().all(|book| book.author_id == ann.id));
        let books = Book::factory().count(2).for_parent(Book::author, &ann).create(&db).await.unwrap();
        assert!(books.iter().all(|book| book.author_id == ann.id));
        assert_eq!(Author::query().count(&db).await.unwrap(), 4);

        // What a state says of the key holds too.
        let book = Book::factory().state(|book| book.author_id(1)).create_one(&db).await.unwrap();
        assert_eq!((book.author_id, Author::query().count(&db).await.unwrap()), (1, 4));

        let remark = Remark::factory().for_parent(Remark::about, &ann).create_one(&db).await.unwrap();
        assert_eq!((remark.about_type.as_str(), remark.about_id), ("author", ann.id));
        let remarks = Remark::factory().count(2).for_parent(Remark::about, Book::factory());
        let remarks = remarks.create(&db).await.unwrap();
        assert_eq!((remarks[0].about_type.as_str(), remarks[0].about_id), ("book", remarks[1].about_id));

        let unsaved = Author::factory().make_one().unwrap();
        let error = Book::factory().for_parent(Book::author, &unsaved).create_one(&db).await.unwrap_err();
        assert!(error.to_string().contains("refer by `author` to a `Author` that is not saved"), "{error}");
    }
}

#[tokio::test]
async fn rows_that_are_there_are_taken_again() {
    for db in empty().await {
        let authors = Author::factory().count(3).create(&db).await.unwrap();
        let ids: Vec<i64> = authors.iter().map(|author| author.id).collect();
        let books = Book::factory().count(30).recycle(&authors).create(&db).await.unwrap();
        assert!(books.iter().all(|book| ids.contains(&book.author_id)));
        assert!(books.iter().any(|book| book.author_id != books[0].author_id), "whichever");
        Book::factory()
            .recycle(&authors)
            .for_parent(Book::author, Author::factory())
            .create_one(&db)
            .await
            .unwrap();
        // What a brought row brings in its turn.
        let remarks = Remark::factory().recycle(&authors).for_parent(Remark::about, Book::factory());
        remarks.create_one(&db).await.unwrap();
        assert_eq!(Author::query().count(&db).await.unwrap(), 3);
    }
}

// C-247, B-424
#[tokio::test]
async fn hooks_see_what_was_made() {
    for db in empty().await {
        let author = || {
            Author::factory()
                .state(|author| author.name("Ann Lee"))
                .after_making(|author| author.slug = author.name.to_lowercase().replace(' ', "-"))
        };
        assert_eq!(author().make_one().unwrap().slug, "ann-lee");
        // In bulk nevertheless, and of rows whose keys are not there yet.
        let factory =
            author().count(3).has(Author::books, Book::factory().after_making(|book| book.stars = 5));
        let (statements, made) = sent(&db, async || factory.create(&db).await.unwrap()).await;
        assert_eq!(statements, 2);
        assert!(
            made.iter().all(|author| author.slug == "ann-lee" && author.books.get().unwrap()[0].stars == 5)
        );
        let slugs = Author::query().pluck(&db, Author::slug).await.unwrap();
        assert_eq!(slugs, ["ann-lee"; 3]);

        let factory = Author::factory()
            .has(
                Author::books,
                Book::factory().after_creating(|db, book| {
                    Box::pin(async move {
                        book.title = format!("book {} of {}", book.id, book.author_id);
                        book.save(db).await
                    })
                }),
            )
            .after_creating(|db, author| {
                Box::pin(async move {
                    let title = author.books.get()?[0].title.clone();
                    Desk::draft().author_id(author.id).wood(title).save(db).await.map(|_| ())
                })
            });
        let author = factory.create_one(&db).await.unwrap();
        let book = &author.books.get().unwrap()[0];
        let title = format!("book {} of {}", book.id, author.id);
        assert_eq!(book.title, title);
        assert_eq!(Desk::query().sole(&db).await.unwrap().wood, title);

        // One that fails undoes everything.
        let before = Author::query().count(&db).await.unwrap();
        let refuse = Author::factory().count(2).after_creating(|_, author| {
            Box::pin(async move { Err(Error::aborted(format!("not {}", author.exists()))) })
        });
        assert!(refuse.create(&db).await.unwrap_err().to_string().contains("not true"));
        assert_eq!(Author::query().count(&db).await.unwrap(), before);
    }
}
