//! The command `atlas`, for a program of one's own: with its migrations, seeders and models.
//!
//! ```no_run
//! # use atlas::{Db, Result, migrate::{Migration, Seeder, migrations, seeders}};
//! use atlas_cli::App;
//! # struct CreateUsers;
//! # impl Migration for CreateUsers {
//! #     const NAME: &'static str = "2026_01_31_120000_create_users";
//! #     async fn up(&self, _: &Db) -> Result<()> { Ok(()) }
//! # }
//! # struct UserSeeder;
//! # impl Seeder for UserSeeder {
//! #     async fn run(&self, _: &Db) -> Result<()> { Ok(()) }
//! # }
//!
//! fn main() -> std::process::ExitCode {
//!     atlas_cli::run(App::new().migrations(migrations![CreateUsers]).seeders(seeders![UserSeeder]))
//! }
//! ```
//!
//! `args` says which commands there are, `settings` which database is meant, `output` how things are shown; each family
//! of commands is a file in `commands`, and what they write is in `templates`.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod app;
mod args;
mod commands;
mod failure;
mod names;
mod output;
mod settings;
mod templates;

use std::{ffi::OsString, process::ExitCode};

pub use app::App;

// What a program links, `Db::connect` finds.
#[cfg(feature = "mysql")]
use atlas_mysql as _;
#[cfg(feature = "postgres")]
use atlas_postgres as _;
#[cfg(feature = "sqlite")]
use atlas_sqlite as _;

/// Runs the command that this program was called with, and prints what it gives: 0 where it succeeded, 1 where it did not, 2
/// where there is no such command.
pub fn run(app: App) -> ExitCode {
    commands::run(app, std::env::args_os().collect(), false)
}

/// As [`run`], with arguments of your own, of which the first is the program's name.
pub fn run_with(app: App, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
    commands::run(app, arguments.into_iter().map(Into::into).collect(), false)
}

/// What the installed command does.
#[doc(hidden)]
pub fn run_installed() -> ExitCode {
    commands::run(App::new(), std::env::args_os().collect(), true)
}
