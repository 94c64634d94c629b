//! The suite that every driver of the Atlas ORM passes.
//!
//! The contract is in the documentation of [`atlas_core::driver`] and of the statements; this crate
//! holds a driver to it, against a database that it may create tables in and drop them from. A driver's
//! test is:
//!
//! ```no_run
//! # async fn connect() -> std::sync::Arc<dyn atlas_core::driver::Driver> { unimplemented!() }
//! # async fn keeps_the_contract() {
//! let driver = connect().await;
//! atlas_conformance::run(driver).await.assert();
//! # }
//! ```
//!
//! A case is skipped where the driver's [`Capabilities`](atlas_core::driver::Capabilities) leave out
//! what it needs, or where the driver answers [`Error::Unsupported`](atlas_core::Error::Unsupported);
//! the [`Report`] says which and why. Run it in a tokio runtime with its timer on, best in a
//! multi-threaded one.
#![forbid(unsafe_code)]

mod abandon;
mod case;
mod cases;
mod expect;
mod expression;
mod patience;
mod report;
mod runner;
mod sink;
mod subject;
mod table;

pub use case::Capability;
pub use report::{Case, Outcome, Report};
pub use runner::{run, run_matching};
