//! Drafts that bring drafts of other models with them: what the setters of relations keep, and how it is
//! inserted, in the order in which the rows refer to each other.
//!
//! Drafts of one model go together, whoever brings them: what they refer to, then themselves, then what refers
//! to them, each with one statement a table.

use std::{any::Any, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::{After, Before, Brought, Complete, DraftData, InsertReferred, Model, PutReferred, Referred},
    record::{self, Record},
    relation::{Pairs, Path, Relation, Slot, create::create_for},
};

/// For the derive: a draft that brings records which refer to it.
pub fn with_children<M: Model, N: Model, K: 'static, D: Complete<N>>(
    draft: DraftData,
    relation: Relation<M, N, K>,
    children: impl IntoIterator<Item = D>,
) -> DraftData {
    let children = children.into_iter().map(Complete::into_data).collect();
    referred_by(draft, relation, children, |there, children| there.extend(children))
}

/// For the derive: a draft that brings the one record which refers to it.
pub fn with_child<M: Model, N: Model, K: 'static>(
    draft: DraftData,
    relation: Relation<M, N, K>,
    child: impl Complete<N>,
) -> DraftData {
    referred_by(draft, relation, vec![child.into_data()], |there, child| *there = child)
}

fn referred_by<M: Model, N: Model, K: 'static>(
    mut draft: DraftData,
    relation: Relation<M, N, K>,
    children: Vec<DraftData>,
    join: fn(&mut Vec<DraftData>, Vec<DraftData>),
) -> DraftData {
    let after = &mut draft.graph_mut(insert::<M>).after;
    if let Some(same) = after.iter_mut().find(|brought| brought.relation == relation.name) {
        join(&mut same.drafts, children);
        return draft;
    }
    let insert: After = Arc::new(move |db, records, children| {
        Box::pin(async move {
            let Some(records) = records.downcast_mut::<Vec<Record<M>>>() else {
                return Err(another_model::<M>());
            };
            create_for(db, relation, records, children).await
        })
    });
    after.push(Brought { relation: relation.name, insert, drafts: children });
    draft
}

/// For the derive: a draft that brings the record which it refers to.
pub fn with_parent<M: Model, N: Model, K>(
    mut draft: DraftData,
    relation: Relation<M, N, K>,
    parent: impl Complete<N>,
) -> DraftData {
    let parent = parent.into_data();
    let pairs = match relation.link.path {
        Path::Direct(pairs) => pairs,
        Path::Via { .. } => Pairs::Several(&[]),
    };
    pairs.as_slice().iter().for_each(|[local, _]| draft.unset(*local));
    let before = &mut draft.graph_mut(insert::<M>).before;
    if let Some(same) = before.iter_mut().find(|brought| brought.relation == relation.name) {
        same.drafts = vec![parent];
        return draft;
    }
    let slot = relation.slot;
    let insert: InsertReferred = Arc::new(move |db, parents| {
        Box::pin(async move {
            let parents = insert_level::<N>(db, parents).await?;
            let columns_of = |parent: &Record<N>| {
                pairs.as_slice().iter().map(|[local, of]| (*local, parent.encode(*of))).collect()
            };
            let columns = parents.iter().map(columns_of).collect();
            Ok(Referred { columns, put: put_parents::<M, N>(slot, parents) })
        })
    });
    before.push(Brought { relation: relation.name, insert: Before { pairs, insert }, drafts: vec![parent] });
    draft
}

fn put_parents<M: Model, N: Model>(
    slot: fn(&mut M) -> &mut dyn Slot<N>,
    parents: Vec<Record<N>>,
) -> PutReferred {
    Box::new(move |records: &mut (dyn Any + Send), places| {
        let Some(records) = records.downcast_mut::<Vec<Record<M>>>() else { return };
        for (place, parent) in places.iter().zip(parents) {
            if let Some(record) = records.get_mut(*place) {
                slot(record.untracked()).put(Arc::new(vec![parent]));
            }
        }
    })
}

fn insert<M: Model>(db: &Db, drafts: Vec<DraftData>) -> BoxFuture<'_, Result<u64>> {
    Box::pin(async move { Ok(insert_level::<M>(db, drafts).await?.len() as u64) })
}

#[cold]
fn another_model<M: Model>() -> Error {
    Error::config(format!("a draft of `{}` was inserted as another model's", M::meta().name))
}

/// Inserts a draft with what it brings, all or none.
pub(crate) async fn insert_graph<M: Model>(db: &Db, draft: DraftData) -> Result<Record<M>> {
    let tx = db.begin_own().await?;
    let record = insert_level(&tx, vec![draft]).await?.pop().ok_or_else(another_model::<M>)?;
    tx.commit().await?;
    Ok(record)
}

/// Inserts drafts with what they bring, in a transaction that the caller holds: their records, in the same
/// order.
pub(crate) async fn insert_level<M: Model>(db: &Db, mut drafts: Vec<DraftData>) -> Result<Vec<Record<M>>> {
    let (before, after) = brought(&mut drafts);
    let mut referred = Vec::with_capacity(before.len());
    for Together { insert, of, .. } in before {
        let (places, parents): (Vec<usize>, Vec<Vec<DraftData>>) = of.into_iter().unzip();
        let Referred { columns, put } = (insert.insert)(db, parents.into_iter().flatten().collect()).await?;
        for (place, columns) in places.iter().zip(columns) {
            let Some(draft) = drafts.get_mut(*place) else { continue };
            columns.into_iter().for_each(|(column, value)| draft.put_value(column, value));
        }
        referred.push((put, places));
    }
    let mut records: Vec<Record<M>> = record::insert_within(db, Box::new(drafts.into_iter())).await?;
    for (put, places) in referred {
        put(&mut records, &places);
    }
    for Together { insert, of, .. } in after {
        insert(db, &mut records, of).await?;
    }
    Ok(records)
}

/// What drafts of one model bring by the same relation.
struct Together<F> {
    relation: &'static str,
    insert: F,
    /// The place of each draft among them, and what it brings.
    of: Vec<(usize, Vec<DraftData>)>,
}

/// Takes from drafts of one model what they bring.
fn brought(drafts: &mut [DraftData]) -> (Vec<Together<Before>>, Vec<Together<After>>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (place, draft) in drafts.iter_mut().enumerate() {
        let Some(graph) = draft.take_graph() else { continue };
        let lacking = graph.before.into_iter().filter(|brought| !draft.has_all(brought.insert.pairs));
        lacking.for_each(|brought| add(&mut before, place, brought));
        graph.after.into_iter().for_each(|brought| add(&mut after, place, brought));
    }
    (before, after)
}

fn add<F>(all: &mut Vec<Together<F>>, place: usize, brought: Brought<F>) {
    let Brought { relation, insert, drafts } = brought;
    match all.iter_mut().find(|together| together.relation == relation) {
        Some(together) => together.of.push((place, drafts)),
        None => all.push(Together { relation, insert, of: vec![(place, drafts)] }),
    }
}
