//! Loading a relation for all records of a result with one statement.

use std::sync::Arc;

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::Model,
    query::{Beside, Put, Query, Unscoped, leave_out, load_all, retrieved},
    record::{Read, Record, Shared, Siblings},
    relation::{
        Link, Path, PivotReader, Slot,
        groups::{Groups, Key},
        plan::Plan,
    },
    schema::Name,
    value::Value,
};

/// A relation without its kind, and what is to be loaded of it.
pub(super) struct Loading<M, N: Model> {
    pub(super) name: &'static str,
    pub(super) link: Link,
    pub(super) slot: fn(&mut M) -> &mut dyn Slot<N>,
    pub(super) query: Query<N>,
    pub(super) between: Vec<Name>,
    pub(super) pivot: Option<PivotReader>,
    /// Whether it is the record itself that refers to the other.
    pub(super) key_is_here: bool,
}

impl<M: Model, N: Model> Loading<M, N> {
    /// Takes the keys of the records, and gives what loads and what then puts.
    pub(super) fn start<'a>(
        self: &Arc<Self>,
        db: &'a Db,
        records: &[&Record<M>],
    ) -> BoxFuture<'a, Result<Put<Record<M>>>> {
        let local = self.link.local();
        let owner = |record: &&Record<M>| local.iter().map(|column| record.encode(*column)).collect();
        let owners: Vec<Vec<Value>> = match self.link.fixed.default() {
            Some(_) => records.iter().map(owner).collect(),
            None => Vec::new(),
        };
        // Nothing can refer to a record that was never saved.
        let key_of = |record: &&Record<M>| match self.key_is_here || !record.erased().state().is_new() {
            true => Key::of(&***record, &local),
            false => Key::One(Value::Null),
        };
        let keys: Vec<Key> = records.iter().map(key_of).collect();
        let siblings = match records {
            [only] => self.siblings(db, only, &local),
            _ => None,
        };
        let this = Arc::clone(self);
        Box::pin(async move {
            let found = match siblings {
                None => Arc::new(this.found(db, keys.iter().cloned()).await?),
                Some(Together { found: Some(found), .. }) => found,
                Some(together) => {
                    // Its own key may have been changed since.
                    let all = together.keys.iter().chain(&keys).cloned();
                    let found = Arc::new(this.found(db, all).await?);
                    together.keep(this.name, this.query.shape(), db, Arc::clone(&found));
                    found
                }
            };
            let mut defaults = this.defaults(db, owners, &keys, &found).await?.into_iter();
            let slot = this.slot;
            let put: Put<Record<M>> = Box::new(move |records| {
                let nothing = Arc::new(Vec::new());
                for (record, key) in records.iter_mut().zip(keys) {
                    let records = match found.of(&key) {
                        Some(records) => records.clone(),
                        None => defaults.next().unwrap_or_else(|| nothing.clone()),
                    };
                    slot(record.untracked()).put(records);
                }
            });
            Ok(put)
        })
    }

    /// What stands in place of each record that was not found, where the relation has such a default: one
    /// for each key, which refers to its owner and has loaded what was asked for. It is not saved.
    async fn defaults(
        &self,
        db: &Db,
        owners: Vec<Vec<Value>>,
        keys: &[Key],
        found: &Found<N>,
    ) -> Result<Vec<Arc<Vec<Record<N>>>>> {
        let mut defaults = Vec::new();
        for (owner, key) in owners.into_iter().zip(keys) {
            if let (None, Some(mut draft)) = (found.of(key), self.link.fixed.default()) {
                if let (Path::Direct(_), false) = (&self.link.path, self.key_is_here) {
                    for (column, value) in self.link.referring(owner)? {
                        draft.put_value(column, value);
                    }
                }
                defaults.push(Record::of_draft(draft, db.now())?);
            }
        }
        load_all(db, &mut defaults.iter_mut().collect::<Vec<_>>(), self.query.loaders()).await?;
        Ok(defaults.into_iter().map(|record| Arc::new(vec![record])).collect())
    }

    /// The records that came with this one, where it is the first to ask for them all or may take what
    /// another has asked for.
    fn siblings(&self, db: &Db, record: &Record<M>, local: &[usize]) -> Option<Together<N>> {
        // What belongs to the related records cannot be compared.
        if !self.query.loaders().is_empty() || !self.between.is_empty() || !db.batches_lazy_loading() {
            return None;
        }
        let (siblings, place) = record.siblings()?;
        let found = match siblings.take(place, self.name, Some(self.query.shape()), db.moment()) {
            Shared::Found(found) => Some(found.downcast::<Found<N>>().ok()?),
            Shared::Nothing => None,
            Shared::Stale => return None,
        };
        let keys = if found.is_some() { Vec::new() } else { siblings.keys(local)? };
        Some(Together { siblings: Arc::clone(siblings), place, keys, found })
    }

    /// The records of each key.
    async fn found(&self, db: &Db, keys: impl Iterator<Item = Key>) -> Result<Found<N>> {
        let mut groups = Groups::with_capacity(keys.size_hint().0);
        keys.for_each(|key| {
            groups.expect(key);
        });
        let mut found: Vec<Vec<Record<N>>> = Vec::new();
        found.resize_with(groups.len(), Vec::new);
        let plan = Plan::new(&self.link, M::meta(), N::meta(), &self.between, self.pivot);
        let hooks = db.hooks(N::meta());
        let narrowed = match &hooks {
            Some(hooks) => Some(hooks.before(db, Read::Fetch, self.query.clone())?),
            None => None,
        };
        let narrowed = narrowed.as_ref().unwrap_or(&self.query);
        for condition in groups.conditions(&plan.keys) {
            let (query, loaders) = narrowed.clone().into_parts();
            let width = N::meta().columns.len();
            let mut select = plan.among(Some(condition), query, || narrowed.bare());
            leave_out(&mut select, narrowed.shape().left_out());
            let sink: Beside<Record<N>> =
                db.fetch(Some(N::meta().about()), &select.into(), Beside::after(width)).await?.0;
            let Beside { mut rows, names, values, .. } = sink;
            if let Some(told) = retrieved(db, &mut rows) {
                told.await?;
            }
            if !loaders.is_empty() {
                load_all(db, &mut rows.iter_mut().collect::<Vec<_>>(), &loaders).await?;
            }
            if let Some(hooks) = &hooks {
                let mut records: Vec<_> = rows.iter_mut().map(Record::erased_mut).collect();
                hooks.after(db, Read::Fetch, &mut records).await?;
            }
            let foreign = self.link.foreign();
            let mut values = values.chunks(names.len().max(1));
            let mut places = Vec::with_capacity(rows.len());
            let mut sizes = vec![0; groups.len()];
            // Most often, rows of the same key come one after the other.
            let mut last: Option<(Key, Option<usize>)> = None;
            for record in &mut rows {
                let key = if names.is_empty() {
                    Key::of(&**record, &foreign)
                } else {
                    let beside = values.next().unwrap_or_default();
                    plan.put_beside(record, &names, beside)?;
                    plan.key_of(record, beside)?
                };
                let place = match &last {
                    Some((same, place)) if *same == key => *place,
                    _ => groups.of(&key),
                };
                if let Some(size) = place.and_then(|place| sizes.get_mut(place)) {
                    *size += 1;
                }
                places.push(place);
                last = Some((key, place));
            }
            for (group, size) in found.iter_mut().zip(sizes) {
                group.reserve_exact(size);
            }
            for (record, place) in rows.into_iter().zip(places) {
                if let Some(group) = place.and_then(|place| found.get_mut(place)) {
                    group.push(record);
                }
            }
        }
        Ok(Found { groups, records: found.into_iter().map(Arc::new).collect() })
    }
}

/// The records of each key.
struct Found<N: Model> {
    groups: Groups,
    records: Vec<Arc<Vec<Record<N>>>>,
}

impl<N: Model> Found<N> {
    /// The records of a key, where there are any.
    fn of(&self, key: &Key) -> Option<&Arc<Vec<Record<N>>>> {
        self.records.get(self.groups.of(key)?).filter(|records| !records.is_empty())
    }
}

/// A record's siblings: their keys, or what was found for them.
struct Together<N: Model> {
    siblings: Arc<Siblings>,
    place: u32,
    keys: Vec<Key>,
    found: Option<Arc<Found<N>>>,
}

impl<N: Model> Together<N> {
    fn keep(&self, relation: &'static str, shape: &Unscoped, db: &Db, found: Arc<Found<N>>) {
        self.siblings.keep(self.place, relation, Some(shape.clone()), db.moment(), found);
    }
}
