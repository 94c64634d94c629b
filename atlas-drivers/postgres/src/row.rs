use std::cell::OnceCell;

use atlas_core::{
    driver::Row,
    error::{Error, Result},
    value::ValueRef,
};
use sqlx::{Column, Row as _, ValueRef as _, postgres::PgRow};

use crate::{decode::decode, kind::Kind};

/// How the columns of a statement are read: looked up once, not for each row.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    kinds: Vec<Kind>,
    /// Whether some are lent as texts that are made for them.
    pub(crate) makes: bool,
}

impl Columns {
    /// The columns that sqlx describes.
    pub(crate) fn of(columns: &[sqlx::postgres::PgColumn]) -> Self {
        let kinds: Vec<Kind> = columns.iter().map(|column| Kind::of(column.type_info())).collect();
        let makes = kinds.iter().any(Kind::is_made);
        Self { kinds, makes }
    }

    /// Whether a row has these columns: its table may have been changed since.
    pub(crate) fn fit(&self, row: &PgRow) -> bool {
        let found = row.columns();
        found.len() == self.kinds.len()
            && found.iter().zip(&self.kinds).all(|(column, kind)| Kind::of(column.type_info()) == *kind)
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }
}

/// A row as the server sent it.
pub(crate) struct ReceivedRow<'r> {
    pub(crate) row: &'r PgRow,
    pub(crate) columns: &'r Columns,
    /// A place for the text of each column; none where no column needs one.
    pub(crate) made: &'r [OnceCell<String>],
}

impl Row for ReceivedRow<'_> {
    fn len(&self) -> usize {
        self.columns.kinds.len()
    }

    #[inline]
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        let Some(kind) = self.columns.kinds.get(index) else { return Err(no_such_column(index, self.len())) };
        let raw = self.row.try_get_raw(index).map_err(|_| no_such_column(index, self.len()))?;
        if raw.is_null() {
            return Ok(ValueRef::Null);
        }
        let bytes = raw.as_bytes().map_err(|_| no_such_column(index, self.len()))?;
        decode(kind, bytes, self.made.get(index))
    }

    fn name(&self, index: usize) -> &str {
        self.row.columns().get(index).map(Column::name).unwrap_or_default()
    }
}

#[cold]
fn no_such_column(index: usize, columns: usize) -> Error {
    Error::decode("a column of the row", format_args!("no column {index}: the row has {columns}"))
}
