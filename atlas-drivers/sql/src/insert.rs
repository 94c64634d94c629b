use std::ops::Range;

use atlas_core::{
    error::{Error, Result},
    schema::Name,
    statement::{ColumnRef, Expr, Insert, InsertSelect, OnConflict},
};

use crate::{Conflicts, compiler::Compiler, expr::Level, update::in_order};

/// What a row is changed to that is not the one that is meant: an error.
const ANOTHER_ROW: &str = ", (SELECT 1 UNION ALL SELECT 2))";

/// Where a row is not to be changed: an error whose message has these words.
const LEFT_OUT: &str = ", 18446744073709551615 + CHAR_LENGTH(CONCAT('atlas_left_out', ";

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
            self.columns(&insert.columns);
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
            self.columns(&insert.columns);
        }
        self.push(" ");
        self.push(rows);
        self.on_conflict(insert)?;
        self.returning(returning);
        Ok(())
    }

    /// The rows of a select.
    pub(crate) fn insert_select(&mut self, insert: &'s InsertSelect) -> Result<()> {
        let words = self.dialect.conflicts() == Conflicts::OnDuplicateKey;
        self.push(if insert.ignores && words { "INSERT IGNORE INTO " } else { "INSERT INTO " });
        self.table(&insert.table);
        self.columns(&insert.columns);
        self.push(" ");
        if insert.ignores && !words {
            // After a join, SQLite takes `ON` for the join's.
            self.push("SELECT * FROM (");
            self.select(&insert.select)?;
            self.push(") AS atlas_rows WHERE 1 = 1 ON CONFLICT DO NOTHING");
        } else {
            self.select(&insert.select)?;
        }
        self.returning(&insert.returning);
        Ok(())
    }

    fn columns(&mut self, columns: &[ColumnRef]) {
        self.push(" (");
        for (index, column) in columns.iter().enumerate() {
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
            return if leaves_out(on_conflict) { Ok(()) } else { self.on_duplicate_key(insert) };
        }
        match on_conflict {
            OnConflict::Fail => Ok(()),
            OnConflict::Ignore => {
                self.push(" ON CONFLICT DO NOTHING");
                Ok(())
            }
            OnConflict::Update { by, columns, set, same, filter } => {
                let own = self.dialect.qualifies_conflicts().then(|| insert.table.qualifier());
                let outer = std::mem::replace(&mut self.own, own);
                self.on_conflict_update(by, columns, set, same, filter.as_ref())?;
                self.own = outer;
                Ok(())
            }
        }
    }

    /// The first change is made where the row that is there is the one that is meant, and is an error
    /// elsewhere, and another one where it is not to be changed. Only the first: what is changed before counts for
    /// those after it.
    fn on_duplicate_key(&mut self, insert: &'s Insert) -> Result<()> {
        let OnConflict::Update { by, columns, set, same, filter } = &insert.on_conflict else {
            return Ok(());
        };
        // What reads a column comes before what changes it; the draft's values read none.
        let Some(set) = in_order(set) else {
            return Err(self.unsupported(
                format!("an upsert into `{}` in which columns get each other's values", insert.table.name),
                "read the row, and set the columns to values",
            ));
        };
        let columns = columns.iter().map(|column| (column, None));
        let changes = set.into_iter().map(|(column, value)| (&column.name, Some(value))).chain(columns);
        self.push(" ON DUPLICATE KEY UPDATE ");
        let outer = std::mem::replace(&mut self.qualified, true);
        self.upserts = true;
        for (index, (column, value)) in changes.enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(column);
            self.push(" = ");
            let guarded = index == 0 && !by.is_empty();
            let filter = filter.as_ref().filter(|_| index == 0);
            if guarded {
                let same = if filter.is_some() { &[] } else { same.as_slice() };
                self.push("IF(");
                self.are_alike(by.iter().chain(same));
                self.push(", ");
            }
            if let Some(filter) = filter {
                self.push("IF(");
                for name in same {
                    self.are_alike([name]);
                    self.push(" AND ");
                }
                self.at(filter, Level::Not)?;
                self.push(", ");
            }
            match value {
                Some(value) => self.expr(value)?,
                None => self.excluded(column)?,
            }
            if filter.is_some() {
                self.push(LEFT_OUT);
                self.name(column);
                self.push(" IS NULL)))");
            }
            if guarded {
                self.push(ANOTHER_ROW);
            }
        }
        self.upserts = false;
        self.qualified = outer;
        Ok(())
    }

    /// Whether the row that is there has these columns in common with the one that was to be written.
    fn are_alike<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        for (index, name) in names.into_iter().enumerate() {
            self.push(if index > 0 { " AND " } else { "" });
            self.name(name);
            self.push(" <=> VALUES(");
            self.name(name);
            self.push(")");
        }
    }

    /// The value of the row that was to be written.
    pub(crate) fn excluded(&mut self, column: &str) -> Result<()> {
        if !self.upserts {
            return Err(Error::config(format!(
                "`excluded(..)` of `{column}` stands outside of an upsert: there is no row that was to be written"
            )));
        }
        let values = self.dialect.conflicts() == Conflicts::OnDuplicateKey;
        self.push(if values { "VALUES(" } else { "excluded." });
        self.name(column);
        self.push(if values { ")" } else { "" });
        Ok(())
    }

    fn on_conflict_update(
        &mut self,
        by: &[Name],
        columns: &[Name],
        set: &'s [(ColumnRef, Expr)],
        same: &[Name],
        filter: Option<&'s Expr>,
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
        // The row that is there and the row that was to be written are both in scope.
        let outer = std::mem::replace(&mut self.qualified, true);
        self.upserts = true;
        for (index, column) in columns.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(column);
            self.push(" = ");
            self.excluded(column)?;
        }
        for (index, (column, expr)) in set.iter().enumerate() {
            self.push(if index > 0 || !columns.is_empty() { ", " } else { "" });
            self.name(&column.name);
            self.push(" = ");
            self.expr(expr)?;
        }
        for (index, name) in same.iter().enumerate() {
            self.push(if index == 0 { " WHERE " } else { " AND " });
            self.column(&ColumnRef { table: None, name: name.clone(), ty: None });
            self.push(" = ");
            self.excluded(name)?;
        }
        if let Some(filter) = filter {
            self.push(if same.is_empty() { " WHERE " } else { " AND " });
            self.at(filter, Level::Not)?;
        }
        self.upserts = false;
        self.qualified = outer;
        Ok(())
    }
}
