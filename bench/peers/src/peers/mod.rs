//! Everyone who takes part, each in the way that its documentation gives as the best.

pub mod atlas;
pub mod diesel;
pub mod diesel_async;
pub mod mysql_async;
pub mod rusqlite;
pub mod sea_orm;
pub mod sqlx;
pub mod toasty;
pub mod tokio_postgres;

use std::{future::Future, pin::Pin};

use crate::{
    database::{Database, Dialect},
    work::{Rows, Work},
};

/// One library on one connection.
pub trait Peer {
    /// Runs a statement that gives nothing.
    async fn execute(&mut self, sql: &str);

    /// Does the work once, and says what it found: everybody has to find the same. `None` where the library
    /// has no way to do it.
    async fn once(&mut self, work: Work) -> Option<u64>;
}

/// A [`Peer`] without its type. The loop is inside, so that nobody pays for it.
pub trait Side {
    fn execute<'s>(&'s mut self, sql: &'s str) -> Pin<Box<dyn Future<Output = ()> + 's>>;
    fn round(&mut self, work: Work, operations: u32) -> Pin<Box<dyn Future<Output = Option<u64>> + '_>>;
}

impl<P: Peer> Side for P {
    fn execute<'s>(&'s mut self, sql: &'s str) -> Pin<Box<dyn Future<Output = ()> + 's>> {
        Box::pin(Peer::execute(self, sql))
    }

    fn round(&mut self, work: Work, operations: u32) -> Pin<Box<dyn Future<Output = Option<u64>> + '_>> {
        Box::pin(async move {
            let mut found = None;
            for _ in 0..operations {
                found = self.once(work).await;
            }
            found
        })
    }
}

pub const ATLAS: &str = "Atlas";

/// Who takes part on a database: Atlas, the bare driver, and the others.
pub fn names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[ATLAS, "rusqlite", "Diesel", "diesel-async", "sqlx", "SeaORM", "Toasty"],
        Dialect::Postgres => &[ATLAS, "tokio-postgres", "Diesel", "diesel-async", "sqlx", "SeaORM", "Toasty"],
        Dialect::Mariadb => &[ATLAS, "mysql_async", "diesel-async", "sqlx", "SeaORM", "Toasty"],
    }
}

/// The bare driver of a database.
pub fn bare(dialect: Dialect) -> &'static str {
    names(dialect)[1]
}

/// Connects.
pub async fn connect(name: &str, database: &Database) -> Box<dyn Side> {
    let memory = "sqlite::memory:".to_owned();
    let url = database.url.clone();
    // What SQLite's C interface takes.
    let path = || url.as_deref().map_or(":memory:", |url| url.trim_start_matches("sqlite://")).to_owned();
    let server = || url.clone().unwrap_or_default();
    match (name, database.dialect) {
        ("Atlas", dialect) => Box::new(atlas::connect(&url.unwrap_or(memory), dialect, 1).await),
        ("rusqlite", _) => Box::new(rusqlite::connect(&path())),
        ("tokio-postgres", _) => Box::new(tokio_postgres::connect(&server()).await),
        ("mysql_async", _) => Box::new(mysql_async::connect(&server()).await),
        ("Diesel", Dialect::Sqlite) => Box::new(diesel::sqlite::connect(&path())),
        ("Diesel", _) => Box::new(diesel::postgres::connect(&server())),
        ("diesel-async", Dialect::Sqlite) => Box::new(diesel_async::sqlite::connect(&path()).await),
        ("diesel-async", Dialect::Postgres) => Box::new(diesel_async::postgres::connect(&server()).await),
        ("diesel-async", Dialect::Mariadb) => Box::new(diesel_async::mysql::connect(&server()).await),
        ("sqlx", Dialect::Sqlite) => Box::new(sqlx::sqlite::connect(&url.unwrap_or(memory)).await),
        ("sqlx", Dialect::Postgres) => Box::new(sqlx::postgres::connect(&server()).await),
        ("sqlx", Dialect::Mariadb) => Box::new(sqlx::mysql::connect(&server()).await),
        ("SeaORM", _) => Box::new(sea_orm::connect(&url.unwrap_or(memory), 1).await),
        ("Toasty", dialect) => Box::new(toasty::connect(&path(), &server(), dialect, 1).await),
        (name, dialect) => panic!("{name} does not take part on {dialect:?}"),
    }
}

/// Puts rows into the tables: of everybody in memory, of the first for all otherwise.
pub async fn fill(sides: &mut [Box<dyn Side>], database: &Database, rows: Rows) {
    let statements = database.dialect.fill(rows);
    let fillers = if database.url.is_none() { sides.len() } else { 1 };
    for side in &mut sides[..fillers] {
        for sql in &statements {
            side.execute(sql).await;
        }
    }
}

/// What everybody has to find: the sum of the keys of users, and of posts and comments with other weights.
pub fn keys(ids: impl Iterator<Item = i64>) -> u64 {
    ids.map(|id| id as u64).fold(0, u64::wrapping_add)
}

/// The same of users with a post each, or none.
pub fn pairs(ids: impl Iterator<Item = (i64, Option<i64>)>) -> u64 {
    ids.fold(0, |sum, (user, post)| sum + user as u64 + 31 * post.unwrap_or(0) as u64)
}

/// The same of a comment, its post and its user.
pub fn nested(ids: impl Iterator<Item = (i64, i64, i64)>) -> u64 {
    ids.fold(0, |sum, (user, post, comment)| sum + user as u64 + 31 * post as u64 + 961 * comment as u64)
}

/// Structs with fields and nothing else, for those who have no models.
pub mod plain {
    #[derive(Debug, sqlx::FromRow)]
    pub struct User {
        pub id: i64,
        #[allow(dead_code, reason = "read from the database, as everybody does")]
        pub name: String,
        #[allow(dead_code)]
        pub hair_color: Option<String>,
    }

    #[derive(Debug, sqlx::FromRow)]
    pub struct Post {
        pub id: i64,
        pub user_id: i64,
        #[allow(dead_code)]
        pub title: String,
        #[allow(dead_code)]
        pub body: Option<String>,
    }

    #[derive(Debug, sqlx::FromRow)]
    pub struct Comment {
        pub id: i64,
        pub post_id: i64,
        #[allow(dead_code)]
        pub text: String,
    }

    pub type Nested = Vec<(User, Vec<(Post, Vec<Comment>)>)>;

    /// As one nests by hand.
    pub fn nest(users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Nested {
        use std::collections::HashMap;
        let mut of_posts: HashMap<i64, Vec<Comment>> = HashMap::with_capacity(posts.len());
        for comment in comments {
            of_posts.entry(comment.post_id).or_default().push(comment);
        }
        let mut of_users: HashMap<i64, Vec<(Post, Vec<Comment>)>> = HashMap::with_capacity(users.len());
        for post in posts {
            let comments = of_posts.remove(&post.id).unwrap_or_default();
            of_users.entry(post.user_id).or_default().push((post, comments));
        }
        users
            .into_iter()
            .map(|user| {
                let posts = of_users.remove(&user.id).unwrap_or_default();
                (user, posts)
            })
            .collect()
    }

    pub fn found(nested: &Nested) -> u64 {
        super::nested(nested.iter().flat_map(|(user, posts)| {
            posts
                .iter()
                .flat_map(|(post, comments)| comments.iter().map(|comment| (user.id, post.id, comment.id)))
        }))
    }

    pub fn pairs(rows: &[(User, Option<Post>)]) -> u64 {
        super::pairs(rows.iter().map(|(user, post)| (user.id, post.as_ref().map(|post| post.id))))
    }
}
