//! Futures that are dropped before they end: users do so at every await. Whatever they did is done as a
//! whole or not at all, soon; no transaction stays open, and no lock stays held.

use std::{ops::Range, time::Duration};

use atlas_core::{
    driver::RowSink,
    statement::{Insert, OnConflict, Statement},
    value::{ColumnType::I64, Value},
};
use tokio::time::timeout;

use crate::{
    abandon::{Moments, When, after_polls},
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, count, value},
    patience::at_once,
    sink::{Collected, Slow, Stuck},
    subject::{Link, Subject},
    table::{Table, column, id},
};

cases! {
    a_dropped_select,
    a_dropped_select_whose_sink_has_no_room,
    a_dropped_insert_writes_all_or_nothing,
    a_dropped_update_writes_all_or_nothing,
    a_dropped_batch,
    a_statement_can_follow_a_dropped_one,
    a_statement_can_follow_a_dropped_one_in_a_transaction needs Transactions,
    a_dropped_statement_in_a_transaction needs Transactions,
    a_transaction_can_be_ended_after_a_dropped_statement needs Transactions,
    a_dropped_begin needs Transactions,
    a_dropped_commit_keeps_all_or_nothing needs Transactions,
    a_dropped_rollback needs Transactions,
    a_dropped_savepoint needs Transactions Savepoints,
    a_dropped_acquire,
}

/// How often it is looked whether all is clean, so as to come across other connections.
const LOOKS: usize = 2;
const MANY: i64 = 10_000;

/// Rows 0 to [`MANY`], each with the number 0.
async fn many(db: &Subject) -> Verdict<Table> {
    let table = empty(db).await?;
    db.run(rows(&table, 0..MANY)).await?;
    Ok(table)
}

async fn empty(db: &Subject) -> Verdict<Table> {
    db.table([id(), column("n", I64).default(0)]).await
}

fn rows(table: &Table, ids: Range<i64>) -> Insert {
    table.insert(&["id"], ids.map(|id| vec![Value::I64(id)]))
}

fn set_all(table: &Table, to: i64) -> Statement {
    table.update([("n", value(to))]).into()
}

fn set_first(table: &Table, to: i64) -> Statement {
    table.update([("n", value(to))]).filter(table.get("id").is(0)).into()
}

/// The number of each of a few rows, by their keys.
async fn numbers(db: &Subject, table: &Table) -> Verdict<Vec<(i64, i64)>> {
    let rows = db.rows(table.select(&["id", "n"]).order([ascending(table.get("id"))])).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Holds that the driver works as if nothing had happened, soon: others write at once, also to the first
/// row, which is there afterwards. No connection that is lent is in a transaction.
async fn is_free(db: &Subject, table: &Table, when: When) -> Verdict {
    let looks = async {
        for _ in 0..LOOKS {
            let mut link = db.link().await?;
            let in_transaction = link.connection.commit().await.is_ok();
            ensure(!in_transaction, || "a connection was lent inside a transaction".to_owned())?;
            db.run(Insert { on_conflict: OnConflict::Ignore, ..rows(table, 0..1) }).await?;
            same("the first row, written by another", &1, &db.run(set_first(table, -1)).await?)?;
            link.run(rows(table, -1..0)).await?;
            same("a deleted row", &1, &link.run(table.delete().filter(table.get("id").is(-1))).await?)?;
        }
        Ok(())
    };
    at_once("using the driver afterwards", looks).await.map_err(|failure| after(failure, when))
}

fn after(failure: Failure, when: When) -> Failure {
    failure.during(format_args!("a future was dropped after {when:?}"))
}

/// Holds that so many rows are there.
async fn has(db: &Subject, table: &Table, expected: &[i64], when: When) -> Verdict {
    let found: i64 = db.one(table.read([count()])).await?;
    ensure(expected.contains(&found), || {
        format!("the number of rows: expected one of {expected:?}, found {found}")
    })
    .map_err(|failure| after(failure, when))
}

async fn a_dropped_select(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        let ended = when.abandon(link.send(&select, Collected::default())).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        is_free(&db, &table, when).await?;
        has(&db, &table, &[MANY], when).await?;
    }
    Ok(())
}

async fn a_dropped_select_whose_sink_has_no_room(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        when.abandon(link.send(&select, Slow::default())).await.transpose()?;
        drop(link);
        is_free(&db, &table, when).await?;
    }
    for _ in 0..8 {
        let mut link = db.link().await?;
        let when = When::Time(Duration::from_millis(30));
        let stuck = when.abandon(link.send(&select, Stuck)).await;
        ensure(stuck.is_none(), || {
            "a sink that never has room: expected the driver to wait, found an answer".to_owned()
        })?;
        drop(link);
        is_free(&db, &table, when).await?;
    }
    Ok(())
}

