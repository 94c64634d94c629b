//! Reading columns that were left out.

use crate::{
    db::Db,
    error::Result,
    model::ModelMeta,
    query::column_ref,
    record::{AnyRecord, Values, not_found},
    relation::{Groups, Key},
    statement::{ColumnRef, Expr, Projection, Select, TableRef},
    value::Value,
};

/// Reads those of these columns that records lack.
pub(crate) async fn read_columns(
    db: &Db,
    meta: &'static ModelMeta,
    mut records: Vec<&mut dyn AnyRecord>,
    mut columns: Vec<usize>,
) -> Result<()> {
    columns.retain(|column| records.iter().any(|record| record.is_left_out(*column)));
    records.retain(|record| columns.iter().any(|column| record.is_left_out(*column)));
    let mut groups = Groups::with_capacity(records.len());
    let keys: Vec<Key> = records.iter().map(|record| record.stored_key().into_iter().collect()).collect();
    keys.iter().for_each(|key| {
        groups.expect(key.clone());
    });
    let mut found: Vec<Option<Vec<Value>>> = Vec::new();
    found.resize_with(groups.len(), || None);
    let table = TableRef::new(meta.table);
    let of_key: Vec<ColumnRef> = meta.key.iter().map(|index| column_ref(meta, *index)).collect();
    let read: Vec<ColumnRef> =
        meta.key.iter().chain(&columns).map(|index| column_ref(meta, *index)).collect();
    for condition in groups.conditions(&of_key) {
        let mut select = Select::new(table.clone(), &[]);
        select.columns =
            Projection::Expressions(read.iter().cloned().map(|of| Expr::Column(of).into()).collect());
        select.and_where(condition);
        meta.owned(&meta.table.into()).into_iter().for_each(|own| select.and_where(own));
        let rows = db.fetch(Some(meta.about()), &select.into(), Values::default()).await?.0.values;
        for row in rows.chunks(read.len()) {
            let (key, values) = row.split_at(meta.key.len().min(row.len()));
            // As the records have it: a database may give a UUID as text.
            let key =
                meta.key.iter().zip(key).map(|(index, value)| (meta.column(*index)?.cast)(value.as_ref()));
            let group = groups.of(&key.collect::<Result<Key>>()?);
            if let Some(place) = group.and_then(|group| found.get_mut(group)) {
                *place = Some(values.to_vec());
            }
        }
    }
    for (record, key) in records.into_iter().zip(keys) {
        let values = groups.of(&key).and_then(|group| found.get(group)?.as_ref());
        let Some(values) = values else { return Err(not_found(meta, key.parts())) };
        for (column, value) in columns.iter().zip(values) {
            if record.is_left_out(*column) {
                record.set(*column, value.as_ref())?;
                let value = record.value(*column);
                record.state_mut().set_original_of(*column, value);
            }
        }
    }
    Ok(())
}
