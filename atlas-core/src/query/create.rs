//! What the model's own functions do: drafts into rows.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{DraftData, Expr, Model, ModelMeta, SoftDeletes},
    query::Query,
    record::{self, Drafts, Record},
    schema::Name,
    statement::OnConflict,
};

pub(crate) fn create<M: Model>(db: &Db, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move { record::insert(&*db.of(M::meta().about())?, draft).await })
}

pub(crate) fn create_many<'a, M: Model>(db: &'a Db, drafts: Drafts<'a>) -> Pending<'a, Vec<Record<M>>> {
    Pending::new(async move { record::insert_many(&*db.of(M::meta().about())?, drafts).await })
}

pub(crate) fn insert<'a>(
    db: &'a Db,
    meta: &'static ModelMeta,
    drafts: Drafts<'a>,
    on_conflict: OnConflict,
) -> Pending<'a, u64> {
    Pending::new(async move { record::insert_all(&*db.of(meta.about())?, meta, drafts, on_conflict).await })
}

pub(crate) fn upsert<'a>(
    db: &'a Db,
    meta: &'static ModelMeta,
    drafts: Drafts<'a>,
    by: Vec<usize>,
    update: Vec<usize>,
) -> Pending<'a, u64> {
    if by.is_empty() {
        let message = format!(
            "an upsert of `{}` needs the unique columns that tell whether a row is there: name at least one",
            meta.name
        );
        return Pending::new(std::future::ready(Err(Error::config(message))));
    }
    let name = |index: &usize| meta.names.get(*index).map(|name| Name::from(*name));
    let mut columns: Vec<Name> = update.iter().filter_map(name).collect();
    if let Some(stamp) = meta.updated_at.as_ref().and_then(name)
        && !columns.is_empty()
        && !columns.contains(&stamp)
    {
        columns.push(stamp);
    }
    let by = by.iter().filter_map(name).collect();
    insert(db, meta, drafts, OnConflict::Update { by, columns, set: Vec::new(), same: Vec::new() })
}

pub(crate) fn first_or_new<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        draft.alone()?;
        match first::<M>(db, &by).await? {
            Some(record) => Ok(record),
            None => {
                let stamp = db.of(M::meta().about())?.stamp_of(M::meta())?;
                Record::from_draft(
                    stamp.into_iter().fold(draft, |draft, (column, tenant)| draft.put(column, tenant)),
                )
            }
        }
    })
}

pub(crate) fn first_or_create<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        match first::<M>(db, &by).await? {
            Some(record) => Ok(record),
            None => create_or_first(&*db.of(M::meta().about())?, &by, draft).await,
        }
    })
}

pub(crate) fn restore_or_create<M: SoftDeletes>(
    db: &Db,
    by: Expr<M>,
    draft: DraftData,
) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        let tx = db.of(M::meta().about())?.begin_own().await?;
        let found = Query::<M>::new().with_trashed().and_node(by.clone().into_node()).first(&tx).await?;
        let mut record = match found {
            Some(record) => record,
            None => create_or_first(&tx, &by, draft).await?,
        };
        if record.trashed() {
            record.restore(&tx).await?;
        }
        tx.commit().await?;
        Ok(record)
    })
}

pub(crate) fn update_or_create<M: Model>(db: &Db, by: Expr<M>, draft: DraftData) -> Pending<'_, Record<M>> {
    Pending::new(async move {
        draft.alone()?;
        let tx = db.of(M::meta().about())?.begin_own().await?;
        let record = match first::<M>(&tx, &by).await? {
            Some(record) => set(&tx, record, draft).await?,
            None => {
                let record = create_or_first(&tx, &by, draft.clone()).await?;
                if record.was_recently_created() { record } else { set(&tx, record, draft).await? }
            }
        };
        tx.commit().await?;
        Ok(record)
    })
}

async fn first<M: Model>(db: &Db, by: &Expr<M>) -> Result<Option<Record<M>>> {
    Query::<M>::new().and_node(by.clone().into_node()).first(db).await
}

async fn set<M: Model>(db: &Db, mut record: Record<M>, draft: DraftData) -> Result<Record<M>> {
    record.assign_draft(draft)?;
    record.save(db).await?;
    Ok(record)
}

/// Inserts a draft; where somebody else was faster, their record. In a transaction the insert has a
/// savepoint of its own, since a failed statement ends the transaction on some databases.
async fn create_or_first<M: Model>(db: &Db, by: &Expr<M>, draft: DraftData) -> Result<Record<M>> {
    let inserted = if db.in_transaction() {
        let savepoint = db.begin_own().await?;
        match record::insert(&savepoint, draft).await {
            Ok(record) => savepoint.commit().await.map(|()| record),
            Err(error) => {
                savepoint.rollback().await?;
                Err(error)
            }
        }
    } else {
        record::insert(db, draft).await
    };
    match inserted {
        Err(error) if error.is_unique_violation() => first(db, by).await?.ok_or(error),
        inserted => inserted,
    }
}
