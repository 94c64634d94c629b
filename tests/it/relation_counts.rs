//! What relations cost: the number of statements of each thing that can be done with one.

use atlas::{
    Error, Records,
    prelude::*,
    relations,
    types::chrono::{DateTime, Utc},
    values,
};

use crate::support::{Databases, databases, sent};

#[derive(Model, Debug)]
#[table("count_authors")]
struct Author {
    id: i64,
    name: String,
    mentor_id: Option<i64>,
    #[belongs_to]
    mentor: BelongsTo<Author>,
    #[has_many]
    books: HasMany<Book>,
    #[has_one(latest, foreign_key = author_id)]
    newest: HasOne<Book>,
    #[has_many_through(through = Book)]
    reviews: HasManyThrough<Review>,
}

#[derive(Model, Debug)]
#[table("count_books")]
#[timestamps]
struct Book {
    id: i64,
    title: String,
    text: Deferred<Option<String>>,
    #[default(0)]
    pages: i32,
    author_id: Option<i64>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[belongs_to]
    author: BelongsTo<Author>,
    #[has_many]
    reviews: HasMany<Review>,
    #[belongs_to_many]
    genres: BelongsToMany<Genre, BookGenre>,
}

#[derive(Model, Debug)]
#[table("count_reviews")]
#[touches(book)]
struct Review {
    id: i64,
    stars: i32,
    book_id: i64,
    #[belongs_to]
    book: BelongsTo<Book>,
}

#[derive(Model, Debug)]
#[table("count_genres")]
struct Genre {
    id: i64,
    #[unique]
    name: String,
}

#[derive(Model, Debug)]
#[table("count_book_genre")]
struct BookGenre {
    #[primary_key]
    book_id: i64,
    #[primary_key]
    genre_id: i64,
    #[default(0)]
    weight: i32,
}

/// A model whose every query loads its author.
#[derive(Model, Debug)]
#[table("count_books")]
struct Shown {
    id: i64,
    author_id: Option<i64>,
    #[belongs_to]
    #[eager]
    author: BelongsTo<Author>,
}

/// Ann with three books, Bob, her pupil, with one, and Cid without; two reviews of the first book.
async fn shelf() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Author, Book, Review, Genre, BookGenre]).await.unwrap();
        let authors = [("Ann", None), ("Bob", Some(1)), ("Cid", None)];
        Author::insert(db, authors.map(|(name, mentor)| Author::draft().name(name).mentor_id(mentor)))
            .await
            .unwrap();
        let books = [("a1", 1), ("a2", 1), ("a3", 1), ("b1", 2)];
        Book::insert(db, books.map(|(title, author)| Book::draft().title(title).author_id(author)))
            .await
            .unwrap();
        Review::insert(db, [3, 5].map(|stars| Review::draft().stars(stars).book_id(1))).await.unwrap();
        Genre::insert(db, ["crime", "verse"].map(|name| Genre::draft().name(name))).await.unwrap();
        BookGenre::draft().book_id(1).genre_id(1).save(db).await.unwrap();
    }
    databases
}

/// How many statements a query of authors takes.
async fn reading(db: &Db, query: Query<Author>) -> u32 {
    sent(db, async || query.get(db).await.unwrap()).await.0
}

// 000-34, 004-108, C-200, C-191, B-358, B-359, B-362
#[tokio::test]
async fn loaded_with_the_rows() {
    for db in shelf().await {
        let all = Author::query;
        for (query, expected, what) in [
            (all(), 1, "nothing"),
            (all().with(Author::books), 2, "one relation"),
            (all().with((Author::books, Author::newest, Author::reviews)), 4, "several"),
            (all().with(Author::books.with(Book::reviews.with(Review::book))), 4, "nested"),
            (all().with(Author::books.with((Book::reviews, Book::genres))), 4, "several of the nested"),
            (all().with(Author::books.filter(Book::pages.ge(0)).order_by(Book::title)), 2, "narrowed"),
            (all().with(Author::books.columns(Book::title).with(Book::author)), 3, "some columns"),
            (all().with(Author::books.order_by(Book::id.desc()).limit(1)), 2, "some for each"),
            (all().with(Author::books.apply(|books| books.with_count(Book::reviews))), 2, "counted"),
            (all().with_count(Author::books).with(Author::books), 2, "counted beside"),
            (all().with((Author::books, Author::newest)).without(Author::books), 2, "without one"),
            (all().with(Author::books).with_only(Author::newest), 2, "with one only"),
            (all().where_eq(Author::id, 99).with(Author::books.with(Book::reviews)), 1, "no parents"),
            (all().where_eq(Author::id, 3).with(Author::books.with(Book::reviews)), 2, "no children"),
            (all().where_null(Author::mentor_id).with(Author::mentor.with(Author::books)), 1, "no keys"),
            (all().with_where_has(Author::books), 2, "those that have some"),
        ] {
            assert_eq!(reading(&db, query).await, expected, "{what}");
        }
        assert_eq!(sent(&db, async || Shown::query().get(&db).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || Shown::find_or_fail(&db, 1).await.unwrap()).await.0, 2);
        let without = Shown::query().without(Shown::author);
        assert_eq!(sent(&db, async || without.get(&db).await.unwrap()).await.0, 1);
        // Every terminal that gives records.
        let with = || Author::query().with(Author::books).order_by(Author::id);
        assert_eq!(sent(&db, async || with().first(&db).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || with().find_many(&db, [1, 2]).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || with().paginate(&db, 1, 2).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || with().count(&db).await.unwrap()).await.0, 1);
    }
}

