//! Records that came with one result: what one of them loads lazily, is loaded for all of them.

use std::{
    any::Any,
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    db::Moment,
    model::{Model, ModelMeta},
    query::{Part, Unscoped},
    record::Record,
    relation::{Key, RelationMeta},
    value::Value,
};

/// What is known of the records of a result, and what was loaded for them.
pub(crate) struct Siblings {
    /// The columns that lead to relations, by index, each with its values in the order of the records.
    columns: Vec<(usize, Vec<Value>)>,
    records: usize,
    loaded: Mutex<Vec<Entry>>,
}

/// Something that was loaded for all of them.
struct Entry {
    relation: &'static str,
    /// What tells its query from others; of a relation to several models, none.
    shape: Option<Unscoped>,
    /// When and where: what was written since, or is seen from elsewhere, may differ.
    moment: Moment,
    found: Arc<dyn Any + Send + Sync>,
    /// Who has taken it: asking again means reading again.
    taken: BTreeSet<u32>,
}

/// What there is for a record.
pub(crate) enum Shared {
    /// What a sibling's loading brought.
    Found(Arc<dyn Any + Send + Sync>),
    /// Nothing yet: the first one loads for all.
    Nothing,
    /// Nothing that holds any more: each loads for itself, since something is written in between.
    Stale,
}

impl Siblings {
    /// Notes that these records came together.
    pub(crate) fn introduce<M: Model, R>(rows: &mut [R], part: Part<'_, R, Record<M>>) {
        let columns = leading_columns(M::meta());
        if rows.len() < 2 || columns.is_empty() {
            return;
        }
        let mut siblings = Self {
            columns: columns.into_iter().map(|column| (column, Vec::with_capacity(rows.len()))).collect(),
            records: 0,
            loaded: Mutex::default(),
        };
        for record in rows.iter_mut().filter_map(part) {
            siblings.records += 1;
            for (column, values) in &mut siblings.columns {
                values.push(record.model.encode(*column));
            }
        }
        let siblings = Arc::new(siblings);
        for (place, record) in (0..).zip(rows.iter_mut().filter_map(part)) {
            record.state.set_siblings(Arc::clone(&siblings), place);
        }
    }

    /// The values of these columns for each record; `None` where one of them leads to no relation.
    pub(crate) fn keys(&self, columns: &[usize]) -> Option<Vec<Key>> {
        let columns: Option<Vec<&Vec<Value>>> = columns
            .iter()
            .map(|column| self.columns.iter().find(|(other, _)| other == column).map(|(_, values)| values))
            .collect();
        let columns = columns?;
        let key = |row| columns.iter().filter_map(|values| values.get(row).cloned()).collect();
        Some((0..self.records).map(key).collect())
    }

    /// What a sibling loaded of this relation in this way.
    pub(crate) fn take(
        &self,
        place: u32,
        relation: &str,
        shape: Option<&Unscoped>,
        moment: Moment,
    ) -> Shared {
        let mut loaded = self.loaded();
        let entry =
            loaded.iter_mut().find(|entry| entry.relation == relation && entry.shape.as_ref() == shape);
        match entry {
            None => Shared::Nothing,
            Some(entry) if entry.moment == moment && !entry.taken.contains(&place) => {
                entry.taken.insert(place);
                Shared::Found(Arc::clone(&entry.found))
            }
            Some(_) => Shared::Stale,
        }
    }

    /// Keeps what was loaded for all, of which this record has taken its own.
    pub(crate) fn keep(
        &self,
        place: u32,
        relation: &'static str,
        shape: Option<Unscoped>,
        moment: Moment,
        found: Arc<dyn Any + Send + Sync>,
    ) {
        let mut loaded = self.loaded();
        loaded.retain(|entry| entry.relation != relation || entry.shape != shape);
        loaded.push(Entry { relation, shape, moment, found, taken: BTreeSet::from([place]) });
    }

    fn loaded(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The columns of a model that lead to other models.
fn leading_columns(meta: &'static ModelMeta) -> BTreeSet<usize> {
    let link = |relation: &RelationMeta| relation.link.map(|link| link.local());
    let columns = |relation: &RelationMeta| link(relation).or(relation.named_by.map(Vec::from));
    meta.relations.iter().filter_map(columns).flatten().collect()
}
