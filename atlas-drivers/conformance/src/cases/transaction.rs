//! Statements that are done or undone together.

use std::time::Duration;

use atlas_core::value::{ColumnType::I64, Value};
use tokio::time::timeout;

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, raw, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    commit_keeps needs Transactions,
    rollback_undoes needs Transactions,
    dropping_the_connection_undoes needs Transactions,
    others_do_not_see_what_is_not_committed needs Transactions,
    a_failed_statement_can_be_rolled_back needs Transactions,
    there_is_none_to_end needs Transactions,
    one_after_the_other_on_one_connection needs Transactions,
    a_transaction_begun_in_raw_text_is_not_lent_on needs Transactions Raw,
}

async fn numbers(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64).nullable()]).await?;
    db.run(row(&table, 1)).await?;
    Ok(table)
}

fn row(table: &Table, id: i64) -> atlas_core::statement::Insert {
    table.insert(&["id", "n"], [vec![Value::I64(id), Value::I64(0)]])
}

async fn holds(db: &Subject, table: &Table, expected: &[i64]) -> Verdict {
    let found: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("id"))])).await?;
    same("the rows in the end", expected, found.as_slice())
}

async fn commit_keeps(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    link.run(table.update([("n", value(5))]).filter(table.get("id").is(1))).await?;
    same("what the transaction itself sees", &2, &link.rows(table.select(&["id"])).await?.len())?;
    link.commit().await?;
    drop(link);
    holds(&db, &table, &[1, 2]).await?;
    same("the changed row", &5, &db.one::<i64>(table.select(&["n"]).filter(table.get("id").is(1))).await?)
}

async fn rollback_undoes(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    link.run(table.delete().filter(table.get("id").is(1))).await?;
    link.rollback().await?;
    same(
        "what the connection sees after the rollback",
        &vec![1],
        &link.column::<i64>(table.select(&["id"])).await?,
    )?;
    link.run(row(&table, 3)).await?;
    drop(link);
    holds(&db, &table, &[1, 3]).await
}

/// Often enough to come across every connection of a pool.
async fn dropping_the_connection_undoes(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    for id in 2..40 {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(row(&table, id)).await?;
    }
    holds(&db, &table, &[1]).await?;
    let mut link = db.link().await?;
    link.run(row(&table, 2)).await?;
    drop(link);
    // A begun transaction would still be rolled back.
    holds(&db, &table, &[1, 2]).await
}

/// They see what was there, or wait for the end.
async fn others_do_not_see_what_is_not_committed(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    let other = {
        let (db, table) = (db.clone(), table.clone());
        tokio::spawn(async move { db.column::<i64>(table.select(&["id"])).await })
    };
    let mut other = other;
    if let Ok(seen) = timeout(Duration::from_millis(500), &mut other).await {
        // A refusal is an answer too.
        if let Ok(Ok(seen)) = seen {
            same("the rows that others see before the commit", &vec![1], &seen)?;
        }
        link.commit().await?;
    } else {
        link.commit().await?;
        let waited = timeout(Duration::from_secs(20), other).await;
        ensure(waited.is_ok(), || {
            "expected the other to go on after the commit, found that it waits for ever".to_owned()
        })?;
    }
    drop(link);
    holds(&db, &table, &[1, 2]).await
}

async fn a_failed_statement_can_be_rolled_back(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    link.fails(row(&table, 1)).await?;
    link.rollback().await?;
    link.run(row(&table, 3)).await?;
    link.begin().await?;
    link.run(row(&table, 4)).await?;
    link.commit().await?;
    drop(link);
    holds(&db, &table, &[1, 3, 4]).await
}

async fn there_is_none_to_end(db: Subject) -> Verdict {
    let mut link = db.link().await?;
    let commit = link.connection.commit().await;
    ensure(commit.is_err(), || "commit without a transaction: expected an error, found success".to_owned())?;
    let rollback = link.connection.rollback().await;
    ensure(rollback.is_err(), || {
        "rollback without a transaction: expected an error, found success".to_owned()
    })?;
    let table = numbers(&db).await.map(|_| ());
    drop(link);
    table
}

async fn one_after_the_other_on_one_connection(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    for id in 2..10 {
        link.begin().await?;
        link.run(row(&table, id)).await?;
        if id % 2 == 0 { link.commit().await? } else { link.rollback().await? }
    }
    drop(link);
    holds(&db, &table, &[1, 2, 4, 6, 8]).await
}

/// A user may send anything; the next one gets a connection without a transaction. What was written in
/// between is kept or undone as a whole.
async fn a_transaction_begun_in_raw_text_is_not_lent_on(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    for _ in 0..20 {
        let mut link = db.link().await?;
        if link.send(&raw("BEGIN", []).into(), ()).await.is_err() {
            return holds(&db, &table, &[1]).await;
        }
        link.run(row(&table, 2)).await?;
        link.run(row(&table, 3)).await?;
        drop(link);
        let mut link = db.link().await?;
        let open = link.connection.commit().await;
        ensure(open.is_err(), || {
            "expected a connection without a transaction, found one to commit".to_owned()
        })?;
        drop(link);
        let kept: Vec<i64> = db.column(table.select(&["id"]).filter(table.get("id").gt(1))).await?;
        ensure(kept.is_empty() || kept.len() == 2, || format!("expected both rows or none, found {kept:?}"))?;
        db.run(table.delete().filter(table.get("id").gt(1))).await?;
    }
    db.run(row(&table, 4)).await?;
    holds(&db, &table, &[1, 4]).await
}
