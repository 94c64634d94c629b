//! Migrations: what runs, what is written down, and what is left where something fails.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use atlas::{
    Error, Result,
    migrate::{Migration, MigrationsRepository, Migrator, Resolution, Schema, State, migrations},
    prelude::*,
};

use crate::support::{Folder, databases, places};

struct CreateUsers;

impl Migration for CreateUsers {
    const NAME: &'static str = "2026_01_01_000000_create_users";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "users", |t| {
            t.id();
            t.string("name");
        })
        .await
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::drop(db, "users").await
    }
}

struct AddAge;

impl Migration for AddAge {
    const NAME: &'static str = "2026_01_03_000000_add_age";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::table(db, "users", |t| drop(t.integer("age").default(1))).await
    }

    async fn down(&self, db: &Db) -> Result<()> {
        Schema::table(db, "users", |t| t.drop_column("age")).await
    }
}

/// Does something, and then fails.
struct Fails;

impl Migration for Fails {
    const NAME: &'static str = "2026_01_04_000000_fails";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "half", |t| drop(t.id())).await?;
        db.execute("INSERT INTO nowhere VALUES (1)", ()).await.map(|_| ())
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

fn posts(folder: &Path) {
    write(
        folder,
        "2026_01_02_000000_create_posts.up.sql",
        "-- The posts; of users.\nCREATE TABLE posts (\n  id INTEGER PRIMARY KEY,\n  title VARCHAR(20) DEFAULT 'a;b?'\n);\nINSERT INTO posts (id) VALUES (1);\n",
    );
    write(folder, "2026_01_02_000000_create_posts.down.sql", "DROP TABLE posts");
}

// 003-34, 003-35, 003-36, 003-37, 003-38, 003-39, 003-40, X-13, B-124, B-126, B-406, 000-127, 000-129
#[tokio::test]
async fn migrations_run_in_the_order_of_their_names_and_are_taken_back() {
    let folder = Folder::new("migrations_run_in_order");
    posts(&folder.path(""));
    for db in databases().await {
        let first = Migrator::new(&db).migrations(migrations![CreateUsers]);
        assert_eq!(first.up().await.unwrap().names(), ["2026_01_01_000000_create_users"]);
        let all = Migrator::new(&db).migrations(migrations![AddAge, CreateUsers]).folder(folder.path(""));
        let states = async |migrator: &Migrator<'_>| {
            let status = migrator.status().await.unwrap();
            status.into_iter().map(|one| (one.state, one.batch)).collect::<Vec<_>>()
        };
        assert_eq!(
            states(&all).await,
            [(State::Applied, Some(1)), (State::Pending, None), (State::Pending, None)]
        );
        let report = all.up().await.unwrap();
        assert_eq!(report.names(), ["2026_01_02_000000_create_posts", "2026_01_03_000000_add_age"]);
        assert_eq!(db.table("posts").value::<String>("title").await.unwrap().as_deref(), Some("a;b?"));
        assert_eq!(all.up().await.unwrap().names(), Vec::<&str>::new());
        assert_eq!(states(&all).await[2], (State::Applied, Some(2)));

        // The last run, the last first.
        let report = all.down().await.unwrap();
        assert_eq!(report.names(), ["2026_01_03_000000_add_age", "2026_01_02_000000_create_posts"]);
        assert!(!Schema::has_table(&db, "posts").await.unwrap());
        assert!(Schema::has_table(&db, "users").await.unwrap());
        all.up().await.unwrap();
        assert_eq!(all.down_steps(1).await.unwrap().names(), ["2026_01_03_000000_add_age"]);
        assert_eq!(all.down_batches(2).await.unwrap().names().len(), 2);
        assert_eq!(all.down().await.unwrap().names().len(), 0);
        assert_eq!(all.up().await.unwrap().names().len(), 3);
        assert_eq!(all.refresh().await.unwrap().names().len(), 6);
        // What nobody knows of goes too.
        Schema::create(&db, "stray", |t| drop(t.id())).await.unwrap();
        assert_eq!(all.fresh().await.unwrap().names().len(), 3);
        assert!(!Schema::has_table(&db, "stray").await.unwrap());
        assert_eq!(all.down_steps(0).await.unwrap().names().len(), 0);
        assert_eq!(all.down_steps(100).await.unwrap().names().len(), 3);
        all.up().await.unwrap();
        assert_eq!(all.reset().await.unwrap().names().len(), 3);
        assert_eq!(Schema::tables(&db).await.unwrap(), ["migrations"]);
    }
}

