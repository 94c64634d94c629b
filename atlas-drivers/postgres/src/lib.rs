//! The PostgreSQL driver of Atlas.
//!
//! sqlx speaks the protocol and encrypts; connections live in the lean pool of `atlas-server`, and rows are
//! read here from the bytes that the server sent. A list is bound as one array, many rows are inserted as
//! one array a column or copied, and every value is written for the type that the server expects in its
//! place.
//!
//! Open one with [`Postgres`], or by a URL: `postgres://user:password@host/database`.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod address;
mod array;
mod cast;
mod connection;
mod copy;
mod decode;
mod dialect;
mod driver;
mod encode;
mod error;
mod full_text;
mod functions;
mod insert;
mod inspect;
mod json;
mod kind;
mod layout;
mod manager;
mod numeric;
mod options;
mod place;
mod plan;
mod raw;
mod row;
mod run;
mod schema;
mod session;

pub use dialect::PostgresDialect;
pub use options::Postgres;

atlas_core::inventory::submit! {
    atlas_core::driver::DriverFactory {
        schemes: &["postgres", "postgresql"],
        open: |options| Box::pin(async move { Postgres::new(options)?.open().await }),
    }
}
