use std::marker::PhantomData;

use atlas_core::{
    Db, Record, Result,
    driver::BoxFuture,
    model::{Complete, DraftData},
};

use crate::{Factory, Making, steps::Running};

/// A factory at work.
pub(crate) struct Run<M: Factory> {
    steps: Vec<Box<dyn Running<M>>>,
    /// How many rows it has made.
    made: usize,
    of: PhantomData<fn() -> M>,
}

impl<M: Factory> Run<M> {
    pub(crate) fn new(steps: Vec<Box<dyn Running<M>>>) -> Self {
        Self { steps, made: 0, of: PhantomData }
    }

    /// Makes what has to be there before the rows.
    pub(crate) fn prepare<'a>(&'a mut self, db: &'a Db, making: &'a mut Making) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for step in &mut self.steps {
                step.prepare(db, making).await?;
            }
            Ok(())
        })
    }

    /// The next draft.
    pub(crate) fn draft(&mut self, making: &mut Making) -> DraftData {
        let outer = making.set_index(self.made);
        self.made += 1;
        let draft = M::definition(making).into_data();
        let mut draft = self.steps.iter_mut().fold(draft, |draft, step| step.draft(draft, making));
        draft.recycle(&mut |model| making.choose(model));
        making.set_index(outer);
        draft
    }

    pub(crate) fn drafts(&mut self, count: usize, making: &mut Making) -> Vec<DraftData> {
        (0..count).map(|_| self.draft(making)).collect()
    }

    /// Does what is to be done with the rows, once they are there.
    pub(crate) fn created<'a>(
        &'a mut self,
        db: &'a Db,
        records: &'a mut [Record<M>],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for step in &mut self.steps {
                step.created(db, records).await?;
            }
            Ok(())
        })
    }

    /// Inserts rows, with one statement a table.
    pub(crate) fn create<'a>(
        mut self,
        db: &'a Db,
        making: &'a mut Making,
        count: usize,
    ) -> BoxFuture<'a, Result<Vec<Record<M>>>> {
        Box::pin(async move {
            self.prepare(db, making).await?;
            let drafts = self.drafts(count, making);
            making.check()?;
            let mut records = M::create_many(db, drafts.into_iter().map(M::complete)).await?;
            self.created(db, &mut records).await?;
            Ok(records)
        })
    }
}
