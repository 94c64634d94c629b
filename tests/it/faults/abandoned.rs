//! Futures that are dropped: each operation after each of its polls.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use atlas::{Error, prelude::*, values};

use super::asking::{Watcher, soon};
use crate::support::{Place, places};

/// Polls a future so many times, each time when it asks for it, and drops it: `None` where it had not ended
/// by then.
pub async fn after_polls<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    Abandoned { left: polls, future: Box::pin(future) }.await
}

struct Abandoned<F> {
    left: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Abandoned<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.left -= 1;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// A row of one round of a test: those of other rounds have other marks.
#[derive(Model, Debug)]
#[table("marks")]
struct Mark {
    id: i64,
    mark: i64,
    part: i64,
}

impl Mark {
    fn all_of(mark: i64) -> Query<Mark> {
        Mark::query().where_eq(Mark::mark, mark)
    }
}

/// How many rows more than a batch has.
const MANY: i64 = 3_000;

/// The rows of a mark: how many, and the sum of their parts.
type Rows = (u64, i64);

type Work<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// What is dropped.
struct Operation {
    name: &'static str,
    /// How many rows there are before, with 0 for their part.
    before: u64,
    /// What there is when it is done, or nothing where it changes nothing.
    done: Option<Rows>,
    run: for<'a> fn(&'a Db, i64) -> Work<'a>,
}

const fn reads(name: &'static str, run: for<'a> fn(&'a Db, i64) -> Work<'a>) -> Operation {
    Operation { name, before: 3, done: None, run }
}

const fn writes(
    name: &'static str,
    before: u64,
    done: Rows,
    run: for<'a> fn(&'a Db, i64) -> Work<'a>,
) -> Operation {
    Operation { name, before, done: Some(done), run }
}

fn pending<'a>(work: impl Future<Output = Result<()>> + Send + 'a) -> Work<'a> {
    Box::pin(work)
}

fn many(mark: i64) -> impl Iterator<Item = impl atlas::Complete<Mark>> {
    (0..MANY).map(move |_| Mark::draft().mark(mark).part(1))
}

