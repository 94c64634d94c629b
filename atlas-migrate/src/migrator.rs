use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use atlas_core::{Db, Error, Pending, Result};

use crate::{
    dump,
    environment::Environment,
    event::{Listener, MigrationEvent},
    migration::{Migrations, Step},
    pretend,
    repository::{Applied, MigrationsRepository, failed},
    run::{Run, Task, Which, check_finished, is_changed, pending},
    sql::{self, Embedded},
};

/// What two runners never hold at once.
pub(crate) const LOCK: &str = "atlas_migrations";

/// Runs migrations, and keeps a record of those that have run.
///
/// Migrations in Rust and SQL files go together, in the order of their names. Each runs in a transaction of its own, where
/// the database can undo changes of its schema (PostgreSQL and SQLite can, MySQL and MariaDB cannot): a migration that
/// fails leaves nothing behind there. Two runners never run at the same time; the second one waits, and finds done
/// what the first one has done.
///
/// See [`Migration`](crate::Migration) for an example.
#[derive(Clone)]
pub struct Migrator<'d> {
    db: &'d Db,
    steps: Vec<Step>,
    folders: Vec<PathBuf>,
    embedded: Vec<Embedded>,
    pub(crate) repository: MigrationsRepository,
    pub(crate) lock_timeout: Duration,
    environment: Environment,
    without: Vec<String>,
    pub(crate) schema_file: Option<PathBuf>,
    pub(crate) single_transaction: bool,
    listeners: Vec<Listener>,
}

/// Which way a migration is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It is made.
    Up,
    /// It is taken back.
    Down,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The migrations that ran, in order, and which way.
    pub ran: Vec<(String, Direction)>,
    /// Those whose [`should_run`](crate::Migration::should_run) said no.
    pub skipped: Vec<String>,
    /// The migrations that were in the [`schema_file`](Migrator::schema_file), which was run in their place.
    pub loaded: Vec<String>,
}

impl Report {
    /// The names of the migrations that ran, in order.
    pub fn names(&self) -> Vec<&str> {
        self.ran.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// How a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Whether it has run, and in what condition it is.
    pub state: State,
    /// The number of the run that it was part of.
    pub batch: Option<i64>,
    /// When it ended, in UTC.
    pub applied_at: Option<String>,
}

/// Whether a migration has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It has not.
    Pending,
    /// It has.
    Applied,
    /// It has, and is another one now: its SQL was changed afterwards.
    Changed,
    /// It has, and is gone.
    Missing,
    /// It was begun, and nobody saw it end.
    Unfinished,
}

/// What became of a migration that was begun and not ended: see [`Migrator::resolve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// All of it is done.
    Applied,
    /// Nothing of it is.
    RolledBack,
}

impl<'d> Migrator<'d> {
    /// A migrator of a database, without migrations.
    pub fn new(db: &'d Db) -> Self {
        Self {
            db,
            steps: Vec::new(),
            folders: Vec::new(),
            embedded: Vec::new(),
            repository: MigrationsRepository::default(),
            lock_timeout: Duration::from_secs(60),
            environment: Environment::default(),
            without: Vec::new(),
            schema_file: None,
            single_transaction: false,
            listeners: Vec::new(),
        }
    }

    /// With migrations in Rust: `migrations![CreateUsers, CreatePosts]`.
    #[must_use]
    pub fn migrations(mut self, migrations: Migrations) -> Self {
        self.steps.extend(migrations.0);
        self
    }

    /// With the SQL files of a folder and of those inside it, read when something is run:
    /// `2026_01_31_120000_create_users.up.sql`, and `.down.sql` beside it.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// With SQL files that are part of the program: `embed_migrations!("migrations")`.
    #[must_use]
    pub fn embedded(mut self, files: &[Embedded]) -> Self {
        self.embedded.extend_from_slice(files);
        self
    }

    /// Where the record is kept: a table `migrations`, unless this says otherwise.
    #[must_use]
    pub fn repository(mut self, repository: MigrationsRepository) -> Self {
        self.repository = repository;
        self
    }

