//! Rows that refer to those that are made.

use atlas_core::{
    Db, Error, Model, Record, Relation, Result,
    driver::BoxFuture,
    model::DraftData,
    relation::{Creates, with_child, with_children},
};

use crate::{Factory, FactoryBuilder, Making, run::Run, steps::Running};

/// Brings rows of another model with each row.
pub(crate) struct Has<M: Model, N: Factory, K> {
    relation: Relation<M, N, K>,
    children: Run<N>,
    count: usize,
}

impl<M: Model, N: Factory, K> Has<M, N, K> {
    pub(crate) fn new(relation: Relation<M, N, K>, factory: &FactoryBuilder<N>, making: &mut Making) -> Self {
        Self { relation, children: factory.begin(making), count: factory.count }
    }
}

impl<M: Model, N: Factory, K: Creates> Running<M> for Has<M, N, K> {
    fn prepare<'a>(&'a mut self, db: &'a Db, making: &'a mut Making) -> BoxFuture<'a, Result<()>> {
        self.children.prepare(db, making)
    }

    fn draft(&mut self, draft: DraftData, making: &mut Making) -> DraftData {
        let mut children = self.children.drafts(self.count, making);
        let kind = M::meta().relations.iter().find(|meta| meta.name == self.relation.name);
        if kind.is_some_and(|meta| meta.kind.leads_to_many()) {
            return with_children::<M, N, K, N::CompleteDraft>(
                draft,
                self.relation,
                children.into_iter().map(N::complete),
            );
        }
        if self.count > 1 {
            making.fail(Error::config(format!(
                "`{}` of `{}` leads to one record, and its factory is to make {}: leave out `count`",
                self.relation.name,
                M::meta().name,
                self.count
            )));
        }
        match children.pop() {
            Some(child) => with_child(draft, self.relation, N::complete(child)),
            None => draft,
        }
    }

    fn created<'a>(&'a mut self, db: &'a Db, records: &'a mut [Record<M>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for record in records {
                if let Some(children) = self.relation.loaded_mut(record) {
                    self.children.created(db, children).await?;
                }
            }
            Ok(())
        })
    }
}