const OPERATIONS: &[Operation] = &[
    reads("get", |db, mark| {
        pending(async move {
            let rows = Mark::all_of(mark).get(db).await?;
            assert!(rows.len() == 3 && rows.iter().all(|row| row.mark == mark));
            Ok(())
        })
    }),
    reads("first", |db, mark| {
        pending(async move {
            assert_eq!(Mark::all_of(mark).first(db).await?.map(|row| row.mark), Some(mark));
            Ok(())
        })
    }),
    reads("count", |db, mark| {
        pending(async move {
            assert_eq!(Mark::all_of(mark).count(db).await?, 3);
            Ok(())
        })
    }),
    reads("raw", |db, mark| {
        pending(async move {
            let rows = db.raw("select part from marks where mark = ?", [mark]).get().await?;
            assert_eq!(rows.len(), 3);
            Ok(())
        })
    }),
    reads("begin", |db, _| pending(async move { db.begin().await.map(drop) })),
    reads("a transaction that only reads", |db, mark| {
        let run = db.tx().read_only().run(move |tx| async move { Mark::all_of(mark).get(&tx).await });
        pending(async move { run.await.map(drop) })
    }),
    reads("rollback", |db, mark| {
        pending(async move {
            let tx = db.begin().await?;
            Mark::draft().mark(mark).part(1).save(&tx).await?;
            tx.rollback().await
        })
    }),
    writes("save of a draft", 0, (1, 1), |db, mark| {
        pending(async move { Mark::draft().mark(mark).part(1).save(db).await.map(drop) })
    }),
    writes("insert of many", 0, (MANY as u64, MANY), |db, mark| {
        pending(async move { Mark::insert(db, many(mark)).await.map(drop) })
    }),
    writes("create_many", 0, (MANY as u64, MANY), |db, mark| {
        pending(async move { Mark::create_many(db, many(mark)).await.map(drop) })
    }),
    writes("save of a record", 1, (1, 1), |db, mark| {
        pending(async move {
            let mut row = Mark::all_of(mark).first_or_fail(db).await?;
            row.part = 1;
            row.save(db).await
        })
    }),
    writes("update", 3, (3, 3), |db, mark| {
        pending(async move { Mark::all_of(mark).update(db, Mark::part.set(1)).await.map(drop) })
    }),
    writes("delete of a record", 1, (0, 0), |db, mark| {
        pending(async move { Mark::all_of(mark).first_or_fail(db).await?.delete(db).await })
    }),
    writes("delete", 3, (0, 0), |db, mark| {
        pending(async move { Mark::all_of(mark).delete(db).await.map(drop) })
    }),
    writes("a table's insert", 0, (1, 1), |db, mark| {
        pending(async move { db.table("marks").insert(values! { mark: mark, part: 1 }).await.map(drop) })
    }),
    writes("a table's update", 3, (3, 6), |db, mark| {
        let update = db.table("marks").where_eq("mark", mark).update(values! { part: 2 });
        pending(async move { update.await.map(drop) })
    }),
    writes("a raw write", 3, (3, 3), |db, mark| {
        let write = db.raw("update marks set part = part + 1 where mark = ?", [mark]).execute();
        pending(async move { write.await.map(drop) })
    }),
    writes("commit", 0, (1, 1), |db, mark| {
        pending(async move {
            let tx = db.begin().await?;
            Mark::draft().mark(mark).part(1).save(&tx).await?;
            tx.commit().await
        })
    }),
    writes("a transaction", 0, (2, 3), |db, mark| {
        pending(db.transaction(async move |tx| {
            let mut row = Mark::draft().mark(mark).part(0).save(&tx).await?;
            Mark::draft().mark(mark).part(2).save(&tx).await?;
            row.part = 1;
            row.save(&tx).await
        }))
    }),
    writes("a serializable transaction", 0, (1, 1), |db, mark| {
        pending(
            db.tx()
                .isolation(Isolation::Serializable)
                .retry(3)
                .run(move |tx| async move { Mark::draft().mark(mark).part(1).save(&tx).await.map(drop) }),
        )
    }),
    writes("a savepoint that is kept", 0, (2, 3), |db, mark| {
        pending(db.transaction(async move |tx| {
            Mark::draft().mark(mark).part(1).save(&tx).await?;
            tx.transaction(async |sp| Mark::draft().mark(mark).part(2).save(&sp).await.map(drop)).await
        }))
    }),
    writes("a savepoint that is undone", 0, (1, 1), |db, mark| {
        pending(async move {
            let tx = db.begin().await?;
            Mark::draft().mark(mark).part(1).save(&tx).await?;
            let savepoint = tx.begin().await?;
            Mark::draft().mark(mark).part(2).save(&savepoint).await?;
            savepoint.rollback().await?;
            tx.commit().await
        })
    }),
];

async fn rows(db: &Db, mark: i64) -> Rows {
    let parts = Mark::all_of(mark).pluck(db, Mark::part).await.unwrap();
    (parts.len() as u64, parts.iter().sum())
}

/// Holds that both connections give the answers to what they are asked, and that nothing is locked.
async fn is_clean(db: &Db, watcher: &Watcher, mark: i64) {
    let ask = |question: i64| async move {
        let found = Mark::query().where_eq(Mark::id, question).pluck(db, Mark::id).await.unwrap();
        assert_eq!(found, [question], "the answer to another question");
    };
    soon("two questions", async { tokio::join!(ask(1), ask(2), ask(3)) }).await;
    let locks = Mark::all_of(mark).update(db, Mark::mark.set(mark));
    soon("a write on the same rows", locks).await.unwrap();
    watcher.at_rest(db).await;
}

/// The next number of polls: every one of the first, and then fewer.
fn more(polls: usize) -> usize {
    polls + 1 + polls / 10
}

async fn prepared(db: &Db) {
    db.create_tables(models![Mark]).await.unwrap();
    // What is asked for meanwhile.
    Mark::create_many(db, (1..=3).map(|_| Mark::draft().mark(0).part(0))).await.unwrap();
}

