//! Toasty.

use toasty::stmt::{CreateMany, List, Query};

use super::{Peer, keys, nested, pairs};
use crate::{
    database::Dialect,
    work::{Work, hair_color, name, next_color, next_key},
};

#[derive(Debug, toasty::Model)]
#[table = "peer_users"]
pub struct User {
    #[key]
    #[auto]
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many]
    pub posts: toasty::Deferred<Vec<Post>>,
}

#[derive(Debug, toasty::Model)]
#[table = "peer_posts"]
pub struct Post {
    #[key]
    #[auto]
    pub id: i64,
    #[index]
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
    #[belongs_to(key = user_id, references = id)]
    pub user: toasty::Deferred<User>,
    #[has_many]
    pub comments: toasty::Deferred<Vec<Comment>>,
}

#[derive(Debug, toasty::Model)]
#[table = "peer_comments"]
pub struct Comment {
    #[key]
    #[auto]
    pub id: i64,
    #[index]
    pub post_id: i64,
    pub text: String,
    #[belongs_to(key = post_id, references = id)]
    pub post: toasty::Deferred<Post>,
}

#[derive(Clone)]
pub struct Toasty {
    pub db: toasty::Db,
    dialect: Dialect,
    turn: u64,
}

/// Connects, to so many connections at most.
pub async fn connect(path: &str, server: &str, dialect: Dialect, connections: usize) -> Toasty {
    let url = match dialect {
        Dialect::Sqlite if path == ":memory:" => "sqlite::memory:".to_owned(),
        Dialect::Sqlite => format!("sqlite:{path}"),
        Dialect::Postgres => server.replacen("postgres://", "postgresql://", 1) + "?sslmode=disable",
        Dialect::Mariadb => server.to_owned(),
    };
    let mut builder = toasty::Db::builder();
    builder.models(toasty::models!(User, Post, Comment));
    if path != ":memory:" {
        builder.max_pool_size(connections);
    }
    Toasty { db: builder.connect(&url).await.unwrap(), dialect, turn: 0 }
}

/// How many rows a statement of a bulk insert has.
const CHUNK: u32 = 10_000;

fn users(rows: std::ops::Range<u32>) -> CreateMany<User> {
    let new = |n| User::create().name(name(n)).hair_color(hair_color(n));
    rows.fold(CreateMany::new(), |many, n| many.item(new(n)))
}

impl Peer for Toasty {
    async fn execute(&mut self, sql: &str) {
        toasty::sql::statement(sql).exec(&mut self.db).await.unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        let db = &mut self.db;
        Some(match work {
            Work::Trivial(_) => keys(User::all().exec(db).await.unwrap().iter().map(|user| user.id)),
            // Lists are `ROW(..)` to it, which MySQL knows and MariaDB does not.
            Work::Medium(_) | Work::Associations if self.dialect == Dialect::Mariadb => return None,
            // It has no join: the posts come with a statement of their own.
            Work::Medium(_) => {
                let users = User::filter(User::fields().hair_color().eq("black"))
                    .include(User::fields().posts())
                    .order_by(User::fields().name().desc())
                    .exec(db)
                    .await
                    .unwrap();
                pairs(users.iter().map(|user| (user.id, user.posts.get().first().map(|post| post.id))))
            }
            Work::Insert(rows) => users(0..rows).exec(db).await.unwrap().len() as u64,
            Work::Bulk(rows) => {
                let mut tx = db.transaction().await.unwrap();
                let mut count = 0;
                for from in (0..rows).step_by(CHUNK as usize) {
                    count += users(from..from + CHUNK).exec(&mut tx).await.unwrap().len() as u64;
                }
                tx.commit().await.unwrap();
                count
            }
            Work::Associations => {
                let users = User::all().include(User::fields().posts().comments()).exec(db).await.unwrap();
                nested(users.iter().flat_map(|user| {
                    user.posts.get().iter().flat_map(|post| {
                        post.comments.get().iter().map(|comment| (user.id, post.id, comment.id))
                    })
                }))
            }
            Work::Find => User::get_by_id(db, &next_key(&mut self.turn)).await.unwrap().id as u64,
            Work::Update => {
                let color = next_color(&mut self.turn);
                User::filter_by_id(7).update().hair_color(color).exec(db).await.unwrap();
                1
            }
            Work::Page => {
                let order = || User::fields().id().asc();
                let users = User::all().order_by(order()).limit(20).offset(40).exec(db).await.unwrap();
                let total = Query::<List<User>>::all().count().exec(db).await.unwrap();
                total + keys(users.iter().map(|user| user.id))
            }
            // It has no stream: pages by key are its way through many rows.
            Work::Cursor(_) => {
                let mut sum = 0;
                let pages = User::all().order_by(User::fields().id().asc()).paginate(1_000);
                let mut page = Some(pages.exec(db).await.unwrap());
                while let Some(users) = page {
                    sum += keys(users.iter().map(|user| user.id));
                    page = users.next(db).await.unwrap();
                }
                sum
            }
        })
    }
}
