//! Sinks that watch what a driver does with them.

use std::{
    any::Any,
    ops::ControlFlow,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use atlas_core::{
    Attribute, Error, Result,
    driver::{Row, RowSink},
    value::Value,
};

use crate::case::{Failure, Verdict};

/// A row, copied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Values(pub(crate) Vec<Value>);

impl Values {
    /// The value of a column, as a field would have it.
    pub(crate) fn get<T: Attribute>(&self, index: usize) -> Verdict<T> {
        let value = self.0.get(index).ok_or_else(|| {
            Failure::broken(format_args!(
                "expected a column {index}, found a row of {} columns",
                self.0.len()
            ))
        })?;
        T::decode(value.as_ref()).map_err(|error| Failure::broken(format_args!("column {index}: {error}")))
    }
}

/// Copies every row.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Values>,
}

impl RowSink for Collected {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if self.rows.is_empty() {
            self.names = (0..row.len()).map(|index| row.name(index).to_owned()).collect();
        }
        let values: Result<Vec<Value>> = (0..row.len()).map(|index| Ok(row.get(index)?.to_owned())).collect();
        self.rows.push(Values(values?));
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        true
    }
}

/// Asks a row for what it does not have.
#[derive(Default)]
pub(crate) struct Overreaching {
    pub(crate) rows: usize,
    pub(crate) refused: usize,
}

impl RowSink for Overreaching {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows += 1;
        let beyond = [row.len(), row.len() + 1, usize::MAX];
        if beyond.iter().all(|index| row.get(*index).is_err() && row.name(*index).is_empty()) {
            self.refused += 1;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Keeps the first column of some rows, and then stops: with `Break`, or with an error.
pub(crate) struct Stopping {
    pub(crate) after: usize,
    pub(crate) with_error: bool,
    pub(crate) seen: Vec<i64>,
}

impl RowSink for Stopping {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.seen.push(i64::decode(row.get(0)?)?);
        if self.seen.len() < self.after {
            Ok(ControlFlow::Continue(()))
        } else if self.with_error {
            Err(Error::aborted("the sink had enough"))
        } else {
            Ok(ControlFlow::Break(()))
        }
    }
}

/// How a row goes on where it was: rows that are out of the sink's hands cannot be forgotten.
#[derive(Default)]
pub(crate) struct Irrevocable {
    pub(crate) seen: Vec<i64>,
}

impl RowSink for Irrevocable {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.seen.push(i64::decode(row.get(0)?)?);
        Ok(ControlFlow::Continue(()))
    }
}

/// Has no room now and then, and watches that the driver waits.
#[derive(Default)]
pub(crate) struct Slow {
    pub(crate) seen: Vec<i64>,
    /// How often it had no room.
    pub(crate) pauses: usize,
    /// The most rows that came without a question for room.
    pub(crate) longest_batch: usize,
    /// How many rows came although there was no room.
    pub(crate) intrusions: usize,
    batch: usize,
    full: bool,
    asked: usize,
}

impl RowSink for Slow {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.seen.push(i64::decode(row.get(0)?)?);
        self.batch += 1;
        self.longest_batch = self.longest_batch.max(self.batch);
        self.intrusions += usize::from(self.full);
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.batch = 0;
        if std::mem::take(&mut self.full) {
            return Poll::Ready(());
        }
        self.asked += 1;
        if !self.asked.is_multiple_of(4) {
            return Poll::Ready(());
        }
        self.full = true;
        self.pauses += 1;
        let waker = context.waker().clone();
        if self.pauses < 8 {
            // A consumer that takes its time, on another thread.
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(2));
                waker.wake();
            });
        } else {
            waker.wake();
        }
        Poll::Pending
    }
}

/// Never has room again after some rows.
#[derive(Default)]
pub(crate) struct Stuck;

impl RowSink for Stuck {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// The sink that a driver gave back, which must be of the type that it was given.
pub(crate) fn same_sink<S: RowSink>(sink: Box<dyn RowSink>) -> Result<S> {
    let sink: Box<dyn Any> = sink;
    match sink.downcast::<S>() {
        Ok(sink) => Ok(*sink),
        Err(_) => Err(Error::config("the driver gave back another sink than it was given")),
    }
}
