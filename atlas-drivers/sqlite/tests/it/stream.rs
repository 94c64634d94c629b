use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use atlas_core::{
    Error, Result,
    driver::{Row, RowSink},
    value::Value,
};
use atlas_sqlite::Sqlite;

use crate::support::{Directory, execute, query, run, sql};

const MANY: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i AS i FROM n";

#[derive(Default)]
struct Channel {
    rows: Vec<Value>,
    open: bool,
    waiting: Option<Waker>,
}

/// Has no room until it is opened.
struct Gate(Arc<Mutex<Channel>>);

impl RowSink for Gate {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        assert_eq!((row.name(0), row.name(1), row.len()), ("i", "", 1));
        self.0.lock().unwrap().rows.push(row.get(0)?.to_owned());
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut channel = self.0.lock().unwrap();
        if channel.open {
            return Poll::Ready(());
        }
        channel.waiting = Some(context.waker().clone());
        Poll::Pending
    }
}

#[tokio::test]
async fn a_stream_without_room_keeps_nobody_from_the_database() {
    let directory = Directory::new();
    for options in [Sqlite::memory(), Sqlite::file(directory.file())] {
        let driver = options.open().await.unwrap();
        let channel = Arc::new(Mutex::new(Channel::default()));
        let reading = tokio::spawn({
            let (driver, channel) = (Arc::clone(&driver), Arc::clone(&channel));
            async move {
                let mut connection = driver.acquire().await.unwrap();
                connection.run(&sql(MANY), Box::new(Gate(channel))).await.map(|_| ())
            }
        });
        while channel.lock().unwrap().waiting.is_none() {
            tokio::task::yield_now().await;
        }
        assert!((1..1000).contains(&channel.lock().unwrap().rows.len()));
        let other = tokio::time::timeout(Duration::from_secs(60), execute(&driver, "CREATE TABLE t (a)"));
        other.await.expect("the stream holds the connection").unwrap();
        let waiting = {
            let mut channel = channel.lock().unwrap();
            channel.open = true;
            channel.waiting.take()
        };
        waiting.unwrap().wake();
        reading.await.unwrap().unwrap();
        let expected: Vec<_> = (1..=1000).map(Value::I64).collect();
        assert_eq!(channel.lock().unwrap().rows, expected);
    }
}

/// Says to stop, or fails, at a row.
pub(crate) struct Stop {
    pub(crate) at: i64,
    pub(crate) fails: bool,
    pub(crate) seen: i64,
}

impl RowSink for Stop {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        self.seen += 1;
        match (self.seen == self.at, self.fails) {
            (false, _) => Ok(ControlFlow::Continue(())),
            (true, false) => Ok(ControlFlow::Break(())),
            (true, true) => Err(Error::decode("anything else", "this")),
        }
    }
}

#[tokio::test]
async fn a_sink_ends_a_statement() {
    let driver = Sqlite::memory().open().await.unwrap();
    let mut connection = driver.acquire().await.unwrap();
    for at in [1, 64, 65, 700] {
        let (sink, _) =
            connection.run(&sql(MANY), Box::new(Stop { at, fails: false, seen: 0 })).await.unwrap();
        let sink: Box<dyn std::any::Any> = sink;
        assert_eq!(sink.downcast::<Stop>().unwrap().seen, at);
        let failed = connection.run(&sql(MANY), Box::new(Stop { at, fails: true, seen: 0 })).await;
        assert!(matches!(failed, Err(Error::Decode { .. })));
        assert_eq!(run(&mut *connection, &sql(MANY)).await.unwrap().0.len(), 1000);
    }
    assert_eq!(query(&driver, "SELECT 1").await.unwrap().len(), 1);
}

/// Cannot start again: its rows are gone.
#[derive(Default)]
struct Once(Vec<i64>);

impl RowSink for Once {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let Value::I64(number) = row.get(0)?.to_owned() else {
            return Err(Error::decode("a number", "none"));
        };
        self.0.push(number);
        Ok(ControlFlow::Continue(()))
    }
}

/// It moves to another thread with its statement open, or with nothing read yet.
#[tokio::test]
async fn a_long_stream_gets_each_row_once() {
    let driver = Sqlite::memory().open().await.unwrap();
    for text in [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n ORDER BY i * 7 % 300000, i",
    ] {
        let mut connection = driver.acquire().await.unwrap();
        let (sink, _) = connection.run(&sql(text), Box::new(Once::default())).await.unwrap();
        let sink: Box<dyn std::any::Any> = sink;
        let mut rows = sink.downcast::<Once>().unwrap().0;
        rows.sort_unstable();
        assert_eq!(rows, (1..=300_000).collect::<Vec<_>>());
    }
}

/// Sinks that can start again get the rows of a read that was interrupted, and others those of one that
/// went on.
#[tokio::test]
async fn a_gap_between_rows_loses_none() {
    let driver = Sqlite::memory().open().await.unwrap();
    let gap = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
               SELECT i FROM n WHERE i < 100 OR i = 300000";
    let expected: Vec<i64> = (1..100).chain([300_000]).collect();
    let mut connection = driver.acquire().await.unwrap();
    for in_transaction in [false, true] {
        if in_transaction {
            connection.begin(&Default::default()).await.unwrap();
        }
        let rows = run(&mut *connection, &sql(gap)).await.unwrap().0;
        assert!(
            rows.iter().map(|row| &row[0]).eq(&expected.iter().map(|i| Value::I64(*i)).collect::<Vec<_>>())
        );
        let (sink, _) = connection.run(&sql(gap), Box::new(Once::default())).await.unwrap();
        let sink: Box<dyn std::any::Any> = sink;
        assert_eq!(sink.downcast::<Once>().unwrap().0, expected);
    }
    connection.commit().await.unwrap();
}
