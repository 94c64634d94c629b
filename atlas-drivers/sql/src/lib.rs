//! Atlas statements to SQL text: one compiler, one small [`Dialect`] per database.
//!
//! No value ever becomes part of a text that is sent: [`compile`] writes placeholders and collects what to bind.
//! The exceptions hold no text of users: limits up to a thousand, and the defaults of a schema, which
//! come from the program's source and are quoted. [`compile_shown`] writes texts for people.
//!
//! A text is written once: what stands for it, a [`Shape`], takes less time to find out, and drivers keep what they
//! have prepared under that.
//!
//! A concept is a file: `select`, `insert`, `update`, `delete`, `expr`, `raw`, `schema` write those
//! parts of a statement, `compiler` holds what they share, and `dialect` is what databases differ in.
#![forbid(unsafe_code)]

mod aggregate;
mod compiled;
mod compiler;
mod delete;
mod dialect;
mod expr;
mod full_text;
mod function;
mod insert;
mod json;
mod raw;
mod schema;
mod scope;
mod select;
mod shape;
mod update;

pub use compiled::{Bind, Compiled};
pub use dialect::{Beside, Conflicts, Dialect, FullTextIndexes, common_lock};
pub use full_text::{added as add_full_text, dropped as drop_full_text};
pub use function::common as common_function;
pub use raw::compile_raw;
pub use schema::{
    Altering, Comments, SchemaDialect, create_index, declare_check, declare_column, declare_foreign_key,
    literal, normalize, quoted, read_default, schema_statements, sizes_of, takes_guard, texts_in,
    without_parentheses,
};
pub use shape::Shape;
pub use update::in_order;

use std::ops::Range;

use atlas_core::{
    error::{Error, Result},
    schema::Name,
    statement::{Insert, Scope, Statement, TableRef},
    value::Value,
};
use compiler::Compiler;

/// Writes a statement's text and collects what it binds, in place of what `into` held.
///
/// # Errors
///
/// [`Error::Unsupported`] for what the dialect's database cannot do, [`Error::Config`] for a statement
/// that contradicts itself.
pub fn compile<'s>(statement: &'s Statement, dialect: &dyn Dialect, into: &mut Compiled<'s>) -> Result<()> {
    into.clear();
    into.texts += 1;
    let mut compiler = Compiler::new(dialect, into);
    compiler.statement(statement)
}

/// A statement with its values in it, as literals, to be read and never to be sent: a database reads some
/// of them otherwise than those that are bound. What `hides` says yes to is written as `'[redacted]'`.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_shown(
    statement: &Statement,
    dialect: &dyn Dialect,
    hides: &dyn Fn(&Value) -> bool,
) -> Result<String> {
    let mut into = Compiled::default();
    Compiler { shown: Some(hides), ..Compiler::new(dialect, &mut into) }.statement(statement)?;
    Ok(into.text)
}

/// Writes some of the rows of an insert as one statement, in place of what `into` held, giving back the
/// columns `returning` and not the insert's own.
///
/// For drivers that split an insert of many rows, or know what it would give back. The text depends on
/// how many rows there are, not on which.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_insert<'s>(
    insert: &'s Insert,
    rows: Range<usize>,
    returning: &[Name],
    dialect: &dyn Dialect,
    into: &mut Compiled<'s>,
) -> Result<()> {
    into.clear();
    let mut compiler = Compiler::new(dialect, into);
    compiler.insert(insert, rows, returning)
}

/// Writes an insert whose rows come from `rows`, a text of the driver's own (a select, with placeholders from
/// the first one on for `given` values that the driver binds itself), in place of what `into` held. What
/// else is bound comes after those.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_insert_from<'s>(
    insert: &'s Insert,
    rows: &str,
    given: usize,
    returning: &[Name],
    dialect: &dyn Dialect,
    into: &mut Compiled<'s>,
) -> Result<()> {
    into.clear();
    // They count, so that the other placeholders get their numbers.
    into.binds.resize(given, Bind::I64(0));
    Compiler::new(dialect, into).insert_from(insert, rows, returning)?;
    into.binds.drain(..given);
    Ok(())
}

/// Writes a select of how many rows a scope reaches, counted up to `limit`, in place of what `into` held.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_count<'s>(
    table: &'s TableRef,
    scope: &'s Scope,
    limit: u64,
    dialect: &dyn Dialect,
    into: &mut Compiled<'s>,
) -> Result<()> {
    into.clear();
    Compiler::new(dialect, into).count(table, scope, limit)
}

impl<'s> Compiler<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) -> Result<()> {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => self.insert(insert, 0..insert.rows, &insert.returning),
            Statement::InsertSelect(insert) => self.insert_select(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Raw(raw) => self.raw(raw),
            Statement::Schema(change) => {
                self.out.text.push_str(&schema_statements(change, self.dialect)?.join(";\n"));
                Ok(())
            }
            Statement::Explain { of, analyze: false } => {
                self.out.text.push_str(self.dialect.explain());
                self.statement(of)
            }
            Statement::Explain { of, analyze: true } => self.analyze(of),
            _ => Err(self.unsupported("this kind of statement", "update the driver")),
        }
    }

    /// To analyze is to run: nobody who asks for a plan wants rows written.
    fn analyze(&mut self, of: &'s Statement) -> Result<()> {
        let Some(analyze) = self.dialect.analyze() else {
            return Err(self.unsupported(
                "EXPLAIN ANALYZE",
                "ask for the plan with `explain`, and let `db.listen(..)` tell how long the statement takes",
            ));
        };
        if !matches!(of, Statement::Select(_)) {
            return Err(Error::config(
                "only a select can be analyzed, since that runs it: ask for the plan of a write with `explain`",
            ));
        }
        self.push(analyze);
        self.statement(of)
    }

    pub(crate) fn unsupported(&self, operation: impl Into<String>, instead: impl Into<String>) -> Error {
        Error::Unsupported {
            driver: self.dialect.name(),
            operation: operation.into(),
            instead: instead.into(),
        }
    }
}
