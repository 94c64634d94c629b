//! mysql_async by hand: it keeps prepared statements by their texts.

use futures_util::TryStreamExt;
use mysql_async::{Conn, Params, Row, Value, prelude::Queryable};

use super::{Peer, keys, plain::*};
use crate::work::{Work, hair_color, name, next_color, next_key};

pub struct MysqlAsync {
    connection: Conn,
    turn: u64,
}

pub async fn connect(url: &str) -> MysqlAsync {
    MysqlAsync { connection: Conn::from_url(url).await.unwrap(), turn: 0 }
}

/// How many rows a statement of a bulk insert has.
const CHUNK: u32 = 10_000;

type UserRow = (i64, String, Option<String>);
type PostRow = (i64, i64, String, Option<String>);
type JoinedRow = (i64, String, Option<String>, Option<i64>, Option<i64>, Option<String>, Option<String>);

pub fn user((id, name, hair_color): UserRow) -> User {
    User { id, name, hair_color }
}

impl MysqlAsync {
    async fn insert(&mut self, rows: std::ops::Range<u32>) -> u64 {
        let places = vec!["(?, ?)"; rows.len()].join(", ");
        let values = rows.flat_map(|n| [Value::from(name(n)), Value::from(hair_color(n))]).collect();
        let sql = format!("INSERT INTO peer_users (name, hair_color) VALUES {places}");
        self.connection.exec_drop(sql, Params::Positional(values)).await.unwrap();
        self.connection.affected_rows()
    }

    async fn of<T, R>(&mut self, sql: &str, ids: &[i64], read: impl FnMut(R) -> T + Send) -> Vec<T>
    where
        R: mysql_async::prelude::FromRow + Send + 'static,
        T: Send + 'static,
    {
        let places = vec!["?"; ids.len()].join(", ");
        let ids = ids.iter().map(|id| Value::from(*id)).collect();
        let sql = format!("{sql} IN ({places})");
        self.connection.exec_map(sql, Params::Positional(ids), read).await.unwrap()
    }
}

const ALL: &str = "SELECT id, name, hair_color FROM peer_users";

impl Peer for MysqlAsync {
    async fn execute(&mut self, sql: &str) {
        self.connection.query_drop(sql).await.unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        let connection = &mut self.connection;
        Some(match work {
            Work::Trivial(_) => {
                let users = connection.exec_map(ALL, (), user).await.unwrap();
                keys(users.iter().map(|user| user.id))
            }
            Work::Medium(_) => {
                let sql = "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM peer_users u \
                           LEFT JOIN peer_posts p ON p.user_id = u.id WHERE u.hair_color = ? ORDER BY u.name DESC";
                let read = |(id, name, hair_color, post, user_id, title, body): JoinedRow| {
                    let post = match (post, user_id, title) {
                        (Some(id), Some(user_id), Some(title)) => Some(Post { id, user_id, title, body }),
                        _ => None,
                    };
                    (User { id, name, hair_color }, post)
                };
                pairs(&connection.exec_map(sql, ("black",), read).await.unwrap())
            }
            Work::Insert(rows) => self.insert(0..rows).await,
            Work::Bulk(rows) => {
                connection.query_drop("START TRANSACTION").await.unwrap();
                let mut count = 0;
                for from in (0..rows).step_by(CHUNK as usize) {
                    count += self.insert(from..from + CHUNK).await;
                }
                self.connection.query_drop("COMMIT").await.unwrap();
                count
            }
            Work::Associations => {
                let users = connection.exec_map(ALL, (), user).await.unwrap();
                let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
                let sql = "SELECT id, user_id, title, body FROM peer_posts WHERE user_id";
                let read = |(id, user_id, title, body): PostRow| Post { id, user_id, title, body };
                let posts = self.of(sql, &ids, read).await;
                let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
                let sql = "SELECT id, post_id, text FROM peer_comments WHERE post_id";
                let read = |(id, post_id, text): (i64, i64, String)| Comment { id, post_id, text };
                let comments = self.of(sql, &ids, read).await;
                found(&nest(users, posts, comments))
            }
            Work::Find => {
                let sql = "SELECT id, name, hair_color FROM peer_users WHERE id = ?";
                let key = next_key(&mut self.turn);
                let row: UserRow = connection.exec_first(sql, (key,)).await.unwrap()?;
                user(row).id as u64
            }
            Work::Update => {
                let sql = "UPDATE peer_users SET hair_color = ? WHERE id = ?";
                connection.exec_drop(sql, (next_color(&mut self.turn), 2)).await.unwrap();
                assert_eq!(connection.affected_rows(), 1);
                1
            }
            Work::Page => {
                let sql = "SELECT id, name, hair_color FROM peer_users ORDER BY id LIMIT 20 OFFSET ?";
                let users = connection.exec_map(sql, (40,), user).await.unwrap();
                let total: Option<u64> =
                    connection.exec_first("SELECT count(*) FROM peer_users", ()).await.unwrap();
                total? + keys(users.iter().map(|user| user.id))
            }
            Work::Cursor(_) => {
                let rows = connection.exec_stream::<Row, _, _>(ALL, ()).await.unwrap();
                rows.try_fold(0, async |sum, row| Ok(sum + user(mysql_async::from_row(row)).id as u64))
                    .await
                    .unwrap()
            }
        })
    }
}
