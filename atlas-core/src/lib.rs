//! The runtime of the Atlas ORM.
//!
//! Programs use the facade, the crate `atlas`. Drivers depend on this crate alone: see [`driver`].
//!
//! An idea is a folder here, and a concept a file; each of these modules may use the ones above it
//! and never one below: [`error`], [`value`], [`schema`], [`statement`], [`driver`], [`db`],
//! [`model`], [`query`], [`record`].
#![forbid(unsafe_code)]

pub mod error;
pub mod value;
pub mod schema;
pub mod statement;
pub mod driver;

pub use error::{ConstraintKind, Error, Result};
pub use value::{Assign, Attribute, Cast};

#[doc(hidden)]
pub use inventory;
