//! diesel-async.

macro_rules! diesel_async {
    ($database:ident, $connection:ty, $insert:expr) => {
        pub mod $database {
            use diesel::prelude::*;
            use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
            use futures_util::TryStreamExt;

            use crate::{
                peers::{
                    Peer,
                    diesel::{CHUNK, Comment, Post, User, found, nest, new_users, schema::*},
                    keys, pairs,
                },
                work::{Work, next_color, next_key},
            };

            pub type Connection = $connection;

            pub struct DieselAsync {
                connection: Connection,
                user: Option<User>,
                turn: u64,
            }

            pub async fn connect(url: &str) -> DieselAsync {
                DieselAsync { connection: Connection::establish(url).await.unwrap(), user: None, turn: 0 }
            }

            impl Peer for DieselAsync {
                async fn execute(&mut self, sql: &str) {
                    self.connection.batch_execute(sql).await.unwrap();
                }

                async fn once(&mut self, work: Work) -> Option<u64> {
                    let connection = &mut self.connection;
                    Some(match work {
                        Work::Trivial(_) => {
                            let users = peer_users::table.load::<User>(connection).await.unwrap();
                            keys(users.iter().map(|user| user.id))
                        }
                        Work::Medium(_) => {
                            let rows = peer_users::table
                                .left_outer_join(peer_posts::table)
                                .filter(peer_users::hair_color.eq("black"))
                                .order(peer_users::name.desc())
                                .load::<(User, Option<Post>)>(connection)
                                .await
                                .unwrap();
                            pairs(
                                rows.iter().map(|(user, post)| (user.id, post.as_ref().map(|post| post.id))),
                            )
                        }
                        Work::Insert(rows) => ($insert)(connection, new_users(0..rows)).await,
                        Work::Bulk(rows) => connection
                            .transaction(async |connection| {
                                let mut count = 0;
                                for from in (0..rows).step_by(CHUNK as usize) {
                                    count += ($insert)(connection, new_users(from..from + CHUNK)).await;
                                }
                                diesel::QueryResult::Ok(count)
                            })
                            .await
                            .unwrap(),
                        Work::Associations => {
                            let users = peer_users::table.load::<User>(connection).await.unwrap();
                            let posts = Post::belonging_to(&users).load::<Post>(connection).await.unwrap();
                            let comments = Comment::belonging_to(&posts);
                            let comments = comments.load::<Comment>(connection).await.unwrap();
                            found(&nest(users, posts, comments))
                        }
                        Work::Find => {
                            let key = next_key(&mut self.turn);
                            peer_users::table.find(key).first::<User>(connection).await.unwrap().id as u64
                        }
                        Work::Update => {
                            if self.user.is_none() {
                                self.user = Some(peer_users::table.find(4).first(connection).await.unwrap());
                            }
                            diesel::update(self.user.as_ref()?)
                                .set(peer_users::hair_color.eq(next_color(&mut self.turn)))
                                .execute(connection)
                                .await
                                .unwrap();
                            1
                        }
                        Work::Page => {
                            let users = peer_users::table.order(peer_users::id).limit(20).offset(40);
                            let users = users.load::<User>(connection).await.unwrap();
                            let total: i64 = peer_users::table.count().get_result(connection).await.unwrap();
                            total as u64 + keys(users.iter().map(|user| user.id))
                        }
                        Work::Cursor(_) => {
                            let users = peer_users::table.load_stream::<User>(connection).await.unwrap();
                            users.try_fold(0, async |sum, user| Ok(sum + user.id as u64)).await.unwrap()
                        }
                    })
                }
            }
        }
    };
}

use diesel_async::RunQueryDsl;

use super::diesel::{NewUser, schema::peer_users};

/// On SQLite it has no statement of many rows.
async fn insert_each(connection: &mut sqlite::Connection, users: Vec<NewUser>) -> u64 {
    use diesel_async::AsyncConnection;
    connection
        .transaction(async |connection| {
            let mut count = 0;
            for user in &users {
                count +=
                    diesel::insert_into(peer_users::table).values(user).execute(connection).await? as u64;
            }
            diesel::QueryResult::Ok(count)
        })
        .await
        .unwrap()
}

async fn insert_postgres(connection: &mut postgres::Connection, users: Vec<NewUser>) -> u64 {
    diesel::insert_into(peer_users::table).values(users).execute(connection).await.unwrap() as u64
}

async fn insert_mysql(connection: &mut mysql::Connection, users: Vec<NewUser>) -> u64 {
    diesel::insert_into(peer_users::table).values(users).execute(connection).await.unwrap() as u64
}

diesel_async!(
    sqlite,
    diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>,
    super::insert_each
);
diesel_async!(postgres, diesel_async::AsyncPgConnection, super::insert_postgres);
diesel_async!(mysql, diesel_async::AsyncMysqlConnection, super::insert_mysql);
