//! 64 tasks that look users up, on a pool of 8 connections.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use crate::{
    database::{Database, Dialect},
    peers::{self, diesel as schema, plain::User},
    work::{MANY, number},
};

const TASKS: usize = 64;
const CONNECTIONS: u32 = 8;

/// A library on a pool.
trait Pooled: Clone + Send + 'static {
    /// Looks one user up by key.
    fn find(&self, key: i64) -> impl Future<Output = ()> + Send;
}

/// What a pool gave: look-ups in a second, and how long 99 of 100 took at most.
#[derive(Clone, Copy)]
pub struct Throughput {
    pub per_second: f64,
    pub p99: Duration,
}

type Round = Box<dyn Fn(u32) -> Pin<Box<dyn Future<Output = Throughput>>>>;

/// Measures everybody, in turns. The rows are there already.
pub async fn measure(database: &Database, rounds: usize, each: u32) -> Vec<Throughput> {
    let names = peers::names(database.dialect);
    let mut sides = Vec::new();
    for name in names {
        sides.push(connect(name, database).await);
    }
    let mut measured = vec![Vec::new(); sides.len()];
    for round in 0..rounds + 1 {
        for (side, measured) in sides.iter().zip(&mut measured) {
            let took = side(each).await;
            if round > 0 {
                measured.push(took);
            }
        }
    }
    measured
        .into_iter()
        .map(|mut rounds| {
            rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
            rounds[rounds.len() / 2]
        })
        .collect()
}

/// What is measured, in words.
pub fn title() -> String {
    format!("{TASKS} tasks on a pool of {CONNECTIONS}, each looking up users by key, of {}", number(MANY))
}

fn side(pooled: impl Pooled) -> Round {
    Box::new(move |each| Box::pin(run(pooled.clone(), each)))
}

