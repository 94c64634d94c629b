use std::{future::poll_fn, task::Poll};

use atlas_core::{
    driver::{Outcome, Ran, RowSink},
    error::Result,
    statement::{Delete, Scope, Statement, TableRef, Update},
    value::ValueRef,
};
use atlas_sql::compile_count;

use crate::{
    dialect::SqliteDialect,
    hold::Hold,
    insert::{insert_at_once, insert_many, rows_at_once},
    offload::{Job, Left, offload},
    options::Execution,
    raw::BindRef,
    session::{Progress, Running, Session, hand_over, table_of},
    watch::Limit,
};

/// How often a statement with many rows lets others run before it moves to another thread, where its
/// rows cost a tenth more: to allocate there what is freed here is slow.
const TURNS: u8 = 4;

/// What is left of a statement that could not be run to its end without waiting.
pub(crate) enum Rest {
    /// Its further rows.
    Rows(Running, Progress),
    /// All of it, on the blocking pool.
    Elsewhere,
    /// All of it, in several statements.
    Several,
}

/// Runs a statement without waiting for anything, as far as that goes.
pub(crate) fn at_once(
    hold: &mut Hold<'_>,
    statement: &Statement,
    sink: &mut dyn RowSink,
) -> Result<Result<Outcome, Rest>> {
    let execution = hold.pool()?.options.execution;
    let alone = !hold.in_transaction();
    match statement {
        Statement::Schema(_) => Ok(Err(Rest::Several)),
        Statement::Insert(insert) if insert.rows == 0 => Ok(Ok(Outcome::affected(0))),
        Statement::Insert(insert) if insert.rows > rows_at_once(insert) => Ok(Err(Rest::Several)),
        _ if execution == Execution::Threaded => Ok(Err(Rest::Elsewhere)),
        Statement::Insert(insert) => insert_at_once(hold, statement, insert, sink),
        Statement::Update(update) if update.scope.one => in_one_go(hold, statement, sink, false),
        Statement::Delete(delete) if delete.scope.one => in_one_go(hold, statement, sink, false),
        Statement::Delete(delete) if alone && delete.returning.is_empty() => {
            in_one_go(hold, statement, sink, true)
        }
        Statement::Update(update) if alone && update.returning.is_empty() => {
            in_one_go(hold, statement, sink, true)
        }
        // One that took long would have to be interrupted, and with it the transaction be undone.
        Statement::Update(Update { table, scope, .. }) | Statement::Delete(Delete { table, scope, .. })
            if !alone && execution == Execution::Auto =>
        {
            if reaches_few(hold.session()?, table, scope)? {
                in_one_go(hold, statement, sink, false)
            } else {
                Ok(Err(Rest::Elsewhere))
            }
        }
        _ => row_by_row(hold, statement, sink),
    }
}

/// Runs what is left of a statement.
pub(crate) async fn rest(
    hold: &mut Hold<'_>,
    statement: &Statement,
    sink: Box<dyn RowSink>,
    rest: Rest,
) -> Ran {
    match (rest, statement) {
        (Rest::Rows(running, progress), _) => rows(hold, statement, sink, running, progress).await,
        (Rest::Several, Statement::Schema(change)) => {
            let (sink, _) = offload(hold, Job::Schema(Box::new(change.clone())), sink, None).await?;
            Ok((sink, Outcome::affected(0)))
        }
        (Rest::Several, Statement::Insert(insert)) => insert_many(hold, insert, sink).await,
        _ => rows(hold, statement, sink, Running::new(false, false), Progress::Again).await,
    }
}

/// Runs a statement whose rows come one after the other, and which can be left open in between, up to
/// its first batch of rows.
fn row_by_row(
    hold: &mut Hold<'_>,
    statement: &Statement,
    sink: &mut dyn RowSink,
) -> Result<Result<Outcome, Rest>> {
    let watched = hold.pool()?.options.execution == Execution::Auto;
    let in_transaction = hold.in_transaction();
    let table = table_of(statement);
    let session = hold.session()?;
    if let Err(failure) = session.start(statement)? {
        return if failure.is_busy() { Ok(Err(Rest::Elsewhere)) } else { Err(failure.into_error(table)) };
    }
    let database = &mut session.database;
    if watched && in_transaction && !database.reads_only() {
        database.finish();
        return Ok(Err(Rest::Elsewhere));
    }
    let mut running = Running::new(true, watched);
    database.begin(&mut running);
    match database.advance(&mut running, sink, table)? {
        Progress::Done(outcome) => Ok(Ok(outcome)),
        progress => Ok(Err(Rest::Rows(running, progress))),
    }
}

