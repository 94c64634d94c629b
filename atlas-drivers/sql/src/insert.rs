use std::ops::Range;

use atlas_core::{
    error::Result,
    schema::Name,
    statement::{ColumnRef, Expr, Insert, OnConflict},
};

use crate::compiler::Compiler;

impl<'s> Compiler<'_, 's> {
    /// Some of the rows of an insert.
    pub(crate) fn insert(
        &mut self,
        insert: &'s Insert,
        rows: Range<usize>,
        returning: &[Name],
    ) -> Result<()> {
        self.push("INSERT INTO ");
        self.table(&insert.table);
        if insert.columns.is_empty() {
            if !matches!(insert.on_conflict, OnConflict::Fail) {
                return Err(self.unsupported(
                    "an insert without columns that ignores or updates what is there",
                    "give at least one column",
                ));
            }
            self.push(" DEFAULT VALUES");
        } else {
            self.columns(insert);
            self.rows(insert, rows);
            self.on_conflict(&insert.on_conflict)?;
        }
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
        self.push(") VALUES ");
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

    fn on_conflict(&mut self, on_conflict: &'s OnConflict) -> Result<()> {
        match on_conflict {
            OnConflict::Fail => Ok(()),
            OnConflict::Ignore => {
                self.push(" ON CONFLICT DO NOTHING");
                Ok(())
            }
            OnConflict::Update { by, columns, set } => self.on_conflict_update(by, columns, set),
        }
    }

    fn on_conflict_update(
        &mut self,
        by: &[Name],
        columns: &[Name],
        set: &'s [(ColumnRef, Expr)],
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
        self.qualified = outer;
        Ok(())
    }
}
