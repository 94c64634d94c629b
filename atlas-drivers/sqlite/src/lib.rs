//! The SQLite driver of Atlas: SQLite itself compiled in, and no thread between a statement and it.
//!
//! Statements run in the calling task as long as they are short, and move to tokio's blocking pool
//! once they prove long: see [`Execution`]. A file has one connection that writes, lent in the order
//! in which it was asked for, and several that read; a database in memory has one for everything.
//!
//! Open one with [`Sqlite`], or by a URL: `sqlite::memory:`, `sqlite://app.db?mode=rw`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod cancel;
mod cast;
mod checkpoint;
mod compute;
mod connection;
mod ddl;
mod dialect;
mod driver;
mod error;
mod full_text;
mod functions;
mod hold;
mod insert;
mod inspect;
mod json;
mod keys;
mod like;
mod list;
mod numeric;
mod offload;
mod open;
mod options;
mod pool;
mod raw;
mod rebuild;
mod row;
mod run;
mod schema;
mod session;
mod url;
mod value;
mod watch;
mod words;

pub use dialect::SqliteDialect;
pub use options::{Execution, Sqlite};

atlas_core::inventory::submit! {
    atlas_core::driver::DriverFactory {
        schemes: &["sqlite"],
        open: |options| Box::pin(async move { Sqlite::with_options(options)?.open().await }),
    }
}
