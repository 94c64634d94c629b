use atlas_core::{
    error::Result,
    schema::{Alteration, Column, Name, Place, Table},
    value::ColumnType,
};

use super::{
    Altering,
    column::{self, column_type, guard_name},
    create::{comment_on_column, comment_on_table, create_index, declare_check, declare_foreign_key},
    declare_column, names, path, quote, unsupported,
};
use crate::{Dialect, FullTextIndexes, full_text};

/// The statements that change a table.
pub(super) fn table(before: &Table, changes: &[Alteration], dialect: &dyn Dialect) -> Result<Vec<String>> {
    if dialect.schema().altering == Altering::Rebuild {
        return dialect.rebuild(before, changes);
    }
    let mut table = before.clone();
    let mut statements = Vec::new();
    for change in changes {
        let mut after = table.clone();
        after.apply(change)?;
        if dialect.schema().altering == Altering::Modify {
            modify(&table, &after, change, dialect, &mut statements)?;
            statements.extend(keyed_no_more(&table, &after, dialect)?);
        } else {
            pieces(&table, &after, change, dialect, &mut statements)?;
        }
        table = after;
    }
    Ok(statements)
}

pub(super) fn rename_table(before: &Table, to: &Name, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let from = path(&before.name, dialect);
    Ok(match dialect.schema().altering {
        Altering::Modify => vec![format!("RENAME TABLE {from} TO {}", path(to, dialect))],
        _ => {
            // A table stays in its schema.
            let bare = to.split_once('.').map_or(&**to, |(_, bare)| bare);
            let mut statements = Vec::new();
            let apart = dialect.full_text_index() == FullTextIndexes::Table;
            // A table of words reads its texts by the name of the other.
            for index in before.full_text.iter().filter(|_| apart) {
                statements.extend(full_text::dropped(before, &index.name, dialect));
            }
            statements.push(format!("ALTER TABLE {from} RENAME TO {}", quote(bare, dialect)));
            let after = Table { name: to.clone(), ..before.clone() };
            for index in before.full_text.iter().filter(|_| apart) {
                statements.extend(full_text::added(&after, index, dialect)?);
            }
            if dialect.schema().names_guards {
                for column in before.columns.iter().filter(|column| dialect.guard(column).is_some()) {
                    statements.push(rename_guard(
                        &path(to, dialect),
                        &guard_name(&before.name, &column.name),
                        &guard_name(to, &column.name),
                        dialect,
                    ));
                }
            }
            statements
        }
    })
}

fn rename_guard(table: &str, from: &str, to: &str, dialect: &dyn Dialect) -> String {
    format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(from, dialect), quote(to, dialect))
}

