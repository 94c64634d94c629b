use std::{future::poll_fn, ops::Range, time::Instant};

use atlas_core::{
    driver::{Outcome, Ran, RowSink},
    error::Result,
    schema::Name,
    statement::{Insert, Statement},
    value::Value,
};
use atlas_sql::compile_insert;

use crate::{
    dialect::SqliteDialect,
    error::Failure,
    hold::Hold,
    keys::{Written, hand_out},
    raw::{BindRef, Database},
    run::{self, Rest},
    session::{Progress, Running, Session},
    watch::SHORT,
};

/// Rows that go into one statement: measured, more of them are slower again.
const ROWS: usize = 50;

/// Values that one statement takes: SQLite's own limit.
const VALUES: usize = 32_766;

/// How many rows of this insert go into one statement.
pub(crate) fn rows_at_once(insert: &Insert) -> usize {
    match insert.columns.len() {
        0 => 1,
        width => ROWS.min(VALUES / width).max(1),
    }
}

/// Inserts rows that go into one statement.
pub(crate) fn insert_at_once(
    hold: &mut Hold<'_>,
    statement: &Statement,
    insert: &Insert,
    sink: &mut dyn RowSink,
) -> Result<Result<Outcome, Rest>> {
    let alone = hold.pool()?.is_single();
    let Session { database, keys, compiled: kept, .. } = hold.session()?;
    if !keys.are_told(insert, database, alone)? {
        return run::in_one_go(hold, statement, sink, false);
    }
    let values = insert.values.iter().map(BindRef::from);
    let done = if insert.rows == 1 {
        write(database, keys.text(insert, kept)?, values)
    } else {
        let mut compiled = std::mem::take(kept).recycle();
        let done = compile_insert(insert, 0..insert.rows, &[], &SqliteDialect, &mut compiled)
            .and_then(|()| write(database, &compiled.text, values));
        *kept = compiled.recycle();
        done
    };
    match done? {
        Ok(written) => {
            hand_out(insert, insert.rows, written, sink)?;
            Ok(Ok(Outcome::affected(insert.rows as u64)))
        }
        Err(failure) if failure.is_busy() => Ok(Err(Rest::Elsewhere)),
        Err(failure) => Err(failure.into_error(Some(&insert.table.name))),
    }
}

fn write<'b>(
    database: &mut Database,
    text: &str,
    binds: impl ExactSizeIterator<Item = BindRef<'b>>,
) -> Result<Result<Written, Failure>> {
    match database.start(text) {
        Ok(()) => database.with_lent(binds, Database::insert),
        Err(failure) => Ok(Err(failure)),
    }
}

/// Inserts more rows than go into one statement, all or none.
///
/// It stays on this thread, since each of its statements is short, and lets others run in between.
pub(crate) async fn insert_many(hold: &mut Hold<'_>, insert: &Insert, mut sink: Box<dyn RowSink>) -> Ran {
    let own = !hold.in_transaction();
    if own {
        sink = run::command(hold, "BEGIN IMMEDIATE", sink).await?;
    } else {
        hold.session()?
            .database
            .command("SAVEPOINT atlas_insert")
            .map_err(|failure| failure.into_error(None))?;
    }
    hold.half_done = true;
    let (returned, done) = insert_all(hold, insert, sink).await;
    let done = match done {
        Ok(affected) if own => match run::command(hold, "COMMIT", returned).await {
            Ok(sink) => Ok((sink, Outcome::affected(affected))),
            Err(error) => Err(error),
        },
        Ok(affected) => {
            hold.session()?
                .database
                .command("RELEASE atlas_insert")
                .map_err(|failure| failure.into_error(None))?;
            Ok((returned, Outcome::affected(affected)))
        }
        Err(error) => Err(error),
    };
    if done.is_err() {
        let Session { database, keys, .. } = hold.session()?;
        keys.rolled_back();
        let undo: &[&str] =
            if own { &["ROLLBACK"] } else { &["ROLLBACK TO atlas_insert", "RELEASE atlas_insert"] };
        database.undo(undo);
    }
    hold.half_done = false;
    done
}

async fn insert_all(
    hold: &mut Hold<'_>,
    insert: &Insert,
    mut sink: Box<dyn RowSink>,
) -> (Box<dyn RowSink>, Result<u64>) {
    match insert_chunks(hold, insert, &mut sink).await {
        Ok(affected) => (sink, Ok(affected)),
        Err(error) => (sink, Err(error)),
    }
}

async fn insert_chunks(hold: &mut Hold<'_>, insert: &Insert, sink: &mut Box<dyn RowSink>) -> Result<u64> {
    let alone = hold.pool()?.is_single();
    let Session { database, keys, .. } = hold.session()?;
    let told = keys.are_told(insert, database, alone)?;
    let mut returning: &[Name] = if told { &[] } else { &insert.returning };
    let at_once = rows_at_once(insert);
    let mut affected = 0;
    let mut from = 0;
    let mut text = String::new();
    let mut since = Instant::now();
    let mut wanted = true;
    while from < insert.rows {
        let rows = at_once.min(insert.rows - from);
        if text.is_empty() || rows < at_once {
            text = text_of(hold, insert, from..from + rows, returning)?;
        }
        let database = &mut hold.session()?.database;
        affected += if told {
            let written = insert_told(database, insert, &text, from, rows)?;
            if wanted {
                wanted = hand_out(insert, rows, written, &mut **sink)?;
            }
            rows as u64
        } else {
            let (written, stopped) = insert_some(database, insert, &text, from, rows, &mut **sink)?;
            if stopped {
                // The rest is written all the same.
                returning = &[];
                text.clear();
            }
            written
        };
        from += rows;
        if let Some(limit) = hold.session()?.watch().over_limit() {
            return Err(Failure::over_limit(limit).into_error(Some(&insert.table.name)));
        }
        poll_fn(|context| sink.poll_ready(context)).await;
        if since.elapsed() > SHORT {
            run::let_others_run().await;
            since = Instant::now();
        }
    }
    Ok(affected)
}

fn text_of(hold: &mut Hold<'_>, insert: &Insert, rows: Range<usize>, returning: &[Name]) -> Result<String> {
    let session = hold.session()?;
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    let done = compile_insert(insert, rows, returning, &SqliteDialect, &mut compiled);
    let text = compiled.text.clone();
    session.compiled = compiled.recycle();
    done.map(|()| text)
}

fn values_of(insert: &Insert, from: usize, rows: usize) -> &[Value] {
    let width = insert.columns.len();
    insert.values.get(from * width..(from + rows) * width).unwrap_or_default()
}

fn insert_told(
    database: &mut Database,
    insert: &Insert,
    text: &str,
    from: usize,
    rows: usize,
) -> Result<Written> {
    write(database, text, values_of(insert, from, rows).iter().map(BindRef::from))?
        .map_err(|failure| failure.into_error(Some(&insert.table.name)))
}

fn insert_some(
    database: &mut Database,
    insert: &Insert,
    text: &str,
    from: usize,
    rows: usize,
    sink: &mut dyn RowSink,
) -> Result<(u64, bool)> {
    let table = Some(&*insert.table.name);
    database.start(text).map_err(|failure| failure.into_error(table))?;
    database.with_lent(values_of(insert, from, rows).iter().map(BindRef::from), |database| {
        let mut running = Running::new(false, false);
        database.begin(&mut running);
        loop {
            match database.advance(&mut running, sink, table)? {
                Progress::Done(outcome) => return Ok((outcome.affected, running.stopped)),
                Progress::Again => return Err(Failure::busy().into_error(table)),
                Progress::Batch | Progress::Overdue => {}
            }
        }
    })?
}
