use std::{
    ops::ControlFlow,
    task::{Context, Poll},
};

use crate::{
    db::CachedRows,
    driver::{Row, RowSink},
    error::Result,
};

/// A sink that keeps what goes through it.
pub(super) struct Recording {
    sink: Box<dyn RowSink>,
    /// Whether it wants no more rows. All of them are kept: another reader may want more.
    full: bool,
    kept: CachedRows,
}

impl Recording {
    pub(super) fn new(sink: Box<dyn RowSink>, statement: String) -> Self {
        Self { sink, full: false, kept: CachedRows { statement, ..CachedRows::default() } }
    }

    pub(super) fn into_parts(self) -> (Box<dyn RowSink>, CachedRows) {
        (self.sink, self.kept)
    }
}

impl RowSink for Recording {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if !self.full {
            self.full = self.sink.row(row)?.is_break();
        }
        let kept = &mut self.kept;
        if kept.rows == 0 {
            kept.columns = (0..row.len()).map(|index| row.name(index).to_owned()).collect();
        }
        for index in 0..row.len() {
            kept.values.push(row.get(index)?.to_owned());
        }
        kept.rows += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        if !self.sink.restart() {
            return false;
        }
        self.full = false;
        self.kept.rows = 0;
        self.kept.values.clear();
        true
    }

    fn restartable(&self) -> bool {
        self.sink.restartable()
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.full { Poll::Ready(()) } else { self.sink.poll_ready(context) }
    }
}
