//! rusqlite by hand: statements kept, columns by position, fifty rows a statement in bulk.

use std::collections::HashMap;

use rusqlite::{Connection, Row, Statement, params};

use super::{Peer, keys, plain::*};
use crate::work::{Work, hair_color, name, next_color, next_key};

pub struct Rusqlite {
    connection: Connection,
    inserts: HashMap<u32, String>,
    turn: u64,
}

pub fn connect(path: &str) -> Rusqlite {
    let connection = Connection::open(path).unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(PRAGMAS).unwrap();
    Rusqlite { connection, inserts: HashMap::new(), turn: 0 }
}

/// What Atlas asks for by itself; for everybody whose files are measured.
pub const PRAGMAS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000";

pub fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}

fn post(row: &Row<'_>, at: usize) -> rusqlite::Result<Post> {
    Ok(Post { id: row.get(at)?, user_id: row.get(at + 1)?, title: row.get(at + 2)?, body: row.get(at + 3)? })
}

fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? })
}

fn insert_text(rows: u32) -> String {
    let places = vec!["(?, ?)"; rows as usize].join(", ");
    format!("INSERT INTO peer_users (name, hair_color) VALUES {places}")
}

fn bind(statement: &mut Statement<'_>, rows: std::ops::Range<u32>) {
    for (at, n) in rows.enumerate() {
        statement.raw_bind_parameter(2 * at + 1, name(n)).unwrap();
        statement.raw_bind_parameter(2 * at + 2, hair_color(n)).unwrap();
    }
    statement.raw_execute().unwrap();
}

impl Rusqlite {
    fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut statement = self.connection.prepare_cached(sql).unwrap();
        statement.query_map(params, read).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// By as many places as there are keys: each number of keys is prepared once.
    fn of<T>(&self, sql: &str, ids: &[i64], read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        let places = vec!["?"; ids.len()].join(", ");
        self.all(&format!("{sql} IN ({places})"), rusqlite::params_from_iter(ids), read)
    }
}

impl Peer for Rusqlite {
    async fn execute(&mut self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        Some(match work {
            Work::Trivial(_) => {
                let users = self.all("SELECT id, name, hair_color FROM peer_users", [], user);
                keys(users.iter().map(|user| user.id))
            }
            Work::Medium(_) => {
                let rows = self.all(
                    "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM peer_users u \
                     LEFT JOIN peer_posts p ON p.user_id = u.id WHERE u.hair_color = ? ORDER BY u.name DESC",
                    ["black"],
                    |row| {
                        let post = row.get::<_, Option<i64>>(3)?.map(|_| post(row, 3)).transpose()?;
                        Ok((user(row)?, post))
                    },
                );
                pairs(&rows)
            }
            Work::Insert(rows) => {
                let sql = self.inserts.entry(rows).or_insert_with(|| insert_text(rows));
                bind(&mut self.connection.prepare_cached(sql).unwrap(), 0..rows);
                rows.into()
            }
            Work::Bulk(rows) => {
                let sql = self.inserts.entry(50).or_insert_with(|| insert_text(50));
                let tx = self.connection.unchecked_transaction().unwrap();
                let mut statement = tx.prepare_cached(sql).unwrap();
                for from in (0..rows).step_by(50) {
                    bind(&mut statement, from..from + 50);
                }
                drop(statement);
                tx.commit().unwrap();
                rows.into()
            }
            Work::Associations => {
                let users = self.all("SELECT id, name, hair_color FROM peer_users", [], user);
                let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
                let sql = "SELECT id, user_id, title, body FROM peer_posts WHERE user_id";
                let posts = self.of(sql, &ids, |row| post(row, 0));
                let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
                let comments =
                    self.of("SELECT id, post_id, text FROM peer_comments WHERE post_id", &ids, comment);
                found(&nest(users, posts, comments))
            }
            Work::Find => {
                let sql = "SELECT id, name, hair_color FROM peer_users WHERE id = ?";
                let mut statement = self.connection.prepare_cached(sql).unwrap();
                statement.query_row([next_key(&mut self.turn)], user).unwrap().id as u64
            }
            Work::Update => {
                let sql = "UPDATE peer_users SET hair_color = ? WHERE id = ?";
                let mut statement = self.connection.prepare_cached(sql).unwrap();
                assert_eq!(statement.execute(params![next_color(&mut self.turn), 2]).unwrap(), 1);
                1
            }
            Work::Page => {
                let sql = "SELECT id, name, hair_color FROM peer_users ORDER BY id LIMIT 20 OFFSET ?";
                let users = self.all(sql, [40], user);
                let mut statement =
                    self.connection.prepare_cached("SELECT count(*) FROM peer_users").unwrap();
                let total: i64 = statement.query_row([], |row| row.get(0)).unwrap();
                total as u64 + keys(users.iter().map(|user| user.id))
            }
            Work::Cursor(_) => {
                let sql = "SELECT id, name, hair_color FROM peer_users";
                let mut statement = self.connection.prepare_cached(sql).unwrap();
                keys(statement.query_map([], user).unwrap().map(|user| user.unwrap().id))
            }
        })
    }
}
