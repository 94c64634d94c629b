//! Relations whose rows say themselves which model they lead to.

use std::{collections::BTreeMap, fmt, future::ready, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::Model,
    query::{Loader, Put, Query, column_ref},
    record::Record,
    relation::{
        AnySlot, IntoLoad, Loaded, Pairs, Path, Relation, Slot,
        eager::Within,
        groups::{Groups, Key},
        kind,
        slot::{not_loaded, shared},
    },
    value::Value,
};

/// An enum with a variant for each model that a `#[morph_to]` leads to. Derive it:
/// `#[derive(MorphTarget)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how its models are told apart",
    label = "add #[derive(MorphTarget)] to the enum"
)]
pub trait MorphTarget: Sized + Send + Sync + 'static {
    /// The type of the models' keys.
    type Key;

    /// What the type column says for each variant.
    const NAMES: &'static [&'static str];

    /// The records of a variant with these keys, each with its key.
    fn load<'a>(db: &'a Db, name: &str, keys: Vec<Value>) -> BoxFuture<'a, Result<Vec<(Value, Self)>>>;

    /// The record that it is; none where it is of no model.
    fn loaded(&self) -> Option<Loaded<'_>>;

    /// The variant for names that no other has, where there is one.
    fn other(_name: &str, _key: &Value) -> Option<Self> {
        None
    }
}

/// Enums that have a variant for the model `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variant for the model `{M}`",
    label = "no variant for `{M}`",
    note = "add a variant to `{Self}` that holds a `Record<{M}>`"
)]
pub trait MorphVariant<M> {
    /// What the type column says.
    const NAME: &'static str;
}

/// Models whose key is a `K`.
#[diagnostic::on_unimplemented(
    message = "the key of `{Self}` is no `{K}`, which those of the models before it are",
    label = "keys of another type",
    note = "one column keeps the keys of all of them: give them the same type"
)]
pub trait KeyedBy<K> {}

#[diagnostic::do_not_recommend]
impl<K, M: Model<Key = K>> KeyedBy<K> for M {}

/// For the derive: a name that no variant has.
pub fn no_variant<'a, E: Send + 'a>() -> BoxFuture<'a, Result<Vec<(Value, E)>>> {
    Box::pin(ready(Ok(Vec::new())))
}

/// The record of one of several models that this one refers to.
pub struct MorphTo<E> {
    place: &'static (&'static str, &'static str),
    held: Option<Option<Arc<dyn HeldTarget<E>>>>,
}

/// What a slot of several models holds: ends the recursion of auto traits, as [`Held`](super::Held) does.
trait HeldTarget<E>: Send + Sync {
    fn held(&self) -> &E;
    fn held_mut(&mut self) -> &mut E;
    fn shown(&self) -> Loaded<'_>;
}

impl<E: MorphTarget> HeldTarget<E> for E {
    fn held(&self) -> &E {
        self
    }

    fn held_mut(&mut self) -> &mut E {
        self
    }

    fn shown(&self) -> Loaded<'_> {
        self.loaded().unwrap_or(Loaded { records: Vec::new() })
    }
}

impl<E> MorphTo<E> {
    /// For the derive: an empty slot, which knows its model and relation.
    pub const fn unloaded(place: &'static (&'static str, &'static str)) -> Self {
        Self { place, held: None }
    }

    /// Whether it was loaded.
    pub fn is_loaded(&self) -> bool {
        self.held.is_some()
    }

    /// The record, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::RelationNotLoaded`] before it was loaded: an unloaded relation is never an empty one.
    pub fn get(&self) -> Result<Option<&E>> {
        match &self.held {
            Some(held) => Ok(held.as_deref().map(HeldTarget::held)),
            None => Err(not_loaded(*self.place)),
        }
    }

    /// The record, if there is one, to be changed.
    ///
    /// # Errors
    ///
    /// [`Error::RelationNotLoaded`] before it was loaded, [`Error::Config`] where another record of the same
    /// result holds it too.
    pub fn get_mut(&mut self) -> Result<Option<&mut E>> {
        match &mut self.held {
            Some(Some(held)) => match Arc::get_mut(held) {
                Some(held) => Ok(Some(held.held_mut())),
                None => Err(shared(*self.place)),
            },
            Some(None) => Ok(None),
            None => Err(not_loaded(*self.place)),
        }
    }
}

impl<E: MorphTarget> MorphTo<E> {
    /// For the derive: the record that a variant holds.
    pub fn shown<M: Model>(record: &Record<M>) -> Option<Loaded<'_>> {
        Some(Loaded::one(record))
    }

    /// For the derive: the records of one variant.
    pub fn load_variant<'a, M: Model + KeyedBy<E::Key>>(
        db: &'a Db,
        keys: Vec<Value>,
        wrap: fn(Record<M>) -> E,
    ) -> BoxFuture<'a, Result<Vec<(Value, E)>>> {
        let meta = M::meta();
        let [key] = *meta.key else {
            let message =
                format!("`{}` has a key of several columns, and a #[morph_to] keeps one", meta.name);
            return Box::pin(ready(Err(Error::config(message))));
        };
        let mut groups = Groups::default();
        for value in keys {
            groups.expect(Key::One(value));
        }
        let query = Query::<M>::new();
        Box::pin(async move {
            let mut found = Vec::with_capacity(groups.len());
            for condition in groups.conditions(&[column_ref(meta, key)]) {
                for record in query.clone().and_node(condition).get(db).await? {
                    found.push((record.encode(key), wrap(record)));
                }
            }
            Ok(found)
        })
    }
}

