use std::sync::Arc;

use atlas_core::driver::Driver;
use atlas_mysql::MySql;

/// The URL of the tests' server with more parameters; `None`, and a message, where there is none.
pub(crate) fn url(parameters: &str) -> Option<String> {
    let Ok(url) = std::env::var("ATLAS_TEST_MYSQL_URL") else {
        eprintln!("skipped: ATLAS_TEST_MYSQL_URL is not set; `cargo xtask services up` starts a server");
        return None;
    };
    let joined = if url.contains('?') { '&' } else { '?' };
    Some(if parameters.is_empty() { url } else { format!("{url}{joined}{parameters}") })
}

/// A driver on the tests' server.
pub(crate) async fn driver(parameters: &str) -> Option<Arc<dyn Driver>> {
    Some(MySql::new(url(parameters)?).open().await.unwrap())
}
