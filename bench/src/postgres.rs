//! Atlas on PostgreSQL, through its pool, beside those whom its users would come from: each at its best, on
//! the same table, a round of each after a round of the others.
//!
//! `ATLAS_TEST_POSTGRES_URL` says where; `cargo run --release -p atlas-bench --features postgres -- postgres`.
#![allow(clippy::await_holding_refcell_ref)]

use std::{
    cell::{Cell, RefCell},
    fmt::Write as _,
    future::{Future, poll_fn},
    hint::black_box,
    pin::Pin,
};

use atlas::prelude::*;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use futures_core::Stream;
use sqlx::{Connection as _, Executor as _, Row as _, postgres::PgRow};

use crate::{
    associations::{ASSOCIATIONS, postgres::associations},
    measure::{Side, turns},
    report,
};

#[derive(Model, Debug)]
#[table("atlas_bench_users")]
struct User {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
    seen: DateTime<Utc>,
    active: bool,
}

/// The same row, for the others.
#[allow(dead_code)]
#[derive(diesel::Queryable)]
struct Bare {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
    seen: DateTime<Utc>,
    active: bool,
}

diesel::table! {
    atlas_bench_users (id) {
        id -> Int8,
        name -> Text,
        email -> Text,
        age -> Nullable<Int4>,
        seen -> Timestamptz,
        active -> Bool,
    }
}

const FIND: &str = "SELECT id, name, email, age, seen, active FROM atlas_bench_users WHERE id = $1";
const LOAD: &str = "SELECT id, name, email, age, seen, active FROM atlas_bench_users WHERE id <= $1";
const ROWS: i64 = 10_000;

fn of_sqlx(row: &PgRow) -> Bare {
    Bare {
        id: row.get(0),
        name: row.get(1),
        email: row.get(2),
        age: row.get(3),
        seen: row.get(4),
        active: row.get(5),
    }
}

fn of_tokio(row: &tokio_postgres::Row) -> Bare {
    Bare {
        id: row.get(0),
        name: row.get(1),
        email: row.get(2),
        age: row.get(3),
        seen: row.get(4),
        active: row.get(5),
    }
}

fn drafts(rows: i64) -> impl Iterator<Item = impl atlas::Complete<User>> {
    let seen = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
    (0..rows).map(move |n| {
        User::draft()
            .name(format!("user {n}"))
            .email(format!("user{n}@example.com"))
            .age((n % 3 != 0).then_some(30))
            .seen(seen)
            .active(n % 2 == 0)
    })
}

/// The next of a stream.
pub async fn next<S: Stream + ?Sized>(stream: &mut Pin<Box<S>>) -> Option<S::Item> {
    poll_fn(|context| stream.as_mut().poll_next(context)).await
}

/// Everyone who takes part.
struct Sides {
    db: Db,
    sqlx: RefCell<sqlx::PgConnection>,
    pool: sqlx::PgPool,
    tokio: tokio_postgres::Client,
    find: tokio_postgres::Statement,
    load: tokio_postgres::Statement,
    diesel: RefCell<diesel::PgConnection>,
    key: Cell<i64>,
}

/// A side's name, and one operation of it.
pub type Work<'s> = (&'static str, Box<dyn FnMut() -> Pin<Box<dyn Future<Output = ()> + 's>> + 's>);