impl<E: MorphTarget> Slot<E> for MorphTo<E> {
    fn put(&mut self, _: Arc<Vec<Record<E>>>)
    where
        E: Model,
    {
    }

    fn put_target(&mut self, target: Option<Arc<E>>) {
        self.held = Some(target.map(|target| target as Arc<dyn HeldTarget<E>>));
    }

    fn clear(&mut self) {
        self.held = None;
    }

    fn is_loaded(&self) -> bool {
        self.held.is_some()
    }
}

impl<E> AnySlot for MorphTo<E> {
    fn loaded(&self) -> Option<Loaded<'_>> {
        Some(self.held.as_ref()?.as_deref().map_or(Loaded { records: Vec::new() }, HeldTarget::shown))
    }

    fn forget(&mut self) {
        self.held = None;
    }
}

impl<E> Default for MorphTo<E> {
    fn default() -> Self {
        Self::unloaded(&("", ""))
    }
}

impl<E> fmt::Debug for MorphTo<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.held {
            Some(Some(_)) => "(loaded)",
            Some(None) => "None",
            None => "(not loaded)",
        })
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, E: MorphTarget, R: 'static> IntoLoad<M> for Relation<M, E, kind::MorphTo<R>> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        let within = Within::here();
        let relation: Relation<M, E, kind::MorphTo> = Relation::linked(self.name, self.link, self.slot);
        let loaded = move |record: &mut Record<M>| (self.slot)(record.untracked()).is_loaded();
        vec![Loader::new(
            self.name,
            Arc::new(move |db, records| start(db, records, relation, within.clone())),
            Arc::new(loaded),
        )]
    }
}

/// Takes which model and key each record refers to, and gives what loads and what then puts.
fn start<'a, M: Model, E: MorphTarget>(
    db: &'a Db,
    records: &[&Record<M>],
    relation: Relation<M, E, kind::MorphTo>,
    within: Within,
) -> BoxFuture<'a, Result<Put<Record<M>>>> {
    let wanted = wanted(records, relation);
    Box::pin(async move {
        let places = wanted?;
        let mut keys: BTreeMap<String, Groups> = BTreeMap::new();
        for (name, key) in places.iter().flatten() {
            keys.entry(name.clone()).or_default().expect(Key::One(key.clone()));
        }
        let mut found: BTreeMap<String, (Groups, Vec<Option<Arc<E>>>)> = BTreeMap::new();
        for (name, groups) in keys {
            let targets = targets(db, relation, &name, &groups, &within).await?;
            found.insert(name, (groups, targets));
        }
        let slot = relation.slot;
        let put: Put<Record<M>> = Box::new(move |records| {
            for (record, place) in records.iter_mut().zip(places) {
                let target = place.and_then(|(name, key)| {
                    let (groups, targets) = found.get(&name)?;
                    targets.get(groups.of(&Key::One(key))?)?.clone()
                });
                slot(record.untracked()).put_target(target);
            }
        });
        Ok(put)
    })
}

/// What records of one name refer to, a target for each group.
async fn targets<M: Model, E: MorphTarget>(
    db: &Db,
    relation: Relation<M, E, kind::MorphTo>,
    name: &str,
    groups: &Groups,
    within: &Within,
) -> Result<Vec<Option<Arc<E>>>> {
    if !E::NAMES.contains(&name) {
        let other = |key: &Value| E::other(name, key).ok_or_else(|| unknown(relation, name));
        return groups.firsts().iter().map(|key| other(key).map(|target| Some(Arc::new(target)))).collect();
    }
    let mut targets: Vec<Option<Arc<E>>> = (0..groups.len()).map(|_| None).collect();
    for (key, target) in within.run(|| E::load(db, name, groups.firsts())).await? {
        if let Some(place) = groups.of(&Key::One(key)).and_then(|place| targets.get_mut(place)) {
            *place = Some(Arc::new(target));
        }
    }
    Ok(targets)
}

/// Where each record leads: the model's name and the key, where both are there.
fn wanted<M: Model, E>(
    records: &[&Record<M>],
    relation: Relation<M, E, kind::MorphTo>,
) -> Result<Vec<Option<(String, Value)>>> {
    let Path::Direct(Pairs::One([named, key])) = relation.link.path else { return Ok(Vec::new()) };
    records
        .iter()
        .map(|record| match (record.encode(named), record.encode(key)) {
            (Value::Null, _) | (_, Value::Null) => Ok(None),
            (Value::Text(name), key) => Ok(Some((name, key))),
            (other, _) => {
                let name = M::meta().names.get(named).copied().unwrap_or_default();
                Err(Error::decode("the name of a model", other.as_ref()).at(M::meta().name, name))
            }
        })
        .collect()
}

#[cold]
fn unknown<M: Model, E: MorphTarget>(relation: Relation<M, E, kind::MorphTo>, name: &str) -> Error {
    let (model, column) = (M::meta().name, relation.link.morph.map_or("", |morph| morph.column));
    Error::config(format!(
        "`{column}` of a `{model}` says `{name}`, which no variant of its #[derive(MorphTarget)] is called (they are `{}`): add a variant, rename one with #[morph(\"{name}\")], or add one for all others with #[morph(other)]",
        E::NAMES.join("`, `")
    ))
}
