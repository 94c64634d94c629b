use crate::{
    driver::Row,
    error::{Error, Result},
    model::{LEFT_OUT, ModelMeta},
    value::ValueRef,
};

/// For the derive: the columns of one model in a row.
///
/// It hands out values and takes results of decoding, and never decodes itself: see
/// [`ColumnMeta::new`](super::ColumnMeta::new) for why.
pub struct Reader<'r> {
    row: &'r dyn Row,
    start: usize,
    meta: &'static ModelMeta,
}

impl<'r> Reader<'r> {
    /// The columns of a model, which begin at `start`.
    #[inline]
    pub const fn new(row: &'r dyn Row, start: usize, meta: &'static ModelMeta) -> Self {
        Self { row, start, meta }
    }

    /// The value of a column, by its index in the model.
    ///
    /// # Errors
    ///
    /// What the row gives.
    #[inline]
    pub fn value(&self, column: usize) -> Result<ValueRef<'r>> {
        self.row.get(self.start + column).map_err(|error| locate(error, column, self.meta))
    }

    /// Whether the query left out a column, by its index in the model.
    ///
    /// # Errors
    ///
    /// What the row gives.
    #[inline]
    pub fn is_left_out(&self, column: usize) -> Result<bool> {
        Ok(self.value(column)?.is_null() && self.row.name(self.start + column) == LEFT_OUT)
    }

    /// What decoding the value of this column gave; an error learns where it is.
    ///
    /// # Errors
    ///
    /// The result's own.
    #[inline]
    pub fn located<T>(&self, column: usize, decoded: Result<T>) -> Result<T> {
        decoded.map_err(|error| locate(error, column, self.meta))
    }
}

/// Says in an error which column of which model it is about.
#[cold]
#[inline(never)]
pub fn locate(error: Error, column: usize, meta: &'static ModelMeta) -> Error {
    let name = meta.columns.get(column).map_or("", |column| column.name);
    let error = if meta.sensitive.contains(&name) { error.redacted() } else { error };
    error.at(meta.name, name)
}
