//! The runtime of the Atlas ORM.
//!
//! Programs use the facade, the crate `atlas`. Drivers depend on this crate alone: see [`driver`].
//!
//! An idea is a folder here, and a concept a file; each of these modules may use the ones above it
//! and never one below: [`error`], [`value`], [`schema`], [`statement`], [`driver`], [`db`],
//! [`model`], [`query`], [`record`], [`relation`], [`table`].
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

pub mod db;
pub mod driver;
pub mod error;
pub mod model;
pub mod query;
pub mod record;
pub mod relation;
pub mod schema;
pub mod statement;
pub mod table;
pub mod value;

#[cfg(feature = "cache")]
pub use db::MemoryCache;
pub use db::{
    Cache, CacheKey, CachedRows, Config, Connections, DB, Db, Event, Health, HealthStatus, Pending,
    TenantDatabases, Transaction,
};
pub use driver::{Isolation, TlsMode, register_driver};
pub use error::{ConstraintKind, Error, Result};
#[cfg(feature = "chrono")]
pub use model::now;
pub use model::{
    Assignment, Column, Deferred, Embed, Expr, Expression, Fill, Model, Order, Scalar, case_when, count_all,
    cume_dist, dense_rank, excluded, full_text, ntile, percent_rank, rank, row, row_number, val,
};
pub use query::{Cursor, CursorPage, FromRow, Page, PageUrl, Prunable, Query, SimplePage, Sql};
pub use record::{AfterCommit, Fields, ModelEvent, Observer, Record, RecordEvent};
pub use relation::{
    BelongsTo, BelongsToMany, Changed, HasMany, HasManyThrough, HasOne, HasOneThrough, MorphMany, MorphOne,
    MorphTarget, MorphTo, MorphToMany, Records, Related, Relation,
};
pub use schema::Truncate;
pub use table::{DynRow, Values, col};
#[cfg(feature = "hashing")]
pub use value::Hashed;
#[cfg(feature = "encryption")]
pub use value::new_encryption_key;
pub use value::{Array, Assign, Attribute, Cast, Json, With, casts};

/// The crates whose types can be columns, in the versions that this crate was built with.
pub mod types {
    #[cfg(feature = "chrono")]
    pub use chrono;
    #[cfg(feature = "decimal")]
    pub use rust_decimal;
    pub use serde_json;
    #[cfg(feature = "uuid")]
    pub use uuid;
}

#[doc(hidden)]
pub use inventory;
