use std::{fmt, future::ready, marker::PhantomData, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::Model,
    record::{AnyRecord, Record},
    value::Value,
};

/// What a slot holds. A trait object ends the recursion of auto traits through the graph of relations:
/// `dyn Held<T>` is `Send` and `Sync` whatever `T` is.
///
/// No type here asks that `T` be a model, only the methods that give records do: a relation to a struct
/// that is none is then one error, at the relation.
pub trait Held<T>: Send + Sync {
    /// Lends it.
    fn held(&self) -> &[Record<T>]
    where
        T: Model;
    /// Lends it to be changed.
    fn held_mut(&mut self) -> &mut [Record<T>]
    where
        T: Model;
    /// Writes it for those who debug.
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// The records, to be shown.
    fn shown(&self) -> Loaded<'_>;
    /// Values of the first record, by the columns' indexes.
    fn first_values(&self, columns: &[usize]) -> Option<Vec<Value>>;
    /// Saves the records with what was loaded of their relations.
    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>>;
}

impl<T: Model> Held<T> for Vec<Record<T>> {
    fn held(&self) -> &[Record<T>] {
        self
    }

    fn held_mut(&mut self) -> &mut [Record<T>] {
        self
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn shown(&self) -> Loaded<'_> {
        Loaded { records: self.iter().map(Record::erased).collect() }
    }

    fn first_values(&self, columns: &[usize]) -> Option<Vec<Value>> {
        let first = self.first()?;
        Some(columns.iter().map(|column| first.encode(*column)).collect())
    }

    fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // What does not exist stands for what was not found.
            for record in self.iter_mut().filter(|record| record.exists()) {
                record.push_within(db).await?;
            }
            Ok(())
        })
    }
}

/// What was loaded of a relation, to be shown.
pub struct Loaded<'a> {
    pub(crate) records: Vec<&'a dyn AnyRecord>,
}

impl<'a> Loaded<'a> {
    /// Of a relation that leads to one of several models: the record, where there is one.
    pub(super) fn one<M: Model>(record: &'a Record<M>) -> Self {
        Self { records: vec![record] }
    }
}

/// A field that holds the records of a relation, whatever they are.
pub trait AnySlot: Send {
    /// What was loaded, to be shown.
    fn loaded(&self) -> Option<Loaded<'_>>;

    /// Forgets what was loaded.
    fn forget(&mut self);

    /// Forgets what was loaded, unless it is a record in which these columns, by index, have these values.
    fn forget_others(&mut self, _columns: &[usize], _values: &[Value]) {
        self.forget();
    }

    /// Saves what was loaded, unless other records share it: then nobody can have changed it.
    fn push<'a>(&'a mut self, _db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }
}

/// A field that holds the records of a relation, once loaded.
pub trait Slot<N> {
    /// Takes what was loaded: shared, where several records lead to the same.
    fn put(&mut self, records: Arc<Vec<Record<N>>>)
    where
        N: Model;

    /// Takes what was loaded of one of several models.
    fn put_target(&mut self, _target: Option<Arc<N>>) {}

    /// Lends what was loaded, unless other records share it.
    fn lend_mut(&mut self) -> Option<&mut [Record<N>]>
    where
        N: Model,
    {
        None
    }

    /// Forgets what was loaded.
    fn clear(&mut self);

    /// Whether something was loaded.
    fn is_loaded(&self) -> bool;
}

/// What the field of one relation among several holds.
pub type NthLoaded<'a> = Option<Loaded<'a>>;

/// For the derive: what the one of the fields that has this index holds.
pub fn nth_loaded<'a, const N: usize>(slots: [&'a dyn AnySlot; N], index: usize) -> NthLoaded<'a> {
    slots.get(index)?.loaded()
}

/// The field of one relation among several.
pub type NthSlot<'a> = Option<&'a mut dyn AnySlot>;

/// For the derive: the one of the fields that has this index.
pub fn nth_slot<const N: usize>(slots: [&mut dyn AnySlot; N], index: usize) -> NthSlot<'_> {
    slots.into_iter().nth(index)
}

