use atlas_core::{
    schema::{ColumnDefault, Computed, ForeignKey, Index, IndexKind, Name, Place, Storage},
    value::{ColumnType, IntoValue},
};

use crate::{blueprint::ColumnChange, foreign::ForeignKeyBuilder};

/// A column in the making.
#[derive(Debug)]
pub struct ColumnBuilder<'b> {
    pub(crate) table: Name,
    pub(crate) change: &'b mut ColumnChange,
}

impl<'b> ColumnBuilder<'b> {
    /// It takes NULL.
    pub fn nullable(self) -> Self {
        self.nullable_if(true)
    }

    /// It takes NULL, or not.
    pub fn nullable_if(self, nullable: bool) -> Self {
        self.change.column.nullable = nullable;
        self
    }

    /// What it is where an insert leaves it out.
    pub fn default(self, value: impl IntoValue) -> Self {
        self.change.column.default = Some(ColumnDefault::Value(value.into_value()));
        self
    }

    /// What it is where an insert leaves it out, in the database's own language.
    pub fn default_expression(self, expression: impl Into<Name>) -> Self {
        self.change.column.default = Some(ColumnDefault::Expression(expression.into()));
        self
    }

    /// The time, where an insert leaves it out.
    pub fn use_current(self) -> Self {
        self.change.column.default = Some(ColumnDefault::Now);
        self
    }

    /// The time of the last update that left it out. MySQL; elsewhere `#[timestamps]` does that.
    pub fn use_current_on_update(self) -> Self {
        self.change.column.touched = true;
        self
    }

    /// It is counted up by the database, and the primary key.
    pub fn auto_increment(self) -> Self {
        self.change.column.generated = true;
        self
    }

    /// Where the database begins to count.
    pub fn starts_at(self, first: i64) -> Self {
        self.change.column.starts_at = Some(first);
        self
    }

    /// It is an integer from 0 on.
    pub fn unsigned(self) -> Self {
        let ty = &mut self.change.column.ty;
        *ty = match *ty {
            ColumnType::I8 => ColumnType::U8,
            ColumnType::I16 => ColumnType::U16,
            ColumnType::I32 => ColumnType::U32,
            ColumnType::I64 => ColumnType::U64,
            other => other,
        };
        self
    }

    /// With how many digits of a second a time is kept; six, where nothing is said.
    pub fn precision(self, digits: u8) -> Self {
        self.change.column.storage = Storage::Fraction(digits);
        self
    }

    /// What it is for.
    pub fn comment(self, comment: impl Into<Name>) -> Self {
        self.change.column.comment = Some(comment.into());
        self
    }

    /// How its texts are compared: PostgreSQL's `"C"`, MySQL's `utf8mb4_general_ci`, SQLite's `NOCASE`.
    pub fn collation(self, collation: impl Into<Name>) -> Self {
        self.change.column.collation = Some(collation.into());
        self
    }

    /// It is computed from other columns, by an expression in the database's own language, and stored.
    pub fn stored_as(self, expression: impl Into<Name>) -> Self {
        self.computed(expression.into(), true)
    }

    /// It is computed from other columns at each read. SQLite, MySQL, and PostgreSQL from version 18 on.
    pub fn virtual_as(self, expression: impl Into<Name>) -> Self {
        self.computed(expression.into(), false)
    }

    fn computed(self, expression: Name, stored: bool) -> Self {
        self.change.column.computed = Some(Computed { expression, stored });
        // Who computes it finds out whether it is NULL; MariaDB takes no word for it.
        self.change.column.nullable = true;
        self
    }

    /// It is the primary key.
    pub fn primary(self) -> Self {
        self.change.primary = true;
        self
    }

    /// No two rows share its value.
    pub fn unique(self) -> Self {
        self.indexed(IndexKind::Unique)
    }

    /// It has an index.
    pub fn index(self) -> Self {
        self.indexed(IndexKind::Plain)
    }

    fn indexed(self, kind: IndexKind) -> Self {
        let index = Index::new(&self.table, vec![self.change.column.name.clone()], kind);
        self.change.indexes.push(index);
        self
    }

    /// It comes before all other columns. MySQL; at the end elsewhere.
    pub fn first(self) -> Self {
        self.change.place = Place::First;
        self
    }

    /// It comes after this column. MySQL; at the end elsewhere.
    pub fn after(self, column: &str) -> Self {
        self.change.place = Place::After(column.to_owned().into());
        self
    }

    /// The column is there already, and becomes what is said here. What is not said again is dropped, but for keys
    /// and indexes. Rows keep their values, as the new type.
    pub fn change(self) -> Self {
        self.change.changes = true;
        self
    }

    /// It refers to the primary key of a table: `t.foreign_id("user_id").constrained("users").cascade_on_delete()`.
    pub fn constrained(self, table: &str) -> ForeignKeyBuilder<'b> {
        let columns = vec![self.change.column.name.clone()];
        let key = ForeignKey::new(&self.table, columns, table.to_owned(), vec!["id".into()]);
        ForeignKeyBuilder(self.change.foreign_key.insert(key))
    }
}
