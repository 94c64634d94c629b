use std::borrow::Cow;

use atlas_core::{
    schema::Column,
    statement::{Aggregate, ArithmeticOp},
    value::{ColumnType, Value},
};
use atlas_sql::Dialect;

use crate::{functions, list};

/// SQL as SQLite reads it.
#[derive(Clone, Copy, Debug)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn placeholder(&self, _: usize, out: &mut String) {
        out.push('?');
    }

    fn explain(&self) -> &'static str {
        "EXPLAIN QUERY PLAN "
    }

    fn no_limit(&self) -> Option<&'static str> {
        Some("-1")
    }

    /// SQLite's own LIKE takes no notice of case.
    fn like(&self) -> &'static str {
        "GLOB"
    }

    fn like_pattern<'p>(&self, pattern: &'p str) -> Cow<'p, str> {
        let mut glob = String::with_capacity(pattern.len() + 8);
        let mut rest = pattern.chars();
        while let Some(part) = rest.next() {
            match part {
                '%' => glob.push('*'),
                '_' => glob.push('?'),
                '\\' => literally(rest.next().unwrap_or('\\'), &mut glob),
                part => literally(part, &mut glob),
            }
        }
        Cow::Owned(glob)
    }

    fn numeric_collation(&self) -> Option<&'static str> {
        Some(functions::COLLATION)
    }

    fn numeric_function(&self, operator: ArithmeticOp) -> Option<&'static str> {
        Some(match operator {
            ArithmeticOp::Add => functions::ADD,
            ArithmeticOp::Sub => functions::SUB,
            ArithmeticOp::Mul => functions::MUL,
            ArithmeticOp::Div => functions::DIV,
            ArithmeticOp::Rem => functions::REM,
        })
    }

    fn numeric_aggregate(&self, aggregate: Aggregate) -> Option<&'static str> {
        match aggregate {
            Aggregate::Sum => Some(functions::SUM),
            Aggregate::Avg => Some(functions::AVG),
            _ => None,
        }
    }

    fn column_type(&self, column: &Column) -> &'static str {
        match column.ty {
            ColumnType::Bool => "BOOLEAN",
            ColumnType::F32 | ColumnType::F64 => "REAL",
            ColumnType::Bytes => "BLOB",
            ty if ty.is_integer() => "INTEGER",
            // Decimals too: SQLite's NUMERIC keeps fifteen digits, a text keeps all.
            _ => "TEXT",
        }
    }

    /// With AUTOINCREMENT, as Rails and Laravel have it: without, the id of a deleted last row goes to
    /// the next one, and whatever still names the old row (a log, a link, a cache) then means another.
    /// It costs an update of one row of `sqlite_sequence` for each insert.
    fn generated_key(&self, _: &Column) -> &'static str {
        "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
    }

    fn list(&self, values: &[Value]) -> Option<(&'static str, String)> {
        Some(("(SELECT value FROM json_each(?))", list::json(values)?))
    }

    fn index_names_schema(&self) -> bool {
        true
    }

    fn bool_literal(&self, truth: bool) -> &'static str {
        if truth { "1" } else { "0" }
    }
}

/// Writes a character so that GLOB takes it as it stands.
fn literally(part: char, glob: &mut String) {
    if matches!(part, '*' | '?' | '[') {
        glob.push('[');
        glob.push(part);
        glob.push(']');
    } else {
        glob.push(part);
    }
}
