//! Many rows that are to be there: found by their keys with one select, or written.

use crate::{
    db::{Attempts, Db, Pending},
    driver::Row as _,
    error::{Error, Result},
    model::{DraftData, Model, ModelMeta},
    query::{Query, column_ref, order::by_key_descending},
    record::{self, Record, Values},
    relation::{Groups, Key},
    statement::{ColumnRef, Expr},
    value::{Moment, Time, Value, ValueRef},
};

pub(crate) fn fetch_or_new_many<M: Model>(
    db: &Db,
    by: Vec<usize>,
    drafts: Vec<DraftData>,
) -> Pending<'_, Vec<Record<M>>> {
    Pending::new(async move {
        let db = &*db.of(M::meta().about())?;
        let payload = Payload::new(db, M::meta(), by, None, drafts)?;
        let mut found: Vec<Option<Record<M>>> = payload.places();
        payload.fetch(db, &mut found, Lock::None).await?;
        payload.in_order(found, db.now())
    })
}

pub(crate) fn fetch_or_create_many<M: Model>(
    db: &Db,
    by: Vec<usize>,
    among: Option<Expr>,
    drafts: Vec<DraftData>,
) -> Pending<'_, Vec<Record<M>>> {
    Pending::new(async move {
        let db = &*db.of(M::meta().about())?;
        let payload = Payload::new(db, M::meta(), by, among, drafts)?;
        let mut found: Vec<Option<Record<M>>> = payload.places();
        let mut attempts = Attempts::default();
        let mut lock = Lock::None;
        loop {
            payload.fetch(db, &mut found, lock).await?;
            let missing = missing(&found);
            if missing.is_empty() {
                return payload.in_order(found, db.now());
            }
            let drafts = missing.iter().filter_map(|row| payload.drafts_of(*row).next().cloned());
            let drafts: Vec<DraftData> = drafts.collect();
            let tx = attempts.begin(db).await?;
            let inserted = record::insert_within(&tx, Box::new(drafts.into_iter())).await;
            if let Some(records) = attempts.end(db, tx, missing.len(), inserted).await? {
                put(&mut found, &missing, records);
                return payload.in_order(found, db.now());
            }
            // What was inserted since a transaction began is seen by who locks it.
            if db.in_transaction() {
                lock = Lock::Share;
            }
        }
    })
}

pub(crate) fn update_or_create_many<M: Model>(
    db: &Db,
    by: Vec<usize>,
    among: Option<Expr>,
    drafts: Vec<DraftData>,
) -> Pending<'_, Vec<Record<M>>> {
    Pending::new(async move {
        let db = &*db.of(M::meta().about())?;
        let payload = Payload::new(db, M::meta(), by, among, drafts)?;
        if payload.drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut attempts = Attempts::default();
        loop {
            let tx = attempts.begin(db).await?;
            let mut found = payload.places();
            let read = payload.fetch(&tx, &mut found, Lock::Update).await;
            let missing = missing(&found);
            let written = match read {
                Ok(()) => payload.write(&tx, &mut found, &missing).await,
                Err(error) => Err(error),
            };
            if attempts.end(db, tx, missing.len(), written).await?.is_some() {
                return payload.in_order(found, db.now());
            }
        }
    })
}

#[derive(Clone, Copy)]
enum Lock {
    None,
    Share,
    Update,
}

/// The drafts of one call, and which of them are of the same row.
struct Payload {
    meta: &'static ModelMeta,
    by: Vec<usize>,
    /// Which rows are looked through; `None` for all.
    among: Option<Expr>,
    drafts: Vec<DraftData>,
    /// The rows that they are of.
    keys: Groups,
    /// The drafts of each row, in their order.
    rows: Vec<Vec<usize>>,
}

impl Payload {
    fn new(
        db: &Db,
        meta: &'static ModelMeta,
        by: Vec<usize>,
        among: Option<Expr>,
        mut drafts: Vec<DraftData>,
    ) -> Result<Self> {
        if by.is_empty() {
            return Err(Error::config(format!(
                "no column says which `{}` a draft is of: name at least one",
                meta.name
            )));
        }
        let stamp = db.stamp_of(meta)?;
        let mut keys = Groups::with_capacity(drafts.len());
        let mut rows: Vec<Vec<usize>> = Vec::with_capacity(drafts.len());
        for (number, draft) in drafts.iter_mut().enumerate() {
            draft.alone()?;
            if let Some((column, tenant)) = &stamp {
                draft.put_value(*column, tenant.clone());
            }
            let mut key = Vec::with_capacity(by.len());
            for column in &by {
                match draft.get(*column)? {
                    ValueRef::Null => return Err(keyless(meta, *column, number + 1)),
                    value => key.push(value.to_owned()),
                }
            }
            let Some(row) = keys.expect(key.into_iter().collect::<Key>()) else { continue };
            match rows.get_mut(row) {
                Some(drafts) => drafts.push(number),
                None => rows.push(vec![number]),
            }
        }
        Ok(Self { meta, by, among, drafts, keys, rows })
    }

    /// A place for the record of each row.
    fn places<M: Model>(&self) -> Vec<Option<Record<M>>> {
        self.rows.iter().map(|_| None).collect()
    }