/// The rows after the first batch.
async fn rows(
    hold: &mut Hold<'_>,
    statement: &Statement,
    mut sink: Box<dyn RowSink>,
    mut running: Running,
    mut progress: Progress,
) -> Ran {
    loop {
        let job = match progress {
            Progress::Done(outcome) => return Ok((sink, outcome)),
            Progress::Again => Some(Job::Run(hold.session()?.owned(statement)?)),
            Progress::Overdue if running.turns < TURNS => {
                running.turns += 1;
                let_others_run().await;
                hold.session()?.watch().begin(running.limit);
                None
            }
            Progress::Overdue => Some(Job::GoOn(running)),
            Progress::Batch => None,
        };
        if let Some(job) = job {
            let (given_back, left) = offload(hold, job, sink, table_of(statement)).await?;
            sink = given_back;
            match left {
                Left::Nothing(outcome) => return Ok((sink, outcome)),
                Left::Rows(left) => {
                    running = left;
                    if running.limit == Limit::None && hold.pool()?.options.execution == Execution::Auto {
                        running.limit = Limit::Note;
                    }
                }
            }
        }
        let has_room = poll_fn(|context| Poll::Ready(sink.poll_ready(context).is_ready())).await;
        if !has_room {
            if hold.pool()?.is_single() && hold.is_own() && hold.session()?.database.reads_only() {
                return let_go(hold, &running, sink).await;
            }
            poll_fn(|context| sink.poll_ready(context)).await;
            // What was long was the wait.
            running.turns = 0;
            hold.session()?.watch().begin(running.limit);
        }
        if hold.pool()?.options.execution == Execution::Threaded {
            progress = Progress::Overdue;
            running.turns = TURNS;
            continue;
        }
        progress = hold.session()?.database.advance(&mut running, &mut *sink, table_of(statement))?;
    }
}

/// Runs a statement to its end, with its values where they are. `long`: it may turn out so.
pub(crate) fn in_one_go(
    hold: &mut Hold<'_>,
    statement: &Statement,
    sink: &mut dyn RowSink,
    long: bool,
) -> Result<Result<Outcome, Rest>> {
    let watched = long && hold.pool()?.options.execution == Execution::Auto;
    let table = table_of(statement);
    let ran = hold.session()?.started(statement, |database, binds| {
        let database = match database {
            Ok(database) => database,
            Err(failure) if failure.is_busy() => return Ok(Progress::Again),
            Err(failure) => return Err(failure.into_error(table)),
        };
        database.with_lent(binds.iter().map(BindRef::from), |database| {
            let mut running = Running::new(watched, watched);
            database.begin(&mut running);
            loop {
                match database.advance(&mut running, sink, table)? {
                    Progress::Batch | Progress::Overdue => {}
                    ended => return Ok(ended),
                }
            }
        })?
    })??;
    match ran {
        Progress::Done(outcome) => Ok(Ok(outcome)),
        _ => Ok(Err(Rest::Elsewhere)),
    }
}

/// How many rows a write in a transaction may reach to stay on this thread: some tens of microseconds.
const FEW: u64 = 100;

/// Whether a write reaches few rows, and they are found soon. To look for them does no harm to the
/// transaction where it takes long.
fn reaches_few(session: &mut Session, table: &TableRef, scope: &Scope) -> Result<bool> {
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    let done = compile_count(table, scope, FEW + 1, &SqliteDialect, &mut compiled);
    let database = &mut session.database;
    let few = done.and_then(|()| {
        // What is wrong with it, the statement itself says.
        if database.start(&compiled.text).is_err() {
            return Ok(false);
        }
        database.with_lent(compiled.binds.iter().map(BindRef::from), |database| {
            database.watch().begin(Limit::Interrupt);
            database.watch().works();
            let found = matches!(database.step(), Ok(true));
            database.watch().rests();
            found && matches!(database.row().value(0), Ok(ValueRef::I64(rows)) if rows <= FEW as i64)
        })
    });
    session.compiled = compiled.recycle();
    few
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

/// Gives the thread to the other tasks once.
pub(crate) async fn let_others_run() {
    let mut let_run = false;
    poll_fn(|context| {
        if let_run {
            return Poll::Ready(());
        }
        let_run = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
