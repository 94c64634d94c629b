/// The URL of the server for tests, with more parameters; `None`, with a word about it, where there is none.
pub(crate) fn url(parameters: &str) -> Option<String> {
    of("ATLAS_TEST_POSTGRES_URL", parameters)
}

/// The same of a pooler in transaction mode.
pub(crate) fn pooler(parameters: &str) -> Option<String> {
    of("ATLAS_TEST_PGBOUNCER_URL", parameters)
}

fn of(variable: &str, parameters: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(url) if parameters.is_empty() => Some(url),
        Ok(url) => Some(format!("{url}{}{parameters}", if url.contains('?') { '&' } else { '?' })),
        Err(_) => {
            eprintln!(
                "skipped: {variable} is not set; `cargo xtask services up` starts a server and says it"
            );
            None
        }
    }
}
