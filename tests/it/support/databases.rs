//! A new, empty database of every kind, one after the other, with a note of how the test fared on each.

use std::{
    cell::Cell,
    env,
    fs::OpenOptions,
    io::{Write, stderr},
    sync::Mutex,
    thread, vec,
};

use atlas::prelude::*;

use super::servers::{MARIADB, POSTGRES, Server};

/// A new, empty database of every kind that is configured.
///
/// SQLite always is. The servers are where their variable is set, as `cargo xtask test` does; a plain
/// `cargo test` says what it leaves out.
pub async fn databases() -> Databases {
    let mut open = Vec::new();
    if wanted("sqlite") {
        open.push(("sqlite", Db::connect("sqlite::memory:").await.unwrap()));
    }
    for server in [&POSTGRES, &MARIADB].into_iter().filter(|server| wanted(server.driver)) {
        match server.database().await {
            Ok(db) => open.push((server.driver, db)),
            Err(reason) => skip(server, &reason),
        }
    }
    Databases { open, current: Current::default() }
}

/// Databases to loop over.
pub struct Databases {
    open: Vec<(&'static str, Db)>,
    current: Current,
}

/// The database that the loop is at. Its end is the end of the test on that database.
#[derive(Default)]
struct Current(Cell<Option<&'static str>>);

impl Current {
    fn set(&self, driver: Option<&'static str>) {
        if let Some(before) = self.0.replace(driver) {
            report(before, if thread::panicking() { "failed" } else { "passed" });
        }
        if let Some(driver) = driver {
            // Shown where the test fails: the last one is at fault.
            println!("on {driver}");
        }
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        self.set(None);
    }
}

/// See [`Databases`].
pub struct Each<I> {
    rest: I,
    current: Current,
}

impl Iterator for Each<vec::IntoIter<(&'static str, Db)>> {
    type Item = Db;

    fn next(&mut self) -> Option<Db> {
        let (driver, db) = self.rest.next().unzip();
        self.current.set(driver);
        db
    }
}

impl<'a> Iterator for Each<std::slice::Iter<'a, (&'static str, Db)>> {
    type Item = &'a Db;

    fn next(&mut self) -> Option<&'a Db> {
        let (driver, db) = self.rest.next().map(|(driver, db)| (*driver, db)).unzip();
        self.current.set(driver);
        db
    }
}

impl IntoIterator for Databases {
    type Item = Db;
    type IntoIter = Each<vec::IntoIter<(&'static str, Db)>>;

    fn into_iter(self) -> Self::IntoIter {
        Each { rest: self.open.into_iter(), current: self.current }
    }
}

impl<'a> IntoIterator for &'a Databases {
    type Item = &'a Db;
    type IntoIter = Each<std::slice::Iter<'a, (&'static str, Db)>>;

    fn into_iter(self) -> Self::IntoIter {
        Each { rest: self.open.iter(), current: Current::default() }
    }
}

/// Whether the run is about a driver: `cargo xtask test --driver` restricts it.
fn wanted(driver: &str) -> bool {
    env::var("ATLAS_TEST_DRIVERS").map_or(true, |drivers| drivers.split(',').any(|wanted| wanted == driver))
}

/// Says once why a kind of database is left out.
fn skip(server: &Server, reason: &str) {
    static SAID: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap();
    if !said.contains(&server.driver) {
        said.push(server.driver);
        // The test harness captures `eprintln!`, and not this.
        let _ = writeln!(stderr(), "tests/it: SKIPPED on {}: {reason}", server.driver);
    }
    report(server.driver, "skipped");
}

/// Adds a line to the file that `cargo xtask test` reads.
fn report(driver: &str, outcome: &str) {
    let Some(path) = env::var_os("ATLAS_TEST_REPORT") else { return };
    let line = format!("{driver} {outcome} {}\n", thread::current().name().unwrap_or("?"));
    let file = OpenOptions::new().append(true).create(true).open(path);
    // Where a report is asked for and cannot be written, xtask finds it missing.
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}