// B-402, B-251, 003-26, 003-27, 003-28, 003-29, 003-30, 003-31, 003-32, 003-33, B-125, B-250
#[tokio::test]
async fn the_record_can_be_kept_by_hand() {
    for db in databases().await {
        let record = MigrationsRepository::new("history");
        assert!(!record.exists(&db).await.unwrap());
        record.ensure_table(&db).await.unwrap();
        record.ensure_table(&db).await.unwrap();
        assert_eq!(record.next_batch(&db).await.unwrap(), 1);
        record.log(&db, "b", 1, None).await.unwrap();
        record.log(&db, "a", 1, Some("abc")).await.unwrap();
        record.log(&db, "c", 2, None).await.unwrap();
        assert!(record.log(&db, "c", 3, None).await.unwrap_err().is_unique_violation());
        let applied = record.list_applied(&db).await.unwrap();
        let names: Vec<_> = applied.iter().map(|one| (one.name.as_str(), one.batch)).collect();
        assert_eq!(names, [("b", 1), ("a", 1), ("c", 2)]);
        assert!(applied.iter().all(|one| one.applied_at.is_some()));
        assert_eq!(applied[1].checksum.as_deref(), Some("abc"));
        assert_eq!(record.next_batch(&db).await.unwrap(), 3);
        let last = record.last_batch(&db).await.unwrap();
        assert_eq!((last.len(), last[0].name.as_str()), (1, "c"));
        assert!(record.delete_log(&db, "c").await.unwrap());
        assert!(!record.delete_log(&db, "c").await.unwrap());
        assert_eq!(record.delete_batch(&db, 1).await.unwrap(), 2);
        assert_eq!(record.list_applied(&db).await.unwrap(), []);
    }
}

// 003-41, X-12, B-404, B-408
#[tokio::test]
async fn a_failing_migration_says_what_was_kept() {
    for db in databases().await {
        let migrator = Migrator::new(&db).migrations(migrations![CreateUsers, Fails]);
        let error = migrator.up().await.unwrap_err();
        let Error::Migration { name, reason } = &error else { panic!("{error:?}") };
        assert_eq!(name, "2026_01_04_000000_fails");
        assert!(reason.contains("INSERT INTO nowhere"), "{reason}");
        assert!(Schema::has_table(&db, "users").await.unwrap());
        let states: Vec<_> = migrator.status().await.unwrap().into_iter().map(|one| one.state).collect();
        if db.capabilities().transactional_schema {
            assert!(reason.contains("all of it was undone"), "{reason}");
            assert!(!Schema::has_table(&db, "half").await.unwrap());
            assert_eq!(states, [State::Applied, State::Pending]);
            continue;
        }
        // What cannot be undone is there, and nothing goes on before somebody has looked at it.
        assert!(reason.contains("one statement before it was done and kept"), "{reason}");
        assert!(Schema::has_table(&db, "half").await.unwrap());
        assert_eq!(states, [State::Applied, State::Unfinished]);
        for refused in [migrator.up().await, migrator.down().await] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("2026_01_04_000000_fails") && refused.contains("resolve"), "{refused}");
        }
        Schema::drop(&db, "half").await.unwrap();
        migrator.resolve("2026_01_04_000000_fails", Resolution::RolledBack).await.unwrap();
        assert!(migrator.resolve("2026_01_04_000000_fails", Resolution::RolledBack).await.is_err());
        assert_eq!(migrator.status().await.unwrap()[1].state, State::Pending);
    }
}

// B-405, C-236
#[tokio::test]
async fn pretending_writes_nothing() {
    let folder = Folder::new("pretending_writes_nothing");
    posts(&folder.path(""));
    for db in databases().await {
        let migrator =
            Migrator::new(&db).migrations(migrations![CreateUsers, AddAge]).folder(folder.path(""));
        let noted = migrator.pretend().await.unwrap();
        let names: Vec<_> =
            noted.iter().map(|(name, statements)| (name.as_str(), statements.len())).collect();
        assert_eq!(names.len(), 3, "{noted:?}");
        assert!(noted[0].1[0].starts_with("CREATE TABLE"), "{noted:?}");
        assert!(noted[1].1[1].starts_with("INSERT INTO posts"), "{noted:?}");
        // It knows of a table that was only pretended.
        assert!(noted[2].1[0].contains("ADD COLUMN"), "{noted:?}");
        assert_eq!(db.entries().await.unwrap(), []);
        migrator.up().await.unwrap();
        assert_eq!(migrator.pretend().await.unwrap(), []);
    }
}