/// A row of the report: what was done, of how many rows, by whom.
pub struct Measured {
    pub work: &'static str,
    pub rows: u32,
    pub sides: Vec<(&'static str, Side)>,
}

/// Runs everything, or what has `only` in its name; a whole run writes `docs/performance.md`.
pub fn run(rounds: usize, only: Option<&str>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let measured = runtime.block_on(measure(rounds, only.unwrap_or_default()));
    let table = table(&measured);
    println!("{table}");
    if only.is_none() {
        let about = format!(
            "{}. PostgreSQL on this machine without fsync, sqlx 0.9, tokio-postgres 0.7, Diesel 2.3, {rounds} rounds.",
            report::machine()
        );
        report::write("postgres", &format!("{about}\n\n{table}"));
    }
}

async fn measure(rounds: usize, only: &str) -> Vec<Measured> {
    let url =
        std::env::var("ATLAS_TEST_POSTGRES_URL").expect("ATLAS_TEST_POSTGRES_URL says where to measure");
    // Left to themselves, some would encrypt and some not.
    let url = format!("{url}?sslmode=disable");
    let db = Db::connect(&url).await.unwrap();
    db.execute("DROP TABLE IF EXISTS atlas_bench_users", ()).await.unwrap();
    db.create_tables(models![User]).await.unwrap();
    User::create_many(&db, drafts(ROWS)).await.unwrap();
    db.execute("VACUUM ANALYZE atlas_bench_users", ()).await.unwrap();
    let (tokio, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sides = Sides {
        db,
        sqlx: RefCell::new(sqlx::PgConnection::connect(&url).await.unwrap()),
        pool: sqlx::PgPool::connect(&url).await.unwrap(),
        find: tokio.prepare(FIND).await.unwrap(),
        load: tokio.prepare(LOAD).await.unwrap(),
        tokio,
        diesel: RefCell::new(diesel::PgConnection::establish(&url).unwrap()),
        key: Cell::new(0),
    };
    let mut measured = Vec::new();
    let wanted = |work: &str| work.contains(only);
    if wanted("find by key") {
        measured.push(find(rounds, &sides).await);
    }
    for (work, rows, operations) in
        [("100 rows into structs", 100, 100), ("10,000 rows into structs", 10_000, 4)]
    {
        if wanted(work) {
            measured.push(load(rounds, &sides, work, rows, operations).await);
        }
    }
    if wanted("10,000 rows in bulk") {
        measured.push(bulk(rounds, &sides).await);
    }
    if wanted(ASSOCIATIONS) {
        measured.push(associations(rounds, &sides.db, &sides.sqlx, &sides.diesel).await);
    }
    sides.db.execute("DROP TABLE atlas_bench_users", ()).await.unwrap();
    measured
}

async fn find(rounds: usize, sides: &Sides) -> Measured {
    let next_key = || {
        sides.key.set((sides.key.get() + 7_919) % ROWS);
        sides.key.get() + 1
    };
    let works: Vec<Work<'_>> = vec![
        (
            "Atlas",
            Box::new(move || {
                Box::pin(async move {
                    black_box(User::find(&sides.db, next_key()).await.unwrap().unwrap());
                })
            }),
        ),
        (
            "sqlx, one connection",
            Box::new(move || {
                Box::pin(async move {
                    let mut connection = sides.sqlx.borrow_mut();
                    let row = sqlx::query(FIND).bind(next_key()).fetch_one(&mut *connection).await.unwrap();
                    black_box(of_sqlx(&row));
                })
            }),
        ),
        (
            "sqlx, its pool",
            Box::new(move || {
                Box::pin(async move {
                    let row = sqlx::query(FIND).bind(next_key()).fetch_one(&sides.pool).await.unwrap();
                    black_box(of_sqlx(&row));
                })
            }),
        ),
        (
            "tokio-postgres",
            Box::new(move || {
                Box::pin(async move {
                    let row = sides.tokio.query_one(&sides.find, &[&next_key()]).await.unwrap();
                    black_box(of_tokio(&row));
                })
            }),
        ),
        (
            "Diesel",
            Box::new(move || {
                Box::pin(async move {
                    let found: Bare = atlas_bench_users::table
                        .find(next_key())
                        .first(&mut *sides.diesel.borrow_mut())
                        .unwrap();
                    black_box(found);
                })
            }),
        ),
    ];
    Measured { work: "find by key", rows: 1, sides: turns(rounds, 500, works).await }
}

async fn load(rounds: usize, sides: &Sides, work: &'static str, rows: u32, operations: u32) -> Measured {
    let most = i64::from(rows);
    let check = move |found: usize| assert_eq!(found, rows as usize);
    let works: Vec<Work<'_>> = vec![
        (
            "Atlas",
            Box::new(move || {
                Box::pin(async move {
                    let users = User::query().where_le(User::id, most).get(&sides.db).await.unwrap();
                    check(black_box(users).len());
                })
            }),
        ),
        (
            "sqlx, one connection",
            Box::new(move || {
                Box::pin(async move {
                    let mut connection = sides.sqlx.borrow_mut();
                    let mut users = Vec::new();
                    let mut reply = connection.fetch(sqlx::query(LOAD).bind(most));
                    while let Some(row) = next(&mut reply).await {
                        users.push(of_sqlx(&row.unwrap()));
                    }
                    check(black_box(users).len());
                })
            }),
        ),
        (
            "sqlx, its pool",
            Box::new(move || {
                Box::pin(async move {
                    let rows = sqlx::query(LOAD).bind(most).fetch_all(&sides.pool).await.unwrap();
                    let users: Vec<Bare> = rows.iter().map(of_sqlx).collect();
                    check(black_box(users).len());
                })
            }),
        ),
        (
            "tokio-postgres",
            Box::new(move || {
                Box::pin(async move {
                    let mut users = Vec::new();
                    let mut reply = Box::pin(sides.tokio.query_raw(&sides.load, [most]).await.unwrap());
                    while let Some(row) = next(&mut reply).await {
                        users.push(of_tokio(&row.unwrap()));
                    }
                    check(black_box(users).len());
                })
            }),
        ),
        (
            "Diesel",
            Box::new(move || {
                Box::pin(async move {
                    let users: Vec<Bare> = atlas_bench_users::table
                        .filter(atlas_bench_users::id.le(most))
                        .load(&mut *sides.diesel.borrow_mut())
                        .unwrap();
                    check(black_box(users).len());
                })
            }),
        ),
    ];
    Measured { work, rows, sides: turns(rounds, operations, works).await }
}

