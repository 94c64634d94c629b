//! tokio-postgres by hand: statements held, columns by position, rows as a stream, arrays for lists, COPY in bulk.

use std::collections::HashMap;

use futures_util::{TryStreamExt, pin_mut};
use tokio_postgres::{
    Client, NoTls, Row, Statement,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use super::{Peer, keys, plain::*};
use crate::work::{Work, hair_color, name, next_color, next_key};

pub struct TokioPostgres {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    turn: u64,
}

pub async fn connect(url: &str) -> TokioPostgres {
    let (client, connection) =
        tokio_postgres::connect(&format!("{url}?sslmode=disable"), NoTls).await.unwrap();
    tokio::spawn(connection);
    TokioPostgres { client, statements: HashMap::new(), turn: 0 }
}

fn user(row: &Row) -> User {
    User { id: row.get(0), name: row.get(1), hair_color: row.get(2) }
}

fn post(row: &Row, at: usize) -> Post {
    Post { id: row.get(at), user_id: row.get(at + 1), title: row.get(at + 2), body: row.get(at + 3) }
}

fn comment(row: &Row) -> Comment {
    Comment { id: row.get(0), post_id: row.get(1), text: row.get(2) }
}

impl TokioPostgres {
    async fn statement(&mut self, sql: &'static str) -> Statement {
        if let Some(statement) = self.statements.get(sql) {
            return statement.clone();
        }
        let statement = self.client.prepare(sql).await.unwrap();
        self.statements.insert(sql, statement.clone());
        statement
    }

    async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> T,
    ) -> Vec<T> {
        let statement = self.statement(sql).await;
        let rows = self.client.query_raw(&statement, params.iter().copied()).await.unwrap();
        pin_mut!(rows);
        let mut all = Vec::new();
        while let Some(row) = rows.try_next().await.unwrap() {
            all.push(read(&row));
        }
        all
    }
}

const ALL: &str = "SELECT id, name, hair_color FROM peer_users";

impl Peer for TokioPostgres {
    async fn execute(&mut self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    async fn once(&mut self, work: Work) -> Option<u64> {
        Some(match work {
            Work::Trivial(_) => keys(self.all(ALL, &[], user).await.iter().map(|user| user.id)),
            Work::Medium(_) => {
                let sql = "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM peer_users u \
                           LEFT JOIN peer_posts p ON p.user_id = u.id WHERE u.hair_color = $1 ORDER BY u.name DESC";
                let rows = self.all(sql, &[&"black"], |row| {
                    (user(row), row.get::<_, Option<i64>>(3).map(|_| post(row, 3)))
                });
                pairs(&rows.await)
            }
            Work::Insert(rows) => {
                let sql =
                    "INSERT INTO peer_users (name, hair_color) SELECT * FROM UNNEST($1::text[], $2::text[])";
                let statement = self.statement(sql).await;
                let names: Vec<String> = (0..rows).map(name).collect();
                let colors: Vec<String> = (0..rows).map(hair_color).collect();
                self.client.execute(&statement, &[&names, &colors]).await.unwrap()
            }
            Work::Bulk(rows) => {
                let sql = "COPY peer_users (name, hair_color) FROM STDIN BINARY";
                let sink = self.client.copy_in(sql).await.unwrap();
                let writer = BinaryCopyInWriter::new(sink, &[Type::TEXT, Type::TEXT]);
                pin_mut!(writer);
                for n in 0..rows {
                    writer.as_mut().write(&[&name(n), &hair_color(n)]).await.unwrap();
                }
                writer.finish().await.unwrap()
            }
            Work::Associations => {
                let users = self.all(ALL, &[], user).await;
                let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
                let sql = "SELECT id, user_id, title, body FROM peer_posts WHERE user_id = ANY($1)";
                let posts = self.all(sql, &[&ids], |row| post(row, 0)).await;
                let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
                let sql = "SELECT id, post_id, text FROM peer_comments WHERE post_id = ANY($1)";
                let comments = self.all(sql, &[&ids], comment).await;
                found(&nest(users, posts, comments))
            }
            Work::Find => {
                let statement =
                    self.statement("SELECT id, name, hair_color FROM peer_users WHERE id = $1").await;
                let key = next_key(&mut self.turn);
                user(&self.client.query_one(&statement, &[&key]).await.unwrap()).id as u64
            }
            Work::Update => {
                let statement = self.statement("UPDATE peer_users SET hair_color = $1 WHERE id = $2").await;
                let color = next_color(&mut self.turn);
                assert_eq!(self.client.execute(&statement, &[&color, &2_i64]).await.unwrap(), 1);
                1
            }
            Work::Page => {
                let sql = "SELECT id, name, hair_color FROM peer_users ORDER BY id LIMIT 20 OFFSET $1";
                let users = self.all(sql, &[&40_i64], user).await;
                let statement = self.statement("SELECT count(*) FROM peer_users").await;
                let total: i64 = self.client.query_one(&statement, &[]).await.unwrap().get(0);
                total as u64 + keys(users.iter().map(|user| user.id))
            }
            Work::Cursor(_) => {
                let statement = self.statement(ALL).await;
                let rows = self.client.query_raw(&statement, [] as [i64; 0]).await.unwrap();
                pin_mut!(rows);
                let mut sum = 0;
                while let Some(row) = rows.try_next().await.unwrap() {
                    sum += user(&row).id as u64;
                }
                sum
            }
        })
    }
}
