//! Seeders, and deployments, which run them after migrations.

use std::sync::Mutex;

use atlas::{
    Error,
    migrate::{
        Deploy, Deploys, Migration, Migrator, Schema, Seeded, Seeder, Seeding, State, migrations, seeders,
    },
    prelude::*,
};

use crate::support::{Databases, databases};

#[derive(Model, Debug)]
#[table("seeded_words")]
pub struct Word {
    pub id: i64,
    #[unique]
    pub text: String,
}

async fn empty() -> Databases {
    let databases = databases().await;
    for db in &databases {
        db.create_tables(models![Word]).await.unwrap();
    }
    databases
}

async fn words(db: &Db) -> Vec<String> {
    Word::query().order_by(Word::id).pluck(db, Word::text).await.unwrap()
}

struct Writes(&'static str);

impl Seeder for Writes {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn run(&self, db: &Db) -> Result<()> {
        Word::draft().text(self.0).save(db).await.map(|_| ())
    }
}

struct Once;

impl Seeder for Once {
    async fn run(&self, db: &Db) -> Result<()> {
        Word::draft().text("once").save(db).await.map(|_| ())
    }

    async fn should_run(&self, db: &Db) -> Result<bool> {
        Word::query().where_eq(Word::text, "once").doesnt_exist(db).await
    }
}

/// Calls others, in an order of its own.
struct DatabaseSeeder;

impl Seeder for DatabaseSeeder {
    async fn run(&self, db: &Db) -> Result<()> {
        Writes("b").run(db).await?;
        Writes("a").run(db).await
    }
}

struct ForTests;

impl Seeder for ForTests {
    const ENVIRONMENTS: &'static [&'static str] = &["testing"];

    async fn run(&self, db: &Db) -> Result<()> {
        Word::draft().text("test").save(db).await.map(|_| ())
    }
}

/// Fails half-way.
struct Broken;

impl Seeder for Broken {
    async fn run(&self, db: &Db) -> Result<()> {
        Writes("half").run(db).await?;
        Writes("half").run(db).await
    }
}

// 000-130, 000-131, B-11, B-130, B-131, C-243, C-244
#[tokio::test]
async fn seeders_run_in_order_or_by_name() {
    for db in empty().await {
        let seeding = Seeding::new(&db).seeders(seeders![Writes("z"), DatabaseSeeder, Once]);
        assert_eq!(seeding.names(), ["z", "DatabaseSeeder", "Once"]);
        assert!(seeding.has("Once") && !seeding.has("Twice"));
        let told: std::sync::Arc<Mutex<Vec<String>>> = std::sync::Arc::default();
        let watched = {
            let told = told.clone();
            seeding.clone().progress(move |name| told.lock().unwrap().push(name.to_owned()))
        };
        let report = watched.run().await.unwrap();
        assert_eq!(
            report,
            [("z", Seeded::Completed), ("DatabaseSeeder", Seeded::Completed), ("Once", Seeded::Completed)]
        );
        assert_eq!(words(&db).await, ["z", "b", "a", "once"]);
        assert_eq!(*told.lock().unwrap(), ["z", "DatabaseSeeder", "Once"]);

        // What looks first may run again, also more than once in a call.
        let again = seeding.call(["Once", "Once"]).await.unwrap();
        assert_eq!(again, [("Once", Seeded::Skipped); 2]);
        let error = seeding.call(["Once", "Twice"]).await.unwrap_err().to_string();
        assert!(
            error.contains("there is no seeder `Twice`: there are `z`, `DatabaseSeeder`, `Once`"),
            "{error}"
        );
        let twins = Seeding::new(&db).seeders(seeders![Once, Once]);
        assert!(twins.run().await.unwrap_err().to_string().contains("there are two seeders `Once`"));
        assert!(Seeding::new(&db).run().await.unwrap().is_empty());
    }
}

// B-416, B-132, C-244
#[tokio::test]
async fn where_a_seeder_runs_is_said() {
    for db in empty().await {
        let seeding = Seeding::new(&db).seeders(seeders![ForTests]);
        let report = seeding.clone().environment("development").run().await.unwrap();
        assert_eq!(report, [("ForTests", Seeded::Ignored)]);
        let report = seeding.clone().environment("testing").run().await.unwrap();
        assert_eq!(report, [("ForTests", Seeded::Completed)]);

        let seeding = Seeding::new(&db).seeders(seeders![Once]).environment("Production");
        let error = seeding.run().await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }));
        assert!(error.to_string().contains("this is production, where seeding is refused"), "{error}");
        assert_eq!(words(&db).await, ["test"]);
        seeding.force(true).call(["Once"]).await.unwrap();
        assert_eq!(words(&db).await, ["test", "once"]);
    }
}

