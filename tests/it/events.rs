use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use atlas::{
    Error, Event,
    db::{Bind, Step},
    prelude::*,
    value::Value,
};

use crate::support::{Logged, Person, databases, people};

#[derive(Model)]
pub struct Login {
    pub id: i64,
    pub name: String,
    #[sensitive]
    pub password: String,
}

/// Notes what a handle does.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn of(db: &Db) -> Self {
        let log = Self::default();
        let events = log.0.clone();
        db.listen(move |event| events.lock().unwrap().push(event.clone()));
        log
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn steps(&self) -> Vec<(Step, usize)> {
        self.take().iter().filter_map(Event::as_transaction).map(|step| (step.step, step.depth)).collect()
    }
}

// B-77
#[tokio::test]
async fn a_listener_gets_every_statement() {
    for db in people().await {
        let log = Log::of(&db);
        let found = Person::query().where_gt(Person::age, 20).get(&db).await.unwrap();
        let events = log.take();
        let [Event::Statement(select)] = &*events else { panic!("{events:?}") };
        assert!(select.text.starts_with("SELECT "), "{}", select.text);
        assert_eq!(select.binds, [Bind::Value(20.into())]);
        assert_eq!((select.rows, select.affected), (found.len() as u64, 0));
        assert_eq!((select.model, select.transaction, &select.error), (Some("Person"), None, &None));
        assert_eq!((select.driver, select.connection.as_deref()), (db.driver_name(), None));
        assert!(select.duration > Duration::ZERO);

        Person::query().where_eq(Person::id, 1).update(&db, Person::age.set(35)).await.unwrap();
        let events = log.take();
        assert_eq!(events[0].as_statement().unwrap().affected, 1);

        assert!(db.execute("select nonsense from nowhere", ()).await.is_err());
        let events = log.take();
        let failed = events[0].as_statement().unwrap();
        assert!(failed.error.is_some() && failed.model.is_none(), "{failed:?}");
    }
}

