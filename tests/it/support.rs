//! Databases to test on.

mod databases;
mod logged;
mod servers;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use atlas::prelude::*;

pub use databases::{Databases, Place, databases, places};
pub use logged::Logged;
pub use servers::with_parameters;

/// A path for a file of this test alone, in a folder that is removed with the value.
pub struct Folder(std::path::PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("atlas-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }

    pub fn url(&self, name: &str) -> String {
        format!("sqlite://{}", self.path(name).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// People, for the tests of queries.
#[derive(Model, Debug)]
#[table("people")]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub age: Option<i32>,
    pub score: f64,
    #[default(true)]
    pub active: bool,
    #[default(0)]
    pub friends: i32,
    #[default(10)]
    pub limit: i32,
}

/// Five people: Ann 34, Bob 17, Cid without an age, Dee 34 and inactive, Eve 60.
pub async fn people() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Person]).await.unwrap();
        Person::create_many(
            db,
            [
                Person::draft().name("Ann").age(34).score(1.5).friends(3),
                Person::draft().name("Bob").age(17).score(2.5).friends(12),
                Person::draft().name("Cid").score(-1.0),
                Person::draft().name("Dee").age(34).score(0).active(false).friends(10),
                Person::draft().name("Eve").age(60).score(99.25).friends(1),
            ],
        )
        .await
        .unwrap();
    }
    databases
}

/// The names of a query's people, in its order.
pub async fn names(db: &Db, query: Query<Person>) -> String {
    query.pluck(db, Person::name).await.unwrap().join(" ")
}

/// How many statements something sends.
pub async fn sent<T>(db: &Db, work: impl AsyncFnOnce() -> T) -> (u32, T) {
    let statements = Arc::new(AtomicU32::new(0));
    let count = statements.clone();
    let listening = db.listen(move |event| {
        count.fetch_add(u32::from(event.is_statement()), SeqCst);
    });
    let done = work().await;
    listening.stop();
    (statements.load(SeqCst), done)
}