// 000-33, 002-36, 002-37, 004-93, 004-94, 004-96, C-199, C-201
#[tokio::test]
async fn loaded_later() {
    for db in shelf().await {
        let ann = async || Author::find_or_fail(&db, 1).await.unwrap();
        let mut one = ann().await;
        assert_eq!(sent(&db, async || one.load(&db, Author::books).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || one.load(&db, Author::books).await.unwrap()).await.0, 1, "again");
        assert_eq!(sent(&db, async || one.load_missing(&db, Author::books).await.unwrap()).await.0, 0);
        let nested = Author::books.order_by(Book::id).with((Book::reviews, Book::genres));
        assert_eq!(sent(&db, async || one.load(&db, nested).await.unwrap()).await.0, 3);
        assert_eq!(one.books.get().unwrap()[0].reviews.get().unwrap().len(), 2);
        let both = (Author::books, Author::reviews);
        assert_eq!(sent(&db, async || one.load_missing(&db, both).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || one.load(&db, Author::mentor).await.unwrap()).await.0, 0, "no key");
        assert_eq!(sent(&db, async || one.load_count(&db, Author::books).await.unwrap()).await.0, 1);
        let extras = async || {
            let steps = |authors: Query<Author>| {
                authors.with_sum(Author::books, Book::pages).with_exists(Author::reviews)
            };
            one.load_extras(&db, steps).await.unwrap();
            one.extra::<bool>("reviews_exists").unwrap()
        };
        assert_eq!(sent(&db, extras).await, (1, true));
        // Of many.
        let mut authors = Author::query().order_by(Author::id).get(&db).await.unwrap();
        assert_eq!(sent(&db, async || authors.load(&db, Author::books).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || authors.load_count(&db, Author::books).await.unwrap()).await.0, 1);
        assert_eq!(authors[0].count_of(Author::books).unwrap(), 3);
        let missing = async || authors.load_missing(&db, (Author::books, Author::newest)).await.unwrap();
        assert_eq!(sent(&db, missing).await.0, 1);
        // One after the other, of which the first loads for all.
        let mut authors = Author::query().order_by(Author::id).get(&db).await.unwrap();
        let (statements, ()) = sent(&db, async || {
            for author in &mut authors {
                author.load(&db, Author::books).await.unwrap();
                author.load(&db, Author::newest).await.unwrap();
            }
        })
        .await;
        assert_eq!(statements, 2);
        // Reading sends nothing, and what is not loaded is an error.
        let (statements, ()) = sent(&db, async || {
            assert_eq!(authors[0].books.get().unwrap().len(), 3);
            assert!(matches!(authors[0].reviews.get(), Err(Error::RelationNotLoaded { .. })));
        })
        .await;
        assert_eq!(statements, 0);
    }
}

// 000-84, 004-73, C-192, C-198
#[tokio::test]
async fn asked_in_the_statement_of_the_rows() {
    for db in shelf().await {
        let all = Author::query;
        let ann = Author::find_or_fail(&db, 1).await.unwrap();
        for query in [
            all().has(Author::books),
            all().where_has(Author::books, |books| books.has(Book::reviews)),
            all().where_doesnt_have(Author::reviews),
            all().where_has_count(Author::books, ">=", 3),
            all().where_eq(Author::id, 3).or_where_has(Author::newest, |book| book.where_eq(Book::pages, 0)),
            all().where_eq(Author::id, 3).or_where_doesnt_have(Author::books),
            all().where_belongs_to(Author::mentor, &ann),
            all().with_count(Author::books).with_exists(Author::reviews).with_sum(Author::books, Book::pages),
            all().with_avg(Author::books, Book::pages).with_min(Author::books, Book::title),
            all()
                .with_max(Author::reviews, Review::stars)
                .with_count_as("long", Author::books.filter(Book::pages.gt(9))),
        ] {
            assert_eq!(reading(&db, query).await, 1);
        }
    }
}

