use std::{future::poll_fn, time::Instant};

use atlas_core::{
    driver::{Outcome, Ran, RowSink},
    error::Result,
    statement::Insert,
};
use atlas_sql::compile_rows;

use crate::{
    dialect::SqliteDialect,
    error::Failure,
    hold::Hold,
    raw::{BindRef, Database},
    run,
    session::{Progress, Running},
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
        let database = &mut hold.session()?.database;
        let undo: &[&str] =
            if own { &["ROLLBACK"] } else { &["ROLLBACK TO atlas_insert", "RELEASE atlas_insert"] };
        for text in undo {
            let _ = database.command(text);
        }
    }
    hold.half_done = false;
    done
}

async fn insert_all(
    hold: &mut Hold<'_>,
    insert: &Insert,
    mut sink: Box<dyn RowSink>,
) -> (Box<dyn RowSink>, Result<u64>) {
    let at_once = rows_at_once(insert);
    let mut affected = 0;
    let mut from = 0;
    let mut text = String::new();
    let mut since = Instant::now();
    while from < insert.rows {
        let rows = at_once.min(insert.rows - from);
        if from == 0 || rows < at_once {
            match text_of(hold, insert, from, rows) {
                Ok(compiled) => text = compiled,
                Err(error) => return (sink, Err(error)),
            }
        }
        let done = hold
            .session()
            .and_then(|session| insert_some(&mut session.database, insert, &text, from, rows, &mut *sink));
        match done {
            Ok(written) => affected += written,
            Err(error) => return (sink, Err(error)),
        }
        from += rows;
        poll_fn(|context| sink.poll_ready(context)).await;
        if since.elapsed() > SHORT {
            run::let_others_run().await;
            since = Instant::now();
        }
    }
    (sink, Ok(affected))
}

fn text_of(hold: &mut Hold<'_>, insert: &Insert, from: usize, rows: usize) -> Result<String> {
    let session = hold.session()?;
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    let done = compile_rows(insert, from, rows, &SqliteDialect, &mut compiled);
    let text = compiled.text.clone();
    session.compiled = compiled.recycle();
    done.map(|()| text)
}

fn insert_some(
    database: &mut Database,
    insert: &Insert,
    text: &str,
    from: usize,
    rows: usize,
    sink: &mut dyn RowSink,
) -> Result<u64> {
    let table = Some(&*insert.table.name);
    let width = insert.columns.len();
    let values = insert.values.get(from * width..(from + rows) * width).unwrap_or_default();
    database.start(text).map_err(|failure| failure.into_error(table))?;
    database.with_lent(values.iter().map(BindRef::from), |database| {
        let mut running = Running::new(false, false);
        database.begin(&mut running);
        loop {
            match database.advance(&mut running, sink, table)? {
                Progress::Done(outcome) => return Ok(outcome.affected),
                Progress::Again => return Err(Failure::busy().into_error(table)),
                Progress::Batch | Progress::Overdue => {}
            }
        }
    })?
}
