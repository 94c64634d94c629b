//! A run of migrations, on the connection that has the lock.

use std::{path::Path, time::Instant};

use atlas_core::{Db, Error, Result, db::Held};

use crate::{
    Migrator, Schema, dump,
    event::MigrationEvent,
    migration::Step,
    migrator::{Direction, LOCK, Report},
    repository::{Applied, MigrationsRepository, failed},
    watch::{Undone, Watch},
};

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) enum Task {
    Up,
    Down(Which),
    Refresh,
    Fresh,
}

/// What is taken back.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    Batches(usize),
    Steps(usize),
    All,
}

/// A run: on one connection, which has the lock.
pub(crate) struct Run<'r> {
    pub(crate) migrator: &'r Migrator<'r>,
    pub(crate) db: &'r Held,
    pub(crate) steps: Vec<Step>,
    /// Whether each transaction takes the lock.
    pub(crate) lock_each: bool,
}

impl Run<'_> {
    fn repository(&self) -> &MigrationsRepository {
        &self.migrator.repository
    }

    pub(crate) async fn run(&self, task: Task) -> Result<Report> {
        let mut report = Report::default();
        if matches!(task, Task::Fresh) {
            Schema::drop_all_views(self.db).await?;
            Schema::drop_all_tables(self.db).await?;
        }
        self.repository().ensure_table(self.db).await?;
        match task {
            Task::Up | Task::Fresh => self.up(&mut report).await?,
            Task::Down(which) => self.down(which, &mut report).await?,
            Task::Refresh => {
                self.down(Which::All, &mut report).await?;
                self.up(&mut report).await?;
            }
        }
        Ok(report)
    }

    async fn up(&self, report: &mut Report) -> Result<()> {
        let mut applied = self.repository().list_applied(self.db).await?;
        if let Some(path) = self.migrator.schema_file.as_ref().filter(|_| applied.is_empty())
            && let Some(text) = crate::files::read(path)?
        {
            report.loaded = self.load(path, &text).await?;
            applied = self.repository().list_applied(self.db).await?;
        }
        let batch = applied.iter().map(|applied| applied.batch).max().unwrap_or_default() + 1;
        let pending = pending(&self.steps, &applied)?;
        if self.migrator.single_transaction {
            return self.all_or_nothing(&pending, batch, report).await;
        }
        for step in pending {
            if !step.work.should_run(self.db).await? {
                report.skipped.push(step.name.clone());
                self.migrator.tell(MigrationEvent::MigrationSkipped { name: &step.name });
            } else if self.one(step, Direction::Up, batch).await? {
                report.ran.push((step.name.clone(), Direction::Up));
            }
        }
        Ok(())
    }

    /// Runs migrations in one transaction.
    async fn all_or_nothing(&self, pending: &[&Step], batch: i64, report: &mut Report) -> Result<()> {
        let cannot = |operation: String, instead: &str| {
            Err(Error::Unsupported { driver: self.db.driver_name(), operation, instead: instead.to_owned() })
        };
        if !self.db.capabilities().transactional_schema {
            return cannot(
                "several migrations in one transaction".to_owned(),
                "leave `single_transaction` out: what ran before one that fails is kept",
            );
        }
        if let Some(alone) = pending.iter().find(|step| !step.within_transaction) {
            return cannot(
                format!("the migration `{}` in a transaction with others", alone.name),
                "run it by itself first, or leave `single_transaction` out",
            );
        }
        let watch = Watch::new(self.db);
        let at = std::sync::Mutex::new(String::new());
        let note =
            |name: &str| name.clone_into(&mut at.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let work = async |tx: Db| {
            let mut done = Report::default();
            if self.lock_each {
                tx.lock(LOCK, self.migrator.lock_timeout).await?;
            }
            for step in pending {
                let (name, direction) = (step.name.as_str(), Direction::Up);
                note(name);
                if !step.work.should_run(&tx).await? {
                    done.skipped.push(name.to_owned());
                    self.migrator.tell(MigrationEvent::MigrationSkipped { name });
                    continue;
                }
                self.migrator.tell(MigrationEvent::MigrationStarted { name, direction });
                let started = Instant::now();
                if self.make(&tx, step, direction, batch).await? {
                    done.ran.push((name.to_owned(), direction));
                }
                self.migrator.tell(MigrationEvent::MigrationEnded {
                    name,
                    direction,
                    took: started.elapsed(),
                });
            }
            Ok(done)
        };
        match self.db.transaction(work).await {
            Ok(done) => {
                report.ran.extend(done.ran);
                report.skipped.extend(done.skipped);
                Ok(())
            }
            Err(error @ Error::Timeout { .. }) if !watch.began() => Err(error),
            Err(error) => {
                let name = at.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
                let error = failed(&name, watch.sentence(&error, Undone::Run));
                self.migrator.tell(MigrationEvent::MigrationFailed {
                    name: &name,
                    direction: Direction::Up,
                    error: &error,
                });
                Err(error)
            }
        }
    }

    async fn down(&self, which: Which, report: &mut Report) -> Result<()> {
        let applied = self.repository().list_applied(self.db).await?;
        let back = chosen(&applied, which);
        // Before anything is taken back.
        let mut steps = Vec::with_capacity(back.len());
        for applied in &back {
            check_finished(applied)?;
            let Some(step) = self.steps.iter().find(|step| step.name == applied.name) else {
                return Err(failed(
                    &applied.name,
                    "it has run, and its code is gone, so that it cannot be taken back: bring it back, or delete its row in the record; nothing was taken back",
                ));
            };
            steps.push((step, applied.batch));
        }
        for (step, batch) in steps {
            if self.one(step, Direction::Down, batch).await? {
                report.ran.push((step.name.clone(), Direction::Down));
            }
        }
        Ok(())
    }

    /// Runs the file of a dump, and writes down what is in it.
    async fn load(&self, path: &Path, text: &str) -> Result<Vec<String>> {
        let dumped = dump::read(text, self.db.driver_name()).map_err(|error| {
            Error::config(format!("the schema file `{}` cannot be used: {error}", path.display()))
        })?;
        let work = async |db: Db| {
            // On a database whose lock is its transaction, somebody may have been faster.
            if !self.repository().list_applied(&db).await?.is_empty() {
                return Ok(false);
            }
            for statement in &dumped.statements {
                db.execute(statement.clone(), ()).await?;
            }
            for (name, checksum) in &dumped.migrations {
                self.repository().log(&db, name, 1, checksum.as_deref()).await?;
            }
            Ok(true)
        };
        let loaded = match self.db.capabilities().transactional_schema {
            true => self.db.transaction(work).await,
            false => work((*self.db).clone()).await,
        };
        let failed = |error: Error| {
            Error::config(format!("the schema file `{}` could not be run: {error}", path.display()))
        };
        if !loaded.map_err(failed)? {
            return Ok(Vec::new());
        }
        self.migrator.tell(MigrationEvent::SchemaLoaded(path));
        Ok(dumped.migrations.into_iter().map(|(name, _)| name).collect())
    }

    /// Runs one migration; `false` where another runner has done so meanwhile.
    async fn one(&self, step: &Step, direction: Direction, batch: i64) -> Result<bool> {
        let name = step.name.as_str();
        self.migrator.tell(MigrationEvent::MigrationStarted { name, direction });
        let started = Instant::now();
        let done = self.run_one(step, direction, batch).await;
        match &done {
            Ok(_) => {
                let took = started.elapsed();
                self.migrator.tell(MigrationEvent::MigrationEnded { name, direction, took });
            }
            Err(error) => self.migrator.tell(MigrationEvent::MigrationFailed { name, direction, error }),
        }
        done
    }

    async fn run_one(&self, step: &Step, direction: Direction, batch: i64) -> Result<bool> {
        let watch = Watch::new(self.db);
        let whole = step.within_transaction && self.db.capabilities().transactional_schema;
        let done = match whole {
            true => {
                let work = async |tx: Db| {
                    if self.lock_each {
                        tx.lock(LOCK, self.migrator.lock_timeout).await?;
                    }
                    self.make(&tx, step, direction, batch).await
                };
                self.db.transaction(work).await
            }
            false => self.make_bare(step, direction, batch, &watch).await,
        };
        done.map_err(|error| match error {
            error @ Error::Timeout { .. } if !watch.began() => error,
            error => {
                let undone = if whole { Undone::Migration } else { Undone::Nothing };
                failed(&step.name, watch.sentence(&error, undone))
            }
        })
    }

    /// In a transaction: all of it is kept, with its record, or nothing.
    async fn make(&self, tx: &Db, step: &Step, direction: Direction, batch: i64) -> Result<bool> {
        let repository = self.repository();
        // On a database whose lock is its transaction, somebody may have been faster.
        let applied = repository.list_applied(tx).await?;
        let has_run = applied.iter().any(|applied| applied.name == step.name);
        if has_run == (direction == Direction::Up) {
            return Ok(false);
        }
        match direction {
            Direction::Up => {
                step.work.up(tx).await?;
                repository.log(tx, &step.name, batch, step.checksum.as_deref()).await?;
            }
            Direction::Down => {
                step.work.down(tx).await?;
                repository.delete_log(tx, &step.name).await?;
            }
        }
        Ok(true)
    }

    /// Without a transaction: a record says that it was begun, until it has ended.
    async fn make_bare(&self, step: &Step, direction: Direction, batch: i64, watch: &Watch) -> Result<bool> {
        let (repository, checksum) = (self.repository(), step.checksum.as_deref());
        let begun = match direction {
            Direction::Up => repository.begin(self.db, &step.name, batch, checksum).await,
            Direction::Down => self.mark(step, Some((batch, Mark::Begun))).await,
        };
        match begun {
            Err(error) if error.is_unique_violation() => return Ok(false),
            begun => begun?,
        }
        watch.start();
        let done = match direction {
            Direction::Up => step.work.up(self.db).await,
            Direction::Down => step.work.down(self.db).await,
        };
        watch.stop();
        let stands = match (&done, direction) {
            // What it did is for a person to see.
            (Err(_), _) if watch.wrote() > 0 => return done.map(|()| true),
            (Ok(()), Direction::Up) | (Err(_), Direction::Down) => Some((batch, Mark::Applied)),
            (Ok(()), Direction::Down) | (Err(_), Direction::Up) => None,
        };
        self.mark(step, stands).await?;
        done.map(|()| true)
    }

    /// Writes down anew how a migration stands, or that it does not: at once, so that a runner that is killed never
    /// leaves one that nothing is known of.
    async fn mark(&self, step: &Step, stands: Option<(i64, Mark)>) -> Result<()> {
        let (repository, checksum) = (self.repository(), step.checksum.as_deref());
        let work = async |tx: Db| {
            repository.delete_log(&tx, &step.name).await?;
            match stands {
                None => Ok(()),
                Some((batch, Mark::Begun)) => repository.begin(&tx, &step.name, batch, checksum).await,
                Some((batch, Mark::Applied)) => repository.log(&tx, &step.name, batch, checksum).await,
            }
        };
        self.db.transaction(work).await
    }
}

