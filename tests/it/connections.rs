use std::time::Duration;

use atlas::{Config, Connections, Error, prelude::*};

use crate::support::{Folder, Person, databases};

/// Lives on the connection `reports`.
#[derive(Model, Debug)]
#[connection("reports")]
pub struct Report {
    pub id: i64,
    pub title: String,
}

/// Two files of this test's own, as the connections `main` and `reports`.
async fn two(folder: &Folder) -> Connections {
    let connections = Connections::new();
    let config = Config::new("main")
        .connection("main", folder.url("main.db"))
        .connection("reports", Db::builder(folder.url("reports.db")).acquire_timeout(Duration::from_secs(3)));
    connections.configure(config).await.unwrap();
    connections.create_tables(models![Person]).await.unwrap();
    connections.connection("reports").unwrap().create_tables(models![Person, Report]).await.unwrap();
    connections
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result.unwrap_err() {
        Error::Config { message } => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn before_configure_every_call_says_what_to_do() {
    let connections = Connections::new();
    let db: &Db = &connections;
    for failed in [
        message(Person::query().count(db).await),
        message(db.transaction(|_| async { Ok(()) }).await),
        message(db.raw("select 1", ()).get().await),
        message(db.begin().await.map(|_| ())),
        message(db.close().await),
        message(Person::draft().name("Ann").score(0).save(db).await),
    ] {
        assert!(failed.contains("call `DB.configure(..)` once"), "{failed}");
    }
    assert!(
        message(connections.connection("main")).contains("there is no connection `main`: none is configured")
    );
    assert!(!connections.health().await.is_healthy());
    assert!(!connections.in_transaction());
    assert_eq!((connections.driver_name(), connections.default_name()), ("", None));
}

#[tokio::test]
async fn each_has_its_own_database() {
    let folder = Folder::new("connections-each");
    let connections = two(&folder).await;
    Person::draft().name("Ann").score(0).save(&connections).await.unwrap();
    let reports = connections.connection("reports").unwrap();
    assert_eq!(Person::query().count(&connections).await.unwrap(), 1);
    assert_eq!(Person::query().count(&reports).await.unwrap(), 0);
    // From any handle to any other.
    let main = reports.connection("main").unwrap();
    assert_eq!(Person::query().count(&main).await.unwrap(), 1);
    assert_eq!(connections.names(), ["main", "reports"]);
    assert!(connections.has("reports") && !connections.has("archive"));
    let unknown = message(connections.connection("archive"));
    assert_eq!(unknown, "there is no connection `archive`: there are `main`, `reports`");
}

// 004-39, C-115
#[tokio::test]
async fn a_model_goes_where_it_lives() {
    let folder = Folder::new("connections-model");
    let connections = two(&folder).await;
    let report = Report::draft().title("Sales").save(&connections).await.unwrap();
    assert_eq!(Report::find_or_fail(&connections, report.id).await.unwrap().title, "Sales");
    let reports = connections.connection("reports").unwrap();
    assert_eq!(reports.table("reports").count().await.unwrap(), 1);

    // Chosen by hand, a connection is used as it is.
    let main = connections.connection("main").unwrap();
    assert!(
        matches!(Report::query().count(&main).await, Err(Error::MissingTable { table, .. }) if table == "reports")
    );

    // A transaction cannot reach another database, and says so rather than writing past itself.
    let refused = connections
        .transaction(async |tx| {
            Person::draft().name("Ann").score(0).save(&tx).await?;
            Report::draft().title("Lost").save(&tx).await
        })
        .await;
    let refused = message(refused);
    assert!(
        refused.contains("`Report` lives on the connection `reports`, and this transaction is on `main`"),
        "{refused}"
    );
    assert_eq!(Person::query().count(&connections).await.unwrap(), 0);

    // The handle of all connections reaches it, outside of the transaction.
    connections
        .transaction(async |_tx| Report::draft().title("Audit").save(&connections).await.map(|_| ()))
        .await
        .unwrap();
    assert_eq!(Report::query().count(&connections).await.unwrap(), 2);

    connections.remove("reports").await.unwrap();
    let missing = message(Report::query().count(&connections).await);
    assert_eq!(missing, "`Report`: there is no connection `reports`: there are `main`");
}

#[tokio::test]
async fn a_transaction_is_joined_by_the_handle_of_all() {
    let folder = Folder::new("connections-join");
    let connections = two(&folder).await;
    let db: &Db = &connections;
    let failed: Result<()> = db
        .transaction(async |tx| {
            assert!(db.in_transaction());
            Person::draft().name("Ann").score(0).save(db).await?;
            assert_eq!(Person::query().count(&tx).await?, 1);
            // Inside, it is a savepoint.
            let inner: Result<()> = db
                .transaction(async |_| {
                    Person::draft().name("Bob").score(0).save(db).await?;
                    Err(Error::config("only this"))
                })
                .await;
            assert!(inner.is_err());
            assert_eq!(Person::query().count(db).await?, 1);
            Err(Error::config("all of it"))
        })
        .await;
    assert_eq!(message(failed), "all of it");
    assert!(!db.in_transaction());
    assert_eq!(Person::query().count(db).await.unwrap(), 0);
    // Another task is not inside.
    db.transaction(async |tx| {
        Person::draft().name("Ann").score(0).save(&tx).await?;
        let reports = connections.connection("reports")?;
        assert_eq!(Person::query().count(&reports).await?, 0);
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn connections_come_and_go() {
    let folder = Folder::new("connections-life");
    let connections = Connections::new();
    connections.add("main", folder.url("main.db")).await.unwrap();
    assert_eq!(connections.default_name().as_deref(), Some("main"));
    assert!(message(connections.add("main", folder.url("b.db")).await).contains("call `replace`"));

    let old = connections.connection("main").unwrap();
    connections.replace("main", folder.url("b.db")).await.unwrap();
    assert!(matches!(old.raw("select 1", ()).get().await, Err(Error::Closed { .. })));
    connections.raw("create table b (id integer primary key)", ()).execute().await.unwrap();

    connections.disconnect("main").await.unwrap();
    assert!(matches!(connections.table("b").count().await, Err(Error::Closed { .. })));
    assert!(!connections.health().await.is_healthy());
    connections.reconnect("main").await.unwrap();
    assert_eq!(connections.table("b").count().await.unwrap(), 0);

    connections.add("other", "sqlite::memory:").await.unwrap();
    assert!(message(connections.set_default("nowhere")).contains("there are `main`, `other`"));
    connections.set_default("other").unwrap();
    assert!(matches!(connections.table("b").count().await, Err(Error::MissingTable { .. })));
    connections.remove("other").await.unwrap();
    assert!(message(connections.table("b").count().await).contains("the default connection was removed"));
    assert!(message(connections.remove("other").await).contains("there is no connection `other`"));

    let kept = connections.connection("main").unwrap();
    connections.reset();
    assert_eq!(connections.names(), Vec::<String>::new());
    assert_eq!(kept.table("b").count().await.unwrap(), 0, "what was taken goes on to work");
    assert!(message(connections.table("b").count().await).contains("call `DB.configure(..)`"));
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing() {
    let folder = Folder::new("connections-wrong");
    let connections = two(&folder).await;
    for (config, says) in [
        (Config::new("main"), "has no connections"),
        (Config::new("mian").connection("main", "sqlite::memory:"), "the default connection `mian`"),
        (Config::new("a").connection("a", "oracle://h/d"), "connection `a`: no driver answers to `oracle:`"),
        (Config::new("a").connection("a", "sqlite::memory:?mod=ro"), "connection `a`: `mod` is no parameter"),
        (
            Config::new("a").connection("a", Db::builder("sqlite::memory:").application_name("x")),
            "connection `a`: the sqlite driver has no `application_name`",
        ),
    ] {
        let failed = message(connections.configure(config).await);
        assert!(failed.contains(says), "{failed}");
    }
    assert_eq!(connections.names(), ["main", "reports"]);
    assert_eq!(Person::query().count(&connections).await.unwrap(), 0);
}

#[tokio::test]
async fn toml_says_the_same() {
    let folder = Folder::new("connections-toml");
    let file = folder.path("atlas.toml");
    let text = format!(
        "default = 'main'\n[connections.main]\ndriver = 'sqlite'\ndatabase = '{}'\nacquire_timeout = 500\n\
         [connections.memory]\nurl = 'sqlite::memory:'\nstatement_cache = 3\nslow_statements = 100\n",
        folder.path("main.db").display()
    );
    std::fs::write(&file, text).unwrap();
    let connections = Connections::new();
    connections.configure(Config::from_file(&file).unwrap()).await.unwrap();
    connections.create_tables(models![Person]).await.unwrap();
    assert!(folder.path("main.db").exists());
    assert_eq!(connections.names(), ["main", "memory"]);

    let missing = message(Config::from_file(folder.path("no.toml")));
    assert!(missing.contains("no.toml"), "{missing}");
}

/// The one test of the program's own connections: there is one of them.
#[tokio::test]
async fn the_programs_own() {
    assert!(message(Person::query().count(&DB).await).contains("call `DB.configure(..)` once"));
    let folder = Folder::new("connections-own");
    DB.configure(Config::new("main").connection("main", folder.url("main.db"))).await.unwrap();
    DB.create_tables(models![Person]).await.unwrap();
    let joined = DB
        .transaction(async |_| {
            Person::draft().name("Ann").score(0).save(&DB).await?;
            Person::query().count(&DB).await
        })
        .await
        .unwrap();
    assert_eq!(joined, 1);
    // In its own task, it is outside of the transaction.
    let tx = DB.begin().await.unwrap();
    assert!(!DB.in_transaction() && tx.in_transaction());
    tx.rollback().await.unwrap();
    assert_eq!(Person::find_or_fail(&DB, 1).await.unwrap().name, "Ann");
    // A handle of any other database finds the program's connections.
    let memory = Db::connect("sqlite::memory:").await.unwrap();
    assert_eq!(memory.connection("main").unwrap().table("people").count().await.unwrap(), 1);
    let kept = DB.connection("main").unwrap();
    DB.close_all().await.unwrap();
    assert!(matches!(Person::query().count(&kept).await, Err(Error::Closed { .. })));
    assert!(message(Person::query().count(&DB).await).contains("call `DB.configure(..)`"));
}

#[tokio::test]
async fn health_says_and_never_fails() {
    for db in databases().await {
        let health = db.health().await;
        assert!(health.is_healthy(), "{health:?}");
        assert!(health.pool.max >= 1 && health.pool.open >= 1, "{health:?}");
        assert!(health.server_version.is_some() && health.error.is_none());
        db.close().await.unwrap();
        let health = db.health_within(Duration::from_secs(2)).await;
        assert!(!health.is_healthy() && health.error.is_some(), "{health:?}");
        assert!(health.latency < Duration::from_secs(3));
        assert!(matches!(db.raw("select 1", ()).value::<i64>().await, Err(Error::Closed { .. })));
    }
}
