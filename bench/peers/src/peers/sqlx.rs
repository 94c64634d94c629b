//! sqlx: `query_as` on one connection, `QueryBuilder` for lists, arrays where PostgreSQL takes them.

use crate::work::{hair_color, name};

/// How many rows a statement of a bulk insert has.
pub const CHUNK: u32 = 10_000;

#[derive(sqlx::FromRow)]
pub struct Joined {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
    pub post_id: Option<i64>,
    pub user_id: Option<i64>,
    pub title: Option<String>,
    pub body: Option<String>,
}

impl Joined {
    pub fn pair(self) -> (super::plain::User, Option<super::plain::Post>) {
        let user = super::plain::User { id: self.id, name: self.name, hair_color: self.hair_color };
        let post = match (self.post_id, self.user_id, self.title) {
            (Some(id), Some(user_id), Some(title)) => {
                Some(super::plain::Post { id, user_id, title, body: self.body })
            }
            _ => None,
        };
        (user, post)
    }
}

macro_rules! sqlx {
    ($database:ident, $kind:ty, $options:ty, $one:literal, $two:literal, $insert:path, $of:path) => {
        pub mod $database {
            use std::str::FromStr;

            use futures_util::TryStreamExt;
            use sqlx::{ConnectOptions, Connection, query, query_as, query_scalar};

            use super::{CHUNK, Joined};
            use crate::{
                peers::{Peer, keys, plain::*},
                work::{Work, next_color, next_key},
            };

            pub type Conn = <$kind as sqlx::Database>::Connection;

            pub struct Sqlx {
                connection: Conn,
                turn: u64,
            }

            pub fn options(url: &str) -> $options {
                let url = super::url(url);
                <$options>::from_str(&url).unwrap().disable_statement_logging()
            }

            pub async fn connect(url: &str) -> Sqlx {
                Sqlx { connection: options(url).connect().await.unwrap(), turn: 0 }
            }

            impl Peer for Sqlx {
                async fn execute(&mut self, sql: &str) {
                    let sql = sqlx::AssertSqlSafe(sql.to_owned());
                    sqlx::raw_sql(sql).execute(&mut self.connection).await.unwrap();
                }

                async fn once(&mut self, work: Work) -> Option<u64> {
                    const ALL: &str = "SELECT id, name, hair_color FROM peer_users";
                    let connection = &mut self.connection;
                    Some(match work {
                        Work::Trivial(_) => {
                            let users: Vec<User> = query_as(ALL).fetch_all(connection).await.unwrap();
                            keys(users.iter().map(|user| user.id))
                        }
                        Work::Medium(_) => {
                            let rows: Vec<Joined> = query_as(concat!(
                                "SELECT u.id, u.name, u.hair_color, p.id AS post_id, p.user_id, p.title, p.body ",
                                "FROM peer_users u LEFT JOIN peer_posts p ON p.user_id = u.id ",
                                "WHERE u.hair_color = ", $one, " ORDER BY u.name DESC"
                            ))
                            .bind("black")
                            .fetch_all(connection)
                            .await
                            .unwrap();
                            let rows: Vec<_> = rows.into_iter().map(Joined::pair).collect();
                            pairs(&rows)
                        }
                        Work::Insert(rows) => $insert(connection, 0..rows).await,
                        Work::Bulk(rows) => {
                            let mut tx = connection.begin().await.unwrap();
                            let mut count = 0;
                            for from in (0..rows).step_by(CHUNK as usize) {
                                count += $insert(&mut tx, from..from + CHUNK).await;
                            }
                            tx.commit().await.unwrap();
                            count
                        }
                        Work::Associations => {
                            let users: Vec<User> = query_as(ALL).fetch_all(&mut *connection).await.unwrap();
                            let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
                            let sql = "SELECT id, user_id, title, body FROM peer_posts WHERE user_id";
                            let posts: Vec<Post> = $of(connection, sql, ids).await;
                            let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
                            let sql = "SELECT id, post_id, text FROM peer_comments WHERE post_id";
                            let comments: Vec<Comment> = $of(connection, sql, ids).await;
                            found(&nest(users, posts, comments))
                        }
                        Work::Find => {
                            let sql = concat!("SELECT id, name, hair_color FROM peer_users WHERE id = ", $one);
                            let user: User =
                                query_as(sql).bind(next_key(&mut self.turn)).fetch_one(connection).await.unwrap();
                            user.id as u64
                        }
                        Work::Update => {
                            let sql =
                                concat!("UPDATE peer_users SET hair_color = ", $one, " WHERE id = ", $two);
                            let update = query(sql).bind(next_color(&mut self.turn)).bind(5_i64);
                            assert_eq!(update.execute(connection).await.unwrap().rows_affected(), 1);
                            1
                        }
                        Work::Page => {
                            let sql = concat!(
                                "SELECT id, name, hair_color FROM peer_users ORDER BY id LIMIT 20 OFFSET ", $one
                            );
                            let users: Vec<User> =
                                query_as(sql).bind(40_i64).fetch_all(&mut *connection).await.unwrap();
                            let count = query_scalar("SELECT count(*) FROM peer_users");
                            let total: i64 = count.fetch_one(connection).await.unwrap();
                            total as u64 + keys(users.iter().map(|user| user.id))
                        }
                        Work::Cursor(_) => query_as(ALL)
                            .fetch(connection)
                            .try_fold(0, async |sum, user: User| Ok(sum + user.id as u64))
                            .await
                            .unwrap(),
                    })
                }
            }
        }
    };
}

