use std::{
    panic,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use atlas_core::{
    driver::{Outcome, RowSink},
    error::{Error, Result},
    schema::SchemaChange,
};
use tokio::runtime::Handle;

use crate::{
    cancel::{Cancel, CancelOnDrop},
    error::Failure,
    hold::Hold,
    options::Execution,
    pool::closed,
    schema,
    session::{Owned, Progress, Running, Session},
    watch::Limit,
};

/// What runs on the blocking pool.
pub(crate) enum Job {
    /// The active statement, on from the row that it stands at.
    GoOn(Running),
    /// A statement, from its start.
    Run(Owned),
    /// A change of the schema, all or nothing of it.
    Schema(Box<SchemaChange>),
    /// A statement without values and rows, which begins or ends a transaction.
    Command(&'static str),
}

/// What is left of a job.
pub(crate) enum Left {
    /// Nothing: this was done.
    Nothing(Outcome),
    /// Rows that the sink has no room for now. The statement is open, and no thread waits.
    Rows(Running),
}

/// Runs a job on tokio's blocking pool; without a runtime, here. `table`: that of the statement.
///
/// When the future is dropped, the job is interrupted, and its connection given back where it runs.
///
/// # Errors
///
/// What the statement gives; [`Error::Timeout`] where another process held its lock too long.
pub(crate) async fn offload(
    hold: &mut Hold<'_>,
    job: Job,
    mut sink: Box<dyn RowSink>,
    table: Option<&str>,
) -> Result<(Box<dyn RowSink>, Left)> {
    let mut lease = hold.take()?;
    let table = table.map(str::to_owned);
    let cancel = Arc::new(Cancel::default());
    let (patience, execution) = (lease.pool().options.busy_timeout, lease.pool().options.execution);
    let runtime = if execution == Execution::Inline { None } else { Handle::try_current().ok() };
    let Some(runtime) = runtime else {
        let session = lease.session()?;
        session.watch().set_patience(patience);
        let done = run(session, job, &mut *sink, table.as_deref(), &cancel);
        session.watch().set_patience(Duration::ZERO);
        hold.put(lease);
        return done.map(|left| (sink, left)).map_err(|error| with_patience(error, patience));
    };
    let waits = CancelOnDrop(Arc::clone(&cancel));
    let ran = runtime.spawn_blocking(move || {
        let done = match lease.session() {
            Ok(session) => {
                session.watch().set_cancel(Some(Arc::clone(&cancel)));
                session.watch().set_patience(patience);
                let done = run(session, job, &mut *sink, table.as_deref(), &cancel);
                session.watch().set_patience(Duration::ZERO);
                session.watch().set_cancel(None);
                done
            }
            Err(error) => Err(error),
        };
        (lease, sink, done.map_err(|error| with_patience(error, patience)))
    });
    let (lease, sink, done) = match ran.await {
        Ok(ran) => ran,
        // The sink panicked: as it would have done here.
        Err(error) => match error.try_into_panic() {
            Ok(panicked) => panic::resume_unwind(panicked),
            Err(_) => return Err(closed()),
        },
    };
    drop(waits);
    hold.put(lease);
    done.map(|left| (sink, left))
}

fn run(
    session: &mut Session,
    job: Job,
    sink: &mut dyn RowSink,
    table: Option<&str>,
    cancel: &Cancel,
) -> Result<Left> {
    let mut running = match job {
        Job::GoOn(running) => running,
        Job::Run(owned) => {
            session.start_owned(&owned)?.map_err(|failure| failure.into_error(table))?;
            let mut running = Running::new(false, false);
            session.database.begin(&mut running);
            running
        }
        Job::Schema(change) => {
            schema::change(&mut session.database, &change)?;
            return Ok(Left::Nothing(Outcome::affected(0)));
        }
        Job::Command(text) => {
            session.database.command(text).map_err(|failure| failure.into_error(None))?;
            return Ok(Left::Nothing(Outcome::affected(0)));
        }
    };
    session.watch().begin(Limit::None);
    loop {
        match session.database.advance(&mut running, sink, table)? {
            Progress::Done(outcome) => return Ok(Left::Nothing(outcome)),
            Progress::Again => return Err(busy()),
            Progress::Batch | Progress::Overdue => {}
        }
        if cancel.is_cancelled() {
            session.database.finish();
            return Err(Failure::cancelled().into_error(None));
        }
        if sink.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending() {
            return Ok(Left::Rows(running));
        }
    }
}

#[cold]
fn busy() -> Error {
    Failure::busy().into_error(None)
}

/// Says how long was waited, where a lock was waited for.
fn with_patience(error: Error, patience: Duration) -> Error {
    match error {
        Error::Timeout { waiting_for, after: Duration::ZERO } => {
            Error::Timeout { waiting_for, after: patience }
        }
        other => other,
    }
}
