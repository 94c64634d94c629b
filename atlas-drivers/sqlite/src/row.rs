use std::sync::Arc;

use atlas_core::{
    driver::Row,
    error::{Error, Result},
    value::{Value, ValueRef},
};

use crate::raw::CurrentRow;

impl Row for CurrentRow<'_> {
    fn len(&self) -> usize {
        self.columns()
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.value(index)
    }

    fn name(&self, index: usize) -> &str {
        CurrentRow::name(self, index)
    }
}

/// A row that was copied, because its connection is needed by others.
pub(crate) struct CopiedRow {
    names: Arc<[Box<str>]>,
    /// `None`: text that is not UTF-8.
    values: Vec<Option<Value>>,
}

impl CopiedRow {
    pub(crate) fn names_of(row: &CurrentRow<'_>) -> Arc<[Box<str>]> {
        (0..row.columns()).map(|index| row.name(index).into()).collect()
    }

    pub(crate) fn copy(row: &CurrentRow<'_>, names: &Arc<[Box<str>]>) -> Self {
        let value = |index| row.get(index).ok().map(|value| value.to_owned());
        Self { names: Arc::clone(names), values: (0..row.columns()).map(value).collect() }
    }
}

impl Row for CopiedRow {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        match self.values.get(index) {
            Some(Some(value)) => Ok(value.as_ref()),
            Some(None) => Err(Error::decode("UTF-8 text", "bytes that are not UTF-8")),
            None => Err(no_such_column(index, self.values.len())),
        }
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map(|name| &**name).unwrap_or_default()
    }
}

#[cold]
pub(crate) fn no_such_column(index: usize, columns: usize) -> Error {
    Error::decode("a column of the row", format_args!("no column {index}: the row has {columns}"))
}
