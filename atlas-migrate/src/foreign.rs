use atlas_core::schema::{Action, Deferral, ForeignKey, FullTextIndex, Index, IndexKind, Name};

use crate::blueprint::Names;

/// A foreign key in the making: what it refers to, and what happens when that goes.
#[derive(Debug)]
pub struct ForeignKeyBuilder<'b>(pub(crate) &'b mut ForeignKey);

impl ForeignKeyBuilder<'_> {
    fn key(self, set: impl FnOnce(&mut ForeignKey)) -> Self {
        set(self.0);
        self
    }

    /// The columns that are referred to: `t.foreign("user_id").references("id").on("users")`. The primary key of the
    /// table, where this is left out.
    pub fn references(self, columns: impl Names) -> Self {
        self.key(|key| key.references = columns.into_names())
    }

    /// The table that is referred to.
    pub fn on(self, table: &str) -> Self {
        self.key(|key| key.table = table.to_owned().into())
    }

    /// Its name; `posts_user_id_foreign` where none is given.
    pub fn name(self, name: &str) -> Self {
        self.key(|key| key.name = Some(name.to_owned().into()))
    }

    /// What happens to the rows that refer when the row that they refer to is deleted.
    pub fn on_delete(self, action: Action) -> Self {
        self.key(|key| key.on_delete = action)
    }

    /// What happens to them when its key changes.
    pub fn on_update(self, action: Action) -> Self {
        self.key(|key| key.on_update = action)
    }

    /// They are deleted with it.
    pub fn cascade_on_delete(self) -> Self {
        self.on_delete(Action::Cascade)
    }

    /// It cannot be deleted.
    pub fn restrict_on_delete(self) -> Self {
        self.on_delete(Action::Restrict)
    }

    /// Their columns become NULL when it is deleted.
    pub fn null_on_delete(self) -> Self {
        self.on_delete(Action::SetNull)
    }

    /// It cannot be deleted, as the end of the statement finds.
    pub fn no_action_on_delete(self) -> Self {
        self.on_delete(Action::NoAction)
    }

    /// Their columns follow its key.
    pub fn cascade_on_update(self) -> Self {
        self.on_update(Action::Cascade)
    }

    /// Its key cannot change.
    pub fn restrict_on_update(self) -> Self {
        self.on_update(Action::Restrict)
    }

    /// Their columns become NULL when its key changes.
    pub fn null_on_update(self) -> Self {
        self.on_update(Action::SetNull)
    }

    /// Their columns become what their default is when it is deleted. PostgreSQL and SQLite.
    pub fn default_on_delete(self) -> Self {
        self.on_delete(Action::SetDefault)
    }

    /// Their columns become what their default is when its key changes. PostgreSQL and SQLite.
    pub fn default_on_update(self) -> Self {
        self.on_update(Action::SetDefault)
    }

    /// Its key cannot change, as the end of the statement finds.
    pub fn no_action_on_update(self) -> Self {
        self.on_update(Action::NoAction)
    }

    /// A transaction may say that the database looks at its end. PostgreSQL and SQLite.
    pub fn deferrable(self) -> Self {
        self.key(|key| key.deferral = Deferral::Possible)
    }

    /// The database looks at the end of the transaction. PostgreSQL and SQLite.
    pub fn initially_deferred(self) -> Self {
        self.key(|key| key.deferral = Deferral::Always)
    }
}

/// An index in the making.
#[derive(Debug)]
pub struct IndexBuilder<'b>(pub(crate) &'b mut Index);

impl IndexBuilder<'_> {
    fn index(self, set: impl FnOnce(&mut Index)) -> Self {
        set(self.0);
        self
    }

    /// Its name; `users_email_index` where none is given.
    pub fn name(self, name: &str) -> Self {
        self.index(|index| index.name = name.to_owned().into())
    }

    /// Only rows in which this column is NULL are in it, as those that were not deleted softly. PostgreSQL and SQLite.
    pub fn where_null(self, column: impl Into<Name>) -> Self {
        self.index(|index| index.where_null = Some(column.into()))
    }

    /// Which rows are in it, as a condition in the database's own language. PostgreSQL and SQLite.
    pub fn filter(self, condition: impl Into<Name>) -> Self {
        self.index(|index| index.filter = Some(condition.into()))
    }

    /// How it is built, where the database has several ways: PostgreSQL's `gin`, MySQL's `hash`.
    pub fn method(self, method: impl Into<Name>) -> Self {
        self.index(|index| index.method = Some(method.into()))
    }

    /// No two rows share its values: for [`raw_index`](crate::Blueprint::raw_index).
    pub fn unique(self) -> Self {
        self.index(|index| index.kind = IndexKind::Unique)
    }

    /// It is made while others write: PostgreSQL's `CONCURRENTLY`, which needs a migration with
    /// [`WITHIN_TRANSACTION`](crate::Migration::WITHIN_TRANSACTION) `false`. Elsewhere it is made as always.
    pub fn concurrently(self) -> Self {
        self.index(|index| index.concurrently = true)
    }

    /// Two rows may not share NULL either, where it is unique. PostgreSQL.
    pub fn nulls_not_distinct(self) -> Self {
        self.index(|index| index.nulls_not_distinct = true)
    }
}

/// An index of words in the making.
#[derive(Debug)]
pub struct FullTextBuilder<'b>(pub(crate) &'b mut FullTextIndex);

impl FullTextBuilder<'_> {
    /// Its name; `posts_title_fulltext` where none is given.
    pub fn name(self, name: &str) -> Self {
        self.0.name = name.to_owned().into();
        self
    }
}
