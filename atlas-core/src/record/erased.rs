use crate::{
    error::Result,
    model::{Model, ModelMeta},
    record::{Record, State},
    value::{Value, ValueRef},
};

/// A record of any model: what saving needs of it.
pub(crate) trait AnyRecord: Send {
    fn meta(&self) -> &'static ModelMeta;
    fn state(&self) -> &State;
    fn state_mut(&mut self) -> &mut State;

    /// The value of a column.
    fn value(&self, column: usize) -> Value;

    /// Sets a column to what its row has: no change of the record's.
    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;
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

    fn set(&mut self, column: usize, value: ValueRef<'_>) -> Result<()> {
        self.model.assign(column, value)
    }
}

impl dyn AnyRecord + '_ {
    /// Keeps the values as they are in the row, before the first change.
    pub(crate) fn keep_original(&mut self) {
        if self.state().wants_original() {
            let values = (0..self.meta().columns.len()).map(|column| self.value(column)).collect();
            self.state_mut().set_original(values);
        }
    }

    /// The columns that differ from the row, with their present values.
    pub(crate) fn changed(&self) -> Vec<(usize, Value)> {
        let original = self.state().original().unwrap_or_default();
        let differing = |(column, before): (usize, &Value)| {
            let value = self.value(column);
            (value != *before).then_some((column, value))
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