/// Whose slot it is: the names of the model and the relation.
type Place = (&'static str, &'static str);

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident $(<$between:ident>)?)*) => { $(
        $(#[$doc])*
        pub struct $name<T $(, $between = ())?> {
            place: &'static Place,
            held: Option<Arc<dyn Held<T>>>,
            of: PhantomData<fn() -> ($($between,)?)>,
        }

        impl<T $(, $between)?> $name<T $(, $between)?> {
            /// For the derive: an empty slot, which knows its model and relation.
            pub const fn unloaded(place: &'static (&'static str, &'static str)) -> Self {
                Self { place, held: None, of: PhantomData }
            }

            /// Whether it was loaded.
            pub fn is_loaded(&self) -> bool {
                self.held.is_some()
            }
        }

        impl<T: Model $(, $between)?> $name<T $(, $between)?> {
            fn records(&self) -> Result<&[Record<T>]> {
                self.held.as_deref().map(Held::held).ok_or_else(|| not_loaded(*self.place))
            }

            fn records_mut(&mut self) -> Result<&mut [Record<T>]> {
                let Some(held) = &mut self.held else { return Err(not_loaded(*self.place)) };
                match Arc::get_mut(held) {
                    Some(held) => Ok(held.held_mut()),
                    None => Err(shared(*self.place)),
                }
            }
        }

        impl<T $(, $between)?> Slot<T> for $name<T $(, $between)?> {
            fn put(&mut self, records: Arc<Vec<Record<T>>>)
            where
                T: Model,
            {
                self.held = Some(records);
            }

            fn lend_mut(&mut self) -> Option<&mut [Record<T>]>
            where
                T: Model,
            {
                self.records_mut().ok()
            }

            fn clear(&mut self) {
                self.held = None;
            }

            fn is_loaded(&self) -> bool {
                self.held.is_some()
            }
        }

        impl<T $(, $between)?> AnySlot for $name<T $(, $between)?> {
            fn loaded(&self) -> Option<Loaded<'_>> {
                self.held.as_deref().map(Held::shown)
            }

            fn forget(&mut self) {
                self.held = None;
            }

            fn forget_others(&mut self, columns: &[usize], values: &[Value]) {
                let held = self.held.as_ref().and_then(|held| held.first_values(columns));
                let none = values.iter().any(Value::is_null);
                if held.map_or(!none, |held| none || held != values) {
                    self.held = None;
                }
            }

            fn push<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
                match self.held.as_mut().and_then(Arc::get_mut) {
                    Some(held) => held.push(db),
                    None => Box::pin(ready(Ok(()))),
                }
            }
        }

        impl<T $(, $between)?> Default for $name<T $(, $between)?> {
            fn default() -> Self {
                Self::unloaded(&("", ""))
            }
        }

        impl<T $(, $between)?> fmt::Debug for $name<T $(, $between)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.held {
                    Some(held) => held.debug(f),
                    None => f.write_str("(not loaded)"),
                }
            }
        }
    )* };
}
slots!(
    /// The records of another model that refer to this one.
    HasMany
    /// The record of another model that refers to this one.
    HasOne
    /// The record of another model that this one refers to.
    BelongsTo
    /// The records of another model that meet this one in a table between: that of the model `P`, or one
    /// without a model.
    BelongsToMany<P>
    /// The records of another model that refer to a third one's, which refer to this one.
    HasManyThrough
    /// The record of another model that refers to a third one's, which refers to this one.
    HasOneThrough
    /// The records of another model that refer to this one by name and key.
    MorphMany
    /// The record of another model that refers to this one by name and key.
    MorphOne
    /// The records of another model that meet this one in a table between, which refers to one of the two by
    /// name and key.
    MorphToMany<P>
);

macro_rules! many {
    ($($name:ident $(<$between:ident>)?)*) => { $(
        impl<T: Model $(, $between)?> $name<T $(, $between)?> {
            /// The records.
            ///
            /// ```
            /// # use atlas_tests::guide::*;
            /// # run(async |db| {
            /// let user = User::query().with(User::posts).find_or_fail(&db, 1).await?;
            /// assert_eq!(user.posts.get()?.len(), 2);
            ///
            /// let bare = User::find_or_fail(&db, 1).await?;
            /// assert!(matches!(bare.posts.get(), Err(Error::RelationNotLoaded { relation: "posts", .. })));
            /// # Ok(())
            /// # });
            /// ```
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before they were loaded: an unloaded relation is never an empty
            /// one.
            pub fn get(&self) -> Result<&[Record<T>]> {
                self.records()
            }

            /// The records, to be changed.
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before they were loaded, [`Error::Config`] where another record of
            /// the same result holds them too.
            pub fn get_mut(&mut self) -> Result<&mut [Record<T>]> {
                self.records_mut()
            }
        }
    )* };
}
many!(HasMany BelongsToMany<P> HasManyThrough MorphMany MorphToMany<P>);

macro_rules! one {
    ($($name:ident)*) => { $(
        impl<T: Model> $name<T> {
            /// The record, if there is one, or else the relation's default.
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before it was loaded: an unloaded relation is never an empty one.
            pub fn get(&self) -> Result<Option<&Record<T>>> {
                self.records().map(<[_]>::first)
            }

            /// The record, if there is one, to be changed.
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before it was loaded, [`Error::Config`] where another record of
            /// the same result holds it too.
            pub fn get_mut(&mut self) -> Result<Option<&mut Record<T>>> {
                self.records_mut().map(<[_]>::first_mut)
            }
        }
    )* };
}
one!(HasOne BelongsTo HasOneThrough MorphOne);

pub(super) fn not_loaded((model, relation): Place) -> Error {
    Error::RelationNotLoaded { model, relation }
}

pub(super) fn shared((model, relation): Place) -> Error {
    Error::config(format!(
        "relation `{relation}` of this `{model}` leads to what other records of the result lead to as well: \
         `find` the record to change it"
    ))
}
