//! What a change costs, and what it loses.

use atlas_core::schema::{Alteration, Column, IndexKind, SchemaChange, Table};

use crate::diff::{narrows, retypes};

/// What is lost, in sentences.
pub(super) fn losses(changes: &[SchemaChange]) -> Vec<String> {
    let mut all = Vec::new();
    for change in changes {
        match change {
            SchemaChange::DropTable(name) => all.push(format!("the table `{name}` is dropped")),
            SchemaChange::AlterTable { before, changes } => {
                each(before, changes, |table, change| all.extend(loss(table, change, changes)));
            }
            _ => {}
        }
    }
    all
}

/// What may fail or take its time, in sentences.
pub(super) fn warnings(changes: &[SchemaChange]) -> Vec<String> {
    let mut all = Vec::new();
    for change in changes {
        if let SchemaChange::AlterTable { before, changes } = change {
            each(before, changes, |table, change| all.extend(warning(table, change)));
        }
    }
    all.dedup();
    all
}

/// Each change, with the table as it is before it.
fn each(before: &Table, changes: &[Alteration], mut look: impl FnMut(&Table, &Alteration)) {
    let mut table = before.clone();
    for change in changes {
        look(&table, change);
        // What does not fit was found when it was planned.
        let _ = table.apply(change);
    }
}

fn loss(table: &Table, change: &Alteration, all: &[Alteration]) -> Option<String> {
    match change {
        Alteration::DropColumn(name) => {
            let is_computed = table.column(name).is_some_and(|column| column.computed.is_some());
            let anew =
                all.iter().any(|other| matches!(other, Alteration::AddColumn(own, _) if own.name == *name));
            match (is_computed, anew) {
                (true, _) => None,
                (false, true) => Some(format!(
                    "the column `{name}` of `{}` becomes one of a type that its values cannot be, and is made anew",
                    table.name
                )),
                (false, false) => Some(format!("the column `{name}` of `{}` is dropped", table.name)),
            }
        }
        Alteration::ChangeColumn(column) => {
            let narrower = narrows(table.column(&column.name)?, column);
            narrower
                .then(|| format!("values of the column `{}` of `{}` are rounded", column.name, table.name))
        }
        _ => None,
    }
}

fn warning(table: &Table, change: &Alteration) -> Option<String> {
    let of = &table.name;
    match change {
        Alteration::AddColumn(column, _) => must_be_given(column).then(|| {
            format!(
                "the column `{}` of `{of}` takes no NULL and has no default: it cannot be added where there are rows, unless \
                 it gets a default, or is an `Option` until they are filled",
                column.name
            )
        }),
        Alteration::ChangeColumn(column) => {
            let was = table.column(&column.name)?;
            if retypes(was, column) {
                return Some(format!(
                    "the type of the column `{}` of `{of}` changes: most databases write the whole table again, and nobody can \
                     use it meanwhile; a value that does not fit is an error",
                    column.name
                ));
            }
            (was.nullable && !column.nullable).then(|| {
                format!(
                    "the column `{}` of `{of}` takes no NULL any more: rows that have it are an error, and all rows are read to \
                     find out, while nobody can write",
                    column.name
                )
            })
        }
        Alteration::SetPrimaryKey(columns) if !columns.is_empty() => Some(format!(
            "`{of}` gets another primary key: MySQL writes the whole table again; rows that share it are an error"
        )),
        Alteration::AddIndex(index) => {
            let rows = match index.kind {
                IndexKind::Unique => "; rows that share its values are an error",
                _ => "",
            };
            Some(format!(
                "the index `{}` of `{of}` is made from all rows, while nobody can write on PostgreSQL: for a large table, make \
                 it `.concurrently()` in a migration of its own{rows}",
                index.name
            ))
        }
        Alteration::AddFullText(index) => {
            Some(format!("the full-text index `{}` of `{of}` is made from all rows, while nobody can write", index.name))
        }
        Alteration::AddForeignKey(key) => Some(format!(
            "the foreign key of `{of}` over ({}) is held by all rows: one that refers to nothing is an error, and nobody can \
             write to both tables meanwhile",
            key.columns.join(", ")
        )),
        _ => None,
    }
}

/// Whether a row that is there has nothing for a new column.
fn must_be_given(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.computed.is_none() && !column.generated
}