/// A change as PostgreSQL has it.
fn pieces(
    table: &Table,
    after: &Table,
    change: &Alteration,
    dialect: &dyn Dialect,
    out: &mut Vec<String>,
) -> Result<()> {
    let of = path(&table.name, dialect);
    let alter = |what: String| format!("ALTER TABLE {of} {what}");
    match change {
        Alteration::AddColumn(column, _) => {
            out.push(alter(format!("ADD COLUMN {}", declare_column(after, column, dialect)?)));
            if column.comment.is_some() {
                out.push(comment_on_column(table, &column.name, column.comment.as_deref(), dialect));
            }
        }
        Alteration::ChangeColumn(column) => {
            let Some(was) = table.column(&column.name) else { return Ok(()) };
            if was.generated && !column.generated {
                // By itself: what is counted is no text, though it stops being counted in the same statement.
                let name = quote(&column.name, dialect);
                out.push(alter(format!("ALTER COLUMN {name} DROP IDENTITY IF EXISTS")));
            }
            let parts = change_column(table, after, was, column, dialect)?;
            if !parts.is_empty() {
                out.push(alter(parts.join(", ")));
            }
            if was.comment != column.comment {
                out.push(comment_on_column(table, &column.name, column.comment.as_deref(), dialect));
            }
        }
        Alteration::RenameColumn { from, to } => {
            out.push(alter(format!("RENAME COLUMN {} TO {}", quote(from, dialect), quote(to, dialect))));
            let guarded = table.column(from).is_some_and(|column| dialect.guard(column).is_some());
            if guarded && dialect.schema().names_guards {
                let (from, to) = (guard_name(&table.name, from), guard_name(&table.name, to));
                out.push(rename_guard(&of, &from, &to, dialect));
            }
        }
        Alteration::DropColumn(name) => out.push(alter(format!("DROP COLUMN {}", quote(name, dialect)))),
        Alteration::SetPrimaryKey(columns) => {
            if !table.primary_key.is_empty() {
                out.push(drop_primary_key(&of));
            }
            if !columns.is_empty() {
                out.push(alter(format!("ADD {}", primary_key(columns, dialect))));
            }
        }
        Alteration::AddIndex(index) => out.push(create_index(table, index, dialect)?),
        Alteration::AddFullText(index) => out.extend(full_text::added(table, index, dialect)?),
        Alteration::DropFullText(name) => out.extend(full_text::dropped(table, name, dialect)),
        Alteration::RenameIndex { from, to } => {
            let from = in_schema_of(table, from, dialect);
            out.push(format!("ALTER INDEX {from} RENAME TO {}", quote(to, dialect)));
        }
        Alteration::DropIndex(name) => {
            // A unique constraint of somebody else's making goes with its index, and not the other way.
            out.push(alter(format!("DROP CONSTRAINT IF EXISTS {}", quote(name, dialect))));
            out.push(format!("DROP INDEX IF EXISTS {}", in_schema_of(table, name, dialect)));
        }
        Alteration::AddForeignKey(key) => {
            out.push(alter(format!("ADD {}", declare_foreign_key(key, dialect)?)));
        }
        Alteration::AddCheck(check) => out.push(alter(format!("ADD {}", declare_check(check, dialect)))),
        Alteration::DropForeignKey(name) | Alteration::DropCheck(name) => {
            out.push(alter(format!("DROP CONSTRAINT {}", quote(name, dialect))));
        }
        Alteration::SetComment(_) => out.push(comment_on_table(after, dialect)),
        _ => return Err(unknown(dialect)),
    }
    Ok(())
}

/// Its name is what the table was called when it was made, or what somebody gave it: the server looks for it.
fn drop_primary_key(table: &str) -> String {
    let literal = format!("'{}'", table.replace('\'', "''"));
    format!(
        "DO $atlas$ BEGIN EXECUTE (SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) \
         FROM pg_catalog.pg_constraint WHERE conrelid = {literal}::regclass AND contype = 'p'); END $atlas$"
    )
}

