use std::env;

use atlas_core::{Error, Result};

/// Where the program runs, and whether it may do there what loses or makes up data.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    pub(crate) name: Option<String>,
    pub(crate) force: bool,
}

impl Environment {
    /// What was said, or what the variable `ATLAS_ENV` says, or else `APP_ENV`.
    pub(crate) fn name(&self) -> String {
        let said = || env::var("ATLAS_ENV").or_else(|_| env::var("APP_ENV")).unwrap_or_default();
        self.name.clone().unwrap_or_else(said)
    }

    /// An error in production, unless it is meant. `why`: what such a thing does there.
    pub(crate) fn check(&self, what: &str, why: &str) -> Result<()> {
        if self.force || !self.name().eq_ignore_ascii_case("production") {
            return Ok(());
        }
        Err(Error::config(format!(
            "this is production, where {what} is refused, since it {why}: say `.force(true)` if you mean it"
        )))
    }
}