    /// How long to wait for another runner; a minute, unless this says otherwise.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.lock_timeout = limit;
        self
    }

    /// Whether what loses data is done in production too.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.environment.force = force;
        self
    }

    /// Where this runs: `production`, `development`, …; what the variable `ATLAS_ENV` says, or else `APP_ENV`, unless
    /// this says otherwise.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment.name = Some(name.into());
        self
    }

    /// Without these migrations, as if they were not there.
    #[must_use]
    pub fn without<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.without.extend(names.into_iter().map(str::to_owned));
        self
    }

    /// With a file that [`dump`](Self::dump) has written: a database on which nothing has run gets that first, and then the
    /// migrations that are not in it. Where there is no such file, all of them run.
    #[must_use]
    pub fn schema_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.schema_file = Some(path.into());
        self
    }

    /// All that [`up`](Self::up) runs in one transaction, so that one migration that fails undoes those before it, too.
    /// PostgreSQL and SQLite.
    #[must_use]
    pub fn single_transaction(mut self, single: bool) -> Self {
        self.single_transaction = single;
        self
    }

    /// Tells of what happens: for a log, or a bar that shows how far it is.
    #[must_use]
    pub fn listen(mut self, listener: impl Fn(&MigrationEvent<'_>) + Send + Sync + 'static) -> Self {
        self.listeners.push(Arc::new(listener));
        self
    }

    pub(crate) fn tell(&self, event: MigrationEvent<'_>) {
        self.listeners.iter().for_each(|listener| listener(&event));
    }

    /// Writes the tables of the database, and which migrations have made them, into a file of SQL: a new database gets that,
    /// in place of years of migrations ([`schema_file`](Self::schema_file)). It is for databases of the same kind. With
    /// `prune`, the SQL files of those migrations are removed from the folders. Gives the files that were removed.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] for one that was begun and not ended; [`Error::Unsupported`] for views and for rings of foreign
    /// keys on SQLite, which the file cannot hold; [`Error::Config`] for a file that cannot be written or removed.
    pub fn dump<'a>(&'a self, path: impl AsRef<Path> + Send + 'a, prune: bool) -> Pending<'a, Vec<PathBuf>> {
        Pending::new(async move {
            let applied = self.applied().await?;
            applied.iter().try_for_each(check_finished)?;
            let text = dump::text(self.db, &self.repository, &applied).await?;
            crate::files::write(path.as_ref(), &text)?;
            match prune {
                true => dump::prune(&self.folders, &applied),
                false => Ok(Vec::new()),
            }
        })
    }

    /// Runs what has not run yet.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] for one that fails, naming it, the statement, and what was kept; for one that was changed
    /// since it ran, or was begun and not ended. [`Error::Timeout`] where another runner takes too long.
    /// [`Error::Config`] for files that cannot be read, and names that are there twice.
    pub fn up(&self) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Up))
    }

    /// Takes back what the last run did.
    ///
    /// # Errors
    ///
    /// As [`up`](Self::up); [`Error::Migration`] for one whose code is gone, before anything is taken back, and for
    /// one that cannot be taken back. [`Error::Config`] in production without [`force`](Self::force).
    pub fn down(&self) -> Pending<'_, Report> {
        self.down_batches(1)
    }

    /// Takes back what the last so many runs did.
    ///
    /// # Errors
    ///
    /// As [`down`](Self::down).
    pub fn down_batches(&self, batches: usize) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Down(Which::Batches(batches))))
    }

    /// Takes back the last so many migrations.
    ///
    /// # Errors
    ///
    /// As [`down`](Self::down).
    pub fn down_steps(&self, migrations: usize) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Down(Which::Steps(migrations))))
    }

    /// Takes back all of them.
    ///
    /// # Errors
    ///
    /// As [`down`](Self::down).
    pub fn reset(&self) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Down(Which::All)))
    }

    /// Takes back all of them, and runs them again.
    ///
    /// # Errors
    ///
    /// As [`down`](Self::down).
    pub fn refresh(&self) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Refresh))
    }

    /// Drops every view and every table, and runs all migrations.
    ///
    /// # Errors
    ///
    /// As [`up`](Self::up); [`Error::Config`] in production without [`force`](Self::force).
    pub fn fresh(&self) -> Pending<'_, Report> {
        Pending::new(self.locked(Task::Fresh))
    }

    /// How every migration stands: those that are there, and those that have run, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for files that cannot be read; what the database reports.
    pub fn status(&self) -> Pending<'_, Vec<Status>> {
        Pending::new(async move {
            let steps = self.gather()?;
            let applied = self.applied().await?;
            Ok(status(&steps, applied))
        })
    }

    /// The statements that [`up`](Self::up) would send, by migration. Nothing is written: statements that read are
    /// sent, others are only noted.
    ///
    /// # Errors
    ///
    /// As [`up`](Self::up); what a migration gives that needs rows that it would have written.
    pub fn pretend(&self) -> Pending<'_, Vec<(String, Vec<String>)>> {
        Pending::new(async move {
            let steps = self.gather()?;
            let applied = self.applied().await?;
            let pretending = pretend::Pretending::before(self.db)?;
            let db = pretending.db();
            let mut noted = Vec::new();
            for step in pending(&steps, &applied)? {
                if step.work.should_run(&db).await? {
                    let done = step.work.up(&db).await;
                    done.map_err(|error| failed(&step.name, format!("{error}: nothing was written")))?;
                    noted.push((step.name.clone(), pretending.take()));
                }
            }
            Ok(noted)
        })
    }

    /// Says what became of a migration that was begun and not ended, where nobody but a person can tell: after a
    /// runner was killed, or a migration failed, on a database that cannot undo changes of its schema.
    ///
    /// # Errors
    ///
    /// [`Error::Migration`] where no such migration was begun; what the database reports.
    pub fn resolve<'a>(&'a self, name: &'a str, resolution: Resolution) -> Pending<'a, ()> {
        Pending::new(async move {
            let applied = self.repository.list_applied(self.db).await?;
            let Some(found) = applied.into_iter().find(|applied| applied.name == name) else {
                return Err(failed(name, "it was not begun: there is nothing to resolve"));
            };
            if found.applied_at.is_some() {
                return Err(failed(name, "it has ended: there is nothing to resolve; `down` takes it back"));
            }
            self.repository.delete_log(self.db, name).await?;
            match resolution {
                Resolution::RolledBack => Ok(()),
                Resolution::Applied => {
                    self.repository.log(self.db, name, found.batch, found.checksum.as_deref()).await
                }
            }
        })
    }

    /// What has run: nothing where the record was never begun.
    async fn applied(&self) -> Result<Vec<Applied>> {
        match self.repository.exists(self.db).await? {
            true => self.repository.list_applied(self.db).await,
            false => Ok(Vec::new()),
        }
    }

    /// All migrations, in the order of their names.
    fn gather(&self) -> Result<Vec<Step>> {
        let mut steps = self.steps.clone();
        for folder in &self.folders {
            steps.extend(sql::in_folder(folder)?);
        }
        let embedded = self.embedded.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        steps.extend(sql::of_files(embedded.collect())?);
        steps.retain(|step| !self.without.contains(&step.name));
        steps.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some([twin, _]) = steps.array_windows::<2>().find(|[one, other]| one.name == other.name) {
            return Err(Error::config(format!(
                "there are two migrations `{}`: rename one of them",
                twin.name
            )));
        }
        Ok(steps)
    }

    fn check_environment(&self, what: &str) -> Result<()> {
        self.environment.check(what, "loses data")
    }

    async fn locked(&self, task: Task) -> Result<Report> {
        match task {
            Task::Up => {}
            Task::Down(_) => self.check_environment("taking migrations back")?,
            Task::Refresh => self.check_environment("taking all migrations back")?,
            Task::Fresh => self.check_environment("dropping every table")?,
        }
        let steps = self.gather()?;
        if self.db.in_transaction() {
            return Err(Error::config("migrations have transactions of their own: run them outside of one"));
        }
        let held = self.db.hold().await?;
        let each = match held.lock(LOCK, self.lock_timeout).await {
            Ok(()) => false,
            // Behind a pooler: each transaction takes it.
            Err(Error::Unsupported { .. }) => true,
            Err(error) => return Err(error),
        };
        let direction = if matches!(task, Task::Up | Task::Fresh) { Direction::Up } else { Direction::Down };
        self.tell(MigrationEvent::Started(direction));
        let run = Run { migrator: self, db: &held, steps, lock_each: each };
        let done = run.run(task).await;
        if let Ok(report) = &done {
            if report.ran.is_empty() && report.loaded.is_empty() {
                self.tell(MigrationEvent::NothingToRun);
            }
            self.tell(MigrationEvent::Ended(report));
        }
        if !each {
            let unlocked = held.unlock(LOCK).await;
            if done.is_ok() {
                unlocked?;
            }
        }
        done
    }
}

fn status(steps: &[Step], applied: Vec<Applied>) -> Vec<Status> {
    let mut all: Vec<Status> = applied
        .iter()
        .map(|applied| {
            let step = steps.iter().find(|step| step.name == applied.name);
            let state = match step {
                _ if applied.applied_at.is_none() => State::Unfinished,
                None => State::Missing,
                Some(step) if is_changed(step, applied) => State::Changed,
                Some(_) => State::Applied,
            };
            Status {
                name: applied.name.clone(),
                state,
                batch: Some(applied.batch),
                applied_at: applied.applied_at.clone(),
            }
        })
        .collect();
    let new = steps.iter().filter(|step| applied.iter().all(|applied| applied.name != step.name));
    all.extend(new.map(|step| Status {
        name: step.name.clone(),
        state: State::Pending,
        batch: None,
        applied_at: None,
    }));
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}