    fn drafts_of(&self, row: usize) -> impl Iterator<Item = &DraftData> {
        let numbers = self.rows.get(row).into_iter().flatten();
        numbers.filter_map(|number| self.drafts.get(*number))
    }

    /// The row of a key as the database gives it back: most keep times to the microsecond.
    fn row_of(&self, key: &Key) -> Option<usize> {
        self.keys.of(key).or_else(|| self.keys.position(|known| cut(known.parts()) == *key))
    }

    /// Reads the rows that are there. Locked in the order of their keys, so that two who lock the same do not wait
    /// for each other.
    async fn fetch<M: Model>(&self, db: &Db, found: &mut [Option<Record<M>>], lock: Lock) -> Result<()> {
        let columns: Vec<ColumnRef> = self.by.iter().map(|column| column_ref(self.meta, *column)).collect();
        for condition in self.keys.conditions(&columns) {
            let condition = self.among.iter().cloned().fold(condition, Expr::and);
            let mut query = Query::<M>::new().and_node(condition);
            by_key_descending(self.meta, &mut query.select)?;
            let query = match lock {
                Lock::None => query,
                Lock::Share => query.lock_for_share(),
                Lock::Update => query.lock_for_update(),
            };
            for record in query.get(db).await? {
                let place = self.row_of(&Key::of(&*record, &self.by)).and_then(|row| found.get_mut(row));
                if let Some(place @ None) = place {
                    *place = Some(record);
                }
            }
        }
        Ok(())
    }

    /// Changes the rows that were found, and inserts the others.
    async fn write<M: Model>(
        &self,
        tx: &Db,
        found: &mut [Option<Record<M>>],
        missing: &[usize],
    ) -> Result<()> {
        for (row, record) in found.iter_mut().enumerate() {
            let Some(record) = record else { continue };
            for draft in self.drafts_of(row) {
                record.assign_draft(draft.clone())?;
            }
            record.save(tx).await?;
        }
        let merge = |draft: DraftData, next: DraftData| {
            next.into_given().fold(draft, |draft, (column, value)| draft.put(column, value))
        };
        let drafts = missing.iter().filter_map(|row| self.drafts_of(*row).cloned().reduce(merge));
        let drafts: Vec<DraftData> = drafts.collect();
        let records = record::insert_within(tx, Box::new(drafts.into_iter())).await?;
        put(found, missing, records);
        Ok(())
    }

    /// The record of each draft: the first of a row gets the one that was found or written, and each draft of a row
    /// that is not there a new one.
    fn in_order<M: Model>(
        self,
        found: Vec<Option<Record<M>>>,
        now: Option<Moment>,
    ) -> Result<Vec<Record<M>>> {
        let mut drafts: Vec<Option<DraftData>> = self.drafts.into_iter().map(Some).collect();
        let mut records: Vec<Option<Record<M>>> = drafts.iter().map(|_| None).collect();
        let mut give = |number: usize, record: Record<M>| {
            if let Some(place) = records.get_mut(number) {
                *place = Some(record);
            }
        };
        for (record, numbers) in found.into_iter().zip(self.rows) {
            let Some(record) = record else {
                for number in numbers {
                    if let Some(draft) = drafts.get_mut(number).and_then(Option::take) {
                        give(number, Record::of_draft(draft, now)?);
                    }
                }
                continue;
            };
            let mut numbers = numbers.into_iter();
            let first = numbers.next();
            for number in numbers {
                give(number, twin(&record)?);
            }
            if let Some(first) = first {
                give(first, record);
            }
        }
        Ok(records.into_iter().flatten().collect())
    }
}

/// The rows without a record.
fn missing<M: Model>(found: &[Option<Record<M>>]) -> Vec<usize> {
    found.iter().enumerate().filter(|(_, record)| record.is_none()).map(|(row, _)| row).collect()
}

fn put<M: Model>(found: &mut [Option<Record<M>>], rows: &[usize], records: Vec<Record<M>>) {
    for (row, record) in rows.iter().zip(records) {
        if let Some(place) = found.get_mut(*row) {
            *place = Some(record);
        }
    }
}

/// Another record of the same row. A model need not be `Clone`.
fn twin<M: Model>(record: &Record<M>) -> Result<Record<M>> {
    let values = (0..M::meta().columns.len()).map(|column| record.encode(column)).collect();
    Ok(Record::loaded(M::decode(&Values { values }, 0)?))
}

/// A key without what is finer than a microsecond.
fn cut(parts: &[Value]) -> Key {
    let cut = |value: &Value| match value.clone() {
        Value::Time(time) => Value::Time(Time { nanos: time.nanos - time.nanos % 1_000 }),
        Value::DateTime(at) => Value::DateTime(Moment { nanos: at.nanos - at.nanos % 1_000, ..at }),
        Value::Timestamp(at) => Value::Timestamp(Moment { nanos: at.nanos - at.nanos % 1_000, ..at }),
        other => other,
    };
    parts.iter().map(cut).collect()
}

#[cold]
fn keyless(meta: &'static ModelMeta, column: usize, number: usize) -> Error {
    let column = meta.columns.get(column).map_or("", |column| column.field);
    Error::config(format!(
        "draft {number} has no value for `{column}`, which says which `{}` it is of: set it, or find rows by another \
         column",
        meta.name
    ))
}
