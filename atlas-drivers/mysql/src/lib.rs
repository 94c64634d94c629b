//! The MySQL and MariaDB driver of Atlas: MySQL 8.0, MariaDB 10.6, and later ones.
//!
//! `sqlx` brings the protocol and TLS, one connection at a time; the connections live in the lean pool of
//! `atlas-server`. A value is read from the bytes of the message straight into the model.
//!
//! Open one with [`MySql`], or by a URL: `mysql://user:password@host/database`.
//!
//! What Atlas makes here: texts have a binary collation that knows spaces at the end, so that they are equal
//! to themselves alone, as everywhere; a text that is part of a key or an index is a VARCHAR(255); a decimal
//! is a DECIMAL(65, 28), which holds whatever a program can; points in time are DATETIME(6) in UTC. Tables
//! that are there already are read as they are, and compare as their collations do.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod cast;
mod connection;
mod dialect;
mod driver;
mod error;
mod full_text;
mod functions;
mod indexes;
mod insert;
mod inspect;
mod job;
mod json;
mod list;
mod message;
mod options;
mod raw;
mod referrers;
mod reread;
mod row;
mod server;
mod session;
mod task;
mod transaction;
mod update;
mod value;

pub use dialect::{MySqlDialect, Uuids};
pub use options::MySql;

atlas_core::inventory::submit! {
    atlas_core::driver::DriverFactory {
        schemes: &["mysql", "mariadb"],
        open: |options| Box::pin(MySql::from(options.clone()).open()),
    }
}
