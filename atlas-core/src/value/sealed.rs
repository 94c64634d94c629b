use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::value::Value;

/// A value that is encrypted where it leaves for the driver, with the column that it is for: no driver gets one. Two are
/// equal where what they hold is, so that a value that was not changed is not written again.
#[derive(Clone, PartialEq)]
pub struct Sealed {
    pub(crate) plain: Value,
    /// The model.
    pub(crate) model: &'static str,
    /// Its table and the column, without which what was encrypted cannot be read.
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

/// Whether there has been one: without, no statement is looked through.
static MADE: AtomicBool = AtomicBool::new(false);

impl Sealed {
    #[cfg(feature = "encryption")]
    pub(super) fn new(plain: Value, model: &'static str, table: &'static str, column: &'static str) -> Self {
        MADE.store(true, Relaxed);
        Self { plain, model, table, column }
    }

    /// Whether a statement may hold one.
    pub(crate) fn is_made() -> bool {
        MADE.load(Relaxed)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[encrypted]")
    }
}
