//! Relations whose rows say themselves which model they lead to.

use std::{fmt, future::ready, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::Model,
    record::Record,
    relation::{
        AnySlot, Loaded, Slot, Wanted,
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
    fn load(wanted: Wanted<'_>) -> BoxFuture<'_, Result<Vec<(Value, Self)>>>;

    /// Saves the record, with what was loaded of its relations.
    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>>;

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

/// For the derive: the record of a variant, to be shown.
pub fn show_variant<M: Model>(record: &Record<M>) -> Option<Loaded<'_>> {
    Some(Loaded::one(record))
}

/// For the derive: saves the record of a variant, where it is one that was found.
pub fn push_variant<'a, M: Model>(record: &'a mut Record<M>, db: &'a Db) -> BoxFuture<'a, Result<()>> {
    if record.exists() { record.push_within(db) } else { nothing_to_push() }
}

/// For the derive: a variant that holds no record.
pub fn nothing_to_push<'a>() -> BoxFuture<'a, Result<()>> {
    Box::pin(ready(Ok(())))
}

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
    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>>;
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

    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        MorphTarget::push(self, db)
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
    /// [`Error::RelationNotLoaded`](crate::Error::RelationNotLoaded) before it was loaded: an unloaded relation is never an empty one.
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
    /// [`Error::RelationNotLoaded`](crate::Error::RelationNotLoaded) before it was loaded, [`Error::Config`](crate::Error::Config) where another record of the same
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

    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        match self.held.as_mut().and_then(Option::as_mut).and_then(Arc::get_mut) {
            Some(held) => held.push(db),
            None => nothing_to_push(),
        }
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