// 004-97, 004-98, 004-99, C-186, C-187, B-367, B-368, B-369
#[tokio::test]
async fn written_through_one_record() {
    for db in shelf().await {
        let cid = Author::find_or_fail(&db, 3).await.unwrap();
        let books = || cid.related(Author::books);
        let draft = |title: &str| Book::draft().title(title);
        assert_eq!(sent(&db, async || books().get(&db).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || books().count(&db).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || books().create(&db, draft("c1")).await.unwrap()).await.0, 1);
        let many = ["c2", "c3", "c4"].map(draft);
        assert_eq!(sent(&db, async || books().create_many(&db, many).await.unwrap()).await.0, 1);
        let made = async || books().make(draft("c0")).unwrap();
        assert!(sent(&db, made).await.1.author_id == Some(3));
        let mut taken = Book::query().where_le(Book::id, 2).get(&db).await.unwrap();
        assert_eq!(sent(&db, async || books().save(&db, &mut taken[0]).await.unwrap()).await.0, 1);
        assert_eq!(sent(&db, async || books().save_many(&db, &mut taken).await.unwrap()).await.0, 1);
        let by = || Book::title.eq("c1");
        assert_eq!(
            sent(&db, async || books().first_or_create(&db, by(), draft("c1")).await.unwrap()).await.0,
            1
        );
        let (found, _) =
            sent(&db, async || books().update_or_create(&db, by(), draft("c1").pages(5)).await.unwrap())
                .await;
        assert_eq!(found, 2);
        let by = || Book::title.eq("c9");
        assert_eq!(
            sent(&db, async || books().first_or_create(&db, by(), draft("c9")).await.unwrap()).await.0,
            2
        );
        assert_eq!(sent(&db, async || books().update(&db, Book::pages.set(1)).await.unwrap()).await.0, 1);
        // The other way.
        let bob = Author::find_or_fail(&db, 2).await.unwrap();
        let mut book = Book::find_or_fail(&db, 1).await.unwrap();
        let associate = async || book.associate(Book::author, &bob).save(&db).await.unwrap();
        assert_eq!(sent(&db, associate).await.0, 1);
        let dissociate = async || book.dissociate(Book::author).save(&db).await.unwrap();
        assert_eq!(sent(&db, dissociate).await.0, 1);
    }
}

// C-179, C-180, C-181, C-184, C-185, B-373, B-377, B-378, B-379
#[tokio::test]
async fn written_in_the_table_between() {
    for db in shelf().await {
        let book = Book::find_or_fail(&db, 2).await.unwrap();
        let genres = || book.related(Book::genres);
        let none: [i64; 0] = [];
        assert_eq!(sent(&db, async || genres().attach(&db, [1, 2]).await.unwrap()).await, (1, 2));
        assert_eq!(sent(&db, async || genres().attach(&db, none).await.unwrap()).await, (0, 0));
        assert_eq!(sent(&db, async || genres().detach(&db, none).await.unwrap()).await, (0, 0));
        assert_eq!(sent(&db, async || genres().detach(&db, [1]).await.unwrap()).await, (1, 1));
        // The record's row is locked, and the rows are read; then what is to be done.
        assert_eq!(sent(&db, async || genres().sync(&db, [2]).await.unwrap()).await.0, 2, "nothing to do");
        assert_eq!(sent(&db, async || genres().sync(&db, [1]).await.unwrap()).await.0, 4, "one out, one in");
        let heavy = || [(1, BookGenre::weight.set(3)), (2, BookGenre::weight.set(0))];
        assert_eq!(
            sent(&db, async || genres().sync(&db, heavy()).await.unwrap()).await.0,
            4,
            "one in, one set"
        );
        assert_eq!(sent(&db, async || genres().sync(&db, heavy()).await.unwrap()).await.0, 2, "what differs");
        assert_eq!(sent(&db, async || genres().sync_without_detaching(&db, [1]).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || genres().sync_without_detaching(&db, none).await.unwrap()).await.0, 0);
        assert_eq!(sent(&db, async || genres().toggle(&db, [1, 2]).await.unwrap()).await.0, 3);
        assert_eq!(sent(&db, async || genres().toggle(&db, none).await.unwrap()).await.0, 0);
        genres().attach(&db, [1]).await.unwrap();
        let update = async || genres().update_pivot(&db, 1, BookGenre::weight.set(9)).await.unwrap();
        assert_eq!(sent(&db, update).await, (1, 1));
        let heavy = async || genres().where_pivot(BookGenre::weight, 9).get(&db).await.unwrap();
        assert_eq!(sent(&db, heavy).await.0, 1);
        let pivots = async || genres().pivots().pluck(&db, BookGenre::weight).await.unwrap();
        assert_eq!(sent(&db, pivots).await, (1, vec![9]));
        let error = genres().make(Genre::draft().name("x")).unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert_eq!(sent(&db, async || genres().detach_all(&db).await.unwrap()).await, (1, 1));
        // Records too.
        let drafts = ["war", "love"].map(|name| Genre::draft().name(name));
        assert_eq!(sent(&db, async || genres().create_many(&db, drafts).await.unwrap()).await.0, 2);
        let create = async || genres().create(&db, Genre::draft().name("sea")).await.unwrap();
        assert_eq!(sent(&db, create).await.0, 2);
        let mut crime = Genre::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(
            sent(&db, async || genres().save(&db, &mut crime).await.unwrap()).await.0,
            3,
            "the lock, look, attach"
        );
        assert_eq!(sent(&db, async || genres().save(&db, &mut crime).await.unwrap()).await.0, 2);
        let mut new = Record::new(Genre::draft().name("sun")).unwrap();
        assert_eq!(
            sent(&db, async || genres().save(&db, &mut new).await.unwrap()).await.0,
            2,
            "nobody else has it"
        );
        let verse = async || {
            let draft = Genre::draft().name("verse");
            genres().first_or_create(&db, Genre::name.eq("verse"), draft).await.unwrap()
        };
        assert_eq!(sent(&db, verse).await.0, 4, "the lock, among these, among all, attach");
        let verse = async || {
            let draft = Genre::draft().name("verse");
            genres().update_or_create(&db, Genre::name.eq("verse"), draft).await.unwrap()
        };
        assert_eq!(sent(&db, verse).await.0, 2, "the same values");
    }
}

