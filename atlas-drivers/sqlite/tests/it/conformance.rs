use std::time::Duration;

use atlas_sqlite::{Execution, Sqlite};

use crate::support::Directory;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    atlas_conformance::run(Sqlite::memory().open().await.unwrap()).await.assert();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_file() {
    let directory = Directory::new();
    atlas_conformance::run(Sqlite::file(directory.file()).open().await.unwrap()).await.assert();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_blocking_pool() {
    let directory = Directory::new();
    let options = Sqlite::file(directory.file())
        .execution(Execution::Threaded)
        .statement_cache(0)
        .statement_timeout(Duration::from_secs(60));
    atlas_conformance::run(options.open().await.unwrap()).await.assert();
}
