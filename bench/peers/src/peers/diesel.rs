//! Diesel, which waits where it is called.

use diesel::prelude::*;

use crate::work::{hair_color, name};

pub mod schema {
    diesel::table! {
        peer_users (id) {
            id -> BigInt,
            name -> Text,
            hair_color -> Nullable<Text>,
        }
    }

    diesel::table! {
        peer_posts (id) {
            id -> BigInt,
            user_id -> BigInt,
            title -> Text,
            body -> Nullable<Text>,
        }
    }

    diesel::table! {
        peer_comments (id) {
            id -> BigInt,
            post_id -> BigInt,
            text -> Text,
        }
    }

    diesel::joinable!(peer_comments -> peer_posts (post_id));
    diesel::joinable!(peer_posts -> peer_users (user_id));
    diesel::allow_tables_to_appear_in_same_query!(peer_users, peer_posts, peer_comments);
}

use schema::*;

#[derive(Queryable, Identifiable)]
#[diesel(table_name = peer_users)]
#[allow(dead_code)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = peer_users, treat_none_as_default_value = false)]
pub struct NewUser {
    pub name: String,
    pub hair_color: Option<String>,
}

#[derive(Queryable, Identifiable, Associations)]
#[diesel(table_name = peer_posts, belongs_to(User))]
#[allow(dead_code)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
}

#[derive(Queryable, Identifiable, Associations)]
#[diesel(table_name = peer_comments, belongs_to(Post))]
#[allow(dead_code)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}

pub fn new_users(rows: std::ops::Range<u32>) -> Vec<NewUser> {
    rows.map(|n| NewUser { name: name(n), hair_color: Some(hair_color(n)) }).collect()
}

/// Users with their posts with their comments, as `grouped_by` gives them.
pub type Nested = Vec<(User, Vec<(Post, Vec<Comment>)>)>;

pub fn found(nested: &Nested) -> u64 {
    super::nested(nested.iter().flat_map(|(user, posts)| {
        posts
            .iter()
            .flat_map(|(post, comments)| comments.iter().map(|comment| (user.id, post.id, comment.id)))
    }))
}

pub fn nest(users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Nested {
    let comments = comments.grouped_by(&posts);
    let posts = posts.into_iter().zip(comments).grouped_by(&users);
    users.into_iter().zip(posts).collect()
}

/// How many rows a statement of a bulk insert has: under every database's limit of places.
pub const CHUNK: u32 = 10_000;

macro_rules! diesel {
    ($database:ident, $connection:ty, $loading:ty) => {
        pub mod $database {
            use diesel::{connection::SimpleConnection, prelude::*};

            use super::{CHUNK, Comment, Post, User, found, nest, new_users, schema::*};
            use crate::{
                peers::{Peer, keys, pairs},
                work::{Work, next_color, next_key},
            };

            pub struct Diesel {
                connection: $connection,
                user: Option<User>,
                turn: u64,
            }

            pub fn connect(url: &str) -> Diesel {
                Diesel { connection: <$connection>::establish(url).unwrap(), user: None, turn: 0 }
            }

            impl Peer for Diesel {
                async fn execute(&mut self, sql: &str) {
                    self.connection.batch_execute(sql).unwrap();
                }

                async fn once(&mut self, work: Work) -> Option<u64> {
                    let connection = &mut self.connection;
                    Some(match work {
                        Work::Trivial(_) => {
                            let users = peer_users::table.load::<User>(connection).unwrap();
                            keys(users.iter().map(|user| user.id))
                        }
                        Work::Medium(_) => {
                            let rows = peer_users::table
                                .left_outer_join(peer_posts::table)
                                .filter(peer_users::hair_color.eq("black"))
                                .order(peer_users::name.desc())
                                .load::<(User, Option<Post>)>(connection)
                                .unwrap();
                            pairs(
                                rows.iter().map(|(user, post)| (user.id, post.as_ref().map(|post| post.id))),
                            )
                        }
                        Work::Insert(rows) => {
                            let insert = diesel::insert_into(peer_users::table).values(new_users(0..rows));
                            insert.execute(connection).unwrap() as u64
                        }
                        Work::Bulk(rows) => connection
                            .transaction(|connection| {
                                let mut count = 0;
                                for from in (0..rows).step_by(CHUNK as usize) {
                                    let users = new_users(from..from + CHUNK);
                                    let insert = diesel::insert_into(peer_users::table).values(users);
                                    count += insert.execute(connection)? as u64;
                                }
                                diesel::QueryResult::Ok(count)
                            })
                            .unwrap(),
                        Work::Associations => {
                            let users = peer_users::table.load::<User>(connection).unwrap();
                            let posts = Post::belonging_to(&users).load::<Post>(connection).unwrap();
                            let comments = Comment::belonging_to(&posts).load::<Comment>(connection).unwrap();
                            found(&nest(users, posts, comments))
                        }
                        Work::Find => {
                            let key = next_key(&mut self.turn);
                            peer_users::table.find(key).first::<User>(connection).unwrap().id as u64
                        }
                        Work::Update => {
                            if self.user.is_none() {
                                self.user = Some(peer_users::table.find(3).first(connection).unwrap());
                            }
                            diesel::update(self.user.as_ref()?)
                                .set(peer_users::hair_color.eq(next_color(&mut self.turn)))
                                .execute(connection)
                                .unwrap();
                            1
                        }
                        Work::Page => {
                            let users = peer_users::table.order(peer_users::id).limit(20).offset(40);
                            let users = users.load::<User>(connection).unwrap();
                            let total: i64 = peer_users::table.count().get_result(connection).unwrap();
                            total as u64 + keys(users.iter().map(|user| user.id))
                        }
                        Work::Cursor(_) => {
                            let users = peer_users::table.load_iter::<User, $loading>(connection).unwrap();
                            keys(users.map(|user| user.unwrap().id))
                        }
                    })
                }
            }
        }
    };
}

diesel!(sqlite, diesel::SqliteConnection, diesel::connection::DefaultLoadingMode);
diesel!(postgres, diesel::PgConnection, diesel::pg::PgRowByRowLoadingMode);
