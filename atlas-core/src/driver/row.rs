use std::{
    any::Any,
    ops::ControlFlow,
    task::{Context, Poll},
};

use crate::{error::Result, value::ValueRef};

/// A row where the driver has it in hand.
pub trait Row {
    /// How many columns it has.
    fn len(&self) -> usize;

    /// Whether it has no columns.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a column, from 0, without a copy.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where the bytes are not what the database says that
    /// they are (text that is not UTF-8), or there is no such column.
    fn get(&self, index: usize) -> Result<ValueRef<'_>>;

    /// What the statement calls a column; empty where there is no such column.
    fn name(&self, index: usize) -> &str;
}

/// What takes the rows of a statement. It travels to whatever thread owns the connection, and comes
/// back when the statement ends.
pub trait RowSink: Any + Send {
    /// Takes a row, and says whether to go on.
    ///
    /// # Errors
    ///
    /// What decoding the row gives; it ends the statement.
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>>;

    /// Forgets every row so far, because the driver is about to send them again from the first.
    /// `false` where they are out of the sink's hands: the driver must then go on where it was.
    fn restart(&mut self) -> bool {
        false
    }

    /// Whether [`restart`](Self::restart) would answer `true`, now and after every further row. A driver
    /// that can only stop a long read by ending it asks before it does.
    fn restartable(&self) -> bool {
        false
    }

    /// Whether the sink has room; a driver waits for it between batches of rows, and holds no thread
    /// meanwhile: that may be long. This is the back-pressure of streams.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// A sink for statements without rows.
impl RowSink for () {
    fn row(&mut self, _: &dyn Row) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}
