//! What is measured in a process of its own: memory, the first query after the start, and instructions.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    database::{Database, Dialect},
    peers::{self, fill},
    work::Work,
};

/// What a process says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Alone {
    /// From its start to the end of the work.
    pub since_start: Duration,
    /// The work.
    pub took: Duration,
    /// How much memory the work took at most, in kB.
    pub memory: u64,
}

/// The work of a process that was started for it: `alone DIALECT URL PEER WORK OPERATIONS`.
pub async fn child(arguments: &[String], start: Instant) {
    let [dialect, url, peer, work, operations] = arguments else { panic!("{arguments:?}") };
    let dialect = match dialect.as_str() {
        "SQLite" => Dialect::Sqlite,
        "PostgreSQL" => Dialect::Postgres,
        _ => Dialect::Mariadb,
    };
    let database = Database { dialect, url: (url != ":memory:").then(|| url.clone()) };
    let work = Work::parse(work).unwrap();
    let mut sides = [peers::connect(peer, &database).await];
    if database.url.is_none() {
        for sql in dialect.tables() {
            sides[0].execute(&sql).await;
        }
        fill(&mut sides, &database, work.rows()).await;
    }
    // Makes what the kernel remembers as the most what there is now.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = status("VmRSS:");
    let begun = Instant::now();
    sides[0].round(work, operations.parse().unwrap()).await;
    let (took, since_start) = (begun.elapsed(), start.elapsed());
    let memory = status("VmHWM:").saturating_sub(before);
    println!("{} {} {memory}", since_start.as_nanos(), took.as_nanos());
    // Without the destructors of what was opened: the work is done.
    std::process::exit(0);
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn arguments(database: &Database, peer: &str, work: Work, operations: u32) -> Vec<String> {
    let url = database.url.as_deref().unwrap_or(":memory:");
    ["alone", database.dialect.name(), url, peer, &work.name(), &operations.to_string()]
        .map(str::to_owned)
        .into()
}

/// Starts a process for the work.
pub fn run(database: &Database, peer: &str, work: Work) -> Alone {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(arguments(database, peer, work, 1)).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>());
    let mut next = || match numbers.next() {
        Some(Ok(number)) => number,
        _ => panic!("{peer}, {work}: {}", String::from_utf8_lossy(&output.stderr)),
    };
    Alone { since_start: Duration::from_nanos(next()), took: Duration::from_nanos(next()), memory: next() }
}

/// How many instructions one operation takes: of twice as many operations, what they take more. `None`
/// where there is no valgrind.
pub fn instructions(database: &Database, peer: &str, work: Work, operations: u32) -> Option<u64> {
    let count = |operations| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args(arguments(database, peer, work, operations))
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let (_, count) = text.rsplit_once("Collected :")?;
        count.split_whitespace().next()?.parse::<u64>().ok()
    };
    let (once, twice) = (count(operations)?, count(2 * operations)?);
    Some(twice.saturating_sub(once) / u64::from(operations))
}
