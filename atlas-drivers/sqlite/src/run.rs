use std::{future::poll_fn, task::Poll};

use atlas_core::{
    driver::{Outcome, Ran, RowSink},
    error::Result,
    statement::Statement,
};
use atlas_sql::schema_statements;

use crate::{
    dialect::SqliteDialect,
    hold::Hold,
    insert::{insert_many, rows_at_once},
    offload::{Job, offload},
    options::Execution,
    raw::BindRef,
    session::{Progress, Running, hand_over, table_of},
};

/// Runs a statement on a connection.
pub(crate) async fn run(hold: &mut Hold<'_>, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
    let execution = hold.pool()?.options.execution;
    match statement {
        Statement::Schema(change) => {
            let job = Job::Script(schema_statements(change, &SqliteDialect)?);
            Box::pin(offload(hold, job, sink, None)).await
        }
        Statement::Insert(insert) if insert.rows == 0 => Ok((sink, Outcome::affected(0))),
        Statement::Insert(insert) if insert.rows > rows_at_once(insert) => {
            Box::pin(insert_many(hold, insert, sink)).await
        }
        _ if execution == Execution::Threaded => Box::pin(elsewhere(hold, statement, sink)).await,
        Statement::Insert(_) => in_one_go(hold, statement, sink, false).await,
        Statement::Update(update) if update.scope.one => in_one_go(hold, statement, sink, false).await,
        Statement::Delete(delete) if delete.scope.one => in_one_go(hold, statement, sink, false).await,
        Statement::Delete(_) if !hold.in_transaction() => in_one_go(hold, statement, sink, true).await,
        Statement::Update(update) if !hold.in_transaction() && update.returning.is_empty() => {
            in_one_go(hold, statement, sink, true).await
        }
        Statement::Update(_) | Statement::Delete(_)
            if hold.in_transaction() && execution == Execution::Auto =>
        {
            Box::pin(elsewhere(hold, statement, sink)).await
        }
        _ => row_by_row(hold, statement, sink).await,
    }
}

/// Runs a statement whose rows come one after the other, and which can be left open in between.
async fn row_by_row(hold: &mut Hold<'_>, statement: &Statement, mut sink: Box<dyn RowSink>) -> Ran {
    let watched = hold.pool()?.options.execution == Execution::Auto;
    let in_transaction = hold.in_transaction();
    let table = table_of(statement);
    let session = hold.session()?;
    if let Err(failure) = session.start(statement)? {
        if failure.is_busy() {
            return Box::pin(elsewhere(hold, statement, sink)).await;
        }
        return Err(failure.into_error(table));
    }
    let reads_only = session.database.reads_only();
    if watched && in_transaction && !reads_only {
        session.database.finish();
        return Box::pin(elsewhere(hold, statement, sink)).await;
    }
    let mut running = Running::new(true, watched);
    session.database.begin(&mut running);
    loop {
        match hold.session()?.database.advance(&mut running, &mut *sink, table)? {
            Progress::Done(outcome) => return Ok((sink, outcome)),
            Progress::Again => return Box::pin(elsewhere(hold, statement, sink)).await,
            Progress::Overdue => return Box::pin(offload(hold, Job::GoOn(running), sink, table)).await,
            Progress::Batch => {}
        }
        let has_room = poll_fn(|context| Poll::Ready(sink.poll_ready(context).is_ready())).await;
        if !has_room {
            if hold.pool()?.is_single() && !in_transaction && reads_only {
                return Box::pin(let_go(hold, &running, sink)).await;
            }
            poll_fn(|context| sink.poll_ready(context)).await;
        }
    }
}

/// Runs a statement to its end at once, with its values where they are. `long`: it may turn out so.
async fn in_one_go(
    hold: &mut Hold<'_>,
    statement: &Statement,
    mut sink: Box<dyn RowSink>,
    long: bool,
) -> Ran {
    let watched = long && hold.pool()?.options.execution == Execution::Auto;
    let table = table_of(statement);
    let ran = hold.session()?.compiled(statement, |database, compiled| {
        if let Err(failure) = database.start(&compiled.text) {
            return if failure.is_busy() { Ok(Progress::Again) } else { Err(failure.into_error(table)) };
        }
        database.with_lent(compiled.binds.iter().map(BindRef::from), |database| {
            let mut running = Running::new(watched, watched);
            database.begin(&mut running);
            loop {
                match database.advance(&mut running, &mut *sink, table)? {
                    Progress::Batch | Progress::Overdue => {}
                    ended => return Ok(ended),
                }
            }
        })?
    })??;
    match ran {
        Progress::Done(outcome) => Ok((sink, outcome)),
        _ => Box::pin(elsewhere(hold, statement, sink)).await,
    }
}

/// Runs a statement from its start on the blocking pool.
async fn elsewhere(hold: &mut Hold<'_>, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
    let owned = hold.session()?.owned(statement)?;
    offload(hold, Job::Run(owned), sink, table_of(statement)).await
}

/// Copies the rows that are left, so that others can use the only connection while the sink has no
/// room: who reads a stream would otherwise wait for itself with the next statement.
async fn let_go(hold: &mut Hold<'_>, running: &Running, mut sink: Box<dyn RowSink>) -> Ran {
    let (rows, outcome) = hold.session()?.database.drain(running)?;
    drop(hold.take()?);
    for batch in rows.chunks(64) {
        poll_fn(|context| sink.poll_ready(context)).await;
        if hand_over(batch, &mut *sink)?.is_break() {
            break;
        }
    }
    Ok((sink, outcome))
}

/// Runs what begins or ends a transaction; where another process is in the way, on the blocking pool.
pub(crate) async fn command(
    hold: &mut Hold<'_>,
    text: &'static str,
    sink: Box<dyn RowSink>,
) -> Result<Box<dyn RowSink>> {
    match hold.session()?.database.command(text) {
        Ok(()) => Ok(sink),
        Err(failure) if failure.is_busy() => {
            offload(hold, Job::Command(text), sink, None).await.map(|(sink, _)| sink)
        }
        Err(failure) => Err(failure.into_error(None)),
    }
}
