use atlas_core::{
    error::{Error, Result},
    schema::{Action, Check, Deferral, ForeignKey, Index, IndexKind, Table},
};

use super::{
    Altering, Comments, column::is_counted_key, declare_column, names, path, quote, quoted, unsupported,
};
use crate::{
    Dialect,
    compiler::{quote_name, quote_path},
    full_text,
};

/// A table and its indexes.
pub(super) fn table(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let differ = dialect.schema();
    let mut statements = vec![create_table(table, dialect)?];
    for index in table.indexes.iter().filter(|_| !differ.indexes_in_table) {
        statements.push(create_index(table, &Index { concurrently: false, ..index.clone() }, dialect)?);
    }
    statements.extend(full_text::statements(table, dialect)?);
    if differ.comments == Comments::Apart {
        if table.options.comment.is_some() {
            statements.push(comment_on_table(table, dialect));
        }
        let commented = table.columns.iter().filter(|column| column.comment.is_some());
        statements.extend(
            commented
                .map(|column| comment_on_column(table, &column.name, column.comment.as_deref(), dialect)),
        );
    }
    Ok(statements)
}

pub(super) fn comment_on_table(table: &Table, dialect: &dyn Dialect) -> String {
    let mut text = format!("COMMENT ON TABLE {} IS ", path(&table.name, dialect));
    comment(table.options.comment.as_deref(), dialect, &mut text);
    text
}

pub(super) fn comment_on_column(
    table: &Table,
    column: &str,
    is: Option<&str>,
    dialect: &dyn Dialect,
) -> String {
    let mut text = format!("COMMENT ON COLUMN {}.{} IS ", path(&table.name, dialect), quote(column, dialect));
    comment(is, dialect, &mut text);
    text
}

fn comment(is: Option<&str>, dialect: &dyn Dialect, text: &mut String) {
    match is {
        Some(is) => quoted(is, dialect, text),
        None => text.push_str("NULL"),
    }
}

fn create_table(table: &Table, dialect: &dyn Dialect) -> Result<String> {
    if table.columns.is_empty() {
        return Err(Error::config(format!(
            "the table `{}` has no columns: give it at least one",
            table.name
        )));
    }
    let differ = dialect.schema();
    let mut text =
        String::from(if table.options.temporary { "CREATE TEMPORARY TABLE " } else { "CREATE TABLE " });
    quote_path(dialect.quote(), &table.name, &mut text);
    text.push_str(" (");
    for (index, column) in table.columns.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        text.push_str(&declare_column(table, column, dialect)?);
    }
    let declared = table.columns.iter().any(|column| is_counted_key(table, column));
    if !declared && !table.primary_key.is_empty() {
        text.push_str(", PRIMARY KEY (");
        names(&table.primary_key, dialect, &mut text);
        text.push(')');
    }
    for index in table.indexes.iter().filter(|_| differ.indexes_in_table) {
        text.push_str(", ");
        text.push_str(match index.kind {
            IndexKind::Unique => "UNIQUE INDEX ",
            IndexKind::Spatial => "SPATIAL INDEX ",
            _ => "INDEX ",
        });
        quote_name(dialect.quote(), &index.name, &mut text);
        index_parts(index, dialect, &mut text)?;
    }
    full_text::in_table(table, dialect, &mut text);
    for key in &table.foreign_keys {
        text.push_str(", ");
        text.push_str(&declare_foreign_key(key, dialect)?);
    }
    for check in &table.checks {
        text.push_str(", ");
        text.push_str(&declare_check(check, dialect));
    }
    text.push(')');
    text.push_str(&options(table, dialect));
    Ok(text)
}

fn options(table: &Table, dialect: &dyn Dialect) -> String {
    let differ = dialect.schema();
    if differ.altering != Altering::Modify {
        return differ.table_options.to_owned();
    }
    let mut text = String::new();
    let engine = table.options.engine.as_deref().unwrap_or("InnoDB");
    text.push_str(" ENGINE=");
    text.push_str(&quote(engine, dialect));
    match &table.options.collation {
        Some(collation) => {
            text.push_str(" COLLATE=");
            text.push_str(&quote(collation, dialect));
        }
        None => text.push_str(differ.table_options),
    }
    if let Some(start) = table.columns.iter().find_map(|column| column.starts_at) {
        text.push_str(&format!(" AUTO_INCREMENT={start}"));
    }
    if let Some(comment) = &table.options.comment {
        text.push_str(" COMMENT=");
        quoted(comment, dialect, &mut text);
    }
    text
}

