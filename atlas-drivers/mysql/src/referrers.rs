//! Which tables refer to a table: for those that are truncated.

use std::{ops::ControlFlow, sync::Arc};

use atlas_core::{
    driver::{Row, RowSink},
    error::Result,
    schema::{SchemaChange, Truncate},
    value::{Value, ValueRef},
};
use atlas_sql::schema_statements;
use sqlx::mysql::MySqlArguments;

use crate::{
    dialect::MySqlDialect,
    session::Session,
    task::{Sent, Work},
    value::bind_value,
};

const ASK: &str = "SELECT name FROM (SELECT CONCAT(COALESCE(?, DATABASE()), '.', ?) AS name, 0 AS place \
    UNION SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), 1 FROM information_schema.KEY_COLUMN_USAGE \
    WHERE REFERENCED_TABLE_SCHEMA = COALESCE(?, DATABASE()) AND REFERENCED_TABLE_NAME = ?) AS tables ORDER BY place";

/// The question after a table and the tables that refer to it: their names, its own first.
pub(crate) fn ask(session: &Session, table: &str) -> Result<Work> {
    let (schema, bare) = match table.split_once('.') {
        Some((schema, bare)) => (Value::Text(schema.to_owned()), bare),
        None => (Value::Null, table),
    };
    let bare = Value::Text(bare.to_owned());
    let mut arguments = MySqlArguments::default();
    for value in [schema.clone(), bare.clone(), schema, bare] {
        bind_value(&mut arguments, &value, &session.server)?;
    }
    Ok(Work::One(Sent { text: Arc::from(ASK), arguments }))
}

/// The answer: their names.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<String>);

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        // One that refers to itself comes twice.
        if let ValueRef::Text(name) = row.get(0)?
            && !self.0.iter().any(|known| known == name)
        {
            self.0.push(name.to_owned());
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }
}

/// What removes all rows of these tables. A TRUNCATE ends the transaction that it stands in, so that only one
/// table alone gets it.
///
/// # Errors
///
/// None.
pub(crate) fn truncate(tables: &[String], how: Truncate, dialect: &MySqlDialect) -> Result<Vec<String>> {
    let one =
        |table: &String, how| schema_statements(&SchemaChange::Truncate(table.clone().into(), how), dialect);
    let mut texts = vec!["SET SESSION foreign_key_checks = 0".to_owned()];
    match tables {
        [only] => texts.extend(one(only, how)?),
        several => {
            texts.push("START TRANSACTION".to_owned());
            for table in several {
                texts.extend(one(table, Truncate { restart_identity: false, ..how })?);
            }
            texts.push("COMMIT".to_owned());
            // They are empty now, so that this is quick, and counts from 1.
            for table in several.iter().filter(|_| how.restart_identity) {
                texts.extend(one(table, how)?);
            }
        }
    }
    texts.push("SET SESSION foreign_key_checks = 1".to_owned());
    Ok(texts)
}
