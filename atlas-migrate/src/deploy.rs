use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use atlas_core::{Db, Error, Health, Result, driver::BoxFuture};

use crate::{Migrator, SeedReport, Seeding, State};

/// What a deployment does, in this order: validates, migrates, seeds, checks.
pub struct Deploy<'d> {
    /// The migrations to be run; `None` for none.
    pub migrations: Option<Migrator<'d>>,
    /// The seeders to be run; `None` for none.
    pub seeds: Option<Seeding<'d>>,
    /// Whether the database is asked afterwards whether it is well.
    pub health_check: bool,
    /// Whether nothing is begun where the database does not answer, a migration was changed since it ran, or was begun and
    /// not ended.
    pub validate: bool,
}

impl Default for Deploy<'_> {
    fn default() -> Self {
        Self { migrations: None, seeds: None, health_check: true, validate: true }
    }
}

/// What a deployment did.
#[derive(Debug)]
#[non_exhaustive]
pub struct DeployReport {
    /// Whether all of it succeeded.
    pub success: bool,
    /// What went wrong, where something did.
    pub error: Option<Error>,
    /// The migrations that ran, in order.
    pub migrated: Vec<String>,
    /// What became of each seeder, in order.
    pub seeded: SeedReport,
    /// How the database was doing when it was asked last.
    pub health: Option<Health>,
}

/// [`deploy`](Self::deploy), a method of `Db`.
pub trait Deploys {
    /// Brings the database to where this program needs it. It gives a report and no error, and a panic of a migration or a
    /// seeder is part of that too.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::migrate::{Deploy, Deploys, Migrator, Seeding, migrations, seeders};
    /// # run(async |db| {
    /// let report = db
    ///     .deploy(Deploy {
    ///         migrations: Some(Migrator::new(&db).migrations(migrations![])),
    ///         seeds: Some(Seeding::new(&db).seeders(seeders![])),
    ///         ..Deploy::default()
    ///     })
    ///     .await;
    /// assert!(report.success);
    /// if let Some(error) = report.error {
    ///     panic!("database deployment failed: {error}");
    /// }
    /// # Ok(())
    /// # });
    /// ```
    fn deploy<'a>(&'a self, deploy: Deploy<'a>) -> BoxFuture<'a, DeployReport>;
}

impl Deploys for Db {
    fn deploy<'a>(&'a self, deploy: Deploy<'a>) -> BoxFuture<'a, DeployReport> {
        Box::pin(async move {
            let (migrated, seeded) = (Vec::new(), SeedReport::new());
            let mut report = DeployReport { success: false, error: None, migrated, seeded, health: None };
            report.error = run(self, &deploy, &mut report).await.err();
            report.success = report.error.is_none();
            report
        })
    }
}

async fn run(db: &Db, deploy: &Deploy<'_>, report: &mut DeployReport) -> Result<()> {
    if deploy.validate {
        healthy(db, report, "nothing was begun").await?;
        if let Some(migrator) = &deploy.migrations {
            let states = caught("looking at the migrations", migrator.status()).await?;
            let amiss = states.iter().find_map(|status| match status.state {
                State::Changed => Some((&status.name, "was changed after it ran: write a new one")),
                State::Unfinished => Some((&status.name, "was begun and nobody saw it end: `resolve` it")),
                _ => None,
            });
            if let Some((name, why)) = amiss {
                let reason = format!("it {why}; nothing was begun");
                return Err(Error::Migration { name: name.clone(), reason });
            }
        }
    }
    if let Some(migrator) = &deploy.migrations {
        let ran = caught("a migration", migrator.up()).await?;
        report.migrated = ran.ran.into_iter().map(|(name, _)| name).collect();
    }
    if let Some(seeding) = &deploy.seeds {
        report.seeded = caught("a seeder", seeding.run()).await?;
    }
    if deploy.health_check {
        healthy(db, report, "everything was done before").await?;
    }
    Ok(())
}

async fn healthy(db: &Db, report: &mut DeployReport, then: &str) -> Result<()> {
    let health = db.health().await;
    let error = health.error.clone();
    report.health = Some(health);
    match error {
        None => Ok(()),
        Some(error) => Err(Error::config(format!("the database is not well: {error}; {then}"))),
    }
}

/// Takes a panic for an error.
async fn caught<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = Box::pin(work);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(what, &*panic))))
    })
    .await
}

#[cold]
fn panicked(what: &str, panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason");
    Error::config(format!("{what} panicked: {said}; what it had not committed was undone"))
}