// B-417
#[tokio::test]
async fn a_seeder_that_fails_is_undone_and_named() {
    for db in empty().await {
        let seeding = Seeding::new(&db).seeders(seeders![Writes("first"), Broken, Once]);
        let error = seeding.run().await.unwrap_err();
        let Error::Seeder { name, reason } = &error else { panic!("{error}") };
        assert_eq!(name, "Broken");
        assert!(reason.contains("unique constraint violated"), "{reason}");
        assert!(reason.ends_with("all of it was undone, and what `first` wrote was kept"), "{reason}");
        assert_eq!(words(&db).await, ["first"]);
        let error = seeding.call(["Broken"]).await.unwrap_err().to_string();
        assert!(
            error.starts_with("seeder `Broken` failed: ") && error.ends_with("; nothing was written"),
            "{error}"
        );
    }
}

struct CreateNouns;

impl Migration for CreateNouns {
    const NAME: &'static str = "2026_01_01_000000_create_nouns";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "nouns", |t| {
            t.id();
        })
        .await
    }
}

struct Panics;

impl Migration for Panics {
    const NAME: &'static str = "2026_01_02_000000_panics";

    async fn up(&self, _: &Db) -> Result<()> {
        panic!("no {}", "idea")
    }
}

// 000-132, 000-133, 000-134, 000-135, 000-136, 000-137
#[tokio::test]
async fn a_deployment_reports_what_it_did() {
    for db in empty().await {
        let report = db.deploy(Deploy::default()).await;
        assert!(report.success && report.error.is_none() && report.migrated.is_empty());
        assert!(report.health.unwrap().is_healthy());

        let migrator = Migrator::new(&db).migrations(migrations![CreateNouns]);
        let deploy = || Deploy {
            migrations: Some(migrator.clone()),
            seeds: Some(Seeding::new(&db).seeders(seeders![Once])),
            ..Deploy::default()
        };
        let report = db.deploy(deploy()).await;
        assert!(report.success, "{report:?}");
        assert_eq!(report.migrated, ["2026_01_01_000000_create_nouns"]);
        assert_eq!(report.seeded, [("Once", Seeded::Completed)]);
        let report = db.deploy(deploy()).await;
        assert!(report.success && report.migrated.is_empty());
        assert_eq!(report.seeded, [("Once", Seeded::Skipped)]);

        // What fails, or panics, is reported, and nothing after it is begun.
        let seeds = Some(Seeding::new(&db).seeders(seeders![Broken]));
        let report = db.deploy(Deploy { seeds, health_check: false, ..deploy() }).await;
        assert!(!report.success && matches!(report.error, Some(Error::Seeder { .. })), "{report:?}");
        let panics = Migrator::new(&db).migrations(migrations![CreateNouns, Panics]);
        let seeds = Some(Seeding::new(&db).seeders(seeders![Writes("never")]));
        let report = db.deploy(Deploy { migrations: Some(panics.clone()), seeds, ..Deploy::default() }).await;
        let error = report.error.unwrap().to_string();
        assert!(!report.success && error.contains("a migration panicked: no idea"), "{error}");
        assert_eq!(words(&db).await, ["once"]);
        Word::query().count(&db).await.unwrap();

        // Where nobody can tell what became of a migration, nothing is begun.
        let status = panics.status().await.unwrap();
        if status.iter().any(|status| status.state == State::Unfinished) {
            let report = db.deploy(Deploy { migrations: Some(panics), ..Deploy::default() }).await;
            let error = report.error.unwrap().to_string();
            assert!(error.ends_with("nothing was begun") && error.contains("nobody saw it end"), "{error}");
        }
        assert_ne!(status[1].state, State::Applied);
    }
}

// 000-136
#[tokio::test]
async fn nothing_is_deployed_to_a_database_that_does_not_answer() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://ann:secret@127.0.0.1:{port}/none");
    let db = Db::builder(url).lazy().connect().await.unwrap();
    let migrations = Some(Migrator::new(&db).migrations(migrations![CreateNouns]));
    let report = db.deploy(Deploy { migrations, ..Deploy::default() }).await;
    let error = report.error.unwrap().to_string();
    assert!(error.contains("the database is not well") && error.ends_with("nothing was begun"), "{error}");
    assert!(!error.contains("secret") && !report.health.unwrap().is_healthy());
}
