use atlas_core::driver::ConnectOptions;
use atlas_postgres::Postgres;

use crate::support::{pooler, url};

async fn holds(url: Option<String>) {
    let Some(url) = url else { return };
    let driver = Postgres::new(&ConnectOptions::new(url)).unwrap().open().await.unwrap();
    atlas_conformance::run(driver).await.assert();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_prepared_statements() {
    holds(url("")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nothing_kept() {
    holds(url("statement_cache=0")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pooler() {
    holds(pooler("pooled=true")).await;
}