/// What is written down of a migration.
#[derive(Clone, Copy)]
enum Mark {
    Begun,
    Applied,
}

/// What has run and is to be taken back, the last first.
fn chosen(applied: &[Applied], which: Which) -> Vec<Applied> {
    let mut back: Vec<Applied> = applied.to_vec();
    // The order in which they ran, also where the rows say otherwise.
    back.sort_by(|one, other| other.batch.cmp(&one.batch).then_with(|| other.name.cmp(&one.name)));
    match which {
        Which::All => {}
        Which::Steps(steps) => back.truncate(steps),
        Which::Batches(batches) => {
            let mut last: Vec<i64> = back.iter().map(|applied| applied.batch).collect();
            last.dedup();
            last.truncate(batches);
            back.retain(|applied| last.contains(&applied.batch));
        }
    }
    back
}

/// What has not run, in order.
pub(crate) fn pending<'s>(steps: &'s [Step], applied: &[Applied]) -> Result<Vec<&'s Step>> {
    for applied in applied {
        check_finished(applied)?;
        let step = steps.iter().find(|step| step.name == applied.name);
        if let Some(step) = step
            && is_changed(step, applied)
        {
            return Err(failed(
                &step.name,
                "its SQL was changed after it ran, so that databases differ by when they were migrated: take the change back, and write a new migration; nothing was run",
            ));
        }
    }
    Ok(steps.iter().filter(|step| applied.iter().all(|applied| applied.name != step.name)).collect())
}

pub(crate) fn is_changed(step: &Step, applied: &Applied) -> bool {
    matches!((&step.checksum, &applied.checksum), (Some(now), Some(then)) if now != then)
}

pub(crate) fn check_finished(applied: &Applied) -> Result<()> {
    if applied.applied_at.is_some() {
        return Ok(());
    }
    Err(failed(
        &applied.name,
        "it was begun and did not end, so that a part of it may be done: look at the database, finish what it did or undo it by hand, and say which with `migrator.resolve(name, Resolution::Applied)` or `Resolution::RolledBack`",
    ))
}
