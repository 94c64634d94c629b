//! A ledger under 200 tasks that are cancelled, aborted and panic at any time: nothing is lost, and nothing
//! done twice.

use std::{
    collections::{HashMap, HashSet},
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use atlas::{Error, prelude::*};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Account, accounts,
    asking::{PATIENCE, Watcher},
    balances,
    random::Random,
};
use crate::support::{Place, places};

const TASKS: u64 = 200;
const ACCOUNTS: u64 = 20;
const MONEY: i64 = 1_000_000;

/// A transfer that counted.
#[derive(Model, Debug)]
#[table("entries")]
struct Entry {
    id: i64,
    #[unique]
    transfer: i64,
    payer: i64,
    payee: i64,
    cents: i64,
}

/// A remark on a transfer, written in a savepoint.
#[derive(Model, Debug)]
#[table("remarks")]
struct Remark {
    id: i64,
    transfer: i64,
    kept: bool,
}

/// What there is to know about transfers, beside the database.
#[derive(Default)]
struct Known {
    next: AtomicI64,
    /// Those whose `after_commit` was called, as often as it was.
    committed: Mutex<Vec<i64>>,
    /// Those that were reported as done.
    done: Mutex<Vec<i64>>,
    /// Those that were reported as not done.
    failed: Mutex<Vec<i64>>,
    /// Errors that there should not be.
    unexpected: Mutex<Vec<String>>,
    /// How many were given up on the way.
    cancelled: AtomicU64,
}

/// One transfer.
#[derive(Clone)]
struct Transfer {
    id: i64,
    payer: i64,
    payee: i64,
    cents: i64,
    /// Whether its remark is written in a savepoint that is undone.
    undo_remark: bool,
    known: Arc<Known>,
}

impl Transfer {
    fn random(random: &mut Random, known: &Arc<Known>) -> Self {
        let parties = random.some_of(2, ACCOUNTS);
        Self {
            id: known.next.fetch_add(1, SeqCst),
            payer: parties[0],
            payee: parties[1],
            cents: 1 + random.below(100) as i64,
            undo_remark: random.below(3) == 0,
            known: known.clone(),
        }
    }

    async fn make(&self, tx: &Db) -> Result<()> {
        let known = self.known.clone();
        let id = self.id;
        tx.after_commit(move || known.committed.lock().unwrap().push(id));
        let mut payer = Account::find_or_fail(tx, self.payer).await?;
        Entry::draft().transfer(id).payer(self.payer).payee(self.payee).cents(self.cents).save(tx).await?;
        Account::query().where_eq(Account::id, self.payee).increment(tx, Account::cents, self.cents).await?;
        let remark: Result<()> = tx
            .transaction(async |sp| {
                Remark::draft().transfer(id).kept(!self.undo_remark).save(&sp).await?;
                if self.undo_remark { Err(Error::config("on purpose")) } else { Ok(()) }
            })
            .await;
        if let Err(error) = remark
            && !matches!(error, Error::Config { .. })
        {
            return Err(error);
        }
        // What was read may be old by now; the record itself is changed all the same.
        Account::query().where_eq(Account::id, self.payer).decrement(tx, Account::cents, self.cents).await?;
        payer.refresh(tx).await
    }

    fn ended(&self, result: Result<()>) {
        match result {
            Ok(()) => self.known.done.lock().unwrap().push(self.id),
            Err(error) => {
                self.known.failed.lock().unwrap().push(self.id);
                // The others of its kind may have won every time.
                if !error.is_retryable() {
                    self.known.unexpected.lock().unwrap().push(format!("transfer {}: {error:?}", self.id));
                }
            }
        }
    }

    async fn with_retries(&self, db: &Db) -> Result<()> {
        db.tx().retry(20).run(async |tx| self.make(&tx).await).await
    }

    async fn with_a_guard(&self, db: &Db) -> Result<()> {
        let tx = db.begin().await?;
        self.make(&tx).await?;
        tx.commit().await
    }
}

/// How long the tasks go on: 30 seconds, unless a variable says otherwise.
fn duration() -> Duration {
    let seconds = env::var("ATLAS_TEST_LEDGER_SECONDS").ok().map(|seconds| seconds.parse().unwrap());
    Duration::from_secs(seconds.unwrap_or(30))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_done_twice() {
    places("faults-ledger").await.at_once(ledger).await;
}

async fn ledger(place: Place) {
    let db = place.connect("max_connections=5").await;
    db.create_tables(models![Entry, Remark]).await.unwrap();
    accounts(&db, ACCOUNTS as i64, MONEY).await;
    let known = Arc::new(Known::default());
    let over = Arc::new(AtomicBool::new(false));
    let mut random = Random::seeded();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (db, known, over, mut random) = (db.clone(), known.clone(), over.clone(), random.branch());
        tasks.spawn(async move {
            while !over.load(SeqCst) {
                one(&db, &known, &mut random).await;
            }
        });
    }
    sleep(duration()).await;
    over.store(true, SeqCst);
    let began = Instant::now();
    timeout(PATIENCE * 3, tasks.join_all()).await.expect("a task waits for ever");
    println!("{}: the last ones took {:?}", place.driver, began.elapsed());
    Watcher::of(&place).await.at_rest(&db).await;
    check(&db, &known, place.driver).await;
}

