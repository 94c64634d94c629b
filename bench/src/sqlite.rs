//! Atlas on SQLite beside bare rusqlite at its best: `prepare_cached`, columns by position, a timestamp
//! parser written for the one form.

use std::{cell::Cell, future::ready, hint::black_box, time::Duration};

use atlas::prelude::*;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Statement, params};

use crate::{
    associations::{ASSOCIATIONS, sqlite::associations},
    measure::{Comparison, Target, compare},
    report,
};

#[derive(Model, Debug)]
#[table("users")]
struct User {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
    seen: DateTime<Utc>,
    active: bool,
}

/// The same row, for rusqlite.
#[allow(dead_code)]
struct Bare {
    id: i64,
    name: String,
    email: String,
    age: Option<i32>,
    seen: DateTime<Utc>,
    active: bool,
}

const FIND: &str = "SELECT id, name, email, age, seen, active FROM users WHERE id = ?";
const LOAD: &str = "SELECT id, name, email, age, seen, active FROM users WHERE id <= ?";
const SEEN: &str = "2026-01-31 12:30:05";
const ROWS: i64 = 10_000;

impl Bare {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            email: row.get(2)?,
            age: row.get(3)?,
            seen: timestamp(row.get_ref(4)?.as_str()?),
            active: row.get(5)?,
        })
    }
}

/// Of `2026-01-31 12:30:05`, by position.
fn timestamp(text: &str) -> DateTime<Utc> {
    let bytes = text.as_bytes();
    let number =
        |from: usize, to: usize| bytes[from..to].iter().fold(0_u32, |n, b| n * 10 + u32::from(b - b'0'));
    let (year, month, day) = (number(0, 4) as i64, number(5, 7) as i64, number(8, 10) as i64);
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
    DateTime::from_timestamp(days * 86_400 + i64::from(seconds), 0).unwrap()
}

fn drafts(rows: i64) -> impl Iterator<Item = impl atlas::Complete<User>> {
    let seen = timestamp(SEEN);
    (0..rows).map(move |n| {
        let age = (n % 3 != 0).then_some(30);
        User::draft()
            .name(format!("user {n}"))
            .email(format!("user{n}@example.com"))
            .age(age)
            .seen(seen)
            .active(n % 2 == 0)
    })
}

/// A user of rusqlite's side, to be inserted: what a program has in hand.
fn values(n: i64, seen: DateTime<Utc>) -> Bare {
    let age = (n % 3 != 0).then_some(30);
    Bare {
        id: 0,
        name: format!("user {n}"),
        email: format!("user{n}@example.com"),
        age,
        seen,
        active: n % 2 == 0,
    }
}

/// As `2026-01-31 12:30:05`, into memory that is used again.
fn written(seen: DateTime<Utc>, text: &mut [u8; 19]) -> &str {
    let seconds = seen.timestamp();
    let (days, clock) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let parts = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, clock / 3_600),
        (14, clock / 60 % 60),
        (17, clock % 60),
    ];
    text.copy_from_slice(b"0000-00-00 00:00:00");
    for (at, number) in parts {
        text[at] = b'0' + (number / 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    }
    std::str::from_utf8(text).unwrap()
}

/// Runs all work, or that whose name contains `only`; a whole run writes `docs/performance.md`.
pub fn run(rounds: usize, only: Option<&str>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let comparisons = runtime.block_on(measure(rounds, only.unwrap_or_default()));
    let table = report::table(&comparisons);
    println!("{table}");
    if only.is_none() {
        write_report(&table, rounds);
    }
}

