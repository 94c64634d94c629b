//! A server that is killed and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use atlas::{Error, prelude::*};

use super::{
    Account, accounts,
    asking::{soon, until},
    balances,
    instance::Instance,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed() {
    if let Some(server) = Instance::start("postgres", "ATLAS_TEST_POSTGRES_URL").await {
        killed(&server).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_is_killed() {
    if let Some(server) = Instance::start("mariadb", "ATLAS_TEST_MYSQL_URL").await {
        killed(&server).await;
    }
}

async fn killed(server: &Instance) {
    let db = Db::connect(&server.url).await.unwrap();
    accounts(&db, 10, 100).await;
    in_mid_transaction(&db, server).await;
    unnoticed(&db, server).await;
    db.close().await.unwrap();
}

/// Leaves several connections idle, and asks each for something, so that it has prepared statements.
async fn leave_idle(db: &Db, count: u32) {
    let mut open = Vec::new();
    for id in 1..=i64::from(count) {
        let tx = db.begin().await.unwrap();
        Account::query().where_eq(Account::id, id).increment(&tx, Account::cents, 0).await.unwrap();
        assert!(Account::find(&tx, id).await.unwrap().is_some());
        open.push(tx);
    }
    for tx in open {
        tx.commit().await.unwrap();
    }
    let pool = db.health().await.pool;
    assert!(pool.idle >= count && pool.in_use() == 0, "{pool:?}");
}

/// The error of something that must not succeed, in words.
fn lost<T>(what: &str, result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("{what}: it succeeded on a server that was killed"),
        Err(error @ Error::Closed { .. }) => error.to_string(),
        Err(error) => panic!("{what}: expected `Error::Closed`, found {error:?}"),
    }
}

async fn in_mid_transaction(db: &Db, server: &Instance) {
    leave_idle(db, 8).await;
    let mut changed = Account::find_or_fail(db, 1).await.unwrap();
    let mut deleted = Account::find_or_fail(db, 2).await.unwrap();
    let (committed, undone) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));

    // One is asked for something after the kill, one is committed at once, one is a closure that ignores
    // its errors, one waits in a savepoint.
    let asked = db.begin().await.unwrap();
    changed.cents += 7;
    changed.save(&asked).await.unwrap();
    deleted.delete(&asked).await.unwrap();
    let mut created = Account::draft().id(99).cents(5).save(&asked).await.unwrap();
    let (commits, undoes) = (committed.clone(), undone.clone());
    asked.after_commit(move || {
        commits.fetch_add(1, SeqCst);
    });
    asked.after_rollback(move || {
        undoes.fetch_add(1, SeqCst);
    });
    let kept = (*asked).clone();
    let at_once = db.begin().await.unwrap();
    Account::query().where_eq(Account::id, 3).increment(&at_once, Account::cents, 7).await.unwrap();
    let outer = db.begin().await.unwrap();
    Account::query().where_eq(Account::id, 4).increment(&outer, Account::cents, 7).await.unwrap();
    let inner = outer.begin().await.unwrap();
    let careless: Result<()> = db
        .transaction(async |tx| {
            Account::query().where_eq(Account::id, 5).increment(&tx, Account::cents, 7).await?;
            server.kill().await;
            let read = soon("a read", Account::all(&tx)).await;
            lost("a read in a transaction", read);
            Ok(())
        })
        .await;
    lost("a transaction whose work ignored its errors", careless);

    let said = lost("a read", soon("a read", Account::find(&asked, 1)).await);
    assert!(said.contains("transaction"), "{said}");
    lost("the next one", soon("the next one", Account::find(&kept, 1)).await);
    lost("a commit", soon("a commit", asked.commit()).await);
    lost("a commit that is the first to notice", soon("a commit", at_once.commit()).await);
    lost("a savepoint", soon("a savepoint", inner.commit()).await);
    lost("the transaction around it", soon("a commit", outer.commit()).await);
    lost("a handle that was kept", soon("a read", Account::find(&kept, 1)).await);
    assert_eq!((committed.load(SeqCst), undone.load(SeqCst)), (0, 1));
    assert!(changed.is_dirty(Account::cents), "what was undone is to be saved again");
    assert!(deleted.exists() && !created.exists());

    during_the_outage(db, &mut changed).await;
    server.start_again().await;

    // Everything works at its first try, on whatever connections there were.
    changed.save(db).await.unwrap();
    created.save(db).await.unwrap();
    assert!(created.exists());
    created.delete(db).await.unwrap();
    let moved = db.transaction(async |tx| {
        Account::query().where_eq(Account::id, 2).increment(&tx, Account::cents, 1).await
    });
    assert_eq!(moved.await.unwrap(), 1);
    assert_eq!(balances(db).await[..5], [107, 101, 100, 100, 100]);
    assert!(db.health().await.is_healthy());
    changed.cents = 100;
    changed.save(db).await.unwrap();
    Account::query().where_eq(Account::id, 2).decrement(db, Account::cents, 1).await.unwrap();
}

/// Errors are quick, and name the cause.
async fn during_the_outage(db: &Db, record: &mut Record<Account>) {
    // Those that were idle may be found dead one by one.
    for _ in 0..3 {
        let read = soon("a read", Account::find(db, 1)).await.map(drop);
        let write = soon("a write", record.save(db)).await;
        let transaction = soon("a transaction", db.transaction(async |_| Ok(()))).await;
        for failed in [read, write, transaction] {
            let error = failed.expect_err("the server is away");
            let said = error.to_string();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
            assert!(said.contains("127.0.0.1:") && said.contains("nothing listens there"), "{said}");
        }
    }
    assert!(record.is_dirty(Account::cents));
    let health = db.health_within(Duration::from_secs(10)).await;
    assert!(!health.is_healthy() && health.error.is_some(), "{health:?}");
    assert!(health.pool.last_connect_error.is_some() && health.pool.in_use() == 0, "{health:?}");
}

/// The server goes and comes back while nobody looks: whatever comes first works.
async fn unnoticed(db: &Db, server: &Instance) {
    for first in 0..5 {
        leave_idle(db, 4).await;
        server.kill().await;
        server.start_again().await;
        match first {
            0 => assert_eq!(Account::find(db, 1).await.unwrap().unwrap().cents, 100),
            1 => {
                let write = Account::query().where_eq(Account::id, 6).increment(db, Account::cents, 1);
                assert_eq!(write.await.unwrap(), 1);
            }
            2 => {
                let mut made = Account::draft().id(98).cents(1).save(db).await.unwrap();
                made.delete(db).await.unwrap();
            }
            3 => {
                let written = db.transaction(async |tx| {
                    let six = Account::query().where_eq(Account::id, 6);
                    six.decrement(&tx, Account::cents, 1).await?;
                    Account::find_or_fail(&tx, 6).await
                });
                assert_eq!(written.await.unwrap().cents, 100);
            }
            _ => assert!(db.health().await.is_healthy()),
        }
        // And what comes next, on all connections at once.
        let reads = (1..=8).map(|id| {
            let db = db.clone();
            tokio::spawn(async move {
                Account::query().where_eq(Account::id, id).increment(&db, Account::cents, 0).await?;
                Account::find_or_fail(&db, id).await
            })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.unwrap().unwrap();
        }
        until("nothing is in use", async || {
            let pool = db.health().await.pool;
            if pool.in_use() == 0 { Ok(()) } else { Err(format!("{pool:?}")) }
        })
        .await;
    }
}
