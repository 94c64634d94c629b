use std::{fmt, io, path::Path};

use atlas_core::Error;

/// Why a command did not succeed: a sentence.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

/// What a command gives.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Of a file.
    pub(crate) fn of(doing: &str, path: &Path, reason: &io::Error) -> Self {
        Self(format!("`{}` cannot be {doing}: {reason}", path.display()))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // What a program says by a method, a command says by an option.
        Self(error.to_string().replace("say `.force(true)` if you mean it", "add `--force` if you mean it"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
