use std::ops::Range;

use atlas_core::{
    error::Result,
    schema::Name,
    statement::{ColumnRef, Expr, Insert, OnConflict},
};

use crate::{Conflicts, compiler::Compiler};

/// What a row is changed to that is not the one that is meant: an error.
const ANOTHER_ROW: &str = ", (SELECT 1 UNION ALL SELECT 2))";

/// Whether rows whose unique columns are taken are left out.
fn leaves_out(on_conflict: &OnConflict) -> bool {
    match on_conflict {
        OnConflict::Fail => false,
        OnConflict::Ignore => true,
        OnConflict::Update { columns, set, .. } => columns.is_empty() && set.is_empty(),
    }
}

impl<'s> Compiler<'_, 's> {
    /// Some of the rows of an insert.
    pub(crate) fn insert(
        &mut self,
        insert: &'s Insert,
        rows: Range<usize>,
        returning: &[Name],
    ) -> Result<()> {
        let ignores = self.dialect.conflicts() == Conflicts::OnDuplicateKey
            && rows.len() > 1
            && leaves_out(&insert.on_conflict);
        self.push(if ignores { "INSERT IGNORE INTO " } else { "INSERT INTO " });
        self.table(&insert.table);
        if insert.columns.is_empty() {
            if !matches!(insert.on_conflict, OnConflict::Fail) {
                return Err(self.unsupported(
                    "an insert without columns that ignores or updates what is there",
                    "give at least one column",
                ));
            }
            match self.dialect.empty_row() {
                None => self.push(" DEFAULT VALUES"),
                Some(row) => {
                    self.push(" () VALUES ");
                    for index in 0..rows.len() {
                        self.push(if index > 0 { ", " } else { "" });
                        self.push(row);
                    }
                }
            }
        } else {
            self.columns(insert);
            self.push(" VALUES ");
            self.rows(insert, rows);
            self.on_conflict(insert)?;
        }
        self.returning(returning);
        Ok(())
    }

    /// The rows of a select of the driver's own.
    pub(crate) fn insert_from(&mut self, insert: &'s Insert, rows: &str, returning: &[Name]) -> Result<()> {
        self.push("INSERT INTO ");
        self.table(&insert.table);
        if !insert.columns.is_empty() {
            self.columns(insert);
        }
        self.push(" ");
        self.push(rows);
        self.on_conflict(insert)?;
        self.returning(returning);
        Ok(())
    }

    fn columns(&mut self, insert: &Insert) {
        self.push(" (");
        for (index, column) in insert.columns.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(&column.name);
        }
        self.push(")");
    }

    fn rows(&mut self, insert: &'s Insert, rows: Range<usize>) {
        let width = insert.columns.len();
        let given = insert.values.chunks_exact(width).skip(rows.start).take(rows.len());
        for (row, values) in given.enumerate() {
            self.push(if row > 0 { ", (" } else { "(" });
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    self.push(", ");
                }
                self.value(value);
            }
            self.push(")");
        }
    }

    fn on_conflict(&mut self, insert: &'s Insert) -> Result<()> {
        let on_conflict = &insert.on_conflict;
        if self.dialect.conflicts() == Conflicts::OnDuplicateKey {
            return match on_conflict {
                OnConflict::Update { by, columns, set, same } if !leaves_out(on_conflict) => {
                    let meant: Vec<&Name> = by.iter().chain(same).collect();
                    self.on_duplicate_key(&meant, columns, set)
                }
                _ => Ok(()),
            };
        }
        match on_conflict {
            OnConflict::Fail => Ok(()),
            OnConflict::Ignore => {
                self.push(" ON CONFLICT DO NOTHING");
                Ok(())
            }
            OnConflict::Update { by, columns, set, same } => {
                let own = self.dialect.qualifies_conflicts().then(|| insert.table.qualifier());
                let outer = std::mem::replace(&mut self.own, own);
                self.on_conflict_update(by, columns, set, same)?;
                self.own = outer;
                Ok(())
            }
        }
    }

    /// The first change is made where the row that is there is the one that is meant, and is an error
    /// elsewhere. Only the first: what is changed before counts for those after it.
    fn on_duplicate_key(
        &mut self,
        by: &[&Name],
        columns: &[Name],
        set: &'s [(ColumnRef, Expr)],
    ) -> Result<()> {
        self.push(" ON DUPLICATE KEY UPDATE ");
        let guarded = !by.is_empty();
        for (index, column) in columns.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(column);
            self.push(" = ");
            if guarded && index == 0 {
                self.is_meant(by);
            }
            self.push("VALUES(");
            self.name(column);
            self.push(")");
            if guarded && index == 0 {
                self.push(ANOTHER_ROW);
            }
        }
        let outer = std::mem::replace(&mut self.qualified, true);
        for (index, (column, expr)) in set.iter().enumerate() {
            let first = index == 0 && columns.is_empty();
            self.push(if first { "" } else { ", " });
            self.name(&column.name);
            self.push(" = ");
            if guarded && first {
                self.is_meant(by);
            }
            self.expr(expr)?;
            if guarded && first {
                self.push(ANOTHER_ROW);
            }
        }
        self.qualified = outer;
        Ok(())
    }

    fn is_meant(&mut self, by: &[&Name]) {
        self.push("IF(");
        for (index, column) in by.iter().enumerate() {
            self.push(if index > 0 { " AND " } else { "" });
            self.name(column);
            self.push(" <=> VALUES(");
            self.name(column);
            self.push(")");
        }
        self.push(", ");
    }

    fn on_conflict_update(
        &mut self,
        by: &[Name],
        columns: &[Name],
        set: &'s [(ColumnRef, Expr)],
        same: &[Name],
    ) -> Result<()> {
        self.push(" ON CONFLICT");
        if !by.is_empty() {
            self.push(" (");
            self.names(by);
            self.push(")");
        }
        if columns.is_empty() && set.is_empty() {
            self.push(" DO NOTHING");
            return Ok(());
        }
        self.push(" DO UPDATE SET ");
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(column);
            self.push(" = excluded.");
            self.name(column);
        }
        // The row that is there and the row that was to be written are both in scope.
        let outer = std::mem::replace(&mut self.qualified, true);
        for (index, (column, expr)) in set.iter().enumerate() {
            if index > 0 || !columns.is_empty() {
                self.push(", ");
            }
            self.name(&column.name);
            self.push(" = ");
            self.expr(expr)?;
        }
        for (index, name) in same.iter().enumerate() {
            self.push(if index == 0 { " WHERE " } else { " AND " });
            self.column(&ColumnRef { table: None, name: name.clone(), ty: None });
            self.push(" = excluded.");
            self.name(name);
        }
        self.qualified = outer;
        Ok(())
    }
}