async fn run(pooled: impl Pooled, each: u32) -> Throughput {
    let start = Instant::now();
    let tasks: Vec<_> = (0..TASKS as u64)
        .map(|task| {
            let pooled = pooled.clone();
            tokio::spawn(async move {
                let mut turn = task * 131;
                let mut took = Vec::with_capacity(each as usize);
                for _ in 0..each {
                    let start = Instant::now();
                    pooled.find(crate::work::next_key(&mut turn)).await;
                    took.push(start.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    let per_second = took.len() as f64 / start.elapsed().as_secs_f64();
    took.sort();
    Throughput { per_second, p99: took[took.len() * 99 / 100] }
}

async fn connect(name: &str, database: &Database) -> Round {
    let url = database.url.clone().unwrap();
    let path = url.trim_start_matches("sqlite://").to_owned();
    match (name, database.dialect) {
        ("Atlas", dialect) => side(peers::atlas::connect(&url, dialect, CONNECTIONS).await.db),
        ("SeaORM", _) => side(peers::sea_orm::connect(&url, CONNECTIONS).await),
        ("Toasty", dialect) => side(peers::toasty::connect(&path, &url, dialect, CONNECTIONS as usize).await),
        ("rusqlite", _) => {
            let manager = r2d2_sqlite::SqliteConnectionManager::file(path)
                .with_init(|connection| connection.execute_batch(peers::rusqlite::PRAGMAS));
            side(Blocking(r2d2::Pool::builder().max_size(CONNECTIONS).build(manager).unwrap()))
        }
        ("Diesel", Dialect::Sqlite) => side(diesel::<diesel::SqliteConnection>(path)),
        ("Diesel", _) => side(diesel::<diesel::PgConnection>(url)),
        ("diesel-async", Dialect::Sqlite) => side(sqlite::pool(path)),
        ("diesel-async", Dialect::Postgres) => side(postgres::pool(url)),
        ("diesel-async", Dialect::Mariadb) => side(mysql::pool(url)),
        ("sqlx", Dialect::Sqlite) => side(sqlx::<sqlx::Sqlite>(peers::sqlx::sqlite::options(&url)).await),
        ("sqlx", Dialect::Postgres) => {
            side(sqlx::<sqlx::Postgres>(peers::sqlx::postgres::options(&url)).await)
        }
        ("sqlx", Dialect::Mariadb) => side(sqlx::<sqlx::MySql>(peers::sqlx::mysql::options(&url)).await),
        ("tokio-postgres", _) => {
            let config: deadpool_postgres::tokio_postgres::Config =
                format!("{url}?sslmode=disable").parse().unwrap();
            let manager = deadpool_postgres::Manager::new(config, deadpool_postgres::tokio_postgres::NoTls);
            let pool = deadpool_postgres::Pool::builder(manager).max_size(CONNECTIONS as usize);
            side(pool.build().unwrap())
        }
        ("mysql_async", _) => {
            let size = mysql_async::PoolConstraints::new(CONNECTIONS as usize, CONNECTIONS as usize);
            let pool = mysql_async::PoolOpts::default().with_constraints(size.unwrap());
            let options = mysql_async::Opts::from_url(&url).unwrap();
            let options = mysql_async::OptsBuilder::from_opts(options).pool_opts(pool);
            side(mysql_async::Pool::new(options))
        }
        (name, dialect) => panic!("{name} has no pool on {dialect:?}"),
    }
}

impl Pooled for atlas::Db {
    async fn find(&self, key: i64) {
        use atlas::prelude::*;
        let user = peers::atlas::User::find(self, key).await.unwrap();
        assert_eq!(user.unwrap().id, key);
    }
}

impl Pooled for peers::sea_orm::SeaOrm {
    async fn find(&self, key: i64) {
        use sea_orm::EntityTrait;
        let user = peers::sea_orm::user::Entity::find_by_id(key).one(&self.db).await.unwrap();
        assert_eq!(user.unwrap().id, key);
    }
}

impl Pooled for peers::toasty::Toasty {
    async fn find(&self, key: i64) {
        let user = peers::toasty::User::get_by_id(&mut self.db.clone(), &key).await.unwrap();
        assert_eq!(user.id, key);
    }
}

/// Connections that wait where they are called, each call on the blocking pool.
#[derive(Clone)]
struct Blocking<P>(P);

impl Pooled for Blocking<r2d2::Pool<r2d2_sqlite::SqliteConnectionManager>> {
    async fn find(&self, key: i64) {
        let pool = self.0.clone();
        let find = move || {
            let connection = pool.get().unwrap();
            let sql = "SELECT id, name, hair_color FROM peer_users WHERE id = ?";
            let mut statement = connection.prepare_cached(sql).unwrap();
            statement.query_row([key], peers::rusqlite::user).unwrap()
        };
        assert_eq!(tokio::task::spawn_blocking(find).await.unwrap().id, key);
    }
}

type DieselPool<C> = diesel::r2d2::Pool<diesel::r2d2::ConnectionManager<C>>;

fn diesel<C>(url: String) -> Blocking<DieselPool<C>>
where
    C: diesel::r2d2::R2D2Connection + 'static,
{
    let manager = diesel::r2d2::ConnectionManager::new(url);
    Blocking(diesel::r2d2::Pool::builder().max_size(CONNECTIONS).build(manager).unwrap())
}

macro_rules! diesel_find {
    ($connection:ty) => {
        impl Pooled for Blocking<DieselPool<$connection>> {
            async fn find(&self, key: i64) {
                use diesel::prelude::*;
                let pool = self.0.clone();
                let find = move || {
                    let users = schema::schema::peer_users::table.find(key);
                    users.first::<schema::User>(&mut pool.get().unwrap()).unwrap()
                };
                assert_eq!(tokio::task::spawn_blocking(find).await.unwrap().id, key);
            }
        }
    };
}

diesel_find!(diesel::SqliteConnection);
diesel_find!(diesel::PgConnection);

type DieselAsyncPool<C> = diesel_async::pooled_connection::deadpool::Pool<C>;

macro_rules! diesel_async_find {
    ($module:ident) => {
        mod $module {
            use super::*;

            pub fn pool(url: String) -> DieselAsyncPool<peers::diesel_async::$module::Connection> {
                let manager = diesel_async::pooled_connection::AsyncDieselConnectionManager::new(url);
                DieselAsyncPool::builder(manager).max_size(CONNECTIONS as usize).build().unwrap()
            }
        }

        impl Pooled for DieselAsyncPool<peers::diesel_async::$module::Connection> {
            async fn find(&self, key: i64) {
                use diesel::QueryDsl;
                use diesel_async::RunQueryDsl;
                let mut connection = self.get().await.unwrap();
                let users = schema::schema::peer_users::table.find(key);
                assert_eq!(users.first::<schema::User>(&mut connection).await.unwrap().id, key);
            }
        }
    };
}

diesel_async_find!(sqlite);
diesel_async_find!(postgres);
diesel_async_find!(mysql);

async fn sqlx<D: sqlx::Database>(options: <D::Connection as sqlx::Connection>::Options) -> sqlx::Pool<D> {
    sqlx::pool::PoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await.unwrap()
}

macro_rules! sqlx_find {
    ($kind:ty, $place:literal) => {
        impl Pooled for sqlx::Pool<$kind> {
            async fn find(&self, key: i64) {
                let sql = concat!("SELECT id, name, hair_color FROM peer_users WHERE id = ", $place);
                let user: User = sqlx::query_as(sql).bind(key).fetch_one(self).await.unwrap();
                assert_eq!(user.id, key);
            }
        }
    };
}

sqlx_find!(sqlx::Sqlite, "?");
sqlx_find!(sqlx::Postgres, "$1");
sqlx_find!(sqlx::MySql, "?");

impl Pooled for deadpool_postgres::Pool {
    async fn find(&self, key: i64) {
        let client = self.get().await.unwrap();
        let sql = "SELECT id, name, hair_color FROM peer_users WHERE id = $1";
        let statement = client.prepare_cached(sql).await.unwrap();
        let row = client.query_one(&statement, &[&key]).await.unwrap();
        let user = User { id: row.get(0), name: row.get(1), hair_color: row.get(2) };
        assert_eq!(user.id, key);
    }
}

impl Pooled for mysql_async::Pool {
    async fn find(&self, key: i64) {
        use mysql_async::prelude::Queryable;
        let mut connection = self.get_conn().await.unwrap();
        let sql = "SELECT id, name, hair_color FROM peer_users WHERE id = ?";
        let row = connection.exec_first(sql, (key,)).await.unwrap();
        assert_eq!(peers::mysql_async::user(row.unwrap()).id, key);
    }
}
