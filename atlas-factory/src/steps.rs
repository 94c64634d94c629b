//! What is done to each draft.

use std::sync::Arc;

use atlas_core::{
    Db, Model, Record, Result,
    driver::BoxFuture,
    model::{Complete, DraftData},
    value::{ColumnType, Moment, Value},
};

use crate::Making;

/// Something that a factory does, each time that it is run.
pub(crate) type Step<M> = Arc<dyn Fn(&mut Making) -> Box<dyn Running<M>> + Send + Sync>;

/// A step on its way through the rows.
pub(crate) trait Running<M: Model>: Send {
    /// What comes before all of them, in the database.
    fn prepare<'a>(&'a mut self, _db: &'a Db, _making: &'a mut Making) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// What is done to a draft.
    fn draft(&mut self, draft: DraftData, _making: &mut Making) -> DraftData {
        draft
    }

    /// What comes after all of them, once they are in the database.
    fn created<'a>(&'a mut self, _db: &'a Db, _records: &'a mut [Record<M>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// Changes every draft.
pub(crate) struct State<F>(pub(crate) Arc<F>);

impl<M: Model, D: Complete<M>, F> Running<M> for State<F>
where
    F: Fn(M::CompleteDraft) -> D + Send + Sync,
{
    fn draft(&mut self, draft: DraftData, _: &mut Making) -> DraftData {
        (self.0)(M::complete(draft)).into_data()
    }
}

/// Changes each draft by the next of some values.
pub(crate) struct Sequence<I, F> {
    pub(crate) values: I,
    pub(crate) set: Arc<F>,
}

impl<M: Model, D: Complete<M>, I, F> Running<M> for Sequence<I, F>
where
    I: Iterator + Send,
    F: Fn(M::CompleteDraft, I::Item) -> D + Send + Sync,
{
    fn draft(&mut self, draft: DraftData, _: &mut Making) -> DraftData {
        match self.values.next() {
            Some(value) => (self.set)(M::complete(draft), value).into_data(),
            None => draft,
        }
    }
}

/// Deletes every row softly.
pub(crate) struct Trashed;

impl<M: Model> Running<M> for Trashed {
    fn draft(&mut self, draft: DraftData, _: &mut Making) -> DraftData {
        let Some(column) = M::meta().soft_deletes else { return draft };
        let at = Moment::now();
        match M::meta().columns.get(column).map(|column| column.ty) {
            Some(ColumnType::DateTime) => draft.put(column, Value::DateTime(at)),
            _ => draft.put(column, Value::Timestamp(at)),
        }
    }
}