async fn measure(rounds: usize, only: &str) -> Vec<Comparison> {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    db.create_tables(models![User]).await.unwrap();
    User::create_many(&db, drafts(ROWS)).await.unwrap();
    let bare = Connection::open_in_memory().unwrap();
    bare.set_prepared_statement_cache_capacity(64);
    bare.execute_batch(&schema().await).unwrap();
    bare_bulk(&bare, ROWS);

    let mut done = Vec::new();
    let wanted = |work: &str| work.contains(only);
    if wanted(FIND_BY_KEY) {
        done.push(find_by_key(rounds, &db, &bare).await);
    }
    for (work, rows, operations) in [
        ("1 row into structs", 1, 2_000),
        ("100 rows into structs", 100, 200),
        ("10,000 rows into structs", 10_000, 3),
    ] {
        if wanted(work) {
            done.push(load(rounds, &db, &bare, work, rows, operations).await);
        }
    }
    if wanted(UPDATE) {
        done.push(update(rounds, &db, &bare).await);
    }
    if wanted(INSERT_100) {
        done.push(insert_100(rounds, &db, &bare).await);
    }
    if wanted(BULK) {
        done.push(bulk(rounds, &db, &bare, BULK).await);
    }
    if wanted(BULK_FILE) {
        let folder = std::env::temp_dir().join(format!("atlas-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let db = Db::connect(&format!("sqlite://{}", folder.join("atlas.db").display())).await.unwrap();
        db.create_tables(models![User]).await.unwrap();
        let bare = Connection::open(folder.join("bare.db")).unwrap();
        bare.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
        )
        .unwrap();
        bare.execute_batch(&schema().await).unwrap();
        done.push(bulk(rounds, &db, &bare, BULK_FILE).await);
        db.close().await.unwrap();
        drop(bare);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    if wanted(BULK_RECORDS) {
        done.push(bulk_records(rounds, &db, &bare).await);
    }
    if wanted(ASSOCIATIONS) {
        done.push(associations(rounds).await);
    }
    done
}

/// The table as Atlas makes it, so that both sides have the same.
async fn schema() -> String {
    let path = std::env::temp_dir().join(format!("atlas-bench-{}.db", std::process::id()));
    let db = Db::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    db.create_tables(models![User]).await.unwrap();
    db.close().await.unwrap();
    let made = Connection::open(&path).unwrap();
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'users'";
    let schema = made.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(made);
    std::fs::remove_file(&path).unwrap();
    schema
}

const FIND_BY_KEY: &str = "find by key";
const UPDATE: &str = "update of one column";
/// Rolled back at its end, so that each begins with the same table.
const INSERT_100: &str = "100 inserts in a transaction";
const BULK: &str = "10,000 rows in bulk, `insert`";
const BULK_FILE: &str = "10,000 rows in bulk, `insert`, on a file";
const BULK_RECORDS: &str = "10,000 rows in bulk, `create_many`";

async fn find_by_key(rounds: usize, db: &Db, bare: &Connection) -> Comparison {
    let (key, other) = (Cell::new(0), Cell::new(0));
    let next = |cell: &Cell<i64>| {
        cell.set((cell.get() + 7_919) % ROWS);
        cell.get() + 1
    };
    let (atlas, bare) = compare(
        rounds,
        2_000,
        || async {
            black_box(User::find(db, next(&key)).await.unwrap().unwrap());
        },
        || {
            let mut statement = bare.prepare_cached(FIND).unwrap();
            black_box(statement.query_row([next(&other)], Bare::read).unwrap());
            ready(())
        },
    )
    .await;
    Comparison { work: FIND_BY_KEY, rows: 1, target: Target::Above(Duration::from_nanos(1_500)), atlas, bare }
}

async fn load(
    rounds: usize,
    db: &Db,
    bare: &Connection,
    work: &'static str,
    rows: u32,
    operations: u32,
) -> Comparison {
    let (atlas, bare) = compare(
        rounds,
        operations,
        || async {
            let users = User::query().where_le(User::id, i64::from(rows)).get(db).await.unwrap();
            assert_eq!(black_box(users).len(), rows as usize);
        },
        || {
            let mut statement = bare.prepare_cached(LOAD).unwrap();
            let users: Vec<Bare> =
                statement.query_map([rows], Bare::read).unwrap().collect::<rusqlite::Result<_>>().unwrap();
            assert_eq!(black_box(users).len(), rows as usize);
            ready(())
        },
    )
    .await;
    let target = if rows < 100 { Target::Above(Duration::from_nanos(1_500)) } else { Target::Ratio(1.0) };
    Comparison { work, rows, target, atlas, bare }
}

async fn update(rounds: usize, db: &Db, bare: &Connection) -> Comparison {
    let (turn, other) = (Cell::new(0), Cell::new(0));
    let next = |cell: &Cell<i32>| {
        cell.set(cell.get() + 1);
        cell.get()
    };
    let mut user = User::find_or_fail(db, 5).await.unwrap();
    let user = std::cell::RefCell::new(&mut user);
    let (atlas, bare) = compare(
        rounds,
        1_000,
        #[allow(clippy::await_holding_refcell_ref, reason = "one task, one borrow")]
        || async {
            let mut user = user.try_borrow_mut().unwrap();
            user.age = Some(next(&turn));
            user.save(db).await.unwrap();
        },
        || {
            let mut statement =
                bare.prepare_cached("UPDATE \"users\" SET \"age\" = ? WHERE \"id\" = ?").unwrap();
            assert_eq!(statement.execute(params![next(&other), 5]).unwrap(), 1);
            ready(())
        },
    )
    .await;
    Comparison { work: UPDATE, rows: 1, target: Target::Above(Duration::from_nanos(1_500)), atlas, bare }
}

async fn insert_100(rounds: usize, db: &Db, bare: &Connection) -> Comparison {
    let (seen, mut text) = (timestamp(SEEN), [0; 19]);
    let (atlas, bare) = compare(
        rounds,
        10,
        || async {
            let tx = db.begin().await.unwrap();
            for draft in drafts(100) {
                black_box(User::create(&tx, draft).await.unwrap());
            }
            tx.rollback().await.unwrap();
        },
        || {
            let tx = bare.unchecked_transaction().unwrap();
            for n in 0..100 {
                let mut user = values(n, seen);
                let mut statement = tx.prepare_cached(INSERT_ONE).unwrap();
                let seen = written(user.seen, &mut text);
                statement.execute(params![&user.name, &user.email, user.age, seen, user.active]).unwrap();
                user.id = tx.last_insert_rowid();
                black_box(user);
            }
            tx.rollback().unwrap();
            ready(())
        },
    )
    .await;
    Comparison { work: INSERT_100, rows: 100, target: Target::Ratio(1.2), atlas, bare }
}

async fn bulk(rounds: usize, db: &Db, bare: &Connection, work: &'static str) -> Comparison {
    let (atlas, bare) = compare(
        rounds,
        1,
        || async {
            User::query().delete(db).await.unwrap();
            assert_eq!(User::insert(db, drafts(ROWS)).await.unwrap(), ROWS as u64);
        },
        || {
            bare.execute("DELETE FROM users", []).unwrap();
            bare_bulk(bare, ROWS);
            ready(())
        },
    )
    .await;
    Comparison { work, rows: 10_000, target: Target::Ratio(1.2), atlas, bare }
}

/// The same, with a record of every row, its key in it, for both.
async fn bulk_records(rounds: usize, db: &Db, bare: &Connection) -> Comparison {
    let (atlas, bare) = compare(
        rounds,
        1,
        || async {
            User::query().delete(db).await.unwrap();
            assert_eq!(black_box(User::create_many(db, drafts(ROWS)).await.unwrap()).len(), ROWS as usize);
        },
        || {
            bare.execute("DELETE FROM users", []).unwrap();
            assert_eq!(black_box(bare_bulk_records(bare, ROWS)).len(), ROWS as usize);
            ready(())
        },
    )
    .await;
    Comparison { work: BULK_RECORDS, rows: 10_000, target: Target::Ratio(1.2), atlas, bare }
}

const INSERT_ONE: &str = "INSERT INTO users (name, email, age, seen, active) VALUES (?, ?, ?, ?, ?)";

fn bind(statement: &mut Statement<'_>, place: usize, user: &Bare, text: &mut [u8; 19]) {
    statement.raw_bind_parameter(place + 1, &user.name).unwrap();
    statement.raw_bind_parameter(place + 2, &user.email).unwrap();
    statement.raw_bind_parameter(place + 3, user.age).unwrap();
    statement.raw_bind_parameter(place + 4, written(user.seen, text)).unwrap();
    statement.raw_bind_parameter(place + 5, user.active).unwrap();
}

/// rusqlite's best way with many rows: fifty a statement, in a transaction.
fn bare_bulk(bare: &Connection, rows: i64) {
    const CHUNK: i64 = 50;
    let places = vec!["(?, ?, ?, ?, ?)"; CHUNK as usize].join(", ");
    let sql = format!("INSERT INTO users (name, email, age, seen, active) VALUES {places}");
    let tx = bare.unchecked_transaction().unwrap();
    let mut statement = tx.prepare_cached(&sql).unwrap();
    let (seen, mut text) = (timestamp(SEEN), [0; 19]);
    for chunk in 0..rows / CHUNK {
        let mut place = 0;
        for n in 0..CHUNK {
            bind(&mut statement, place, &values(chunk * CHUNK + n, seen), &mut text);
            place += 5;
        }
        statement.raw_execute().unwrap();
    }
    drop(statement);
    tx.commit().unwrap();
}

/// The same, giving the rows back with the keys that the database made, which follow each other within a
/// statement.
fn bare_bulk_records(bare: &Connection, rows: i64) -> Vec<Bare> {
    const CHUNK: i64 = 50;
    let places = vec!["(?, ?, ?, ?, ?)"; CHUNK as usize].join(", ");
    let sql = format!("INSERT INTO users (name, email, age, seen, active) VALUES {places}");
    let mut users = Vec::with_capacity(rows as usize);
    let tx = bare.unchecked_transaction().unwrap();
    let mut statement = tx.prepare_cached(&sql).unwrap();
    let (seen, mut text) = (timestamp(SEEN), [0; 19]);
    for chunk in 0..rows / CHUNK {
        let (from, mut place) = (users.len(), 0);
        for n in 0..CHUNK {
            let user = values(chunk * CHUNK + n, seen);
            bind(&mut statement, place, &user, &mut text);
            users.push(user);
            place += 5;
        }
        statement.raw_execute().unwrap();
        let first = tx.last_insert_rowid() - CHUNK + 1;
        for (id, user) in (first..).zip(&mut users[from..]) {
            user.id = id;
        }
    }
    drop(statement);
    tx.commit().unwrap();
    users
}

/// Puts the table between the marks of `docs/performance.md`.
fn write_report(table: &str, rounds: usize) {
    const BEGIN: &str = "<!-- measured by `cargo xtask bench sqlite` -->";
    const END: &str = "<!-- end -->";
    let measured = format!(
        "{}. rusqlite {}, a database in memory for each side, {rounds} rounds.\n\n{table}",
        report::machine(),
        rusqlite::version(),
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) =
        page.split_once(BEGIN).expect("docs/performance.md has the mark where the table begins");
    let (_, after) = rest.split_once(END).expect("docs/performance.md has the mark where the table ends");
    std::fs::write(&path, format!("{before}{BEGIN}\n{measured}\n{END}{after}")).unwrap();
    println!("written to {}", path.display());
}
