//! What the driver promises beyond the suite that all drivers pass: one module per capability. They need a
//! server: `ATLAS_TEST_MYSQL_URL`; without it they say so and pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cancellation;
mod conflict;
mod conformance;
mod error;
mod lost;
mod options;
mod pool;
mod raw;
mod support;
mod timeout;
mod transaction;
mod value;