/// Makes one transfer, in one of several ways, some of which end early.
async fn one(db: &Db, known: &Arc<Known>, random: &mut Random) {
    let transfer = Transfer::random(random, known);
    let scale = 6 + random.below(12);
    let soon = Duration::from_micros(random.below(1 << scale));
    match random.below(8) {
        0 | 1 => transfer.ended(transfer.with_retries(db).await),
        2 => transfer.ended(transfer.with_a_guard(db).await),
        3 => match timeout(soon, transfer.with_retries(db)).await {
            Ok(result) => transfer.ended(result),
            Err(_) => drop(known.cancelled.fetch_add(1, SeqCst)),
        },
        4 => match timeout(soon, transfer.with_a_guard(db)).await {
            Ok(result) => transfer.ended(result),
            Err(_) => drop(known.cancelled.fetch_add(1, SeqCst)),
        },
        5 => {
            let (db, own) = (db.clone(), transfer.clone());
            let task = tokio::spawn(async move { own.with_retries(&db).await });
            sleep(soon).await;
            task.abort();
            match task.await {
                Ok(result) => transfer.ended(result),
                Err(_) => drop(known.cancelled.fetch_add(1, SeqCst)),
            }
        }
        6 => {
            // A panic, without the message on the screen.
            let (db, own) = (db.clone(), transfer.clone());
            let in_savepoint = random.below(2) == 0;
            let task = tokio::spawn(async move {
                db.transaction(async |tx| {
                    own.make(&tx).await?;
                    if in_savepoint {
                        let panics =
                            async |_: Db| -> Result<()> { std::panic::resume_unwind(Box::new("on purpose")) };
                        tx.transaction(panics).await
                    } else {
                        std::panic::resume_unwind(Box::new("on purpose"))
                    }
                })
                .await
            });
            if let Ok(result) = task.await {
                transfer.ended(result);
            } else {
                known.failed.lock().unwrap().push(transfer.id);
            }
        }
        _ => {
            // A guard that is dropped, or rolled back, with all that was done.
            let Ok(tx) = db.begin().await else { return transfer.ended(Err(Error::config("no begin"))) };
            let made = transfer.make(&tx).await;
            if made.is_err() {
                return transfer.ended(made);
            }
            if random.below(2) == 0 {
                let kept = (*tx).clone();
                drop(tx);
                assert!(matches!(Account::find(&kept, 1).await, Err(Error::Closed { .. })));
            } else {
                tx.rollback().await.unwrap();
            }
            known.failed.lock().unwrap().push(transfer.id);
        }
    }
}

async fn check(db: &Db, known: &Known, driver: &str) {
    let entries = Entry::all(db).await.unwrap();
    let remarks = Remark::all(db).await.unwrap();
    let found = balances(db).await;
    let (committed, done, failed) =
        (known.committed.lock().unwrap(), known.done.lock().unwrap(), known.failed.lock().unwrap());
    let unexpected = known.unexpected.lock().unwrap();
    println!(
        "{driver}: {} transfers begun, {} in the journal, {} done, {} failed, {} cancelled, {} unexpected errors",
        known.next.load(SeqCst),
        entries.len(),
        done.len(),
        failed.len(),
        known.cancelled.load(SeqCst),
        unexpected.len()
    );
    assert!(unexpected.is_empty(), "{:#?}", &unexpected[..unexpected.len().min(5)]);

    // Each entry is of a transfer that counted, and the other way round: account by account.
    let mut expected: HashMap<i64, i64> = (1..=ACCOUNTS as i64).map(|id| (id, MONEY)).collect();
    for entry in &entries {
        *expected.get_mut(&entry.payer).unwrap() -= entry.cents;
        *expected.get_mut(&entry.payee).unwrap() += entry.cents;
    }
    let expected: Vec<i64> = (1..=ACCOUNTS as i64).map(|id| expected[&id]).collect();
    assert_eq!(found, expected, "the accounts are what the journal makes of them");
    assert_eq!(found.iter().sum::<i64>(), MONEY * ACCOUNTS as i64);

    let journal: HashSet<i64> = entries.iter().map(|entry| entry.transfer).collect();
    assert_eq!(journal.len(), entries.len());
    let committed_once: HashSet<i64> = committed.iter().copied().collect();
    assert_eq!(committed_once.len(), committed.len(), "`after_commit` was called twice");
    assert!(committed_once.is_subset(&journal), "`after_commit` was called, and there is no entry");
    for id in done.iter() {
        assert!(
            journal.contains(id) && committed_once.contains(id),
            "transfer {id} was done, and is not there"
        );
    }
    for id in failed.iter() {
        assert!(!journal.contains(id) && !committed_once.contains(id), "transfer {id} failed, and is there");
    }
    assert!(!done.is_empty() && known.cancelled.load(SeqCst) > 0);

    // A remark is there exactly where its savepoint and its transfer were kept.
    assert!(remarks.iter().all(|remark| remark.kept && journal.contains(&remark.transfer)));
    let remarked: HashSet<i64> = remarks.iter().map(|remark| remark.transfer).collect();
    assert_eq!(remarked.len(), remarks.len());
}