async fn each_operation(db: Db, watcher: Watcher) {
    prepared(&db).await;
    let mut mark = 0;
    for operation in OPERATIONS {
        let mut polls = 1;
        loop {
            mark += 1;
            let before = (0..operation.before).map(|_| Mark::draft().mark(mark).part(0));
            Mark::create_many(&db, before).await.unwrap();
            let ended = after_polls(polls, (operation.run)(&db, mark)).await;
            is_clean(&db, &watcher, mark).await;
            let (undone, found) = ((operation.before, 0), rows(&db, mark).await);
            let done = operation.done.unwrap_or(undone);
            let what = format!("{} after {polls} polls", operation.name);
            match ended {
                Some(result) => {
                    result.unwrap_or_else(|error| panic!("{what}: {error:?}"));
                    assert_eq!(found, done, "{what}");
                    println!("{what}: done");
                    break;
                }
                None => assert!(found == done || found == undone, "{what}: {found:?}"),
            }
            polls = more(polls);
        }
    }
    db.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_dropped_after_each_of_its_polls() {
    places("faults-abandoned")
        .await
        .at_once(|place| async move {
            let db = place.connect("max_connections=2").await;
            each_operation(db, Watcher::of(&place).await).await;
        })
        .await;
}

/// SQLite's statements on threads of their own, each of which takes a poll.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_on_another_thread() {
    use atlas::sqlite::{Execution, Sqlite};
    let folder = crate::support::Folder::new("faults-threaded");
    let sqlite = Sqlite::file(folder.path("threaded.db")).execution(Execution::Threaded);
    let place = Place::at("sqlite", String::new());
    each_operation(Db::with_driver(sqlite.open().await.unwrap()), Watcher::of(&place).await).await;
}

/// A transaction that goes on after one of its futures was dropped tells the truth: what it says is
/// committed is there, and where it says that it has ended nothing is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_tells_the_truth_after_a_dropped_future() {
    places("faults-truth")
        .await
        .at_once(|place| async move {
            let db = place.connect("max_connections=2").await;
            let watcher = Watcher::of(&place).await;
            prepared(&db).await;
            let mut mark = 0;
            // Those that need no transaction of their own kind.
            let inside = OPERATIONS.iter().filter(|operation| {
                !["a transaction that only reads", "a serializable transaction"].contains(&operation.name)
            });
            for operation in inside {
                let mut polls = 1;
                loop {
                    mark += 2;
                    let what = format!("{} after {polls} polls in a transaction", operation.name);
                    let before = (0..operation.before).map(|_| Mark::draft().mark(mark).part(0));
                    Mark::create_many(&db, before).await.unwrap();
                    let tx = db.begin().await.unwrap();
                    let mut first = Mark::draft().mark(mark + 1).part(1).save(&tx).await.unwrap();
                    let ended = after_polls(polls, (operation.run)(&tx, mark)).await;
                    let second = soon("a write", Mark::draft().mark(mark + 1).part(1).save(&tx)).await;
                    let committed = soon("a commit", tx.commit()).await;
                    watcher.at_rest(&db).await;

                    let undone = (operation.before, 0);
                    let (found, others) = (rows(&db, mark).await, rows(&db, mark + 1).await);
                    match (&committed, &second) {
                        (Ok(()), Ok(_)) => {
                            assert_eq!(others, (2, 2), "{what}");
                            let done = operation.done.unwrap_or(undone);
                            let whole = if ended.is_some() {
                                found == done
                            } else {
                                found == done || found == undone
                            };
                            assert!(whole, "{what}: {found:?}");
                        }
                        (Err(Error::Closed { .. }), Err(Error::Closed { .. })) => {
                            assert!(ended.is_none(), "{what}");
                            assert_eq!((found, others), (undone, (0, 0)), "{what}");
                            assert!(!first.exists(), "{what}");
                            first.save(&db).await.unwrap();
                        }
                        other => panic!("{what}: {other:?}"),
                    }
                    is_clean(&db, &watcher, mark).await;
                    if let Some(result) = ended {
                        result.unwrap_or_else(|error| panic!("{what}: {error:?}"));
                        break;
                    }
                    polls = more(polls);
                }
            }
            db.close().await.unwrap();
        })
        .await;
}