// X-14, B-407, B-127: an error, and nothing is forgotten
#[tokio::test]
async fn what_is_gone_is_not_taken_back() {
    for db in databases().await {
        Migrator::new(&db).migrations(migrations![CreateUsers, AddAge]).up().await.unwrap();
        let less = Migrator::new(&db).migrations(migrations![AddAge]);
        let error = less.reset().await.unwrap_err();
        assert!(
            matches!(&error, Error::Migration { name, .. } if name.ends_with("create_users")),
            "{error:?}"
        );
        assert!(error.to_string().contains("nothing was taken back"), "{error}");
        assert!(Schema::has_column(&db, "users", "age").await.unwrap());
        assert_eq!(less.status().await.unwrap()[0].state, State::Missing);
    }
}

#[tokio::test]
async fn sql_that_was_changed_after_it_ran_is_told() {
    let folder = Folder::new("sql_that_was_changed");
    let name = "2026_01_02_000000_create_posts.up.sql";
    for db in databases().await {
        posts(&folder.path(""));
        let migrator = Migrator::new(&db).folder(folder.path(""));
        migrator.up().await.unwrap();
        // Line ends, spaces and comments do not count.
        let text = fs::read_to_string(folder.path(name)).unwrap();
        write(&folder.path(""), name, &format!("/* reviewed */\r\n{}", text.replace("\n  ", "\r\n\t")));
        migrator.up().await.unwrap();
        assert_eq!(migrator.status().await.unwrap()[0].state, State::Applied);
        write(&folder.path(""), name, &text.replace("20", "30"));
        let error = migrator.up().await.unwrap_err();
        assert!(error.to_string().contains("its SQL was changed after it ran"), "{error}");
        assert_eq!(migrator.status().await.unwrap()[0].state, State::Changed);
    }
}

// B-132, B-410
#[tokio::test]
async fn production_is_not_emptied_without_force() {
    for db in databases().await {
        let migrator = Migrator::new(&db).migrations(migrations![CreateUsers]).environment("production");
        migrator.up().await.unwrap();
        for refused in
            [migrator.down().await, migrator.reset().await, migrator.refresh().await, migrator.fresh().await]
        {
            let refused = refused.unwrap_err();
            assert!(refused.to_string().contains("this is production"), "{refused}");
        }
        assert!(Schema::has_table(&db, "users").await.unwrap());
        migrator.force(true).down().await.unwrap();
        assert!(!Schema::has_table(&db, "users").await.unwrap());
    }
}