/// How a foreign key is declared in its table.
///
/// # Errors
///
/// [`Error::Unsupported`] where it is to wait and cannot.
pub fn declare_foreign_key(key: &ForeignKey, dialect: &dyn Dialect) -> Result<String> {
    let mut text = String::new();
    if let Some(name) = &key.name {
        text.push_str("CONSTRAINT ");
        text.push_str(&quote(name, dialect));
        text.push(' ');
    }
    text.push_str("FOREIGN KEY (");
    names(&key.columns, dialect, &mut text);
    text.push_str(") REFERENCES ");
    quote_path(dialect.quote(), &key.table, &mut text);
    if !key.references.is_empty() {
        text.push_str(" (");
        names(&key.references, dialect, &mut text);
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
    if key.deferral != Deferral::Never && !dialect.schema().defers {
        return Err(unsupported(
            dialect,
            format!("a foreign key to `{}` that waits for the end of the transaction", key.table),
            "leave `deferrable` out, and write the rows in the order of their references",
        ));
    }
    text.push_str(match key.deferral {
        Deferral::Never => "",
        Deferral::Possible => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferral::Always => " DEFERRABLE INITIALLY DEFERRED",
    });
    Ok(text)
}

/// How a condition is declared in its table.
pub fn declare_check(check: &Check, dialect: &dyn Dialect) -> String {
    match &check.name {
        Some(name) => format!("CONSTRAINT {} CHECK ({})", quote(name, dialect), check.expression),
        None => format!("CHECK ({})", check.expression),
    }
}

/// The statement that makes an index, in the schema of its table: SQL's own form names the schema at the table
/// alone, SQLite's at the index alone.
///
/// # Errors
///
/// [`Error::Unsupported`] for an index that the database does not have.
pub fn create_index(table: &Table, index: &Index, dialect: &dyn Dialect) -> Result<String> {
    let differ = dialect.schema();
    let inside = differ.altering == Altering::Modify;
    let mut text = String::from(match index.kind {
        IndexKind::Unique => "CREATE UNIQUE INDEX ",
        IndexKind::Spatial if inside => "CREATE SPATIAL INDEX ",
        _ => "CREATE INDEX ",
    });
    if index.concurrently && differ.altering == Altering::Pieces {
        text.push_str("CONCURRENTLY ");
    }
    let on = match table.name.split_once('.') {
        Some((schema, bare)) if differ.index_names_schema => {
            quote_name(dialect.quote(), schema, &mut text);
            text.push('.');
            bare
        }
        _ => &*table.name,
    };
    quote_name(dialect.quote(), &index.name, &mut text);
    text.push_str(" ON ");
    quote_path(dialect.quote(), on, &mut text);
    index_parts(index, dialect, &mut text)?;
    Ok(text)
}

/// What stands after the name of an index, and of its table.
fn index_parts(index: &Index, dialect: &dyn Dialect, text: &mut String) -> Result<()> {
    let differ = dialect.schema();
    let refuse = |what: &str, instead: &str| {
        Err(unsupported(dialect, format!("the index `{}`, which is {what}", index.name), instead))
    };
    let inside = differ.altering == Altering::Modify;
    if index.kind == IndexKind::Spatial && differ.altering == Altering::Rebuild {
        return refuse("for places", "leave it out, or make a virtual table by hand");
    }
    let method = match (&index.method, index.kind) {
        (Some(method), _) if differ.index_methods => Some(method.to_string()),
        (Some(_), _) => None,
        (None, IndexKind::Spatial) if !inside => Some("gist".to_owned()),
        (None, _) => None,
    };
    if let Some(method) = method {
        text.push_str(" USING ");
        text.push_str(&if inside { method } else { quote(&method, dialect) });
    }
    text.push_str(" (");
    match &index.expression {
        Some(_) if !differ.indexes_expressions => {
            return refuse("over an expression", "make a generated column, and an index over that");
        }
        Some(expression) => text.push_str(expression),
        None => names(&index.columns, dialect, text),
    }
    text.push(')');
    if index.nulls_not_distinct {
        if differ.altering != Altering::Pieces {
            return refuse("to hold NULL to be unique", "make the column one that takes no NULL");
        }
        text.push_str(" NULLS NOT DISTINCT");
    }
    let null = index.where_null.as_ref().map(|column| format!("{} IS NULL", quote(column, dialect)));
    let filters: Vec<&str> = index.filter.as_deref().into_iter().chain(null.as_deref()).collect();
    if !filters.is_empty() {
        if !differ.filters_indexes {
            return refuse(
                "of some rows alone",
                "make a generated column that is NULL in the others, and an index over that",
            );
        }
        text.push_str(" WHERE ");
        text.push_str(&filters.join(" AND "));
    }
    Ok(())
}
