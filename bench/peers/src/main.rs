//! Atlas beside its peers, in one process, taking turns: `cargo xtask bench peers`.
//!
//! The work is that of Diesel's own benchmark, and what programs do beside it; everyone does it in the way that its
//! documentation gives as the best, on one connection, with the same rows.

mod alone;
mod chart;
mod database;
mod peers;
mod pool;
mod report;
mod target;
mod turns;
mod work;

use std::{
    alloc::System,
    time::{Duration, Instant},
};

use database::{Database, Dialect};
use report::{Beside, Results};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use turns::Effort;
use work::{IN_TURNS, Rows, Work};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const USAGE: &str = "\
usage: atlas-bench-peers [sqlite] [postgres] [mariadb] [--quick] [--check] [--only WORK]

Without a database, those that there are: PostgreSQL at ATLAS_TEST_POSTGRES_URL, MariaDB at
ATLAS_TEST_MYSQL_URL. `--quick` is a whole picture in a few minutes, `--check` fails where a target is
missed. `--only` measures the work that has this in its name, and writes nothing.";

/// What the command line asks for.
struct Options {
    dialects: Vec<Dialect>,
    quick: bool,
    check: bool,
    only: Option<String>,
}

fn options(arguments: &[String]) -> Option<Options> {
    let mut options = Options { dialects: Vec::new(), quick: false, check: false, only: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "sqlite" => options.dialects.push(Dialect::Sqlite),
            "postgres" => options.dialects.push(Dialect::Postgres),
            "mariadb" | "mysql" => options.dialects.push(Dialect::Mariadb),
            "--quick" => options.quick = true,
            "--check" => options.check = true,
            "--only" => options.only = Some(arguments.next()?.clone()),
            _ => return None,
        }
    }
    Some(options)
}

fn url(dialect: Dialect) -> Option<String> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => std::env::var("ATLAS_TEST_POSTGRES_URL").ok(),
        Dialect::Mariadb => std::env::var("ATLAS_TEST_MYSQL_URL").ok(),
    }
}

fn main() {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("alone", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        runtime(false).block_on(alone::child(rest, start));
    }
    let Some(mut options) = options(&arguments) else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    if options.dialects.is_empty() {
        options.dialects = vec![Dialect::Sqlite];
        options
            .dialects
            .extend([Dialect::Postgres, Dialect::Mariadb].into_iter().filter(|it| url(*it).is_some()));
    }
    println!("{}\n{}\n", report::machine(), report::versions());
    let mut missed = Vec::new();
    for dialect in options.dialects.clone() {
        let database = Database { dialect, url: url(dialect) };
        assert!(dialect == Dialect::Sqlite || database.url.is_some(), "{USAGE}");
        missed.extend(run(&database, &options));
    }
    if options.check && !missed.is_empty() {
        eprintln!("missed:\n{}", missed.join("\n"));
        std::process::exit(1);
    }
}

