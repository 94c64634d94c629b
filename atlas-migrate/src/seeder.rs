use std::{any::type_name, sync::Arc};

use atlas_core::{Db, Error, Pending, Result, driver::BoxFuture};

use crate::environment::Environment;

/// What puts rows into a database: those that a program cannot do without, or some to try it on.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::migrate::{Seeder, Seeding, seeders};
///
/// struct TagSeeder;
///
/// impl Seeder for TagSeeder {
///     async fn run(&self, db: &Db) -> Result<()> {
///         Tag::insert(db, ["draft", "late"].map(|name| Tag::draft().name(name))).await.map(|_| ())
///     }
/// }
///
/// struct DatabaseSeeder;
///
/// impl Seeder for DatabaseSeeder {
///     async fn run(&self, db: &Db) -> Result<()> {
///         TagSeeder.run(db).await
///     }
/// }
///
/// # run(async |db| {
/// let seeding = Seeding::new(&db).seeders(seeders![DatabaseSeeder, TagSeeder]);
/// seeding.call(["DatabaseSeeder"]).await?;
/// assert_eq!(Tag::query().count(&db).await?, 5);
/// # Ok(())
/// # });
/// ```
pub trait Seeder: Send + Sync + 'static {
    /// The environments that it is for: `["development", "testing"]`. Of none, it is for all.
    const ENVIRONMENTS: &'static [&'static str] = &[];

    /// What it is called by: the name of its type, unless this says otherwise.
    fn name(&self) -> &'static str {
        let name = type_name::<Self>();
        let path = name.split('<').next().unwrap_or(name);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// Puts the rows there. It is part of a transaction, and calls others by `OtherSeeder.run(db).await?`.
    fn run(&self, db: &Db) -> impl Future<Output = Result<()>> + Send;

    /// Whether it is to run now: `Tag::query().doesnt_exist(db).await` makes one that can be run again and again.
    fn should_run(&self, _db: &Db) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(true) }
    }
}

/// Some seeders: what [`seeders!`](crate::seeders) gives.
#[derive(Clone, Default)]
pub struct Seeders(Vec<Arc<dyn Seeds>>);

impl Seeders {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and one more.
    #[must_use]
    pub fn and(mut self, seeder: impl Seeder) -> Self {
        self.0.push(Arc::new(Of(seeder)));
        self
    }
}

/// Seeders, for [`Seeding::seeders`](crate::Seeding::seeders), in the order in which they run: `seeders![Users, Posts]`.
#[macro_export]
macro_rules! seeders {
    ($($seeder:expr),* $(,)?) => {
        $crate::Seeders::new()$(.and($seeder))*
    };
}

/// A seeder of any type.
trait Seeds: Send + Sync {
    fn name(&self) -> &'static str;
    fn environments(&self) -> &'static [&'static str];
    fn run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>>;
    fn should_run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<bool>>;
}

struct Of<S>(S);

impl<S: Seeder> Seeds for Of<S> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn environments(&self) -> &'static [&'static str] {
        S::ENVIRONMENTS
    }

    fn run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.0.run(db))
    }

    fn should_run<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.0.should_run(db))
    }
}

/// Runs seeders, all or some, each in a transaction of its own. See [`Seeder`] for an example.
#[derive(Clone)]
pub struct Seeding<'d> {
    db: &'d Db,
    seeders: Vec<Arc<dyn Seeds>>,
    environment: Environment,
    progress: Option<Progress>,
}

/// Who is told of each seeder before it runs.
type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// What became of a seeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seeded {
    /// It ran.
    Completed,
    /// Its [`should_run`](Seeder::should_run) said no.
    Skipped,
    /// It is for other environments.
    Ignored,
}

/// What a run of seeders did: each by its name, in order.
pub type SeedReport = Vec<(&'static str, Seeded)>;

impl<'d> Seeding<'d> {
    /// Of a database, without seeders.
    pub fn new(db: &'d Db) -> Self {
        Self { db, seeders: Vec::new(), environment: Environment::default(), progress: None }
    }

    /// With these, in their order.
    #[must_use]
    pub fn seeders(mut self, seeders: Seeders) -> Self {
        self.seeders.extend(seeders.0);
        self
    }

    /// Whether they run in production too.
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

    /// Tells of each seeder before it runs: for those who watch.
    #[must_use]
    pub fn progress(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(told));
        self
    }

    /// The names of the seeders, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.seeders.iter().map(|seeder| seeder.name()).collect()
    }

    /// Whether there is a seeder of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().contains(&name)
    }

    /// Runs all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Seeder`] for the first one that fails, naming it and what was kept; [`Error::Config`] in production
    /// without [`force`](Self::force), and for names that are there twice.
    pub fn run(&self) -> Pending<'_, SeedReport> {
        Pending::new(async move {
            self.check()?;
            self.run_these(&self.seeders).await
        })
    }

    /// Runs those of these names, in the order of the names.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); [`Error::Config`] where there is none of a name.
    pub fn call<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Pending<'_, SeedReport> {
        let named: Result<Vec<_>> = names.into_iter().map(|name| self.named(name.as_ref())).collect();
        Pending::new(async move {
            self.check()?;
            self.run_these(&named?).await
        })
    }

    fn named(&self, name: &str) -> Result<Arc<dyn Seeds>> {
        let found = self.seeders.iter().find(|seeder| seeder.name() == name);
        found.cloned().ok_or_else(|| {
            let there = self.names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Error::config(match there.is_empty() {
                true => format!("there is no seeder `{name}`, nor any other: name it in `seeders![..]`"),
                false => format!("there is no seeder `{name}`: there are {there}"),
            })
        })
    }

    fn check(&self) -> Result<()> {
        self.environment.check("seeding", "writes rows of its own")?;
        let mut names = self.names();
        names.sort_unstable();
        match names.array_windows::<2>().find(|[one, other]| one == other) {
            Some([twin, _]) => {
                Err(Error::config(format!("there are two seeders `{twin}`: give one of them another `name`")))
            }
            None => Ok(()),
        }
    }

    async fn run_these(&self, seeders: &[Arc<dyn Seeds>]) -> Result<SeedReport> {
        let here = self.environment.name();
        let mut report = SeedReport::new();
        for seeder in seeders {
            let (name, of) = (seeder.name(), seeder.environments());
            let seeded = if !of.is_empty() && !of.iter().any(|one| one.eq_ignore_ascii_case(&here)) {
                Seeded::Ignored
            } else {
                match self.run_one(seeder.clone()).await {
                    Ok(seeded) => seeded,
                    Err(error) => return Err(failed(name, &error, &report)),
                }
            };
            report.push((name, seeded));
        }
        Ok(report)
    }

    async fn run_one(&self, seeder: Arc<dyn Seeds>) -> Result<Seeded> {
        if let Some(told) = &self.progress {
            told(seeder.name());
        }
        let work = async move |tx: Db| {
            if !seeder.should_run(&tx).await? {
                return Ok(Seeded::Skipped);
            }
            seeder.run(&tx).await.map(|()| Seeded::Completed)
        };
        self.db.transaction(work).await
    }
}

fn failed(name: &str, error: &Error, before: &SeedReport) -> Error {
    let kept: Vec<String> = before
        .iter()
        .filter(|(_, seeded)| *seeded == Seeded::Completed)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let kept = match kept.is_empty() {
        true => "nothing was written".to_owned(),
        false => format!("all of it was undone, and what {} wrote was kept", kept.join(", ")),
    };
    Error::Seeder { name: name.to_owned(), reason: format!("{error}; {kept}") }
}