// 004-71
#[tokio::test]
async fn written_as_a_graph() {
    for db in shelf().await {
        let book = |title: &str| {
            let reviews = [1, 2].map(|stars| Review::draft().stars(stars));
            Book::draft().title(title).reviews(reviews).genres([Genre::draft().name(title)])
        };
        let author = Author::draft().name("Dee").books(["d1", "d2", "d3"].map(book));
        let save = async || author.save(&db.without_touching()).await.unwrap();
        let (statements, dee) = sent(&db, save).await;
        assert_eq!(statements, 5, "the author, the books, the reviews, the genres, the rows between");
        assert_eq!(dee.books.get().unwrap()[2].reviews.get().unwrap()[1].stars, 2);
        let upwards =
            Review::draft().stars(4).book(Book::draft().title("e1").author(Author::draft().name("Eve")));
        let save = async || upwards.save(&db.without_touching()).await.unwrap();
        assert_eq!(sent(&db, save).await.0, 3);

        // With what was loaded: what was changed, each once.
        let load = Author::books.order_by(Book::id).with(Book::reviews.order_by(Review::id));
        let mut ann = Author::query().with(load).find_or_fail(&db, 1).await.unwrap();
        let quiet = db.without_touching();
        assert_eq!(sent(&db, async || ann.push(&quiet).await.unwrap()).await.0, 0);
        ann.name = "Anna".into();
        let books = ann.books.get_mut().unwrap();
        books[1].pages = 7;
        books[0].reviews.get_mut().unwrap()[1].stars = 1;
        assert_eq!(sent(&db, async || ann.push(&quiet).await.unwrap()).await.0, 3);
    }
}

#[tokio::test]
async fn touched_with_a_write() {
    for db in shelf().await {
        let draft = || Review::draft().stars(1).book_id(1);
        let (statements, mut review) = sent(&db, async || draft().save(&db).await.unwrap()).await;
        assert_eq!(statements, 2);
        review.stars = 2;
        assert_eq!(sent(&db, async || review.save(&db).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || review.save(&db).await.unwrap()).await.0, 0, "nothing is dirty");
        let many = [1, 2, 3].map(|book| Review::draft().stars(1).book_id(book));
        assert_eq!(sent(&db, async || Review::create_many(&db, many).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || review.delete(&db).await.unwrap()).await.0, 2);
        assert_eq!(sent(&db, async || draft().save(&db.without_touching()).await.unwrap()).await.0, 1);
    }
}

// 000-109…112
#[tokio::test]
async fn found_by_name_with_what_they_lead_to() {
    for db in shelf().await {
        let tree = relations! { books: { reviews: true, author: true }, mentor };
        let by_id = async || db.find_by_id_with("count_authors", 2, tree).await.unwrap().unwrap();
        assert_eq!(sent(&db, by_id).await.0, 5);
        let one = async || {
            db.find_one_with("count_authors", values! { name: "Ann" }, "books.reviews")
                .await
                .unwrap()
                .unwrap()
        };
        assert_eq!(sent(&db, one).await.0, 3);
        let all = async || db.find_all_with("count_authors", values! {}, ["books", "newest"]).await.unwrap();
        assert_eq!(sent(&db, all).await.0, 3);
        let gone = async || db.find_by_id_with("count_authors", 99, "books").await.unwrap().is_none();
        assert_eq!(sent(&db, gone).await, (1, true));
    }
}
