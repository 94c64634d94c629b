use std::{path::Path, sync::Arc, time::Duration};

use atlas_core::Error;

use crate::{Direction, Report};

/// Something that a [`Migrator`](crate::Migrator) tells of: see [`Migrator::listen`](crate::Migrator::listen).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum MigrationEvent<'e> {
    /// A run begins: nobody else runs now.
    Started(Direction),
    /// There is nothing to run.
    NothingToRun,
    /// The file that [`Migrator::dump`](crate::Migrator::dump) has written was run, in place of the migrations in it.
    SchemaLoaded(&'e Path),
    /// A migration begins.
    MigrationStarted {
        /// Its name.
        name: &'e str,
        /// Which way.
        direction: Direction,
    },
    /// A migration has ended.
    MigrationEnded {
        /// Its name.
        name: &'e str,
        /// Which way.
        direction: Direction,
        /// How long it took.
        took: Duration,
    },
    /// A migration has failed, and nothing runs after it.
    MigrationFailed {
        /// Its name.
        name: &'e str,
        /// Which way.
        direction: Direction,
        /// What went wrong, and what was kept.
        error: &'e Error,
    },
    /// A migration's [`should_run`](crate::Migration::should_run) said no.
    MigrationSkipped {
        /// Its name.
        name: &'e str,
    },
    /// The run has ended.
    Ended(&'e Report),
}

/// Who is told.
pub(crate) type Listener = Arc<dyn Fn(&MigrationEvent<'_>) + Send + Sync>;
