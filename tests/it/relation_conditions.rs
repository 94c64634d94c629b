//! Relations whose declaration says which records, in which order, and what a new one gets.

use atlas::{Error, Records, prelude::*};

use crate::support::{Databases, databases, sent};

pub mod blog {
    use super::*;

    #[derive(Model, Debug)]
    #[table("fixed_authors")]
    pub struct Author {
        pub id: i64,
        pub name: String,
        #[default(true)]
        pub active: bool,
        pub mentor_id: Option<i64>,
        #[has_many]
        pub posts: HasMany<Post>,
        #[has_many(filter = Post::published.eq(true), order_by = (Post::votes.desc(), Post::id))]
        pub published: HasMany<Post>,
        #[has_many(with_attributes = (Post::published.set(false), Post::votes.set(0)), filter = popular().not())]
        pub sketches: HasMany<Post>,
        #[has_one(latest = votes, filter = Post::published.eq(true).and(Post::votes.lt(9)))]
        pub best: HasOne<Post>,
        #[has_one(foreign_key = author_id, with_attributes = Remark::hidden.set(true))]
        pub secret: HasOne<Remark>,
        #[has_many(foreign_key = mentor_id, filter = Self::active.eq(true))]
        pub pupils: HasMany<Self>,
        #[has_many_through(through = Post, filter = Remark::hidden.eq(false), order_by = Remark::text.desc())]
        pub remarks: HasManyThrough<Remark>,
        #[has_one_through(through = Post, latest, filter = Remark::hidden.eq(false))]
        pub last_remark: HasOneThrough<Remark>,
        #[belongs_to_many(pivot = "fixed_author_tag", foreign_key = author_id, related_key = tag_id,
            with_attributes = Tag::kind.set("topic"), order_by = Tag::name.desc())]
        pub topics: BelongsToMany<Tag>,
        #[morph_many(name = subject, filter = Note::read.eq(false), order_by = Note::id.desc())]
        pub unread: MorphMany<Note>,
        #[morph_one(name = subject, latest, with_attributes = Note::read.set(true))]
        pub last_read: MorphOne<Note>,
        #[morph_to_many(name = labelled, pivot = "fixed_labelleds", filter = Tag::kind.eq("label"))]
        pub labels: MorphToMany<Tag>,
    }

    /// A condition that a function makes.
    pub fn popular() -> atlas::Expr<Post> {
        Post::votes.ge(5)
    }

    #[derive(Model, Debug)]
    #[table("fixed_posts")]
    pub struct Post {
        pub id: i64,
        pub title: String,
        #[default(true)]
        pub published: bool,
        #[default(0)]
        pub votes: i32,
        pub author_id: Option<i64>,
        #[belongs_to(filter = Author::active.eq(true))]
        pub author: BelongsTo<Author>,
        #[has_many]
        pub remarks: HasMany<Remark>,
    }

    #[derive(Model, Debug)]
    #[table("fixed_remarks")]
    pub struct Remark {
        pub id: i64,
        pub text: String,
        pub post_id: Option<i64>,
        pub author_id: Option<i64>,
        #[default(false)]
        pub hidden: bool,
    }

    #[derive(Model, Debug)]
    #[table("fixed_tags")]
    pub struct Tag {
        pub id: i64,
        pub name: String,
        #[default("label")]
        pub kind: String,
        #[morphed_by_many(name = labelled, pivot = "fixed_labelleds", filter = Author::active.eq(true))]
        pub authors: MorphToMany<Author>,
    }

    #[derive(Model, Debug)]
    #[table("fixed_notes")]
    pub struct Note {
        pub id: i64,
        pub text: String,
        #[default(false)]
        pub read: bool,
        pub subject_type: String,
        pub subject_id: i64,
        #[morph_to]
        pub subject: MorphTo<Subject>,
    }

    #[derive(MorphTarget, Debug)]
    #[allow(dead_code)]
    pub enum Subject {
        Author(Record<Author>),
    }

    /// What makes the tables of the pivots: nothing in Atlas knows them as such.
    #[derive(Model, Debug)]
    #[table("fixed_author_tag")]
    pub struct AuthorTag {
        pub id: i64,
        pub author_id: i64,
        pub tag_id: i64,
    }

    #[derive(Model, Debug)]
    #[table("fixed_labelleds")]
    pub struct Labelled {
        pub id: i64,
        pub labelled_type: String,
        pub labelled_id: i64,
        pub tag_id: i64,
    }

    /// Ann has four posts, two of them published and popular; Bob, who is not active, has one; Cid none. Ann
    /// teaches Bob and Cid.
    pub async fn filled() -> Databases {
        let databases = databases().await;
        for db in &databases {
            fill(db).await.unwrap();
        }
        databases
    }

    async fn fill(db: &Db) -> Result<()> {
        db.create_tables(models![Author, Post, Remark, Tag, Note, AuthorTag, Labelled]).await?;
        Author::draft().name("Ann").save(db).await?;
        Author::draft().name("Bob").active(false).mentor_id(1).save(db).await?;
        Author::draft().name("Cid").mentor_id(1).save(db).await?;
        let posts = [("a3", true, 3), ("a9", true, 9), ("ax", false, 7), ("a0", false, 0)];
        let post = |(title, published, votes)| Post::draft().title(title).published(published).votes(votes);
        Post::create_many(db, posts.map(|of| post(of).author_id(1))).await?;
        post(("b1", true, 1)).author_id(2).save(db).await?;
        for (text, post, hidden) in [("r1", 1, false), ("r2", 2, false), ("rx", 2, true), ("ry", 5, true)] {
            Remark::draft().text(text).post_id(post).hidden(hidden).save(db).await?;
        }
        for (name, kind) in [("go", "topic"), ("rust", "topic"), ("new", "label"), ("old", "label")] {
            Tag::draft().name(name).kind(kind).save(db).await?;
        }
        for tag in [1, 2, 3] {
            AuthorTag::draft().author_id(1).tag_id(tag).save(db).await?;
        }
        for (author, tag) in [(1, 2), (1, 3), (2, 3)] {
            Labelled::draft().labelled_type("Author").labelled_id(author).tag_id(tag).save(db).await?;
        }
        for (text, read) in [("n1", false), ("n2", true), ("n3", false)] {
            Note::draft().text(text).read(read).subject_type("Author").subject_id(1).save(db).await?;
        }
        Ok(())
    }
}

