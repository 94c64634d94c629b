//! The schema of a database, built and changed by a program: [`Schema`] makes tables, a [`Migrator`] runs migrations
//! and keeps a record of them.
//!
//! A concept is a file: `schema` is what a program calls, `blueprint` a table in the making, `column` one of its
//! columns; `migration` is what a migration is, `sql` those that are files, `repository` which ones have run,
//! `migrator` what runs them, `pretend` what only seems to; `seeder` is what puts rows into the tables, `deploy` all of it
//! in one call, `environment` where that is.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod blueprint;
mod column;
mod deploy;
mod environment;
mod foreign;
mod migration;
mod migrator;
mod pretend;
mod repository;
mod run;
mod schema;
mod seeder;
mod split;
mod sql;
mod watch;

#[doc(hidden)]
pub use blueprint::Find;
pub use blueprint::{Blueprint, Morph, Named, Names};
pub use column::ColumnBuilder;
pub use deploy::{Deploy, DeployReport, Deploys};
pub use foreign::{ForeignKeyBuilder, IndexBuilder};
pub use migration::{Migration, Migrations};
pub use migrator::{Direction, Migrator, Report, Resolution, State, Status};
pub use repository::{Applied, MigrationsRepository};
pub use schema::Schema;
pub use seeder::{SeedReport, Seeded, Seeder, Seeders, Seeding};
pub use sql::Embedded;

/// What a table is made of, as data.
pub use atlas_core::schema::{
    Action, Alteration, Check, Column, ColumnDefault, Computed, Deferral, Entry, ForeignKey, Index,
    IndexKind, Name, Place, SchemaChange, Storage, Table, TableOptions,
};
