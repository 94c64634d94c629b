//! Which indexes a table has: for upserts, and for errors that name columns.

use std::{ops::ControlFlow, sync::Arc};

use atlas_core::{
    driver::{Row, RowSink},
    error::Result,
    value::{Value, ValueRef},
};
use sqlx::mysql::MySqlArguments;

use crate::{
    session::{Index, Session},
    task::{Sent, Work},
    value::bind_value,
};

const ASK: &str = "SELECT INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME FROM information_schema.STATISTICS \
    WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX";

/// The question after the indexes of a table.
pub(crate) fn ask(session: &Session, table: &str) -> Result<Work> {
    let (schema, bare) = match table.split_once('.') {
        Some((schema, bare)) => (Value::Text(schema.to_owned()), bare),
        None => (Value::Null, table),
    };
    let mut arguments = MySqlArguments::default();
    for value in [schema, Value::Text(bare.to_owned())] {
        bind_value(&mut arguments, &value, &session.server)?;
    }
    Ok(Work::One(Sent { text: Arc::from(ASK), arguments }))
}

/// The answer.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<Index>);

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        // An index of an expression has no column there.
        let text = |value| match value {
            ValueRef::Text(text) => text.to_owned(),
            _ => String::new(),
        };
        let (name, column) = (text(row.get(0)?), text(row.get(2)?));
        let unique = row.get(1)? == ValueRef::I64(1);
        match self.0.last_mut() {
            Some(last) if last.name == name => last.columns.push(column),
            _ => self.0.push(Index { name, unique, columns: vec![column] }),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }
}