/// One connection of everybody needs one thread; a pool takes them all.
fn runtime(threads: bool) -> tokio::runtime::Runtime {
    let mut builder = match threads {
        true => tokio::runtime::Builder::new_multi_thread(),
        false => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().unwrap()
}

fn run(database: &Database, options: &Options) -> Vec<String> {
    let dialect = database.dialect;
    let rounds = if options.quick { 9 } else { 31 };
    let effort = Effort { rounds, round: Duration::from_millis(if options.quick { 3 } else { 10 }) };
    let (measured, version) = runtime(false).block_on(in_turns(database, effort, options.only.as_deref()));
    let large = if options.quick { 100_000 } else { 1_000_000 };
    let mut results =
        Results { dialect, version, rounds, measured, pool: Vec::new(), beside: Vec::new(), large };
    if options.only.is_none() {
        let folder = std::env::temp_dir().join(format!("atlas-bench-peers-{}", std::process::id()));
        let database = on_a_file(database, &folder);
        results.pool = pools(&database, options.quick);
        results.beside = beside(&database, large, options.quick);
        runtime(false).block_on(tables(&database, dialect.drop_tables()));
        let _ = std::fs::remove_dir_all(folder);
    }
    let text = results.text();
    println!("\n## {}\n\n{text}", dialect.name());
    let mut missed = results.missed();
    if dialect == Dialect::Sqlite {
        missed.extend(results.behind());
    }
    if !missed.is_empty() {
        println!("To be looked at, beside {}:\n- {}\n", peers::bare(dialect), missed.join("\n- "));
    }
    if options.only.is_none() {
        let charts = match chart::draw(&results) {
            Ok(()) => report::charts(dialect),
            Err(reason) => {
                eprintln!("no charts: {reason}");
                String::new()
            }
        };
        report::write(dialect, &format!("{}.\n\n{text}\n{charts}", report::versions()));
    }
    missed
}

/// Where more than one connection is needed, SQLite's database is a file.
fn on_a_file(database: &Database, folder: &std::path::Path) -> Database {
    let url = database.url.clone().unwrap_or_else(|| {
        std::fs::create_dir_all(folder).unwrap();
        format!("sqlite://{}", folder.join("peers.db").display())
    });
    Database { url: Some(url), ..database.clone() }
}

async fn in_turns(database: &Database, effort: Effort, only: Option<&str>) -> (Vec<turns::Measured>, String) {
    let dialect = database.dialect;
    let names = peers::names(dialect);
    let atlas = database.url.clone().unwrap_or("sqlite::memory:".into());
    let health = peers::atlas::connect(&atlas, dialect, 1).await.db.health().await;
    let version = health.server_version.unwrap_or_default();
    let version =
        if version.starts_with(dialect.name()) { version } else { format!("{} {version}", dialect.name()) };
    let mut sides = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if at == 0 || database.url.is_none() {
            let mut side = peers::connect(name, database).await;
            for sql in dialect.tables() {
                side.execute(&sql).await;
            }
            sides.push(side);
        } else {
            sides.push(peers::connect(name, database).await);
        }
    }
    let (mut measured, mut there) = (Vec::new(), None);
    for work in IN_TURNS {
        if only.is_none_or(|only| work.name().contains(only)) {
            eprintln!("{}: {work}", dialect.name());
            measured.push(turns::measure(&mut sides, names, database, work, effort, &mut there).await);
        }
    }
    (measured, version)
}

/// Runs statements through Atlas, on a connection of their own.
async fn tables(database: &Database, statements: Vec<String>) {
    let mut atlas = peers::connect(peers::ATLAS, database).await;
    for sql in &statements {
        atlas.execute(sql).await;
    }
}

fn pools(database: &Database, quick: bool) -> Vec<pool::Throughput> {
    eprintln!("{}: {}", database.dialect.name(), pool::title());
    runtime(true).block_on(async {
        tables(database, database.dialect.tables()).await;
        tables(database, database.dialect.fill(Rows::Users(work::MANY))).await;
        let (rounds, each) = if quick { (3, 50) } else { (9, 200) };
        pool::measure(database, rounds, each).await
    })
}

fn beside(database: &Database, large: u32, quick: bool) -> Vec<Beside> {
    let dialect = database.dialect;
    let names = peers::names(dialect);
    let fill = |rows| runtime(false).block_on(tables(database, dialect.fill(rows)));
    // In memory where it is SQLite: what counts is the library.
    let own = if dialect == Dialect::Sqlite {
        Database { url: None, ..database.clone() }
    } else {
        database.clone()
    };
    let first_queries = if quick { 5 } else { 21 };
    let mut besides = Vec::new();
    eprintln!("{}: the first query after the start, instructions", dialect.name());
    for name in names {
        let mut took: Vec<Duration> =
            (0..first_queries).map(|_| alone::run(database, name, Work::Find).since_start).collect();
        took.sort();
        let instructions = alone::instructions(&own, name, Work::Find, if quick { 300 } else { 2_000 });
        besides.push((took[took.len() / 2], instructions));
    }
    eprintln!("{}: cursor and bulk insert of {}", dialect.name(), work::number(large));
    fill(Rows::Users(large));
    let cursors: Vec<_> = names.iter().map(|name| alone::run(database, name, Work::Cursor(large))).collect();
    let bulks: Vec<_> = names
        .iter()
        .map(|name| {
            fill(Rows::Nothing);
            alone::run(database, name, Work::Bulk(large))
        })
        .collect();
    besides
        .into_iter()
        .zip(cursors)
        .zip(bulks)
        .map(|(((first_query, instructions), cursor), bulk)| Beside {
            cursor: cursor.took,
            cursor_memory: cursor.memory,
            bulk: bulk.took,
            bulk_memory: bulk.memory,
            first_query,
            instructions,
        })
        .collect()
}