/// What makes a column another one, piece by piece.
fn change_column(
    table: &Table,
    after: &Table,
    was: &Column,
    column: &Column,
    dialect: &dyn Dialect,
) -> Result<Vec<String>> {
    let name = quote(&column.name, dialect);
    let mut parts = Vec::new();
    if was.computed != column.computed {
        if column.computed.is_some() {
            return Err(unsupported(
                dialect,
                format!("a column `{}` that becomes a computed one", column.name),
                "drop it, and add the computed column",
            ));
        }
        parts.push(format!("ALTER COLUMN {name} DROP EXPRESSION"));
    }
    let (guard_was, guard) = (dialect.guard(was), dialect.guard(column));
    if guard_was.is_some() && guard_was != guard {
        let guard = guard_name(&table.name, &column.name);
        parts.push(format!("DROP CONSTRAINT IF EXISTS {}", quote(&guard, dialect)));
    }
    let (ty_was, ty) = (column_type(table, was, dialect)?, column_type(after, column, dialect)?);
    let (default_was, default) = (column::default(was, dialect), column::default(column, dialect));
    let retyped = ty_was != ty || was.collation != column.collation;
    if default_was.is_some() && (retyped || default_was != default) {
        // It is of the old type.
        parts.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if retyped {
        let collation = column.collation.as_ref().map(|own| format!(" COLLATE {}", quote(own, dialect)));
        let collation = collation.unwrap_or_default();
        // A truth value becomes no other number than an integer, and is made of none.
        let (from_bool, to_bool) = (was.ty == ColumnType::Bool, column.ty == ColumnType::Bool);
        let through = match (from_bool && column.ty.is_integer()) || (to_bool && was.ty.is_integer()) {
            true => "::integer",
            false => "",
        };
        parts.push(format!("ALTER COLUMN {name} TYPE {ty}{collation} USING {name}{through}::{ty}"));
    }
    if was.nullable != column.nullable {
        parts.push(format!("ALTER COLUMN {name} {} NOT NULL", if column.nullable { "DROP" } else { "SET" }));
    }
    if let Some(default) = default
        && (retyped || default_was.as_ref() != Some(&default))
    {
        parts.push(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
    }
    if column.generated && !was.generated {
        parts.push(format!("ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY"));
    }
    if let Some(guard) = guard
        && guard_was.as_ref() != Some(&guard)
    {
        let own = quote(&guard_name(&table.name, &column.name), dialect);
        parts.push(format!("ADD CONSTRAINT {own} CHECK ({guard})"));
    }
    Ok(parts)
}

/// A change as MySQL has it.
fn modify(
    table: &Table,
    after: &Table,
    change: &Alteration,
    dialect: &dyn Dialect,
    out: &mut Vec<String>,
) -> Result<()> {
    let of = path(&table.name, dialect);
    let alter = |what: String| format!("ALTER TABLE {of} {what}");
    // What is a key is of a type that can be one.
    let keyed = |column: &&Column| {
        let is = after.has_key_over(&column.name);
        is && !table.has_key_over(&column.name) && table.column(&column.name) == Some(*column)
    };
    for column in after.columns.iter().filter(keyed) {
        if column_type(table, column, dialect)? != column_type(after, column, dialect)? {
            out.push(alter(format!("MODIFY COLUMN {}", declare_column(after, column, dialect)?)));
        }
    }
    match change {
        Alteration::AddColumn(column, place) => {
            let place = match place {
                Place::Last => String::new(),
                Place::First => " FIRST".to_owned(),
                Place::After(name) => format!(" AFTER {}", quote(name, dialect)),
            };
            out.push(alter(format!("ADD COLUMN {}{place}", declare_column(after, column, dialect)?)));
        }
        Alteration::ChangeColumn(column) => {
            let declared = declare_column(after, column, dialect)?;
            // The key stays what it is.
            let declared = match column::is_counted_key(after, column) {
                true => declared.replacen(" PRIMARY KEY", "", 1),
                false => declared,
            };
            out.push(alter(format!("MODIFY COLUMN {declared}")));
        }
        Alteration::RenameColumn { from, to } => {
            // The column that its words are taken from is made of it.
            let over = |columns: &[Name], name: &Name| columns.contains(name);
            for index in table.full_text.iter().filter(|index| over(&index.columns, from)) {
                out.extend(full_text::dropped(table, &index.name, dialect));
            }
            out.push(alter(format!("RENAME COLUMN {} TO {}", quote(from, dialect), quote(to, dialect))));
            for index in after.full_text.iter().filter(|index| over(&index.columns, to)) {
                out.extend(full_text::added(after, index, dialect)?);
            }
        }
        Alteration::DropColumn(name) => {
            let mut parts = Vec::new();
            for index in table.full_text.iter().filter(|index| index.columns.contains(name)) {
                out.extend(full_text::dropped(table, &index.name, dialect));
            }
            for key in table.foreign_keys.iter().filter(|key| key.columns.contains(name)) {
                if let Some(own) = &key.name {
                    out.push(alter(format!("DROP FOREIGN KEY {}", quote(own, dialect))));
                    out.extend(drop_index_of(table, key, dialect));
                }
            }
            for index in table.indexes.iter().filter(|index| index.columns.contains(name)) {
                parts.push(format!("DROP INDEX {}", quote(&index.name, dialect)));
            }
            if table.primary_key.contains(name) {
                parts.push("DROP PRIMARY KEY".to_owned());
            }
            parts.push(format!("DROP COLUMN {}", quote(name, dialect)));
            out.push(alter(parts.join(", ")));
        }
        Alteration::SetPrimaryKey(columns) => {
            let mut parts = Vec::new();
            if !table.primary_key.is_empty() {
                parts.push("DROP PRIMARY KEY".to_owned());
            }
            if !columns.is_empty() {
                parts.push(format!("ADD {}", primary_key(columns, dialect)));
            }
            if !parts.is_empty() {
                out.push(alter(parts.join(", ")));
            }
        }
        Alteration::AddIndex(index) => out.push(create_index(table, index, dialect)?),
        Alteration::AddFullText(index) => out.extend(full_text::added(table, index, dialect)?),
        Alteration::DropFullText(name) => out.extend(full_text::dropped(table, name, dialect)),
        Alteration::RenameIndex { from, to } => {
            out.push(alter(format!("RENAME INDEX {} TO {}", quote(from, dialect), quote(to, dialect))));
        }
        Alteration::DropIndex(name) => out.push(alter(format!("DROP INDEX {}", quote(name, dialect)))),
        Alteration::AddForeignKey(key) => {
            out.push(alter(format!("ADD {}", declare_foreign_key(key, dialect)?)));
        }
        Alteration::DropForeignKey(name) => {
            out.push(alter(format!("DROP FOREIGN KEY {}", quote(name, dialect))));
            let key = table.foreign_keys.iter().find(|key| key.name.as_ref() == Some(name));
            out.extend(key.and_then(|key| drop_index_of(table, key, dialect)));
        }
        Alteration::AddCheck(check) => out.push(alter(format!("ADD {}", declare_check(check, dialect)))),
        Alteration::DropCheck(name) => out.push(alter(format!("DROP CONSTRAINT {}", quote(name, dialect)))),
        Alteration::SetComment(comment) => {
            let mut text = String::from("COMMENT = ");
            super::quoted(comment.as_deref().unwrap_or_default(), dialect, &mut text);
            out.push(alter(text));
        }
        _ => return Err(unknown(dialect)),
    }
    Ok(())
}

/// The columns that are no part of a key any more, and may be of their usual type again.
fn keyed_no_more(table: &Table, after: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    for column in &after.columns {
        let stays = table.column(&column.name) == Some(column);
        let was = table.has_key_over(&column.name) && !after.has_key_over(&column.name);
        if stays && was && column_type(table, column, dialect)? != column_type(after, column, dialect)? {
            let declared = declare_column(after, column, dialect)?;
            statements.push(format!("ALTER TABLE {} MODIFY COLUMN {declared}", path(&table.name, dialect)));
        }
    }
    Ok(statements)
}

/// MySQL makes an index for a foreign key that has none, and leaves it there.
fn drop_index_of(
    table: &Table,
    key: &atlas_core::schema::ForeignKey,
    dialect: &dyn Dialect,
) -> Option<String> {
    let covers = |columns: &[Name]| columns.starts_with(&key.columns);
    let has_own = table.indexes.iter().any(|index| covers(&index.columns)) || covers(&table.primary_key);
    let name = key.name.as_ref().filter(|_| !has_own)?;
    Some(format!("ALTER TABLE {} DROP INDEX {}", path(&table.name, dialect), quote(name, dialect)))
}

fn primary_key(columns: &[Name], dialect: &dyn Dialect) -> String {
    let mut text = String::from("PRIMARY KEY (");
    names(columns, dialect, &mut text);
    text.push(')');
    text
}

/// The name of an index in the schema of its table.
fn in_schema_of(table: &Table, index: &str, dialect: &dyn Dialect) -> String {
    match table.name.split_once('.') {
        Some((schema, _)) => format!("{}.{}", quote(schema, dialect), quote(index, dialect)),
        None => quote(index, dialect),
    }
}

#[cold]
fn unknown(dialect: &dyn Dialect) -> atlas_core::Error {
    unsupported(dialect, "this change of a table", "update the driver")
}
