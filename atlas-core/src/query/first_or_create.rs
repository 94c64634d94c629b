//! One row that is to be there: found, or written.

use crate::{
    db::{Attempts, Db, Pending},
    error::Result,
    model::{DraftData, Expr, Model, ModelMeta, SoftDeletes},
    query::Query,
    record::{self, Record},
    statement::{CompareOp, Expr as Node},
    value::Value,
};

pub(crate) fn first_or_new<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        draft.alone()?;
        match matching(&by).first(db).await? {
            Some(record) => Ok(record),
            None => new_of(db, &by, draft),
        }
    })
}

/// A record of the draft and of what the condition says, not saved.
pub(crate) fn new_of<M: Model>(db: &Db, by: &Expr<M>, draft: DraftData) -> Result<Record<M>> {
    Record::of_draft(stamped(db, M::meta(), given(M::meta(), by, draft))?, db.now())
}

pub(crate) fn first_or_create<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        let db = &*db.of(M::meta().about())?;
        if let Some(record) = matching(&by).first(db).await? {
            return Ok(record);
        }
        match insert_apart(db, given(M::meta(), &by, draft)).await {
            // What was inserted since this transaction began is seen by who locks it.
            Err(error) if error.is_unique_violation() => {
                let theirs = matching(&by);
                let theirs = if db.in_transaction() { theirs.lock_for_share() } else { theirs };
                theirs.first(db).await?.ok_or(error)
            }
            inserted => inserted,
        }
    })
}

pub(crate) fn update_or_create<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        let draft = stamped(db, M::meta(), draft)?;
        let set = draft.clone();
        update_or_create_with(db, by, draft, move |record: &mut Record<M>| record.assign_draft(set.clone()))
            .await
    })
}

/// A draft that is the tenant's, whatever it said.
fn stamped(db: &Db, meta: &'static ModelMeta, draft: DraftData) -> Result<DraftData> {
    let stamp = db.of(meta.about())?.stamp_of(meta)?;
    Ok(stamp.into_iter().fold(draft, |draft, (column, tenant)| draft.put(column, tenant)))
}

pub(crate) fn update_or_create_with<'a, M, F>(
    db: &'a Db,
    by: Expr<M>,
    draft: DraftData,
    mut change: F,
) -> Pending<'a, Record<M>>
where
    M: Model,
    F: FnMut(&mut Record<M>) -> Result<()> + Send + 'a,
{
    Pending::new(async move {
        draft.alone()?;
        let db = &*db.of(M::meta().about())?;
        let mut attempts = Attempts::default();
        loop {
            let tx = attempts.begin(db).await?;
            let found = matching(&by).lock_for_update().first(&tx).await;
            let missing = usize::from(matches!(found, Ok(None)));
            let written = match found {
                Ok(Some(mut record)) => match change(&mut record) {
                    Ok(()) => record.save(&tx).await.map(|()| record),
                    Err(error) => Err(error),
                },
                Ok(None) => record::insert(&tx, given(M::meta(), &by, draft.clone())).await,
                Err(error) => Err(error),
            };
            if let Some(record) = attempts.end(db, tx, missing, written).await? {
                return Ok(record);
            }
        }
    })
}

pub(crate) fn restore_or_create<M: SoftDeletes>(
    db: &Db,
    by: Expr<M>,
    draft: DraftData,
) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        let db = &*db.of(M::meta().about())?;
        let mut attempts = Attempts::default();
        loop {
            let tx = attempts.begin(db).await?;
            let found = matching(&by).with_trashed().lock_for_update().first(&tx).await;
            let missing = usize::from(matches!(found, Ok(None)));
            let written = match found {
                Ok(Some(record)) => restored(&tx, record).await,
                Ok(None) => record::insert(&tx, given(M::meta(), &by, draft.clone())).await,
                Err(error) => Err(error),
            };
            if let Some(record) = attempts.end(db, tx, missing, written).await? {
                return Ok(record);
            }
        }
    })
}

async fn restored<M: SoftDeletes>(db: &Db, mut record: Record<M>) -> Result<Record<M>> {
    if record.trashed() {
        record.restore(db).await?;
    }
    Ok(record)
}

fn matching<M: Model>(by: &Expr<M>) -> Query<M> {
    Query::new().and_node(by.clone().into_node())
}

/// Inserts a draft that may meet another's row: in a savepoint, where the handle is in a transaction, since a statement
/// that fails ends those on some databases.
async fn insert_apart<M: Model>(db: &Db, draft: DraftData) -> Result<Record<M>> {
    if !db.in_transaction() {
        return record::insert(db, draft).await;
    }
    let savepoint = db.begin_own().await?;
    match record::insert(&savepoint, draft).await {
        Ok(record) => savepoint.commit().await.map(|()| record),
        Err(error) => savepoint.rollback().await.and(Err(error)),
    }
}

/// The draft of a row that is to be found by this condition: what it says of a column, the draft says too where it
/// says nothing else.
fn given<M: Model>(meta: &'static ModelMeta, by: &Expr<M>, mut draft: DraftData) -> DraftData {
    give(meta, by.node(), &mut draft);
    draft
}

fn give(meta: &'static ModelMeta, by: &Node, draft: &mut DraftData) {
    let (column, value) = match by {
        Node::And(parts) => return parts.iter().for_each(|part| give(meta, part, draft)),
        Node::Compare(CompareOp::Eq, column, value) => match (&**column, &**value) {
            (Node::Column(column), Node::Value(value)) => (column, value),
            _ => return,
        },
        Node::IsNull(column) => match &**column {
            Node::Column(column) => (column, &Value::Null),
            _ => return,
        },
        _ => return,
    };
    if column.table.as_ref().is_some_and(|table| *table != meta.table) {
        return;
    }
    let found = meta.columns.iter().position(|candidate| column.name == candidate.name);
    let Some((index, known)) = found.and_then(|index| Some((index, meta.columns.get(index)?))) else {
        return;
    };
    // What the field's type or its mutator would make another value of is none that a draft holds.
    if !draft.has(index) && (known.cast)(value.as_ref()).is_ok_and(|cast| cast == *value) {
        draft.put_value(index, value.clone());
    }
}
