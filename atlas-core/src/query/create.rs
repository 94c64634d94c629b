//! What the model's own functions do: drafts into rows.

use crate::{
    db::{Db, Pending},
    driver::RowSink,
    error::{Error, Result},
    model::{Changes, DraftData, Model, ModelMeta},
    query::change::together,
    record::{self, Drafts, Record},
    schema::{Name, SchemaChange, Truncate},
    statement::{ColumnRef, Expr as Node, OnConflict, Statement},
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
    Pending::new(async move {
        let db = &*db.of(meta.about())?;
        Ok(record::insert_all(db, meta, drafts, on_conflict, Vec::new(), Box::new(())).await?.1.affected)
    })
}

/// Inserts drafts, and hands these columns of the written rows to the sink.
pub(super) async fn give_back(
    db: &Db,
    meta: &'static ModelMeta,
    drafts: Drafts<'_>,
    on_conflict: OnConflict,
    columns: Vec<Name>,
    sink: Box<dyn RowSink>,
) -> Result<Box<dyn RowSink>> {
    let db = &*db.of(meta.about())?;
    Ok(record::insert_all(db, meta, drafts, on_conflict, columns, sink).await?.0)
}

pub(crate) fn upsert<'a>(
    db: &'a Db,
    meta: &'static ModelMeta,
    drafts: Drafts<'a>,
    by: Vec<usize>,
    update: Changes,
    filter: Option<Node>,
) -> Pending<'a, u64> {
    match on_conflict(db, meta, by, update, filter) {
        Ok(on_conflict) => insert(db, meta, drafts, on_conflict),
        Err(error) => Pending::new(std::future::ready(Err(error))),
    }
}

pub(crate) fn truncate<'a>(db: &'a Db, meta: &'static ModelMeta, how: Truncate) -> Pending<'a, ()> {
    Pending::new(async move {
        let db = &*db.of(meta.about())?;
        if db.stamp_of(meta)?.is_some() {
            return Err(Error::config(format!(
                "truncating `{name}` removes the rows of all tenants, and this handle is a tenant's: `{name}::query().delete(&db)` removes \
                 its own, and `db.without_tenant()` says that all are meant",
                name = meta.name
            )));
        }
        let truncate = SchemaChange::Truncate(meta.table.into(), how);
        db.run(Some(meta.about()), &Statement::Schema(truncate), Box::new(())).await.map(|_| ())
    })
}

/// What an upsert does with rows that are there.
pub(super) fn on_conflict(
    db: &Db,
    meta: &'static ModelMeta,
    by: Vec<usize>,
    update: Changes,
    filter: Option<Node>,
) -> Result<OnConflict> {
    if by.is_empty() {
        return Err(Error::config(format!(
            "an upsert of `{}` needs the unique columns that tell whether a row is there: name at least one",
            meta.name
        )));
    }
    if meta.is_unique_without_trashed(&by) {
        return Err(Error::config(format!(
            "an upsert of `{}` cannot go by columns that are unique without the deleted rows: `update_or_create` finds a \
             row by them and changes it",
            meta.name
        )));
    }
    let Changes { mut columns, mut set } = update;
    let sets = |set: &[(ColumnRef, Node)], index: usize| {
        set.iter().any(|(column, _)| meta.names.get(index) == Some(&&*column.name))
    };
    let changes = !(columns.is_empty() && set.is_empty());
    if let Some(next) = meta.next_version()?.filter(|_| changes)
        && !meta.version.is_some_and(|version| columns.contains(&version) || sets(&set, version))
    {
        set.push(next);
    }
    if let Some(stamp) = meta.updated_at
        && db.manner().timestamps
        && changes
        && !columns.contains(&stamp)
        && !sets(&set, stamp)
    {
        columns.push(stamp);
    }
    if let Some(twice) = columns.iter().find(|index| sets(&set, **index)) {
        return Err(Error::config(format!(
            "an upsert of `{}` sets `{}` twice: once is enough",
            meta.name,
            meta.column(*twice)?.field
        )));
    }
    let name = |index: &usize| meta.names.get(*index).map(|name| Name::from(*name));
    let (by, columns) = (by.iter().filter_map(name).collect(), columns.iter().filter_map(name).collect());
    Ok(OnConflict::Update { by, columns, set: together(set)?, same: Vec::new(), filter })
}