// B-403
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_runners_at_once_run_each_migration_once() {
    for place in places("two_runners_at_once").await {
        let runners: Vec<_> = (0..4)
            .map(|_| {
                let (url, driver) = (place.url.clone(), place.driver);
                tokio::spawn(async move {
                    let db = Db::connect(&url).await.unwrap();
                    let report = Migrator::new(&db).migrations(migrations![CreateUsers, AddAge]).up().await;
                    (driver, report.unwrap().names().len())
                })
            })
            .collect();
        let mut ran = 0;
        for runner in runners {
            ran += runner.await.unwrap().1;
        }
        assert_eq!(ran, 2);
        let db = Db::connect(&place.url).await.unwrap();
        assert_eq!(MigrationsRepository::default().list_applied(&db).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_runner_waits_for_another_one_only_so_long() {
    for place in places("a_runner_waits").await {
        if place.driver == "sqlite" {
            // Its transactions are alone as they are.
            continue;
        }
        let (one, other) = (Db::connect(&place.url).await.unwrap(), Db::connect(&place.url).await.unwrap());
        let held = one.hold().await.unwrap();
        held.lock("atlas_migrations", Duration::ZERO).await.unwrap();
        let limit = Duration::from_millis(200);
        let migrator = Migrator::new(&other).migrations(migrations![CreateUsers]).lock_timeout(limit);
        let error = migrator.up().await.unwrap_err();
        assert!(matches!(error, Error::Timeout { after, .. } if after == limit), "{error:?}");
        // The lock goes with who held it.
        drop(held);
        one.table("nothing").count().await.unwrap_err();
        migrator.lock_timeout(Duration::from_secs(20)).up().await.unwrap();
    }
}

#[tokio::test]
async fn a_runner_that_was_killed_leaves_a_record() {
    for db in databases().await {
        let migrator = Migrator::new(&db).migrations(migrations![Sleeps]);
        SLEEPS.store(false, SeqCst);
        let mut running = migrator.up();
        while !SLEEPS.load(SeqCst) {
            let cut = tokio::time::timeout(Duration::from_millis(20), &mut running).await;
            assert!(cut.is_err(), "{cut:?}");
        }
        drop(running);
        let migrator = Migrator::new(&db).migrations(migrations![Sleeps]);
        let state = migrator.status().await.unwrap()[0].state;
        if db.capabilities().transactional_schema {
            assert_eq!(state, State::Pending);
            assert!(!Schema::has_table(&db, "half").await.unwrap());
        } else {
            assert_eq!(state, State::Unfinished);
            let error = migrator.up().await.unwrap_err();
            assert!(error.to_string().contains("it was begun and did not end"), "{error}");
            migrator.resolve(Sleeps::NAME, Resolution::Applied).await.unwrap();
            assert_eq!(migrator.up().await.unwrap().names().len(), 0);
        }
    }
}

/// Does something, and then takes long.
struct Sleeps;

/// Whether it has come so far.
static SLEEPS: AtomicBool = AtomicBool::new(false);

impl Migration for Sleeps {
    const NAME: &'static str = "2026_01_05_000000_sleeps";

    async fn up(&self, db: &Db) -> Result<()> {
        Schema::create(db, "half", |t| drop(t.id())).await?;
        SLEEPS.store(true, SeqCst);
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(())
    }
}

#[tokio::test]
async fn files_that_are_wrong_are_named() {
    let db = Db::connect("sqlite::memory:").await.unwrap();
    for (file, sentence) in [
        ("2026_create.sql", "`2026_create.sql` says not which way it goes"),
        ("2026_create.down.sql", "`2026_create` has a `.down.sql` and no `.up.sql`"),
    ] {
        let folder = Folder::new("files_that_are_wrong");
        write(&folder.path(""), file, "SELECT 1");
        let error = Migrator::new(&db).folder(folder.path("")).up().await.unwrap_err();
        assert!(error.to_string().contains(sentence), "{error}");
    }
    let error = Migrator::new(&db).folder("/no/such/folder").up().await.unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
    let error = Migrator::new(&db).migrations(migrations![CreateUsers, CreateUsers]).up().await.unwrap_err();
    assert!(error.to_string().contains("there are two migrations"), "{error}");
}

#[tokio::test]
async fn files_can_be_part_of_the_program() {
    for db in databases().await {
        let files = atlas::migrate::embed_migrations!("it/migrations");
        let migrator = Migrator::new(&db).embedded(files).migrations(migrations![CreateUsers]);
        let report = migrator.up().await.unwrap();
        assert_eq!(report.names(), [CreateUsers::NAME, "2026_02_01_000000_create_notes"]);
        assert!(Schema::has_table(&db, "notes").await.unwrap());
        migrator.reset().await.unwrap();
        assert!(!Schema::has_table(&db, "notes").await.unwrap());
    }
}

// C-239, B-411, C-235: `should_run`
#[tokio::test]
async fn what_a_run_does_is_told() {
    use std::sync::{Arc, Mutex};

    use atlas::migrate::MigrationEvent;

    /// Not now.
    struct Later;

    impl Migration for Later {
        const NAME: &'static str = "2026_01_02_000000_later";

        async fn up(&self, _: &Db) -> Result<()> {
            Ok(())
        }

        async fn should_run(&self, _: &Db) -> Result<bool> {
            Ok(false)
        }
    }

    for db in databases().await {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let migrator =
            Migrator::new(&db).migrations(migrations![CreateUsers, Later, AddAge]).listen(move |event| {
                let said = match event {
                    MigrationEvent::Started(direction) => format!("{direction:?}"),
                    MigrationEvent::NothingToRun => "nothing".to_owned(),
                    MigrationEvent::MigrationStarted { name, .. } => format!("begins {}", &name[18..]),
                    MigrationEvent::MigrationEnded { name, .. } => format!("ended {}", &name[18..]),
                    MigrationEvent::MigrationFailed { name, error, .. } => {
                        assert!(matches!(error, Error::Migration { .. }), "{error:?}");
                        format!("failed {}", &name[18..])
                    }
                    MigrationEvent::MigrationSkipped { name } => format!("skipped {}", &name[18..]),
                    MigrationEvent::Ended(report) => format!("ran {}", report.ran.len()),
                    other => format!("{other:?}"),
                };
                tell.lock().unwrap().push(said);
            });
        let said = || told.lock().unwrap().drain(..).collect::<Vec<_>>().join(", ");
        migrator.up().await.unwrap();
        assert_eq!(
            said(),
            "Up, begins create_users, ended create_users, skipped later, begins add_age, ended add_age, ran 2"
        );
        migrator.up().await.unwrap();
        assert_eq!(said(), "Up, skipped later, nothing, ran 0");
        migrator.down().await.unwrap();
        assert_eq!(
            said(),
            "Down, begins add_age, ended add_age, begins create_users, ended create_users, ran 2"
        );
        // C-241
        let without = migrator.clone().without(["2026_01_01_000000_create_users", Later::NAME]);
        without.up().await.unwrap_err();
        assert_eq!(said(), "Up, begins add_age, failed add_age");
    }
}

// C-238
#[tokio::test]
async fn a_schema_is_dumped_and_loaded_in_place_of_its_migrations() {
    for db in databases().await {
        let folder = Folder::new(&format!("dump-{}", db.driver_name()));
        posts(&folder.path("migrations"));
        let file = folder.path("migrations/schema.dump");
        let migrator = Migrator::new(&db)
            .migrations(migrations![CreateUsers, AddAge])
            .folder(folder.path("migrations"))
            .schema_file(&file);
        // There is no file yet.
        assert_eq!(migrator.up().await.unwrap().names().len(), 3);
        Schema::table(&db, "users", |t| {
            t.unique(["name", "age"]);
            t.big_integer("friend_id").nullable();
            t.foreign("friend_id").references("id").on("users");
        })
        .await
        .unwrap();
        let before = db.inspect("users").await.unwrap();
        let removed = migrator.dump(&file, true).await.unwrap();
        assert_eq!(removed.len(), 2, "{removed:?}");
        assert!(removed[0].ends_with("2026_01_02_000000_create_posts.down.sql"), "{removed:?}");

        let report = migrator.fresh().await.unwrap();
        assert_eq!(report.names(), Vec::<&str>::new());
        assert_eq!(report.loaded.len(), 3);
        assert_eq!(db.inspect("users").await.unwrap(), before);
        // No row of what was in it, but of the record.
        assert_eq!(db.table("posts").count().await.unwrap(), 0);
        assert_eq!(MigrationsRepository::default().list_applied(&db).await.unwrap().len(), 3);
        assert_eq!(migrator.up().await.unwrap().loaded, Vec::<String>::new());

        fs::write(&file, "-- atlas: the schema of oracle\n").unwrap();
        let other = migrator.fresh().await.unwrap_err().to_string();
        assert!(other.contains("it is of oracle"), "{other}");
        fs::write(&file, "SELECT 1").unwrap();
        let other = migrator.fresh().await.unwrap_err().to_string();
        assert!(other.contains("it is not what `dump` writes"), "{other}");
        db.execute("CREATE VIEW two AS SELECT 2", ()).await.unwrap();
        let view = migrator.dump(&file, false).await.unwrap_err();
        assert!(matches!(view, Error::Unsupported { .. }), "{view:?}");
    }
}

// B-252, X-12
#[tokio::test]
async fn a_run_can_be_one_transaction() {
    for db in databases().await {
        let migrator =
            Migrator::new(&db).migrations(migrations![CreateUsers, AddAge, Fails]).single_transaction(true);
        let error = migrator.up().await.unwrap_err();
        if !db.capabilities().transactional_schema {
            assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
            continue;
        }
        let Error::Migration { name, reason } = &error else { panic!("{error:?}") };
        assert_eq!(name, Fails::NAME);
        assert!(reason.contains("so were those before it in this run"), "{reason}");
        assert_eq!(Schema::tables(&db).await.unwrap(), ["migrations"]);
        assert_eq!(migrator.status().await.unwrap()[0].state, State::Pending);
        let migrator =
            Migrator::new(&db).migrations(migrations![CreateUsers, AddAge]).single_transaction(true);
        assert_eq!(migrator.up().await.unwrap().names().len(), 2);
        assert_eq!(migrator.down().await.unwrap().names().len(), 2);
    }
}
