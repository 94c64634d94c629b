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
use tokio::task::LocalSet;

use super::{
    Folder,
    servers::{MARIADB, POSTGRES, Server, with_parameters},
};

/// A new, empty database of every kind that is configured.
///
/// SQLite always is. The servers are where their variable is set, as `cargo xtask test` does; a plain
/// `cargo test` says what it leaves out.
pub async fn databases() -> Databases {
    let mut open = Vec::new();
    if wanted("sqlite") {
        open.push(("sqlite", Db::connect("sqlite::memory:").await.unwrap()));
    }
    for server in servers() {
        match server.database().await {
            Ok(db) => open.push((server.driver, db)),
            Err(reason) => skip(server, &reason),
        }
    }
    Databases { open, current: Current::default() }
}

/// A new, empty place of every kind that is configured, for tests that connect in ways of their own. The
/// SQLite one is a file in a folder of the test's name.
pub async fn places(test: &str) -> Configured<Place> {
    let mut open = Vec::new();
    if wanted("sqlite") {
        let folder = Folder::new(test);
        let place = Place { driver: "sqlite", url: folder.url("place.db"), _folder: Some(folder) };
        open.push(("sqlite", place));
    }
    for server in servers() {
        match server.place().await {
            Ok(url) => open.push((server.driver, Place { driver: server.driver, url, _folder: None })),
            Err(reason) => skip(server, &reason),
        }
    }
    Configured { open, current: Current::default() }
}

fn servers() -> impl Iterator<Item = &'static Server> {
    [&POSTGRES, &MARIADB].into_iter().filter(|server| wanted(server.driver))
}

/// See [`places`].
pub struct Place {
    pub driver: &'static str,
    pub url: String,
    _folder: Option<Folder>,
}

impl Place {
    /// One on a server that a test started itself.
    pub fn at(driver: &'static str, url: String) -> Self {
        Self { driver, url, _folder: None }
    }

    /// Opens it with parameters; SQLite has others and is opened without.
    pub async fn connect(&self, parameters: &str) -> Db {
        let url =
            if self.driver == "sqlite" { self.url.clone() } else { with_parameters(&self.url, parameters) };
        Db::connect(&url).await.unwrap()
    }
}

/// Databases to loop over.
pub type Databases = Configured<Db>;

/// One of every kind that is configured.
pub struct Configured<T> {
    open: Vec<(&'static str, T)>,
    current: Current,
}

impl<T> Configured<T> {
    /// Does the same with all of them at the same time.
    pub async fn at_once<Fut: Future<Output = ()> + 'static>(self, work: impl Fn(T) -> Fut) {
        let tasks = LocalSet::new();
        let open: Vec<_> =
            self.open.into_iter().map(|(driver, one)| (driver, tasks.spawn_local(work(one)))).collect();
        let mut failed = None;
        for (driver, work) in open {
            let done = tasks.run_until(work).await;
            println!("on {driver}");
            report(driver, if done.is_err() { "failed" } else { "passed" });
            failed = failed.or(done.err());
        }
        if let Some(failed) = failed {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
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

impl<T> Iterator for Each<vec::IntoIter<(&'static str, T)>> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (driver, db) = self.rest.next().unzip();
        self.current.set(driver);
        db
    }
}

impl<'a, T> Iterator for Each<std::slice::Iter<'a, (&'static str, T)>> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let (driver, db) = self.rest.next().map(|(driver, db)| (*driver, db)).unzip();
        self.current.set(driver);
        db
    }
}

impl<T> IntoIterator for Configured<T> {
    type Item = T;
    type IntoIter = Each<vec::IntoIter<(&'static str, T)>>;

    fn into_iter(self) -> Self::IntoIter {
        Each { rest: self.open.into_iter(), current: self.current }
    }
}

impl<'a, T> IntoIterator for &'a Configured<T> {
    type Item = &'a T;
    type IntoIter = Each<std::slice::Iter<'a, (&'static str, T)>>;

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
    let Some(path) = env::var_os("ATLAS_TEST_REPORT") else {
        return;
    };
    let line = format!("{driver} {outcome} {}\n", thread::current().name().unwrap_or("?"));
    let file = OpenOptions::new().append(true).create(true).open(path);
    // Where a report is asked for and cannot be written, xtask finds it missing.
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}
