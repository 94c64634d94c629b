use atlas_core::{
    error::Result,
    schema::{Column, ColumnDefault, Table, default_name},
    value::ColumnType,
};

use super::{Comments, literal, quote, quoted, unsupported};
use crate::Dialect;

/// How a column is declared, with its name.
///
/// # Errors
///
/// [`Error::Unsupported`](atlas_core::Error::Unsupported) for what the database has no such column for.
pub fn declare_column(table: &Table, column: &Column, dialect: &dyn Dialect) -> Result<String> {
    let mut text = quote(&column.name, dialect);
    text.push(' ');
    if is_counted_key(table, column) {
        text.push_str(dialect.generated_key(column));
        if let Some(start) = column.starts_at
            && dialect.schema().comments == Comments::Apart
        {
            // PostgreSQL's form; elsewhere the start is the table's.
            text = text.replace("AS IDENTITY", &format!("AS IDENTITY (START WITH {start})"));
        }
    } else {
        text.push_str(&column_type(table, column, dialect)?);
        if let Some(collation) = &column.collation {
            text.push_str(" COLLATE ");
            text.push_str(&quote(collation, dialect));
        }
        if let Some(computed) = &column.computed {
            text.push_str(" GENERATED ALWAYS AS (");
            text.push_str(&computed.expression);
            text.push_str(if computed.stored { ") STORED" } else { ") VIRTUAL" });
        }
        if !column.nullable {
            text.push_str(" NOT NULL");
        }
        if let Some(default) = default(column, dialect) {
            text.push_str(" DEFAULT ");
            text.push_str(&default);
        }
        if column.touched {
            text.push_str(&touch(column, dialect)?);
        }
    }
    if let Some(comment) = &column.comment
        && dialect.schema().comments == Comments::Inside
    {
        text.push_str(" COMMENT ");
        quoted(comment, dialect, &mut text);
    }
    if let Some(guard) = dialect.guard(column) {
        if dialect.schema().names_guards {
            text.push_str(" CONSTRAINT ");
            text.push_str(&quote(&guard_name(&table.name, &column.name), dialect));
        }
        text.push_str(" CHECK (");
        text.push_str(&guard);
        text.push(')');
    }
    Ok(text)
}

/// The name of the check that holds a column to the range of its type.
pub(super) fn guard_name(table: &str, column: &str) -> String {
    default_name(table, &[column.to_owned().into()], "check").into_owned()
}

/// Whether a column is the key of its table, counted up by the database.
pub(super) fn is_counted_key(table: &Table, column: &Column) -> bool {
    column.generated
        && column.ty.is_integer()
        && matches!(table.primary_key.as_slice(), [only] if *only == column.name)
}

pub(super) fn column_type(
    table: &Table,
    column: &Column,
    dialect: &dyn Dialect,
) -> Result<std::borrow::Cow<'static, str>> {
    dialect.column_type(column, table.has_key_over(&column.name))
}

/// What stands after `DEFAULT`.
pub(super) fn default(column: &Column, dialect: &dyn Dialect) -> Option<String> {
    match column.default.as_ref()? {
        ColumnDefault::Value(value) => {
            let parentheses = dialect.schema().default_in_parentheses;
            let mut text = String::from(if parentheses { "(" } else { "" });
            literal(value, dialect, &mut text);
            text.push_str(if parentheses { ")" } else { "" });
            Some(text)
        }
        ColumnDefault::Now => Some(dialect.now(column)),
        ColumnDefault::Expression(expression) => Some(format!("({expression})")),
    }
}

fn touch(column: &Column, dialect: &dyn Dialect) -> Result<String> {
    if !dialect.schema().touches {
        return Err(unsupported(
            dialect,
            format!("the column `{}`, which an update is to set to the time by itself", column.name),
            "give the model #[timestamps], or make a trigger",
        ));
    }
    if !matches!(column.ty, ColumnType::DateTime | ColumnType::Timestamp) {
        return Err(atlas_core::Error::config(format!(
            "the column `{}` cannot be set to the time by an update: it is no date and time",
            column.name
        )));
    }
    Ok(format!(" ON UPDATE {}", dialect.now(column)))
}