#[tokio::test]
async fn a_listener_can_stop_and_use_the_database() {
    for db in people().await {
        let count = Arc::new(Mutex::new(0));
        let (counted, handle) = (count.clone(), db.clone());
        let listening = db.listen(move |_| {
            *counted.lock().unwrap() += 1;
            assert!(!handle.in_transaction());
            drop(handle.listen(|_| {}));
        });
        Person::all(&db).await.unwrap();
        listening.stop();
        Person::all(&db).await.unwrap();
        assert_eq!(*count.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn secrets_are_not_told() {
    for db in databases().await {
        db.create_tables(models![Login]).await.unwrap();
        let log = Log::of(&db);
        let mut login = Login::draft().name("ann").password("hunter2").save(&db).await.unwrap();
        login.password = "correct horse".into();
        login.save(&db).await.unwrap();
        let found = Login::query().where_eq(Login::password, "correct horse").where_eq(Login::name, "ann");
        assert_eq!(found.count(&db).await.unwrap(), 1);
        let like = Login::query().filter(Login::password.starts_with("correct").and(Login::id.is_in([1, 2])));
        assert_eq!(like.count(&db).await.unwrap(), 1);
        let events = log.take();
        assert!(events.len() >= 4);
        let shown = format!("{events:?} {login:?}");
        for secret in ["hunter2", "correct"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("ann") && shown.contains("[redacted]"), "{shown}");
        assert!(format!("{login:?}").contains("password: [redacted]"));

        db.raw("select ? as secret", ["geheim"]).sensitive().get().await.unwrap();
        let events = log.take();
        assert_eq!(events[0].as_statement().unwrap().binds, [Bind::Redacted]);
        db.raw("select ? as open", ["offen"]).get().await.unwrap();
        let events = log.take();
        assert_eq!(events[0].as_statement().unwrap().binds, [Bind::Value(Value::Text("offen".into()))]);
    }
}

#[derive(Model)]
pub struct Device {
    pub id: i64,
    pub login_id: i64,
    pub label: String,
    #[belongs_to]
    pub login: BelongsTo<Login>,
}

#[tokio::test]
async fn secrets_of_other_tables_of_a_statement_are_not_told() {
    use atlas::{case_when, exists};
    for db in databases().await {
        db.create_tables(models![Login, Device]).await.unwrap();
        let log = Log::of(&db);
        let login = Login::draft().name("ann").password("geheim 1").save(&db).await.unwrap();
        Device::draft().login_id(login.id).label("offen 1").save(&db).await.unwrap();
        let joined = Device::query()
            .join(Device::login)
            .filter(Login::password.eq("geheim 2").or(Login::password.lower().eq("geheim 3")));
        assert_eq!(joined.count(&db).await.unwrap(), 0);
        let on = Login::password.is_in(["geheim 4", "geheim 5"]).and(Device::label.eq("offen 2"));
        assert_eq!(Device::query().join_on(Login::query(), on).count(&db).await.unwrap(), 0);
        let asked =
            Device::query().where_has(Device::login, |login| login.where_eq(Login::password, "geheim 6"));
        assert_eq!(asked.count(&db).await.unwrap(), 0);
        let inner = Login::query().filter(Login::password.between("geheim 7", "geheim 8"));
        assert_eq!(Device::query().filter(exists(inner)).count(&db).await.unwrap(), 0);
        let table = db.table("logins").where_eq("password", "geheim 9");
        assert_eq!(table.count().await.unwrap(), 0);
        let eager = Device::query().with(Device::login.filter(Login::password.ne("geheim 10")));
        assert_eq!(eager.get(&db).await.unwrap().len(), 1);
        let set = Device::query().join(Device::login).update(&db, Device::label.set_from(Login::password));
        assert_eq!(set.await.unwrap(), 1);
        let order = Device::query()
            .join(Device::login)
            .order_by(case_when(Login::password.eq("geheim 11"), 1).otherwise(2).asc());
        order.get(&db).await.unwrap();
        let shown = format!("{:?}", log.take());
        assert!(!shown.contains("geheim"), "{shown}");
        assert!(shown.contains("offen 1") && shown.contains("offen 2"), "{shown}");
    }
}

#[derive(Model, Debug)]
#[table("logins")]
pub struct NumberedLogin {
    pub id: i64,
    #[sensitive]
    #[column("password")]
    pub pin: i32,
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_not_in_the_error() {
    for db in databases().await {
        db.create_tables(models![Login]).await.unwrap();
        Login::draft().name("ann").password("geheim").save(&db).await.unwrap();
        let error = NumberedLogin::query().get(&db).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains("`password` of `NumberedLogin` holds [redacted]") && !text.contains("geheim"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn transactions_are_told_with_their_savepoints() {
    use Step::{Begin, Commit, Rollback};
    for db in people().await {
        let log = Log::of(&db);
        db.transaction(async |tx| {
            Person::query().count(&tx).await?;
            let inner: Result<()> = tx.transaction(async |_| Err(Error::config("no"))).await;
            assert!(inner.is_err());
            tx.transaction(async |_| Ok(())).await
        })
        .await
        .unwrap();
        let events = log.take();
        let ids: Vec<u64> = events.iter().filter_map(Event::as_transaction).map(|step| step.id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let statement = events.iter().find_map(Event::as_statement).unwrap();
        assert_eq!(statement.transaction, Some(ids[0]));
        let steps: Vec<(Step, usize)> =
            events.iter().filter_map(Event::as_transaction).map(|step| (step.step, step.depth)).collect();
        assert_eq!(steps, [(Begin, 0), (Begin, 1), (Rollback, 1), (Begin, 1), (Commit, 1), (Commit, 0)]);

        drop(db.begin().await.unwrap());
        assert_eq!(log.steps(), [(Begin, 0), (Rollback, 0)]);

        let tx = db.begin().await.unwrap();
        let savepoint = tx.begin().await.unwrap();
        drop(tx);
        drop(savepoint);
        let mut steps = log.steps();
        steps.sort_by_key(|(step, depth)| (*step == Rollback, *depth));
        assert_eq!(steps, [(Begin, 0), (Begin, 1), (Rollback, 0), (Rollback, 1)]);
    }
}

#[tokio::test]
async fn spans_have_the_names_of_opentelemetry_and_no_values() {
    let logged = Logged::default();
    let _guard = tracing::subscriber::set_default(logged.clone());
    for db in people().await {
        let work = async || {
            Person::query().where_eq(Person::name, "Ann").get(&db).await.unwrap();
            db.transaction(async |tx| Person::query().count(&tx).await).await.unwrap();
            assert!(db.execute("select nonsense", ()).await.is_err());
        };
        // What another test's thread asked first, `tracing` answers by that thread's subscriber, which is none.
        work().await;
        tracing::callsite::rebuild_interest_cache();
        let from = logged.text().len();
        work().await;
        let seen = logged.text().split_off(from);
        let system = if db.driver_name() == "postgres" { "postgresql" } else { db.driver_name() };
        for expected in [
            format!("db.system.name=\"{system}\""),
            "db.operation.name=\"SELECT\"".to_owned(),
            "db.collection.name=\"people\"".to_owned(),
            "otel.name=\"SELECT people\"".to_owned(),
            "db.query.text=\"SELECT ".to_owned(),
            "db.response.returned_rows=1".to_owned(),
            "transaction begun".to_owned(),
            "transaction committed".to_owned(),
            "error.message=".to_owned(),
        ] {
            assert!(seen.contains(&expected), "{expected} is not in {seen}");
        }
        assert!(!seen.contains("Ann"), "{seen}");
    }
}

#[tokio::test]
async fn slow_statements_are_logged() {
    let logged = Logged::default();
    let _guard = tracing::subscriber::set_default(logged.clone());
    for (threshold, slow) in [(Duration::ZERO, true), (Duration::from_secs(60), false)] {
        let db =
            Db::builder("sqlite::memory:").name("main").slow_statements(threshold).connect().await.unwrap();
        db.raw("select 'geheim' = ?", ["geheimer"]).get().await.unwrap();
        // As above: another test's thread may have asked first.
        tracing::callsite::rebuild_interest_cache();
        let from = logged.text().len();
        db.raw("select 'geheim' = ?", ["geheimer"]).get().await.unwrap();
        let seen = logged.text().split_off(from);
        assert_eq!(seen.contains("slow statement"), slow, "{seen}");
        assert!(seen.contains("db.namespace=\"main\"") && !seen.contains("geheimer"), "{seen}");
    }
}

#[tokio::test]
async fn a_statement_that_is_dropped_is_told() {
    for db in people().await {
        let log = Log::of(&db);
        {
            let mut work = Box::pin(Person::all(&db));
            // Where the database answers at once, there is nothing to drop.
            if futures_poll(&mut work).is_some() {
                continue;
            }
        }
        let events = log.take();
        let dropped = events.iter().filter_map(Event::as_statement).next().unwrap();
        assert_eq!(dropped.error.as_deref(), Some("dropped before its end"));
    }
}

/// The output of a future that is ready at its first poll.
fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
