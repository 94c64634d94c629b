//! Futures that are dropped before they end: users do so at every await.

use std::time::Duration;

use atlas_core::{
    statement::{Insert, Statement},
    value::{ColumnType::I64, Value},
};
use tokio::time::timeout;

use crate::{
    abandon::after_polls,
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, count},
    sink::{Collected, Slow, Stuck},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    a_dropped_select,
    a_dropped_select_whose_sink_has_no_room,
    a_dropped_insert_writes_all_or_nothing,
    a_dropped_statement_in_a_transaction needs Transactions,
    a_dropped_begin_commit_or_rollback needs Transactions,
    a_dropped_acquire,
    a_statement_can_follow_a_dropped_one,
}

/// How many polls a future gets before it is dropped, at most.
const POLLS: usize = 8;
const MANY: i64 = 20_000;

async fn many(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64).nullable()]).await?;
    db.run(rows(&table, 0..MANY)).await?;
    Ok(table)
}

fn rows(table: &Table, ids: std::ops::Range<i64>) -> Insert {
    table.insert(&["id"], ids.map(|id| vec![Value::I64(id)]))
}

/// Holds that the driver works as if nothing had happened, soon, on each of its connections.
async fn is_clean(db: &Subject, table: &Table, expected: &[i64]) -> Verdict {
    let check = async {
        for _ in 0..3 {
            let found: i64 = db.one(table.read([count()])).await?;
            ensure(expected.contains(&found), || {
                format!("the number of rows: expected one of {expected:?}, found {found}")
            })?;
            let one = table.insert(&["id"], [vec![Value::I64(-1)]]);
            db.run(one).await?;
            same(
                "the affected rows of a delete",
                &1,
                &db.run(table.delete().filter(table.get("id").is(-1))).await?,
            )?;
        }
        Ok(())
    };
    match timeout(Duration::from_secs(20), check).await {
        Ok(verdict) => verdict.map_err(|failure: Failure| failure.during("after a dropped future")),
        Err(_) => Err(Failure::broken("after a dropped future: the driver waits for ever")),
    }
}

async fn a_dropped_select(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    for polls in 0..=POLLS {
        let mut link = db.link().await?;
        after_polls(polls, link.send(&select, Collected::default())).await.transpose()?;
        drop(link);
        is_clean(&db, &table, &[MANY]).await?;
    }
    Ok(())
}

async fn a_dropped_select_whose_sink_has_no_room(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    for polls in 1..=POLLS {
        let mut link = db.link().await?;
        after_polls(polls, link.send(&select, Slow::default())).await.transpose()?;
        drop(link);
        is_clean(&db, &table, &[MANY]).await?;
    }
    for _ in 0..POLLS {
        let mut link = db.link().await?;
        let stuck = timeout(Duration::from_millis(30), link.send(&select, Stuck)).await;
        ensure(stuck.is_err(), || {
            "a sink that never has room: expected the driver to wait, found an answer".to_owned()
        })?;
        drop(link);
        is_clean(&db, &table, &[MANY]).await?;
    }
    Ok(())
}

async fn a_dropped_insert_writes_all_or_nothing(db: Subject) -> Verdict {
    for polls in 0..=POLLS {
        // A server may be still at it when the next round begins.
        let table = db.table([id(), column("n", I64).nullable()]).await?;
        let mut link = db.link().await?;
        let insert: Statement = rows(&table, 0..MANY).into();
        let ended = after_polls(polls, link.send(&insert, ())).await.transpose()?.is_some();
        drop(link);
        let expected: &[i64] = if ended { &[MANY] } else { &[0, MANY] };
        is_clean(&db, &table, expected).await?;
    }
    Ok(())
}

async fn a_dropped_statement_in_a_transaction(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64).nullable()]).await?;
    for polls in 0..=POLLS {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(rows(&table, MANY..MANY + 1)).await?;
        let insert: Statement = rows(&table, 0..MANY).into();
        after_polls(polls, link.send(&insert, ())).await.transpose()?;
        drop(link);
        is_clean(&db, &table, &[0]).await?;
    }
    Ok(())
}

async fn a_dropped_begin_commit_or_rollback(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64).nullable()]).await?;
    for polls in 0..=POLLS {
        let mut link = db.link().await?;
        after_polls(polls, link.begin()).await.transpose()?;
        drop(link);
        is_clean(&db, &table, &[0]).await?;

        let mut link = db.link().await?;
        link.begin().await?;
        link.run(rows(&table, 0..1)).await?;
        let ended = after_polls(polls, link.commit()).await.transpose()?.is_some();
        drop(link);
        is_clean(&db, &table, if ended { &[1] } else { &[0, 1] }).await?;
        db.run(table.delete()).await?;

        let mut link = db.link().await?;
        link.begin().await?;
        link.run(rows(&table, 0..1)).await?;
        after_polls(polls, link.rollback()).await.transpose()?;
        drop(link);
        is_clean(&db, &table, &[0]).await?;
    }
    Ok(())
}

/// Also while others hold what it waits for.
async fn a_dropped_acquire(db: Subject) -> Verdict {
    let table = many(&db).await?;
    for polls in 0..=POLLS {
        drop(after_polls(polls, db.driver().acquire()).await.transpose()?);
    }
    let held = db.link().await?;
    for _ in 0..40 {
        drop(timeout(Duration::from_millis(1), db.driver().acquire()).await);
    }
    drop(held);
    is_clean(&db, &table, &[MANY]).await
}

/// The connection itself may be used on: it is clean, or says that it has ended.
async fn a_statement_can_follow_a_dropped_one(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    for polls in 0..=POLLS {
        let mut link = db.link().await?;
        after_polls(polls, link.send(&select, Slow::default())).await.transpose()?;
        let one: Statement = table.select(&["id"]).filter(table.get("id").is(7)).into();
        if let Ok((sink, _)) = link.send(&one, Collected::default()).await {
            let found: Verdict<Vec<i64>> = sink.rows.iter().map(|row| row.get(0)).collect();
            same("the rows of a statement after a dropped one", &vec![7], &found?)?;
        }
        drop(link);
        is_clean(&db, &table, &[MANY]).await?;
    }
    Ok(())
}
