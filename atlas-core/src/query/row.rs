use std::ops::ControlFlow;

use crate::{
    driver::{Row, RowSink},
    error::Result,
    value::{Attribute, Value, ValueRef},
};

/// What a row of a query becomes.
pub trait FromRow: Sized + Send + 'static {
    /// Reads the row's columns from `start` on.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where a value does not fit.
    fn from_row(row: &dyn Row, start: usize) -> Result<Self>;

    /// Notes that these rows came together.
    #[doc(hidden)]
    fn introduce(_rows: &mut [Self]) {}

    /// Takes a value that the query brought beside the columns.
    #[doc(hidden)]
    fn beside(&mut self, _name: &str, _value: Value) {}
}

/// Every row, in order.
pub(crate) struct Collect<T>(pub(crate) Vec<T>);

impl<T: FromRow> RowSink for Collect<T> {
    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.0.push(T::from_row(row, 0)?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// Every row, in order, and what stands in it after the first `width` columns.
pub(crate) struct Beside<T> {
    pub(crate) width: usize,
    pub(crate) rows: Vec<T>,
    /// The names of the further columns.
    pub(crate) names: Vec<Box<str>>,
    /// Their values, row after row.
    pub(crate) values: Vec<Value>,
}

impl<T> Beside<T> {
    pub(crate) fn after(width: usize) -> Self {
        Self { width, rows: Vec::new(), names: Vec::new(), values: Vec::new() }
    }
}

impl<T: FromRow> Beside<T> {
    /// The rows, each with what came beside it.
    pub(crate) fn into_rows(self) -> Vec<T> {
        let Self { mut rows, names, values, .. } = self;
        let mut values = values.into_iter();
        for row in &mut rows {
            for (name, value) in names.iter().zip(values.by_ref()) {
                row.beside(name, value);
            }
        }
        rows
    }
}

impl<T: FromRow> RowSink for Beside<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if self.names.is_empty() {
            self.names = (self.width..row.len()).map(|index| row.name(index).into()).collect();
        }
        self.rows.push(T::from_row(row, 0)?);
        for index in self.width..row.len() {
            self.values.push(row.get(index)?.to_owned());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        self.values.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The first column of every row.
pub(crate) struct Pluck<T> {
    pub(crate) values: Vec<T>,
    /// Whose column it is, for errors.
    pub(crate) place: (&'static str, &'static str),
}

impl<T: Attribute> RowSink for Pluck<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let value = row.get(0).and_then(T::decode).map_err(|error| error.at(self.place.0, self.place.1))?;
        self.values.push(value);
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

/// The first column of one row; nothing where it is NULL.
pub(crate) struct One<T> {
    pub(crate) value: Option<T>,
    /// Whose column it is, for errors.
    pub(crate) place: (&'static str, &'static str),
}

impl<T: Attribute> RowSink for One<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let read =
            row.get(0).and_then(|value| if value.is_null() { Ok(None) } else { T::decode(value).map(Some) });
        self.value = read.map_err(|error| error.at(self.place.0, self.place.1))?;
        Ok(ControlFlow::Break(()))
    }

    fn restart(&mut self) -> bool {
        self.value = None;
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The last column of every row, as lines of text: a plan.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) String);

impl RowSink for Lines {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let last = row.len().saturating_sub(1);
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        match row.get(last)? {
            ValueRef::Text(text) | ValueRef::Json(text) => self.0.push_str(text),
            other => self.0.push_str(&other.to_string()),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}