/// A row to be inserted by Diesel.
#[derive(diesel::Insertable)]
#[diesel(table_name = atlas_bench_users)]
struct New {
    name: String,
    email: String,
    age: Option<i32>,
    seen: DateTime<Utc>,
    active: bool,
}

/// Into the same table, which is emptied after each: that is measured too, and little.
async fn bulk(rounds: usize, sides: &Sides) -> Measured {
    let seen = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
    let new = move |n: i64| New {
        name: format!("user {n}"),
        email: format!("user{n}@example.com"),
        age: (n % 3 != 0).then_some(30),
        seen,
        active: n % 2 == 0,
    };
    let works: Vec<Work<'_>> = vec![
        (
            "Atlas",
            Box::new(move || {
                Box::pin(async move {
                    User::insert(&sides.db, drafts(ROWS)).await.unwrap();
                    sides.db.execute("TRUNCATE atlas_bench_users", ()).await.unwrap();
                })
            }),
        ),
        (
            "sqlx, one connection",
            Box::new(move || {
                Box::pin(async move {
                    let mut connection = sides.sqlx.borrow_mut();
                    let rows: Vec<New> = (0..ROWS).map(new).collect();
                    let (mut names, mut emails, mut ages) = (Vec::new(), Vec::new(), Vec::new());
                    let (mut seens, mut actives) = (Vec::new(), Vec::new());
                    for row in rows {
                        names.push(row.name);
                        emails.push(row.email);
                        ages.push(row.age);
                        seens.push(row.seen);
                        actives.push(row.active);
                    }
                    let insert = "INSERT INTO atlas_bench_users (name, email, age, seen, active) \
                    SELECT * FROM UNNEST($1::text[], $2::text[], $3::int4[], $4::timestamptz[], $5::bool[])";
                    let query =
                        sqlx::query(insert).bind(names).bind(emails).bind(ages).bind(seens).bind(actives);
                    connection.execute(query).await.unwrap();
                    connection.execute("TRUNCATE atlas_bench_users").await.unwrap();
                })
            }),
        ),
        (
            "Diesel",
            Box::new(move || {
                Box::pin(async move {
                    let rows: Vec<New> = (0..ROWS).map(new).collect();
                    let mut connection = sides.diesel.borrow_mut();
                    diesel::insert_into(atlas_bench_users::table)
                        .values(&rows)
                        .execute(&mut *connection)
                        .unwrap();
                    diesel::sql_query("TRUNCATE atlas_bench_users").execute(&mut *connection).unwrap();
                })
            }),
        ),
    ];
    Measured { work: "10,000 rows in bulk", rows: 10_000, sides: turns(rounds, 1, works).await }
}

/// A line for each side of each work.
fn table(measured: &[Measured]) -> String {
    let mut text =
        String::from("| work | by | time | Atlas takes | allocations a row |\n|---|---|---:|---:|---:|\n");
    for Measured { work, rows, sides } in measured {
        let atlas = sides.first().map(|(_, side)| side.time.as_secs_f64()).unwrap_or_default();
        for (name, side) in sides {
            let _ = writeln!(
                text,
                "| {work} | {name} | {} | {:.2} × | {:.2} |",
                report::duration(side.time),
                atlas / side.time.as_secs_f64(),
                side.allocations / f64::from(*rows),
            );
        }
    }
    text
}
