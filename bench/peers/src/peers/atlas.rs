//! Atlas.

use atlas::prelude::*;

use super::{Peer, keys, nested, pairs};
use crate::{
    database::Dialect,
    work::{Work, hair_color, name, next_color, next_key},
};

#[derive(Model)]
#[table("peer_users")]
pub struct User {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
    #[has_many]
    pub posts: HasMany<Post>,
}

#[derive(Model)]
#[table("peer_posts")]
pub struct Post {
    pub id: i64,
    #[index]
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
    #[belongs_to]
    pub user: BelongsTo<User>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model)]
#[table("peer_comments")]
pub struct Comment {
    pub id: i64,
    #[index]
    pub post_id: i64,
    pub text: String,
    #[belongs_to]
    pub post: BelongsTo<Post>,
}

pub struct Atlas {
    pub db: Db,
    user: Option<Record<User>>,
    turn: u64,
}

/// Connects, to so many connections at most.
pub async fn connect(url: &str, dialect: Dialect, connections: u32) -> Atlas {
    let url = match dialect {
        Dialect::Sqlite => url.to_owned(),
        Dialect::Postgres => format!("{url}?sslmode=disable"),
        Dialect::Mariadb => format!("{url}?ssl-mode=disabled"),
    };
    let builder = Db::builder(&url);
    let builder = if url.contains(":memory:") { builder } else { builder.max_connections(connections) };
    Atlas { db: builder.connect().await.unwrap(), user: None, turn: 0 }
}

fn drafts(rows: u32) -> impl Iterator<Item = impl atlas::Complete<User>> {
    (0..rows).map(|n| User::draft().name(name(n)).hair_color(hair_color(n)))
}

impl Peer for Atlas {
    async fn execute(&mut self, sql: &str) {
        self.db.execute(sql, ()).await.unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        let db = &self.db;
        Some(match work {
            Work::Trivial(_) => keys(User::all(db).await.unwrap().iter().map(|user| user.id)),
            Work::Medium(_) => {
                let rows = User::query()
                    .left_join(User::posts)
                    .where_eq(User::hair_color, "black")
                    .order_by(User::name.desc())
                    .get(db)
                    .await
                    .unwrap();
                pairs(rows.iter().map(|(user, post)| (user.id, post.as_ref().map(|post| post.id))))
            }
            Work::Insert(rows) | Work::Bulk(rows) => User::insert(db, drafts(rows)).await.unwrap(),
            Work::Associations => {
                let users = User::query().with(User::posts.with(Post::comments)).get(db).await.unwrap();
                nested(users.iter().flat_map(|user| {
                    user.posts.get().unwrap().iter().flat_map(|post| {
                        post.comments.get().unwrap().iter().map(|comment| (user.id, post.id, comment.id))
                    })
                }))
            }
            Work::Find => User::find(db, next_key(&mut self.turn)).await.unwrap().unwrap().id as u64,
            Work::Update => {
                if self.user.is_none() {
                    self.user = Some(User::find_or_fail(db, 1).await.unwrap());
                }
                let user = self.user.as_mut()?;
                user.hair_color = Some(next_color(&mut self.turn).to_owned());
                user.save(db).await.unwrap();
                1
            }
            Work::Page => {
                let page = User::query().order_by(User::id).paginate(db, 3, 20).await.unwrap();
                page.total + keys(page.data.iter().map(|user| user.id))
            }
            Work::Cursor(_) => {
                let mut users = User::query().cursor(db);
                let mut sum = 0;
                while let Some(user) = users.try_next().await.unwrap() {
                    sum += user.id as u64;
                }
                sum
            }
        })
    }
}
