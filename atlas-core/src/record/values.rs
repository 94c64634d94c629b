use std::ops::ControlFlow;

use crate::{
    driver::{Row, RowSink},
    error::Result,
    value::{Value, ValueRef},
};

/// The values of every row, one row after the other.
#[derive(Default)]
pub(crate) struct Values {
    pub(crate) values: Vec<Value>,
}

impl RowSink for Values {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        for index in 0..row.len() {
            self.values.push(row.get(index)?.to_owned());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.values.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// Of one row: the row.
impl Row for Values {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        Ok(self.values.get(index).map_or(ValueRef::Null, Value::as_ref))
    }

    fn name(&self, _: usize) -> &str {
        ""
    }
}
