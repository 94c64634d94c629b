//! Drafts that bring drafts of other models with them: what the setters of relations keep, and how it is
//! inserted, in the order in which the rows refer to each other.

use std::{any::Any, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::{After, Before, Complete, DraftData, Graph, Model, PutOne},
    record::{self, Record},
    relation::{Creates, Path, Relation, Slot},
};

/// For the derive: a draft that brings records which refer to it.
pub fn with_children<M: Model, N: Model, K: Creates, D: Complete<N>>(
    draft: DraftData,
    relation: Relation<M, N, K>,
    children: impl IntoIterator<Item = D>,
) -> DraftData {
    let children: Arc<[DraftData]> = children.into_iter().map(Complete::into_data).collect();
    let after: After = Arc::new(move |db, record| {
        let drafts = children.to_vec();
        Box::pin(async move {
            let Some(record) = record.downcast_mut::<Record<M>>() else { return Err(another_model::<M>()) };
            let drafts = Box::new(drafts.into_iter());
            let children = record.related(relation).create_all(db, drafts).await?;
            (relation.slot)(record.untracked()).put(Arc::new(children));
            Ok(())
        })
    });
    draft.with_graph(insert::<M>, |graph| graph.after.push(after))
}

/// For the derive: a draft that brings the record which it refers to.
pub fn with_parent<M: Model, N: Model, K>(
    draft: DraftData,
    relation: Relation<M, N, K>,
    parent: impl Complete<N>,
) -> DraftData {
    let parent = parent.into_data();
    let (link, slot) = (relation.link, relation.slot);
    let before: Before = Arc::new(move |db| {
        let parent = parent.clone();
        Box::pin(async move {
            let parent = record::insert::<N>(db, parent).await?;
            let pairs = match &link.path {
                Path::Direct(pairs) => pairs.as_slice(),
                Path::Via { .. } => &[],
            };
            let columns = pairs.iter().map(|[local, foreign]| (*local, parent.encode(*foreign))).collect();
            Ok((columns, put_parent::<M, N>(slot, parent)))
        })
    });
    draft.with_graph(insert::<M>, |graph| graph.before.push(before))
}

fn put_parent<M: Model, N: Model>(slot: fn(&mut M) -> &mut dyn Slot<N>, parent: Record<N>) -> PutOne {
    Box::new(move |record: &mut (dyn Any + Send)| {
        if let Some(record) = record.downcast_mut::<Record<M>>() {
            slot(record.untracked()).put(Arc::new(vec![parent]));
        }
    })
}

fn insert<M: Model>(db: &Db, draft: DraftData) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move { record::insert::<M>(db, draft).await.map(|_| ()) })
}

#[cold]
fn another_model<M: Model>() -> Error {
    Error::config(format!("a draft of `{}` was inserted as another model's", M::meta().name))
}

/// Inserts a draft with what it brings, all or none.
pub(crate) async fn insert_graph<M: Model>(db: &Db, mut draft: DraftData, graph: Graph) -> Result<Record<M>> {
    let tx = db.begin_own().await?;
    let mut puts: Vec<PutOne> = Vec::with_capacity(graph.before.len());
    for before in &graph.before {
        let (columns, put) = before(&tx).await?;
        for (column, value) in columns {
            draft.put_value(column, value);
        }
        puts.push(put);
    }
    let mut record: Record<M> = record::insert(&tx, draft).await?;
    for put in puts {
        put(&mut record);
    }
    for after in &graph.after {
        after(&tx, &mut record).await?;
    }
    tx.commit().await?;
    Ok(record)
}