async fn a_dropped_insert_writes_all_or_nothing(db: Subject) -> Verdict {
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let table = empty(&db).await?;
        let insert: Statement = rows(&table, 0..MANY).into();
        let mut link = db.link().await?;
        let ended = when.abandon(link.send(&insert, ())).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        has(&db, &table, if ended { &[MANY] } else { &[0, MANY] }, when).await?;
        // A server may be at it still: who writes the same row waits for it.
        is_free(&db, &table, when).await?;
        has(&db, &table, if ended { &[MANY] } else { &[1, MANY] }, when).await?;
    }
    Ok(())
}

async fn a_dropped_update_writes_all_or_nothing(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let mut moments = Moments::default();
    let mut round = 0;
    while let Some(when) = moments.next() {
        round += 1;
        let mut link = db.link().await?;
        let ended = when.abandon(link.send(&set_all(&table, round), ())).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        is_free(&db, &table, when).await?;
        let changed = changed_to(&db, &table, round).await?;
        let whole =
            changed == MANY - 1 || (changed == 0 && (!ended || came_late(&db, &table, round).await?));
        ensure(whole, || format!("the rows that were changed: expected all or none, found {changed}"))
            .map_err(|failure| after(failure, when))?;
    }
    Ok(())
}

/// How many rows have this number, but for the first one, which was written by others.
async fn changed_to(db: &Subject, table: &Table, number: i64) -> Verdict<i64> {
    db.one(table.read([count()]).filter(all_but_first(table).and(table.get("n").is(number)))).await
}

/// Whether the server came to an update that was dropped in an earlier round only after that of this one: all of it.
async fn came_late(db: &Subject, table: &Table, round: i64) -> Verdict<bool> {
    for earlier in 1..round {
        if changed_to(db, table, earlier).await? == MANY - 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all_but_first(table: &Table) -> atlas_core::statement::Expr {
    table.get("id").gt(0)
}

async fn a_dropped_batch(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).limit(2_000).into();
    let statements = [select.clone(), set_first(&table, 5), select];
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        let batch = statements.iter().map(|statement| {
            let sink: Box<dyn RowSink> = Box::new(Collected::default());
            (statement, sink)
        });
        let ended = when.abandon(link.connection.run_many(batch.collect())).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        is_free(&db, &table, when).await?;
        has(&db, &table, &[MANY], when).await?;
    }
    Ok(())
}

/// Holds that a statement gets its own rows, or an error.
async fn gets_its_own(link: &mut Link, table: &Table, when: When) -> Verdict {
    let one: Statement = table.select(&["id"]).filter(table.get("id").is(7)).into();
    let Ok((sink, _)) = link.send(&one, Collected::default()).await else { return Ok(()) };
    let found: Verdict<Vec<i64>> = sink.rows.iter().map(|row| row.get(0)).collect();
    same("the rows of a statement after a dropped one", &vec![7], &found?)
        .map_err(|failure| after(failure, when))
}

/// The connection itself may be used on: it is clean, or says that it has ended.
async fn a_statement_can_follow_a_dropped_one(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        when.abandon(link.send(&select, Slow::default())).await.transpose()?;
        gets_its_own(&mut link, &table, when).await?;
        gets_its_own(&mut link, &table, when).await?;
        drop(link);
        is_free(&db, &table, when).await?;
    }
    Ok(())
}

async fn a_statement_can_follow_a_dropped_one_in_a_transaction(db: Subject) -> Verdict {
    let table = many(&db).await?;
    let select: Statement = table.select(&["id"]).into();
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        link.begin().await?;
        when.abandon(link.send(&select, Slow::default())).await.transpose()?;
        gets_its_own(&mut link, &table, when).await?;
        // Where it goes on, it is the same transaction still.
        drop(link.send(&rows(&table, MANY..MANY + 1).into(), ()).await);
        gets_its_own(&mut link, &table, when).await?;
        drop(link);
        is_free(&db, &table, when).await?;
        has(&db, &table, &[MANY], when).await?;
    }
    Ok(())
}

/// What a transaction may be doing when it is left.
fn doings(table: &Table) -> [Statement; 4] {
    [
        table.select(&["id"]).into(),
        rows(table, MANY..MANY + 2_000).into(),
        set_all(table, 9),
        table.delete().filter(table.get("id").gt(0)).into(),
    ]
}

async fn a_dropped_statement_in_a_transaction(db: Subject) -> Verdict {
    let table = empty(&db).await?;
    db.run(rows(&table, 0..2_000)).await?;
    for statement in doings(&table) {
        let mut moments = Moments::default();
        while let Some(when) = moments.next() {
            let mut link = db.link().await?;
            link.begin().await?;
            link.run(set_first(&table, 7)).await?;
            let ended =
                when.abandon(link.send(&statement, Collected::default())).await.transpose()?.is_some();
            moments.ended(ended);
            drop(link);
            is_free(&db, &table, when).await?;
            has(&db, &table, &[2_000], when).await?;
        }
    }
    Ok(())
}

