//! Models: what `#[derive(Model)]` fills in, and what is typed by it.

mod column;
mod draft;
mod expr;
mod fill;
mod key;
mod meta;
mod operand;
mod reader;
mod scope;
mod tables;

pub use column::{Assignment, Assignments, Column, Columns, Text};
pub use draft::{Complete, DraftData, Missing, Set};
pub use expr::{Expr, Order, Scalar, count_all};
pub use fill::Fill;
pub use key::{IntoKey, Key};
pub use meta::{ColumnMeta, DefaultMeta, IndexMeta, KeyKind, ModelMeta};
pub use operand::Operand;
pub use reader::{Reader, locate};
pub use scope::{Anywhere, Both, In};

use crate::{
    db::{Db, Pending},
    driver::Row,
    error::Result,
    query::{self, Query},
    record::Record,
    value::{Value, ValueRef},
};

/// For generated drafts: inserts one.
pub fn create<M: Model>(db: &Db, draft: DraftData) -> Pending<'_, Record<M>> {
    query::create(db, draft)
}

/// A struct that is a table. Derive it: `#[derive(Model)]`.
///
/// The required items are data and thin functions that the derive writes; the provided ones are where
/// programs start: `User::query()`, `User::find(&db, 1)`, `User::create(&db, draft)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "add #[derive(Model)] to `{Self}`"
)]
pub trait Model: Sized + Send + Sync + 'static {
    /// The type of the primary key: the field's, or a tuple of them.
    type Key: Key;
    /// What [`Model::draft`] gives: a builder with a setter per column.
    type Draft;
    /// What mass assignment takes: deserialized, only the fillable columns.
    type Fill;

    /// The table, its columns and relations, as data.
    fn meta() -> &'static ModelMeta;

    /// Reads the model's columns from a row, where they start at `start`.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), naming model and column.
    fn decode(row: &dyn Row, start: usize) -> Result<Self>;

    /// The value of a column, by its index in [`ModelMeta::columns`]; NULL where there is none.
    fn encode(&self, column: usize) -> Value;

    /// Sets a column, by its index in [`ModelMeta::columns`].
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), naming model and column.
    fn assign(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;

    /// The primary key.
    fn key(&self) -> Self::Key;

    /// A new row, to be filled in and saved.
    fn draft() -> Self::Draft;

    /// All rows, to be narrowed.
    fn query() -> Query<Self> {
        Query::new()
    }

    /// Every record, the newest key first.
    fn all(db: &Db) -> Pending<'_, Vec<Record<Self>>> {
        Self::query().all(db)
    }

    /// The record of a key.
    fn find(db: &Db, key: impl IntoKey<Self::Key>) -> Pending<'_, Option<Record<Self>>> {
        Self::query().find(db, key)
    }

    /// The record of a key, or [`Error::NotFound`](crate::Error::NotFound).
    fn find_or_fail(db: &Db, key: impl IntoKey<Self::Key>) -> Pending<'_, Record<Self>> {
        Self::query().find_or_fail(db, key)
    }

    /// The records of several keys, the newest key first; keys without a row are passed over.
    fn find_many<K: IntoKey<Self::Key>>(
        db: &Db,
        keys: impl IntoIterator<Item = K>,
    ) -> Pending<'_, Vec<Record<Self>>> {
        Self::query().find_many(db, keys)
    }

    /// Inserts a draft.
    fn create(db: &Db, draft: impl Complete<Self>) -> Pending<'_, Record<Self>> {
        query::create(db, draft.into_data())
    }

    /// Inserts many drafts in one transaction, with as few statements as the database takes. The
    /// records come back in the order of the drafts.
    fn create_many<D: Complete<Self>>(
        db: &Db,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'_, Vec<Record<Self>>> {
        query::create_many(db, drafts.into_iter().map(Complete::into_data).collect())
    }

    /// Inserts drafts, all or none, without giving their records back: how many were written.
    fn insert<D: Complete<Self>>(db: &Db, drafts: impl IntoIterator<Item = D>) -> Pending<'_, u64> {
        query::insert::<Self>(db, drafts.into_iter().map(Complete::into_data).collect())
    }

    /// Inserts drafts, leaving out those whose unique columns are taken. How many were written.
    fn insert_or_ignore<D: Complete<Self>>(db: &Db, drafts: impl IntoIterator<Item = D>) -> Pending<'_, u64> {
        query::insert_or_ignore::<Self>(db, drafts.into_iter().map(Complete::into_data).collect())
    }

    /// Inserts drafts; where the unique columns `by` are taken, sets the columns `update` of the row
    /// that is there instead (and `updated_at`). How many rows were written or changed.
    ///
    /// ```ignore
    /// Counter::upsert(&db, drafts, Counter::name, (Counter::points, Counter::level)).await?;
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where `by` is empty or no unique index has its columns.
    fn upsert<D: Complete<Self>>(
        db: &Db,
        drafts: impl IntoIterator<Item = D>,
        by: impl Columns<Self>,
        update: impl Columns<Self>,
    ) -> Pending<'_, u64> {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        query::upsert::<Self>(db, drafts, by.columns(), update.columns())
    }

    /// The first record that matches, or a new one of the draft, not saved: [`Record::exists`] tells.
    fn first_or_new<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::first_or_new(db, by.scoped(), draft.into_data())
    }

    /// The first record that matches, or a new one of the draft, saved. Where somebody else inserts it
    /// in between, theirs.
    fn first_or_create<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::first_or_create(db, by.scoped(), draft.into_data())
    }

    /// Sets the draft's columns on the first record that matches, or inserts the draft; in a
    /// transaction.
    fn update_or_create<X: In<Self, I>, I>(
        db: &Db,
        by: Expr<X>,
        draft: impl Complete<Self>,
    ) -> Pending<'_, Record<Self>> {
        query::update_or_create(db, by.scoped(), draft.into_data())
    }
}
