//! The schema of a database, built and changed by a program: [`Schema`] makes tables, a [`Migrator`] runs migrations
//! and keeps a record of them.
//!
//! A concept is a file: `schema` is what a program calls, `blueprint` a table in the making, `column` one of its
//! columns; `migration` is what a migration is, `sql` those that are files, `repository` which ones have run,
//! `migrator` what runs them (`run`, watched by `watch`), `pretend` what only seems to; `seeder` is what puts rows into the
//! tables, `deploy` all of it in one call, `environment` where that is. `snapshot` is a schema as a file, `diff` what makes
//! one schema another, `generate` a migration out of that; `drift` says in what schemas differ, `pull` makes models out of a
//! database.
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod blueprint;
mod column;
mod deploy;
mod diff;
mod drift;
mod dump;
mod environment;
mod event;
mod files;
mod foreign;
mod generate;
mod migration;
mod migrator;
mod pretend;
mod pull;
mod repository;
mod run;
mod schema;
mod seeder;
mod snapshot;
mod split;
mod sql;
mod watch;

#[doc(hidden)]
pub use blueprint::Find;
pub use blueprint::{Blueprint, Morph, Named, Names};
pub use column::ColumnBuilder;
pub use deploy::{Deploy, DeployReport, Deploys};
pub use diff::{Rename, diff};
pub use drift::{Drift, check};
pub use event::MigrationEvent;
pub use foreign::{ForeignKeyBuilder, FullTextBuilder, IndexBuilder};
pub use generate::{Generate, MigrationFolder, Plan};
pub use migration::{Migration, Migrations};
pub use migrator::{Direction, Migrator, Report, Resolution, State, Status};
pub use pull::{Pull, Pulled};
pub use repository::{Applied, MigrationsRepository};
pub use schema::Schema;
pub use seeder::{SeedReport, Seeded, Seeder, Seeders, Seeding};
pub use snapshot::Snapshot;
pub use sql::Embedded;

/// A model as data: what `models![..]` gives.
pub use atlas_core::model::ModelMeta;
/// What a table is made of, as data.
pub use atlas_core::schema::{
    Action, Alteration, Check, Column, ColumnDefault, Computed, Deferral, Entry, ForeignKey, FullTextIndex,
    Index, IndexKind, Name, Place, SchemaChange, Storage, Table, TableOptions,
};
/// What columns store.
pub use atlas_core::value::{ColumnType, ItemType};