use blog::*;

fn shown<T: Model>(records: &[Record<T>], name: impl Fn(&Record<T>) -> &str) -> String {
    records.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn title(post: &Record<Post>) -> &str {
    &post.title
}

// B-355, B-356, 004-49: the condition holds wherever the relation is loaded.
#[tokio::test]
async fn what_is_loaded() {
    for db in &filled().await {
        let (statements, authors) = sent(db, async || {
            let kinds = (
                (Author::published, Author::sketches, Author::best, Author::pupils),
                (Author::remarks, Author::last_remark),
                (Author::topics, Author::unread, Author::last_read, Author::labels),
            );
            let query = Author::query().with(kinds.0).with(kinds.1).with(kinds.2).order_by(Author::id);
            query.get(db).await.unwrap()
        })
        .await;
        assert_eq!(statements, 11);
        let [ann, bob, cid] = &authors[..] else { panic!("three authors") };
        assert_eq!(shown(ann.published.get().unwrap(), title), "a9 a3");
        assert_eq!(shown(bob.published.get().unwrap(), title), "b1");
        assert_eq!(cid.published.get().unwrap().len(), 0);
        assert_eq!(shown(ann.sketches.get().unwrap(), title), "a0");
        assert_eq!(ann.best.get().unwrap().map(title), Some("a3"));
        assert_eq!(shown(ann.pupils.get().unwrap(), |pupil| &pupil.name), "Cid");
        assert_eq!(shown(ann.remarks.get().unwrap(), |remark| &remark.text), "r2 r1");
        assert!(bob.remarks.get().unwrap().is_empty());
        assert_eq!(ann.last_remark.get().unwrap().map(|remark| &*remark.text), Some("r2"));
        assert!(bob.last_remark.get().unwrap().is_none());
        assert_eq!(shown(ann.topics.get().unwrap(), |tag| &tag.name), "rust go");
        assert_eq!(shown(ann.unread.get().unwrap(), |note| &note.text), "n3 n1");
        assert_eq!(ann.last_read.get().unwrap().map(|note| &*note.text), Some("n2"));
        assert_eq!(shown(ann.labels.get().unwrap(), |tag| &tag.name), "new");

        let posts = Post::query().with(Post::author).order_by(Post::id).get(db).await.unwrap();
        assert_eq!(posts[0].author.get().unwrap().map(|author| &*author.name), Some("Ann"));
        assert!(posts[4].author.get().unwrap().is_none(), "Bob is not active");
        let tags = Tag::query().with(Tag::authors).order_by(Tag::id).get(db).await.unwrap();
        assert_eq!(shown(tags[2].authors.get().unwrap(), |author| &author.name), "Ann");
    }
}

#[tokio::test]
async fn conditions_of_a_load_come_on_top() {
    for db in &filled().await {
        let narrowed = Author::published.filter(Post::votes.lt(5)).with(Post::remarks);
        let ann = Author::query().with(narrowed).find_or_fail(db, 1).await.unwrap();
        assert_eq!(shown(ann.published.get().unwrap(), title), "a3");
        // An alternative is one among the published posts.
        let either = Author::published
            .apply(|posts| posts.filter(Post::title.eq("a9")).or_filter(Post::title.starts_with("a")));
        let ann = Author::query().with(either).find_or_fail(db, 1).await.unwrap();
        assert_eq!(shown(ann.published.get().unwrap(), title), "a9 a3");
        let other_order = Author::published.apply(|posts| posts.reorder(Post::votes.asc()));
        let ann = Author::query().with(other_order.limit(1)).find_or_fail(db, 1).await.unwrap();
        assert_eq!(shown(ann.published.get().unwrap(), title), "a3");

        let mut authors = Author::query().order_by(Author::id).get(db).await.unwrap();
        authors.load(db, (Author::published, Author::topics)).await.unwrap();
        assert_eq!(shown(authors[0].published.get().unwrap(), title), "a9 a3");
        let (statements, _) = sent(db, async || {
            for author in Author::query().get(db).await.unwrap().iter_mut() {
                author.load(db, Author::published).await.unwrap();
                assert!(author.published.get().unwrap().iter().all(|post| post.published));
            }
        })
        .await;
        assert_eq!(statements, 2);
    }
}

#[tokio::test]
async fn one_record_s_relation() {
    for db in &filled().await {
        let ann = Author::find_or_fail(db, 1).await.unwrap();
        assert_eq!(shown(&ann.related(Author::published).get(db).await.unwrap(), title), "a9 a3");
        assert_eq!(ann.related(Author::published).count(db).await.unwrap(), 2);
        let posts = ann.related(Author::published).query().or_filter(Post::title.eq("ax"));
        assert_eq!(posts.count(db).await.unwrap(), 0, "an alternative is one among the published posts");
        let by_title = ann.related(Author::published).query().reorder(Post::title);
        assert_eq!(by_title.pluck(db, Post::title).await.unwrap(), ["a3", "a9"]);
        assert_eq!(ann.related(Author::best).first(db).await.unwrap().as_ref().map(title), Some("a3"));
        assert_eq!(shown(&ann.related(Author::topics).get(db).await.unwrap(), |tag| &tag.name), "rust go");
        let remarks = ann.related(Author::remarks).get(db).await.unwrap();
        assert_eq!(shown(&remarks, |remark| &remark.text), "r2 r1");
        assert_eq!(ann.related(Author::unread).pluck(db, Note::text).await.unwrap(), ["n3", "n1"]);
        assert_eq!(ann.related(Author::labels).pluck(db, Tag::name).await.unwrap(), ["new"]);
        let post = Post::find_or_fail(db, 5).await.unwrap();
        assert!(post.related(Post::author).first(db).await.unwrap().is_none());

        assert_eq!(ann.related(Author::published).update(db, Post::votes.set(1)).await.unwrap(), 2);
        assert_eq!(ann.related(Author::topics).update(db, Tag::name.set("t")).await.unwrap(), 2);
        assert_eq!(Post::find_or_fail(db, 3).await.unwrap().votes, 7);
        assert_eq!(ann.related(Author::published).delete(db).await.unwrap(), 2);
        assert_eq!(ann.related(Author::posts).count(db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn what_is_asked() {
    for db in &filled().await {
        let names = async |query: Query<Author>| {
            query.order_by(Author::id).pluck(db, Author::name).await.unwrap().join(" ")
        };
        assert_eq!(names(Author::query().has(Author::published)).await, "Ann Bob");
        assert_eq!(names(Author::query().has(Author::sketches)).await, "Ann");
        assert_eq!(
            names(Author::query().where_has(Author::published, |q| q.where_lt(Post::votes, 3))).await,
            "Bob"
        );
        assert_eq!(names(Author::query().where_doesnt_have(Author::published)).await, "Cid");
        assert_eq!(names(Author::query().where_has_count(Author::published, ">=", 2)).await, "Ann");
        assert_eq!(names(Author::query().has(Author::pupils)).await, "Ann");
        assert_eq!(names(Author::query().has(Author::remarks)).await, "Ann");
        assert_eq!(names(Author::query().has(Author::topics)).await, "Ann");
        assert_eq!(names(Author::query().has(Author::unread.filter(Note::text.eq("n2")))).await, "");
        assert_eq!(names(Author::query().has(Author::labels)).await, "Ann Bob");
        assert_eq!(
            Post::query().where_doesnt_have(Post::author).pluck(db, Post::title).await.unwrap(),
            ["b1"]
        );

        let rows = Author::query().join(Author::published).order_by(Post::id).get(db).await.unwrap();
        let rows = rows.iter().map(|(author, post)| format!("{}:{}", author.name, post.title));
        assert_eq!(rows.collect::<Vec<_>>(), ["Ann:a3", "Ann:a9", "Bob:b1"]);

        let query = Author::query().with_count(Author::published).with_count(Author::pupils);
        let query = query.with_sum(Author::published, Post::votes).with_exists(Author::remarks);
        let mut authors = query.with_count(Author::topics).order_by(Author::id).get(db).await.unwrap();
        let counts = |author: &Record<Author>| {
            (author.count_of(Author::published).unwrap(), author.count_of(Author::pupils).unwrap())
        };
        assert_eq!(authors.iter().map(counts).collect::<Vec<_>>(), [(2, 1), (1, 0), (0, 0)]);
        assert_eq!(authors[0].extra::<i64>("published_sum_votes").unwrap(), 12);
        assert!(!authors[1].extra::<bool>("remarks_exists").unwrap());
        assert_eq!(authors[0].count_of(Author::topics).unwrap(), 2);
        authors.load_count(db, Author::sketches).await.unwrap();
        assert_eq!(authors[0].count_of(Author::sketches).unwrap(), 1);
    }
}

// C-156: what `with_attributes` says holds for what is read, and is given to what is created.
#[tokio::test]
async fn what_new_records_get() {
    for db in &filled().await {
        let cid = Author::find_or_fail(db, 3).await.unwrap();
        let sketch = cid.related(Author::sketches).create(db, Post::draft().title("s1")).await.unwrap();
        assert!(!sketch.published && sketch.author_id == Some(3));
        // What the draft says itself, it keeps: so this one is none of the sketches.
        let draft = Post::draft().title("s2").published(true);
        assert!(cid.related(Author::sketches).create(db, draft).await.unwrap().published);
        let drafts = ["s3", "s4"].map(|title| Post::draft().title(title));
        cid.related(Author::sketches).create_many(db, drafts).await.unwrap();
        assert_eq!(cid.related(Author::sketches).count(db).await.unwrap(), 3);
        // A condition alone gives nothing.
        let drafts = ["p1", "p2"].map(|title| Post::draft().title(title).published(false));
        cid.related(Author::published).create_many(db, drafts).await.unwrap();
        assert_eq!(cid.related(Author::published).count(db).await.unwrap(), 1);

        let by = || Post::title.eq("s2");
        let draft = || Post::draft().title("s2");
        let found = cid.related(Author::sketches).first_or_create(db, by(), draft()).await.unwrap();
        assert!(found.was_recently_created() && !found.published, "the other `s2` is none of the sketches");
        let again = cid.related(Author::sketches).update_or_create(db, by(), draft()).await.unwrap();
        assert!(again.is(&found));

        let topic = cid.related(Author::topics).create(db, Tag::draft().name("sql")).await.unwrap();
        assert_eq!(topic.kind, "topic");
        // A tag that is no topic does not become one.
        let new = Tag::draft().name("new");
        let new = cid.related(Author::topics).first_or_create(db, Tag::name.eq("new"), new).await.unwrap();
        assert!(new.was_recently_created() && new.kind == "topic");
        let rust = Tag::draft().name("rust");
        let rust = cid.related(Author::topics).first_or_create(db, Tag::name.eq("rust"), rust).await.unwrap();
        assert!(!rust.was_recently_created());
        let names = cid.related(Author::topics).pluck(db, Tag::name).await.unwrap();
        assert_eq!(names, ["sql", "rust", "new"]);

        let note = cid.related(Author::last_read).create(db, Note::draft().text("m")).await.unwrap();
        assert!(note.read && note.subject_id == 3);

        let dee = Author::draft().name("Dee").sketches([Post::draft().title("d")]);
        let dee = dee.secret(Remark::draft().text("psst")).save(db).await.unwrap();
        assert!(!dee.sketches.get().unwrap()[0].published);
        assert!(dee.secret.get().unwrap().unwrap().hidden);

        // A record that is there keeps what it says.
        let mut post = Post::find_or_fail(db, 1).await.unwrap();
        cid.related(Author::sketches).save(db, &mut post).await.unwrap();
        assert!(post.published && post.author_id == Some(3));
    }
}

mod reckoned {
    use super::*;

    #[derive(Model, Debug)]
    #[table("reckoned_shelves")]
    pub struct Shelf {
        pub id: i64,
        #[has_many(with_attributes = Book::copies.set_expr(Book::sold + 1))]
        pub books: HasMany<Book>,
    }

    #[derive(Model, Debug)]
    #[table("reckoned_books")]
    pub struct Book {
        pub id: i64,
        #[default(1)]
        pub copies: i32,
        #[default(0)]
        pub sold: i32,
        pub shelf_id: Option<i64>,
    }
}

#[tokio::test]
async fn what_a_new_record_cannot_get() {
    use reckoned::*;
    for db in &databases().await {
        db.create_tables(models![Shelf, Book]).await.unwrap();
        let shelf = Shelf::draft().save(db).await.unwrap();
        Book::draft().shelf_id(1).save(db).await.unwrap();
        assert_eq!(shelf.related(Shelf::books).count(db).await.unwrap(), 1);
        let error = shelf.related(Shelf::books).create(db, Book::draft()).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }));
        assert_eq!(
            error.to_string(),
            "a new `Book` of the relation `books` has no old value to reckon `copies` from: set a value"
        );
    }
}
