//! Steps that see what was made.

use std::sync::Arc;

use atlas_core::{Db, Model, Record, Result, driver::BoxFuture, model::DraftData};

use crate::{Making, steps::Running};

/// Changes each record before it is inserted.
pub(crate) struct AfterMaking<F>(pub(crate) Arc<F>);

impl<M: Model, F> Running<M> for AfterMaking<F>
where
    F: Fn(&mut Record<M>) + Send + Sync,
{
    fn draft(&mut self, draft: DraftData, making: &mut Making) -> DraftData {
        let changed = Record::<M>::change_draft(draft.clone(), |record| (self.0)(record));
        changed.unwrap_or_else(|error| {
            making.fail(error);
            draft
        })
    }
}

/// Does something with each record that was inserted.
pub(crate) struct AfterCreating<F>(pub(crate) Arc<F>);

impl<M: Model, F> Running<M> for AfterCreating<F>
where
    F: for<'a> Fn(&'a Db, &'a mut Record<M>) -> BoxFuture<'a, Result<()>> + Send + Sync,
{
    fn created<'a>(&'a mut self, db: &'a Db, records: &'a mut [Record<M>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for record in records {
                (self.0)(db, record).await?;
            }
            Ok(())
        })
    }
}
