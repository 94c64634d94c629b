use std::{fmt, sync::Arc};

use crate::{
    error::{Error, Result},
    model::Model,
    record::Record,
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
}

/// A field that holds the records of a relation, once loaded.
pub trait Slot<N> {
    /// Takes what was loaded: shared, where several records lead to the same.
    fn put(&mut self, records: Arc<Vec<Record<N>>>)
    where
        N: Model;
}

/// Whose slot it is: the names of the model and the relation.
type Place = (&'static str, &'static str);

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        pub struct $name<T> {
            place: &'static Place,
            held: Option<Arc<dyn Held<T>>>,
        }

        impl<T> $name<T> {
            /// For the derive: an empty slot, which knows its model and relation.
            pub const fn unloaded(place: &'static (&'static str, &'static str)) -> Self {
                Self { place, held: None }
            }
        }

        impl<T: Model> $name<T> {
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

        impl<T> Slot<T> for $name<T> {
            fn put(&mut self, records: Arc<Vec<Record<T>>>)
            where
                T: Model,
            {
                self.held = Some(records);
            }
        }

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self::unloaded(&("", ""))
            }
        }

        impl<T> fmt::Debug for $name<T> {
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
);

impl<T: Model> HasMany<T> {
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
    /// [`Error::RelationNotLoaded`] before they were loaded: an unloaded relation is never an empty one.
    pub fn get(&self) -> Result<&[Record<T>]> {
        self.records()
    }

    /// The records, to be changed.
    ///
    /// # Errors
    ///
    /// [`Error::RelationNotLoaded`] before they were loaded, [`Error::Config`] where another record of the
    /// same result holds them too.
    pub fn get_mut(&mut self) -> Result<&mut [Record<T>]> {
        self.records_mut()
    }
}

macro_rules! one {
    ($($name:ident)*) => { $(
        impl<T: Model> $name<T> {
            /// The record, if there is one.
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
one!(HasOne BelongsTo);

fn not_loaded((model, relation): Place) -> Error {
    Error::RelationNotLoaded { model, relation }
}

fn shared((model, relation): Place) -> Error {
    Error::config(format!(
        "relation `{relation}` of this `{model}` leads to what other records of the result lead to as well: \
         `find` the record to change it"
    ))
}