/// Everyone is measured without encryption.
fn url(url: &str) -> String {
    match url.split_once("://") {
        Some(("postgres", _)) => format!("{url}?sslmode=disable"),
        Some(("mysql", _)) => format!("{url}?ssl-mode=disabled"),
        _ => url.to_owned(),
    }
}

macro_rules! lists {
    ($insert:ident, $of:ident, $kind:ty) => {
        async fn $insert(
            connection: &mut <$kind as sqlx::Database>::Connection,
            rows: std::ops::Range<u32>,
        ) -> u64 {
            let mut insert = sqlx::QueryBuilder::<$kind>::new("INSERT INTO peer_users (name, hair_color) ");
            insert.push_values(rows, |mut row, n| {
                row.push_bind(name(n)).push_bind(hair_color(n));
            });
            insert.build().execute(connection).await.unwrap().rows_affected()
        }

        async fn $of<T>(
            connection: &mut <$kind as sqlx::Database>::Connection,
            sql: &'static str,
            ids: Vec<i64>,
        ) -> Vec<T>
        where
            T: for<'r> sqlx::FromRow<'r, <$kind as sqlx::Database>::Row> + Send + Unpin,
        {
            let mut select = sqlx::QueryBuilder::<$kind>::new(sql);
            select.push(" IN (");
            let mut places = select.separated(", ");
            for id in ids {
                places.push_bind(id);
            }
            select.push(")");
            select.build_query_as().fetch_all(connection).await.unwrap()
        }
    };
}

lists!(insert_sqlite, of_sqlite, sqlx::Sqlite);
lists!(insert_mysql, of_mysql, sqlx::MySql);

async fn insert_postgres(connection: &mut sqlx::PgConnection, rows: std::ops::Range<u32>) -> u64 {
    let names: Vec<String> = rows.clone().map(name).collect();
    let colors: Vec<Option<String>> = rows.map(|n| Some(hair_color(n))).collect();
    sqlx::query("INSERT INTO peer_users (name, hair_color) SELECT * FROM UNNEST($1::text[], $2::text[])")
        .bind(names)
        .bind(colors)
        .execute(connection)
        .await
        .unwrap()
        .rows_affected()
}

async fn of_postgres<T>(connection: &mut sqlx::PgConnection, sql: &str, ids: Vec<i64>) -> Vec<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    let sql = sqlx::AssertSqlSafe(format!("{sql} = ANY($1)"));
    sqlx::query_as(sql).bind(ids).fetch_all(connection).await.unwrap()
}

sqlx!(
    sqlite,
    sqlx::Sqlite,
    sqlx::sqlite::SqliteConnectOptions,
    "?",
    "?",
    super::insert_sqlite,
    super::of_sqlite
);
sqlx!(
    postgres,
    sqlx::Postgres,
    sqlx::postgres::PgConnectOptions,
    "$1",
    "$2",
    super::insert_postgres,
    super::of_postgres
);
sqlx!(mysql, sqlx::MySql, sqlx::mysql::MySqlConnectOptions, "?", "?", super::insert_mysql, super::of_mysql);
