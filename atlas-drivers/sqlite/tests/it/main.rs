//! What the driver promises beyond the suite that all drivers pass: one module per capability.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bulk;
mod cancellation;
mod conformance;
mod decimal;
mod error;
mod execution;
mod keys;
mod limit;
mod open;
mod pool;
mod raw;
mod stream;
mod support;
mod transaction;
mod value;