/// By a commit, which keeps what was done before, or says that the transaction is lost; or by a rollback.
async fn a_transaction_can_be_ended_after_a_dropped_statement(db: Subject) -> Verdict {
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        for keep in [true, false] {
            let table = empty(&db).await?;
            let mut link = db.link().await?;
            link.begin().await?;
            link.run(rows(&table, 0..1)).await?;
            let insert: Statement = rows(&table, 1..2_000).into();
            let ended = when.abandon(link.send(&insert, ())).await.transpose()?.is_some();
            moments.ended(ended && keep);
            let kept = if keep {
                link.connection.commit().await.is_ok()
            } else {
                // It may be lost already.
                drop(link.connection.rollback().await);
                false
            };
            drop(link);
            let expected: &[i64] = match (kept, ended) {
                (true, true) => &[2_000],
                (true, false) => &[1, 2_000],
                (false, _) => &[0],
            };
            has(&db, &table, expected, when).await?;
            is_free(&db, &table, when).await?;
        }
    }
    Ok(())
}

/// Also where the connection is used on: what is written then is kept or undone as a whole.
async fn a_dropped_begin(db: Subject) -> Verdict {
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        for use_on in [false, true] {
            let table = empty(&db).await?;
            let mut link = db.link().await?;
            let ended = when.abandon(link.begin()).await.transpose()?.is_some();
            moments.ended(ended && use_on);
            if use_on {
                drop(link.send(&rows(&table, 0..2).into(), ()).await);
            }
            drop(link);
            has(&db, &table, if ended || !use_on { &[0] } else { &[0, 2] }, when).await?;
            is_free(&db, &table, when).await?;
        }
    }
    Ok(())
}

async fn a_dropped_commit_keeps_all_or_nothing(db: Subject) -> Verdict {
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let table = empty(&db).await?;
        db.run(rows(&table, 0..2)).await?;
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(set_all(&table, 7)).await?;
        link.run(rows(&table, 2..3)).await?;
        let ended = when.abandon(link.commit()).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        is_free(&db, &table, when).await?;
        // The first row was written by others.
        let found = numbers(&db, &table).await?;
        let (kept, undone) = (vec![(0, -1), (1, 7), (2, 0)], vec![(0, -1), (1, 0)]);
        ensure(found == kept || (found == undone && !ended), || {
            format!(
                "the rows: expected {kept:?} or, where the commit did not end, {undone:?}, found {found:?}"
            )
        })
        .map_err(|failure| after(failure, when))?;
    }
    Ok(())
}

async fn a_dropped_rollback(db: Subject) -> Verdict {
    let table = empty(&db).await?;
    db.run(rows(&table, 0..2)).await?;
    let mut moments = Moments::default();
    while let Some(when) = moments.next() {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(set_all(&table, 7)).await?;
        link.run(rows(&table, 2..3)).await?;
        let ended = when.abandon(link.rollback()).await.transpose()?.is_some();
        moments.ended(ended);
        drop(link);
        is_free(&db, &table, when).await?;
        same("the rows", &vec![(0, -1), (1, 0)], &numbers(&db, &table).await?)
            .map_err(|failure| after(failure, when))?;
    }
    Ok(())
}

/// Its beginning, its commit or its rollback: all of it goes with the transaction around it.
async fn a_dropped_savepoint(db: Subject) -> Verdict {
    let table = empty(&db).await?;
    db.run(rows(&table, 0..2)).await?;
    for step in 0..3 {
        let mut moments = Moments::default();
        while let Some(when) = moments.next() {
            let mut link = db.link().await?;
            link.begin().await?;
            link.run(set_all(&table, 7)).await?;
            if step > 0 {
                link.begin().await?;
                link.run(rows(&table, 2..3)).await?;
            }
            let ended = match step {
                0 => when.abandon(link.begin()).await,
                1 => when.abandon(link.commit()).await,
                _ => when.abandon(link.rollback()).await,
            };
            moments.ended(ended.transpose()?.is_some());
            drop(link);
            is_free(&db, &table, when).await?;
            same("the rows", &vec![(0, -1), (1, 0)], &numbers(&db, &table).await?)
                .map_err(|failure| after(failure, when))?;
        }
    }
    Ok(())
}

/// Also while others hold what it waits for.
async fn a_dropped_acquire(db: Subject) -> Verdict {
    let table = many(&db).await?;
    for polls in 0..8 {
        drop(after_polls(polls, db.driver().acquire()).await.transpose()?);
    }
    let mut held = Vec::new();
    // As many as there are, or a few.
    for _ in 0..db.driver().pool().max.min(20) {
        let Ok(link) = timeout(Duration::from_millis(200), db.link()).await else { break };
        held.push(link?);
    }
    for _ in 0..40 {
        drop(timeout(Duration::from_millis(1), db.driver().acquire()).await);
    }
    drop(held);
    is_free(&db, &table, When::Time(Duration::from_millis(1))).await?;
    has(&db, &table, &[MANY], When::Time(Duration::from_millis(1))).await
}
