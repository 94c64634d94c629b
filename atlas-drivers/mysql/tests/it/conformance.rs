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
    // Some of it: sqlx sends without TCP_NODELAY, so that each statement takes 40 ms there.
    for module in ["insert::", "transaction::"] {
        let Some(driver) = driver("statement_cache=0").await else { return };
        atlas_conformance::run_matching(driver, module).await.assert();
    }
}

/// As on MySQL, which gives no written rows back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_returning() {
    let Some(driver) = driver("returning=false").await else { return };
    atlas_conformance::run(driver).await.assert();
}
