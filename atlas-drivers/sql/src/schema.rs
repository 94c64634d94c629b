use atlas_core::{
    error::{Error, Result},
    schema::{Action, Column, ColumnDefault, ForeignKey, Index, Name, SchemaChange, Table},
    value::Value,
};

use crate::{
    Dialect,
    compiler::{quote_name, quote_path},
    full_text,
};

/// The statements of a change of the schema, in the order in which they are to be run, all or none.
///
/// Those of a new table are for a database that has none of its name: a driver MUST look first, and run
/// none of them where there is one. Had they an `IF NOT EXISTS`, an index whose name is taken would be
/// left out without a word, and what it should hold would not be held.
///
/// # Errors
///
/// [`Error::Unsupported`] for a change that this version does not know.
pub fn schema_statements(change: &SchemaChange, dialect: &dyn Dialect) -> Result<Vec<String>> {
    match change {
        SchemaChange::CreateTable(table) => {
            let mut statements = vec![create_table(table, dialect)?];
            for index in table.indexes.iter().filter(|_| !dialect.indexes_in_table()) {
                statements.push(create_index(&table.name, index, dialect));
            }
            statements.extend(full_text::statements(table, dialect)?);
            Ok(statements)
        }
        SchemaChange::DropTable(name) => {
            let mut text = String::from("DROP TABLE IF EXISTS ");
            quote_path(dialect.quote(), name, &mut text);
            Ok(vec![text])
        }
        SchemaChange::Truncate(name, how) => {
            let [before, after] = dialect.truncate(*how);
            let mut text = before.to_owned();
            quote_path(dialect.quote(), name, &mut text);
            text.push_str(after);
            Ok(vec![text])
        }
        _ => Err(Error::Unsupported {
            driver: dialect.name(),
            operation: "this change of the schema".to_owned(),
            instead: "update the driver".to_owned(),
        }),
    }
}

fn create_table(table: &Table, dialect: &dyn Dialect) -> Result<String> {
    if table.columns.is_empty() {
        return Err(Error::config(format!(
            "the table `{}` has no columns: give its model at least one field",
            table.name
        )));
    }
    let mut text = String::from("CREATE TABLE ");
    quote_path(dialect.quote(), &table.name, &mut text);
    text.push_str(" (");
    let mut key_is_declared = table.primary_key.is_empty();
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        let counts = column.generated && column.ty.is_integer();
        if counts && matches!(table.primary_key.as_slice(), [only] if *only == column.name) {
            quote_name(dialect.quote(), &column.name, &mut text);
            text.push(' ');
            text.push_str(dialect.generated_key(column));
            dialect.check(column, &mut text);
            key_is_declared = true;
        } else {
            declare(table, column, dialect, &mut text);
        }
    }
    if !key_is_declared {
        text.push_str(", PRIMARY KEY (");
        names(&table.primary_key, dialect, &mut text);
        text.push(')');
    }
    for index in table.indexes.iter().filter(|_| dialect.indexes_in_table()) {
        text.push_str(if index.unique { ", UNIQUE INDEX " } else { ", INDEX " });
        quote_name(dialect.quote(), &index.name, &mut text);
        text.push_str(" (");
        names(&index.columns, dialect, &mut text);
        text.push(')');
    }
    full_text::in_table(table, dialect, &mut text);
    for key in &table.foreign_keys {
        foreign_key(key, dialect, &mut text);
    }
    text.push(')');
    text.push_str(dialect.table_options());
    Ok(text)
}

fn declare(table: &Table, column: &Column, dialect: &dyn Dialect, text: &mut String) {
    quote_name(dialect.quote(), &column.name, text);
    text.push(' ');
    let indexed = table.primary_key.contains(&column.name)
        || table.indexes.iter().any(|index| index.columns.contains(&column.name))
        || table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    text.push_str(if indexed { dialect.indexed_column_type(column) } else { dialect.column_type(column) });
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    match &column.default {
        None => {}
        Some(ColumnDefault::Value(value)) => {
            let parentheses = dialect.default_in_parentheses();
            text.push_str(if parentheses { " DEFAULT (" } else { " DEFAULT " });
            literal(value, dialect, text);
            text.push_str(if parentheses { ")" } else { "" });
        }
        Some(ColumnDefault::Expression(expression)) => {
            text.push_str(" DEFAULT (");
            text.push_str(expression);
            text.push(')');
        }
    }
    dialect.check(column, text);
}

fn foreign_key(key: &ForeignKey, dialect: &dyn Dialect, text: &mut String) {
    text.push_str(", FOREIGN KEY (");
    names(&key.columns, dialect, text);
    text.push_str(") REFERENCES ");
    quote_path(dialect.quote(), &key.table, text);
    if !key.references.is_empty() {
        text.push_str(" (");
        names(&key.references, dialect, text);
        text.push(')');
    }
    for (event, action) in [(" ON DELETE ", key.on_delete), (" ON UPDATE ", key.on_update)] {
        let action = match action {
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        text.push_str(event);
        text.push_str(action);
    }
}

/// An index is made in the schema of its table: SQL's own form names the schema at the table alone,
/// SQLite's at the index alone.
fn create_index(table: &str, index: &Index, dialect: &dyn Dialect) -> String {
    let mut text = String::from(if index.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " });
    let on = match table.split_once('.') {
        Some((schema, bare)) if dialect.index_names_schema() => {
            quote_name(dialect.quote(), schema, &mut text);
            text.push('.');
            bare
        }
        _ => table,
    };
    quote_name(dialect.quote(), &index.name, &mut text);
    text.push_str(" ON ");
    quote_path(dialect.quote(), on, &mut text);
    text.push_str(" (");
    names(&index.columns, dialect, &mut text);
    text.push(')');
    text
}

fn names(names: &[Name], dialect: &dyn Dialect, text: &mut String) {
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        quote_name(dialect.quote(), name, text);
    }
}

fn literal(value: &Value, dialect: &dyn Dialect, text: &mut String) {
    match value {
        Value::Null => text.push_str("NULL"),
        Value::Bool(truth) => text.push_str(dialect.bool_literal(*truth)),
        Value::I64(number) => text.push_str(&number.to_string()),
        Value::U64(number) => text.push_str(&number.to_string()),
        Value::F64(number) if number.is_finite() => text.push_str(&format!("{number:?}")),
        Value::F64(number) => quoted(&number.to_string(), dialect, text),
        Value::Numeric(number) => quoted(&number.to_string(), dialect, text),
        Value::Bytes(bytes) => dialect.bytes_literal(bytes, text),
        Value::Uuid(bytes) => quoted(&uuid(*bytes), dialect, text),
        Value::Text(own) | Value::Json(own) => quoted(own, dialect, text),
        Value::Date(date) => quoted(&date.to_string(), dialect, text),
        Value::Time(time) => quoted(&time.to_string(), dialect, text),
        Value::DateTime(moment) | Value::Timestamp(moment) => quoted(&moment.to_string(), dialect, text),
        _ => text.push_str("NULL"),
    }
}

fn quoted(own: &str, dialect: &dyn Dialect, text: &mut String) {
    text.push('\'');
    for part in own.chars() {
        if part == '\'' || (part == '\\' && dialect.backslash_escapes()) {
            text.push(part);
        }
        text.push(part);
    }
    text.push('\'');
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    let mut text = digits;
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}
