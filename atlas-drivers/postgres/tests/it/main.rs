//! What the driver promises beyond the suite that all drivers pass: one module per capability. They need a
//! server: `ATLAS_TEST_POSTGRES_URL`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bulk;
mod cancellation;
mod conformance;
mod connect;
mod error;
mod lost;
mod pooler;
mod schema;
mod support;
mod transaction;
mod value;
