//! Drafts that bring drafts of other models with them: what the setters of relations keep, and how it is
//! inserted, in the order in which the rows refer to each other.

use std::{any::Any, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::{After, Before, Complete, DraftData, Graph, Model, PutOne},
    record::{self, Record},
    relation::{Between, Link, Path, Relation, Slot},
    statement::{ColumnRef, Insert, OnConflict, TableRef},
    value::Value,
};

/// For the derive: a draft that brings records which refer to it.
pub fn with_children<M: Model, N: Model, K, D: Complete<N>>(
    draft: DraftData,
    relation: Relation<M, N, K>,
    children: impl IntoIterator<Item = D>,
) -> DraftData {
    let children: Arc<[DraftData]> = children.into_iter().map(Complete::into_data).collect();
    let (link, slot) = (relation.link, relation.slot);
    let after: After = Arc::new(move |db, record| {
        let drafts = children.to_vec();
        Box::pin(async move {
            let Some(record) = record.downcast_mut::<Record<M>>() else { return Err(another_model::<M>()) };
            let children = insert_children::<M, N>(db, record, link, drafts).await?;
            slot(record.untracked()).put(Arc::new(children));
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

/// Inserts records that refer to one that is there, with one statement for their table, and one for a table
/// between.
async fn insert_children<M: Model, N: Model>(
    db: &Db,
    parent: &Record<M>,
    link: Link,
    mut drafts: Vec<DraftData>,
) -> Result<Vec<Record<N>>> {
    let meta = N::meta();
    if let Path::Direct(pairs) = &link.path {
        let morph = link.morph.and_then(|morph| Some((meta.index_of_column(morph.column)?, morph.name)));
        for draft in &mut drafts {
            for [local, foreign] in pairs.as_slice() {
                draft.put_value(*foreign, parent.encode(*local));
            }
            if let Some((column, name)) = morph {
                draft.put_value(column, Value::Text(name.to_owned()));
            }
        }
    }
    let children = record::insert_many::<N>(db, Box::new(drafts.into_iter())).await?;
    if let Path::Via { between, near, far } = &link.path {
        let mut rows = Vec::with_capacity(children.len());
        for child in &children {
            let near = near.iter().map(|(local, name)| (*name, parent.encode(*local)));
            let far = far.iter().map(|(name, foreign)| (*name, child.encode(*foreign)));
            let morph = link.morph.map(|morph| (morph.column, Value::Text(morph.name.to_owned())));
            rows.push(near.chain(far).chain(morph).collect());
        }
        insert_between(db, *between, rows).await?;
    }
    Ok(children)
}

/// Inserts rows of a table between, each of which gives the same columns.
async fn insert_between(db: &Db, between: Between, rows: Vec<Vec<(&'static str, Value)>>) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    if let Between::Model(meta) = between {
        let meta = meta();
        let drafts = rows.into_iter().map(move |row| {
            row.into_iter().fold(DraftData::new(meta), |draft, (name, value)| {
                match meta.index_of_column(name) {
                    Some(column) => draft.put(column, value),
                    None => draft,
                }
            })
        });
        record::insert_all(db, meta, Box::new(drafts), OnConflict::Fail).await?;
        return Ok(());
    }
    let column = |name: &'static str| ColumnRef { table: None, name: name.into(), ty: None };
    let insert = Insert {
        table: TableRef::new(between.table()),
        columns: first.iter().map(|(name, _)| column(name)).collect(),
        rows: rows.len(),
        values: rows.into_iter().flatten().map(|(_, value)| value).collect(),
        on_conflict: OnConflict::Fail,
        returning: Vec::new(),
        key: Vec::new(),
    };
    db.run(None, &insert.into(), Box::new(())).await?;
    Ok(())
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
