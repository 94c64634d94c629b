use crate::support::driver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_it_is() {
    let Some(driver) = driver("").await else { return };
    let report = atlas_conformance::run(driver).await;
    println!("{report}");
    report.assert();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_prepared_statements() {
    let Some(driver) = driver("statement_cache=0").await else { return };
    atlas_conformance::run(driver).await.assert();
}

/// As on MySQL, which gives no written rows back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_returning() {
    let Some(driver) = driver("returning=false").await else { return };
    atlas_conformance::run(driver).await.assert();
}
