use std::any::Any;

use crate::{
    driver::Row,
    error::{Error, Result},
    model::{Model, ModelMeta},
    record::{Record, State},
    relation::{AnySlot, Loaded, Path, RelationKind},
    value::{Value, ValueRef},
};

/// A record of any model: what saving needs of it.
pub(crate) trait AnyRecord: Any + Send + Sync {
    fn meta(&self) -> &'static ModelMeta;
    fn state(&self) -> &State;
    fn state_mut(&mut self) -> &mut State;

    /// The value of a column; NULL where it was left out.
    fn value(&self, column: usize) -> Value;

    /// Whether the column was left out of what was read, and not set since.
    fn is_left_out(&self, column: usize) -> bool;

    /// Sets a column to what its row has: no change of the record's.
    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;

    /// The field of a relation, by its index.
    fn slot(&mut self, relation: usize) -> Option<&mut dyn AnySlot>;

    /// The model itself.
    fn model(&self) -> &dyn Any;

    /// What was loaded of a relation, by its index.
    fn loaded(&self, relation: usize) -> Option<Loaded<'_>>;

    /// The record itself.
    fn as_any_mut(&mut self) -> &mut (dyn Any + Send);

    /// Becomes a row that was read anew, without relations.
    fn replace(&mut self, row: &dyn Row) -> Result<()>;
}

impl<M: Model> AnyRecord for Record<M> {
    fn meta(&self) -> &'static ModelMeta {
        M::meta()
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    fn value(&self, column: usize) -> Value {
        self.model.encode(column)
    }

    fn is_left_out(&self, column: usize) -> bool {
        self.model.is_left_out(column)
    }

    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()> {
        self.state.forget_memos();
        self.model.assign(column, value)
    }

    fn slot(&mut self, relation: usize) -> Option<&mut dyn AnySlot> {
        self.model.slot(relation)
    }

    fn model(&self) -> &dyn Any {
        &self.model
    }

    fn loaded(&self, relation: usize) -> Option<Loaded<'_>> {
        self.model.loaded(relation)
    }

    fn as_any_mut(&mut self) -> &mut (dyn Any + Send) {
        self
    }

    fn replace(&mut self, row: &dyn Row) -> Result<()> {
        self.state.forget_memos();
        self.model = M::decode(row, 0)?;
        Ok(())
    }
}

impl dyn AnyRecord + '_ {
    /// Before a change: forgets what was undone with its transaction, and keeps the values of the row.
    pub(crate) fn before_change(&mut self) {
        self.state_mut().forget_memos();
        self.settle();
        if self.state().wants_original() {
            let values = (0..self.meta().columns.len()).map(|column| self.known(column)).collect();
            self.state_mut().set_original(values);
        }
    }

    /// Sets a column as a change that is to be saved.
    pub(crate) fn assign_value(&mut self, column: usize, value: ValueRef<'_>) -> Result<()> {
        self.before_change();
        self.set(column, value)?;
        self.state_mut().take_over(column);
        Ok(())
    }

    /// Forgets what was undone with its transaction. A row that was never inserted has none of the values
    /// that the database filled in.
    pub(crate) fn settle(&mut self) {
        if !self.state_mut().settle() || !self.state().is_new() {
            return;
        }
        let meta = self.meta();
        for column in self.state().left_out().to_vec() {
            if let Some(placeholder) = meta.placeholder(column) {
                // A placeholder is of the field's own type.
                let _ = self.set(column, placeholder.as_ref());
            }
        }
    }

    /// Forgets what was loaded of the relations by which the record refers to another, where one of these
    /// columns makes it refer to another one.
    pub(crate) fn forget_others(&mut self, changes: &[(usize, Value)]) {
        for (index, relation) in self.meta().relations.iter().enumerate() {
            let changed = |columns: &[usize]| changes.iter().any(|(column, _)| columns.contains(column));
            if relation.named_by.is_some_and(|columns| changed(&columns)) {
                if let Some(slot) = self.slot(index) {
                    slot.forget();
                }
                continue;
            }
            let (RelationKind::BelongsTo, Some(Path::Direct(pairs))) =
                (relation.kind, relation.link.as_ref().map(|link| &link.path))
            else {
                continue;
            };
            let (local, foreign): (Vec<usize>, Vec<usize>) =
                pairs.as_slice().iter().map(|[local, foreign]| (*local, *foreign)).unzip();
            if changed(&local) {
                let values: Vec<Value> = local.iter().map(|column| self.value(*column)).collect();
                if let Some(slot) = self.slot(index) {
                    slot.forget_others(&foreign, &values);
                }
            }
        }
    }

    /// The value of a column, unless it was left out.
    pub(crate) fn known(&self, column: usize) -> Option<Value> {
        (!self.is_left_out(column)).then(|| self.value(column))
    }

    /// The value of a column, for a new row.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLeftOut`] where it was left out: it would become NULL.
    pub(crate) fn present(&self, column: usize) -> Result<Value> {
        let meta = self.meta();
        match self.known(column) {
            Some(value) => Ok(value),
            None => Err(Error::ColumnLeftOut { model: meta.name, column: meta.column(column)?.field }),
        }
    }

    /// The columns that differ from the row, with their present values: all of a new record.
    pub(crate) fn changed(&self) -> Vec<(usize, Value)> {
        if self.state().is_new() {
            return (0..self.meta().columns.len()).map(|column| (column, self.value(column))).collect();
        }
        let original = self.state().original().unwrap_or_default();
        let differing = |(column, before): (usize, &Option<Value>)| {
            let value = self.known(column)?;
            (before.as_ref() != Some(&value)).then_some((column, value))
        };
        original.iter().enumerate().filter_map(differing).collect()
    }
}

impl<M: Model> Record<M> {
    pub(crate) fn erased(&self) -> &dyn AnyRecord {
        self
    }

    pub(crate) fn erased_mut(&mut self) -> &mut dyn AnyRecord {
        self
    }
}
