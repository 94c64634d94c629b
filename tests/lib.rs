//! The guide's programs: each page of `docs/guide/src` is the documentation of a module here, so that its
//! code runs as a test. The other tests are in `it/` and `ui/`.

/// The blog that the guide's shorter examples work on.
pub mod guide {
    pub use atlas::prelude::*;

    #[derive(Model, Debug)]
    pub struct User {
        pub id: i64,
        pub name: String,
        #[unique]
        pub email: String,
        pub age: Option<i32>,
        #[default(true)]
        pub active: bool,
        #[has_many(foreign_key = author_id)]
        pub posts: HasMany<Post>,
        #[has_many]
        pub notes: HasMany<Note>,
    }

    #[derive(Model, Debug)]
    #[tenant(org_id)]
    pub struct Ticket {
        pub id: i64,
        pub org_id: i64,
        pub title: String,
    }

    #[derive(Model, Debug)]
    #[soft_deletes]
    pub struct Note {
        pub id: i64,
        pub user_id: i64,
        pub text: String,
        pub deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    }

    #[derive(Model, Debug)]
    pub struct Post {
        pub id: i64,
        pub author_id: i64,
        pub title: String,
        #[default(0)]
        pub votes: i32,
        #[belongs_to(on_delete = cascade)]
        pub author: BelongsTo<User>,
        #[has_many]
        pub comments: HasMany<Comment>,
        #[belongs_to_many(pivot = Tagging)]
        pub tags: BelongsToMany<Tag, Tagging>,
    }

    #[derive(Model, Debug)]
    pub struct Tag {
        pub id: i64,
        pub name: String,
    }

    #[derive(Model, Debug)]
    pub struct Tagging {
        #[primary_key]
        pub post_id: i64,
        #[primary_key]
        pub tag_id: i64,
        #[default(0)]
        pub weight: i32,
    }

    #[derive(Model, Debug)]
    pub struct Comment {
        pub id: i64,
        pub post_id: i64,
        pub text: String,
        #[belongs_to(on_delete = cascade)]
        pub post: BelongsTo<Post>,
    }

    /// Ann, 34, with two posts; Bob, 17, with one; Cid, of unknown age, with none. Of three tags the first post
    /// has the first one. Ann has two notes.
    pub async fn blog() -> Result<Db> {
        let db = Db::connect("sqlite::memory:").await?;
        db.create_tables(models![User, Post, Comment, Tag, Tagging, Note, Ticket]).await?;
        let users = [("Ann", Some(34)), ("Bob", Some(17)), ("Cid", None)];
        User::insert(
            &db,
            users.map(|(name, age)| User::draft().name(name).email(format!("{name}@example.com")).age(age)),
        )
        .await?;
        let posts = [(1, "Rust in anger", 7), (1, "Rust in peace", 3), (2, "On borrowing", 0)];
        let drafts =
            posts.map(|(author, title, votes)| Post::draft().author_id(author).title(title).votes(votes));
        Post::insert(&db, drafts).await?;
        Comment::insert(&db, ["Yes!", "And then?"].map(|text| Comment::draft().post_id(1).text(text)))
            .await?;
        Tag::insert(&db, ["rust", "sql", "news"].map(|name| Tag::draft().name(name))).await?;
        Tagging::draft().post_id(1).tag_id(1).save(&db).await?;
        Note::insert(&db, ["buy milk", "call Bob"].map(|text| Note::draft().user_id(1).text(text))).await?;
        Ok(db)
    }

    /// Runs an example on the blog.
    #[allow(clippy::unwrap_used, reason = "an example that fails is a test that fails")]
    pub fn run(example: impl AsyncFnOnce(Db) -> Result<()>) {
        atlas::block_on(async { example(blog().await?).await }).unwrap();
    }
}

macro_rules! pages {
    ($($page:ident)*) => { $(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../docs/guide/src/", stringify!($page), ".md"))]
        pub mod $page {}
    )* };
}
pages!(first models columns queries expressions full_text joins pages caching records serialization writing relations observers scopes soft_deletes versions tenants services transactions tables raw dynamic connections sqlite postgres mysql migrations seeding command capabilities watching errors drivers comparison);

#[cfg(doctest)]
#[doc = include_str!("../docs/guide/src/large-results.md")]
pub mod large_results {}
