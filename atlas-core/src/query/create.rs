//! What the model's own functions do: drafts into rows.

use crate::{
    db::{Db, Pending},
    error::Error,
    model::{DraftData, Model, ModelMeta},
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
        && db.manner().timestamps
        && !columns.is_empty()
        && !columns.contains(&stamp)
    {
        columns.push(stamp);
    }
    let by = by.iter().filter_map(name).collect();
    let set = match meta.next_version() {
        Ok(next) if !columns.is_empty() => next.into_iter().collect(),
        _ => Vec::new(),
    };
    insert(db, meta, drafts, OnConflict::Update { by, columns, set, same: Vec::new() })
}
