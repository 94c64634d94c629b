//! PgBouncer in transaction mode: each transaction may run on another session of the server's.

use std::env;

use atlas::{Error, prelude::*};
use tokio::task::JoinSet;

use super::{Account, accounts, asking::soon, balances, random::Random};
use crate::support::with_parameters;

/// A schema of the test's own on the server behind the pooler, and parameters that reach it through the
/// pooler.
async fn place(name: &str, how: &str) -> Option<(String, Db)> {
    let pooler = env::var("ATLAS_TEST_PGBOUNCER_URL").ok()?;
    let name = format!("it_{}_{name}", std::process::id());
    let admin = Db::connect(&with_parameters(&pooler, "pooled=true&max_connections=1")).await.unwrap();
    admin.execute(format!("drop schema if exists {name} cascade"), ()).await.unwrap();
    admin.execute(format!("create schema {name}"), ()).await.unwrap();
    Some((with_parameters(&pooler, &format!("{how}&search_path={name}&max_connections=20")), admin))
}

async fn drop_place(admin: &Db, name: &str) {
    admin.execute(format!("drop schema it_{}_{name} cascade", std::process::id()), ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_and_transactions_through_a_pooler() {
    for (name, how) in [("pooled", "pooled=true"), ("uncached", "statement_cache=0")] {
        let Some((url, admin)) = place(name, how).await else { return };
        let db = Db::connect(&url).await.unwrap();
        accounts(&db, 10, 100).await;
        let one = Account::find_or_fail(&db, 1).await.unwrap();
        assert_eq!(one.cents, 100);
        let rows = db.raw("select cents from accounts where id = ?", [2]).get().await.unwrap();
        assert_eq!(rows[0].get::<i64>("cents").unwrap(), 100);
        assert_eq!(db.table("accounts").where_gt("id", 8).count().await.unwrap(), 2);

        // 20 tasks, whose statements meet whatever session is free.
        let mut random = Random::seeded();
        let mut tasks = JoinSet::new();
        for task in 0..20 {
            let (db, mut random) = (db.clone(), random.branch());
            tasks.spawn(async move {
                for _ in 0..10 {
                    // In one order, so that nobody waits for a deadlock to be found.
                    let mut parties = random.some_of(2, 10);
                    parties.sort_unstable();
                    let made = db.tx().retry(1_000).run(async |tx| {
                        let mut payer = Account::find_or_fail(&tx, parties[0]).await?;
                        Account::query()
                            .where_eq(Account::id, parties[0])
                            .decrement(&tx, Account::cents, 1)
                            .await?;
                        payer.refresh(&tx).await?;
                        let undone: Result<()> = tx
                            .transaction(async |sp| {
                                Account::query().where_eq(Account::id, parties[0]).delete(&sp).await?;
                                Err(Error::config("on purpose"))
                            })
                            .await;
                        assert!(undone.is_err());
                        Account::query()
                            .where_eq(Account::id, parties[1])
                            .increment(&tx, Account::cents, 1)
                            .await?;
                        Ok(())
                    });
                    soon("a transaction", made).await.unwrap();
                    // A distinct answer to a distinct question.
                    let question = i64::from(task) * 1_000 + parties[0];
                    let answer =
                        db.raw("select ?::bigint as answer", [question]).value::<i64>().await.unwrap();
                    assert_eq!(answer, Some(question));
                    let found = Account::find_or_fail(&db, parties[1]).await.unwrap();
                    assert_eq!(found.id, parties[1]);
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        assert_eq!(balances(&db).await.iter().sum::<i64>(), 1_000);
        assert!(db.health().await.is_healthy());
        db.close().await.unwrap();
        drop_place(&admin, name).await;
    }
}

/// Futures that are dropped leave neither a transaction open nor somebody else's answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_futures_behind_a_pooler() {
    let Some((url, admin)) = place("dropped", "pooled=true").await else { return };
    let db = Db::connect(&with_parameters(&url, "max_connections=2")).await.unwrap();
    accounts(&db, 3, 100).await;
    for polls in 1..=12 {
        super::abandoned::after_polls(
            polls,
            db.transaction(async |tx| {
                Account::query().increment(&tx, Account::cents, 1).await?;
                Account::all(&tx).await?;
                Err::<(), _>(Error::config("on purpose"))
            }),
        )
        .await;
        super::abandoned::after_polls(polls, Account::query().where_eq(Account::id, 3).get(&db)).await;
        for id in [1, 2] {
            assert_eq!(soon("a read", Account::find_or_fail(&db, id)).await.unwrap().id, id);
        }
        let write = Account::query().increment(&db, Account::cents, 0);
        assert_eq!(soon("a write", write).await.unwrap(), 3);
    }
    assert_eq!(balances(&db).await, [100, 100, 100]);
    db.close().await.unwrap();
    drop_place(&admin, "dropped").await;
}
