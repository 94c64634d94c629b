//! Records: a model and what is known of its row.

mod attributes;
mod columns;
mod erased;
mod fields;
mod hooks;
mod insert;
mod observer;
mod quietly;
mod save;
mod serialize;
mod shown;
mod siblings;
mod soft;
mod state;
mod values;

use std::{
    any::Any,
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

pub(crate) use columns::read_columns;
pub(crate) use erased::AnyRecord;
pub use fields::Fields;
pub use hooks::Observed;
pub(crate) use hooks::{Hooks, Read, tell_retrieved};
pub(crate) use insert::{Drafts, insert, insert_all, insert_many, insert_within};
pub use observer::{AfterCommit, ModelEvent, Observer, RecordEvent};
pub(crate) use save::{key_not_found, not_found};
pub use shown::FieldNames;
pub(crate) use siblings::{Shared, Siblings};
pub(crate) use state::State;
pub(crate) use values::Values;

use crate::{
    error::{Error, Result},
    model::{Column, Columns, Model, ModelMeta},
    value::{Attribute, Plain, Value, ValueRef},
};

/// A row of `M`: the model itself, to which it derefs, and the state of its row.
///
/// Reading costs nothing. The first write through `DerefMut` keeps the values as they were, so that
/// [`save`](Self::save) sends only what differs.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let mut ann = User::find_or_fail(&db, 1).await?;
/// ann.name = "Anna".into();
/// ann.save(&db).await?; // UPDATE "users" SET "name" = ? WHERE "id" = ?
/// # Ok(())
/// # });
/// ```
pub struct Record<M: Model> {
    model: M,
    pub(crate) state: State,
}

impl<M: Model> Record<M> {
    pub(crate) fn loaded(model: M) -> Self {
        Self { model, state: State::existing() }
    }

    /// The primary key.
    pub fn key(&self) -> M::Key {
        self.model.key()
    }

    /// Whether the row is in the database, as far as this record knows.
    pub fn exists(&self) -> bool {
        self.state.exists()
    }

    /// Whether this record inserted the row.
    pub fn was_recently_created(&self) -> bool {
        self.state.was_recently_created()
    }

    /// Whether this record deleted the row.
    pub fn is_deleted(&self) -> bool {
        self.state.is_deleted()
    }

    /// Whether any of these columns was changed since the row was read or saved; of `()`, any column.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.name = "Anna".into();
    /// assert!(ann.is_dirty(User::name) && ann.is_dirty(()) && !ann.is_dirty((User::age, User::email)));
    /// # Ok(())
    /// # });
    /// ```
    pub fn is_dirty(&self, columns: impl Columns<M>) -> bool {
        let of = columns.columns();
        self.erased().changed().iter().any(|(column, _)| of.is_empty() || of.contains(column))
    }

    /// The opposite of [`is_dirty`](Self::is_dirty).
    pub fn is_clean(&self, columns: impl Columns<M>) -> bool {
        !self.is_dirty(columns)
    }

    /// The fields that were changed since the row was read or saved, with their present values.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.age = None;
    /// assert_eq!(ann.dirty(), [("age", atlas::value::Value::Null)]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn dirty(&self) -> Vec<(&'static str, Value)> {
        named(M::meta(), self.erased().changed())
    }

    /// The value that a column had when the row was read or saved.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.age = None;
    /// assert_eq!(ann.original(User::age)?, Some(34));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote, [`Error::ColumnLeftOut`] where the
    /// query left the column out.
    pub fn original<T: Attribute, R>(&self, column: Column<M, T, R>) -> Result<T> {
        let value = match self.state.original().and_then(|values| values.get(column.index)) {
            Some(value) => value.clone(),
            None => self.erased().known(column.index),
        };
        let meta = M::meta();
        match value {
            Some(value) => T::decode(value.as_ref()).map_err(|error| error.at(meta.name, column.name)),
            None => Err(Error::ColumnLeftOut { model: meta.name, column: meta.column(column.index)?.field }),
        }
    }

    /// The fields that the last save changed, with their new values.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.name = "Anna".into();
    /// ann.save(&db).await?;
    /// assert_eq!(ann.changes(), [("name", "Anna".into())]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn changes(&self) -> Vec<(&'static str, Value)> {
        named(M::meta(), self.state.saved_changes().to_vec())
    }

    /// Whether the last save changed any of these columns; of `()`, any column.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.age = Some(35);
    /// ann.save(&db).await?;
    /// assert!(ann.was_changed(User::age) && !ann.was_changed(User::name));
    /// # Ok(())
    /// # });
    /// ```
    pub fn was_changed(&self, columns: impl Columns<M>) -> bool {
        let of = columns.columns();
        self.state.saved_changes().iter().any(|(column, _)| of.is_empty() || of.contains(column))
    }

    /// A value that came with the row and is no column of the model.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the query brought none of this name,
    /// [`Error::Decode`] where it is no `T`.
    pub fn extra<T: Attribute>(&self, name: &str) -> Result<T> {
        match self.state.extra(name) {
            Some(value) => T::decode(value.as_ref()).map_err(|error| error.at(M::meta().name, "an extra")),
            None => Err(Error::config(format!(
                "this `{}` has no extra `{name}`: select it, or count it with `with_count`",
                M::meta().name
            ))),
        }
    }

    /// Keeps a value beside the model's columns; it is never saved.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.set_extra("rank", 3);
    /// assert_eq!(ann.extra::<i32>("rank")?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn set_extra(&mut self, name: impl Into<String>, value: impl Attribute) {
        self.state.set_extra(name.into(), value.encode());
    }

    /// The row of the table between through which this record was reached, where that table has a model.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the record was not loaded through a relation whose table
    /// between is `P`'s.
    pub fn pivot<P: Model>(&self) -> Result<&Record<P>> {
        self.state.pivot().and_then(|pivot| (pivot as &dyn Any).downcast_ref()).ok_or_else(|| {
            let (model, pivot) = (M::meta().name, P::meta().name);
            Error::config(format!(
                "this `{model}` has no `{pivot}` beside it: load it through a relation with `pivot = {pivot}`"
            ))
        })
    }

    /// The value of this type that the handle had for the records which it read: see [`Db::sideload`](crate::Db::sideload).
    pub fn sideloaded<T: 'static>(&self) -> Option<&T> {
        self.state.sideloaded()
    }

    /// The records that came with this one, and its place among them.
    pub(crate) fn siblings(&self) -> Option<(&Arc<Siblings>, u32)> {
        self.state.siblings()
    }

    /// What was asked of a relation was not possible: saving the record says so. `None`: it is after all.
    pub(crate) fn refuse(&mut self, relation: &'static str, why: Option<String>) -> &mut Self {
        self.state.set_refusal(relation, why);
        self
    }

    pub(crate) fn take_extra(&mut self, name: &str) -> Option<Value> {
        self.state.take_extra(name)
    }

    /// What stands beside the columns.
    pub(crate) fn extras(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.state.extras()
    }

    pub(crate) fn put_extra(&mut self, name: String, value: Value) {
        self.state.set_extra(name, value);
    }

    pub(crate) fn extra_value(&self, name: &str) -> Option<&Value> {
        self.state.extra(name)
    }

    pub(crate) fn set_pivot(&mut self, pivot: Box<dyn AnyRecord>) {
        self.state.set_pivot(pivot);
    }

    /// Whether both are the same row: the same key.
    pub fn is(&self, other: &Self) -> bool {
        use crate::model::Key;
        self.exists() && other.exists() && self.key().values() == other.key().values()
    }

    /// The opposite of [`is`](Self::is).
    pub fn is_not(&self, other: &Self) -> bool {
        !self.is(other)
    }

    /// The model without its state.
    pub fn into_inner(self) -> M {
        self.model
    }

    /// The model, to be changed in a way that is no change of its row.
    pub(crate) fn untracked(&mut self) -> &mut M {
        self.state.forget_memos();
        &mut self.model
    }

    /// Sets a column as a change that `save` will see.
    pub(crate) fn assign(&mut self, column: usize, value: ValueRef<'_>) -> Result<()> {
        self.erased_mut().assign_value(column, value)
    }

    /// Another record of the same row, as it is now, without what was loaded of its relations.
    pub(crate) fn copy(&self) -> Result<Self> {
        let values = (0..M::meta().columns.len()).map(|column| self.model.encode(column)).collect();
        Ok(Self { model: M::decode(&Values { values }, 0)?, state: self.state.copy() })
    }
}

fn named(meta: &'static ModelMeta, values: Vec<(usize, Value)>) -> Vec<(&'static str, Value)> {
    let field = |(index, value): (usize, Value)| meta.columns.get(index).map(|column| (column.field, value));
    values.into_iter().filter_map(field).collect()
}

impl<M: Model> Deref for Record<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

impl<M: Model> DerefMut for Record<M> {
    fn deref_mut(&mut self) -> &mut M {
        self.erased_mut().before_change();
        &mut self.model
    }
}

/// The model's name and its columns' values; the model needs no `Debug` of its own.
impl<M: Model> fmt::Debug for Record<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meta = M::meta();
        let mut shown = f.debug_struct(meta.name);
        for (index, column) in meta.columns.iter().enumerate() {
            if self.model.is_left_out(index) {
                shown.field(column.field, &format_args!("(left out)"));
            } else if meta.sensitive.contains(&column.name) {
                shown.field(column.field, &format_args!("[redacted]"));
            } else {
                shown.field(column.field, &Plain(&self.model.encode(index)));
            }
        }
        if !self.exists() {
            shown.field("exists", &false);
        }
        shown.finish()
    }
}
