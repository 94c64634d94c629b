use std::fmt;

use crate::{
    error::{Error, Result},
    model::Model,
    record::Record,
};

/// What a slot holds. A trait object ends the recursion of auto traits through the graph of relations:
/// `dyn Held<X>` is `Send` and `Sync` whatever `X` is made of.
pub trait Held<X: ?Sized>: Send + Sync {
    /// Lends it.
    fn held(&self) -> &X;
    /// Lends it to be changed.
    fn held_mut(&mut self) -> &mut X;
}

impl<T: Model> Held<[Record<T>]> for Vec<Record<T>> {
    fn held(&self) -> &[Record<T>] {
        self
    }

    fn held_mut(&mut self) -> &mut [Record<T>] {
        self
    }
}

impl<T: Model> Held<Record<T>> for Record<T> {
    fn held(&self) -> &Self {
        self
    }

    fn held_mut(&mut self) -> &mut Self {
        self
    }
}

/// A field that holds the records of a relation, once loaded.
pub trait Slot<N: Model> {
    /// Takes what was loaded.
    fn put(&mut self, records: Vec<Record<N>>);
    /// Whether anything was loaded, be it nothing.
    fn is_loaded(&self) -> bool;
}

/// Whose slot this is: the model's and the relation's name.
type Place = (&'static str, &'static str);

fn not_loaded((model, relation): Place) -> Error {
    Error::RelationNotLoaded { model, relation }
}

/// The records of another model that refer to this one.
pub struct HasMany<T: Model> {
    place: &'static Place,
    held: Option<Box<dyn Held<[Record<T>]>>>,
}

impl<T: Model> HasMany<T> {
    /// For the derive: an empty slot, which knows its model and relation.
    pub const fn unloaded(place: &'static (&'static str, &'static str)) -> Self {
        Self { place, held: None }
    }

    /// The records.
    ///
    /// # Errors
    ///
    /// [`Error::RelationNotLoaded`] before they were loaded: an unloaded relation is never an empty one.
    pub fn get(&self) -> Result<&[Record<T>]> {
        self.held.as_deref().map(Held::held).ok_or_else(|| not_loaded(*self.place))
    }

    /// The records, to be changed.
    ///
    /// # Errors
    ///
    /// [`Error::RelationNotLoaded`] before they were loaded.
    pub fn get_mut(&mut self) -> Result<&mut [Record<T>]> {
        match self.held.as_deref_mut() {
            Some(held) => Ok(held.held_mut()),
            None => Err(not_loaded(*self.place)),
        }
    }
}

impl<T: Model> Slot<T> for HasMany<T> {
    fn put(&mut self, records: Vec<Record<T>>) {
        self.held = Some(Box::new(records));
    }

    fn is_loaded(&self) -> bool {
        self.held.is_some()
    }
}

macro_rules! one {
    ($(#[$doc:meta] $name:ident)*) => { $(
        #[$doc]
        pub struct $name<T: Model> {
            place: &'static Place,
            held: Option<Option<Box<dyn Held<Record<T>>>>>,
        }

        impl<T: Model> $name<T> {
            /// For the derive: an empty slot, which knows its model and relation.
            pub const fn unloaded(place: &'static (&'static str, &'static str)) -> Self {
                Self { place, held: None }
            }

            /// The record, if there is one.
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before it was loaded: an unloaded relation is never an empty one.
            pub fn get(&self) -> Result<Option<&Record<T>>> {
                match &self.held {
                    Some(held) => Ok(held.as_deref().map(Held::held)),
                    None => Err(not_loaded(*self.place)),
                }
            }

            /// The record, if there is one, to be changed.
            ///
            /// # Errors
            ///
            /// [`Error::RelationNotLoaded`] before it was loaded.
            pub fn get_mut(&mut self) -> Result<Option<&mut Record<T>>> {
                match &mut self.held {
                    Some(held) => Ok(held.as_deref_mut().map(Held::held_mut)),
                    None => Err(not_loaded(*self.place)),
                }
            }
        }

        impl<T: Model> Slot<T> for $name<T> {
            fn put(&mut self, records: Vec<Record<T>>) {
                self.held = Some(records.into_iter().next().map(|record| Box::new(record) as Box<dyn Held<Record<T>>>));
            }

            fn is_loaded(&self) -> bool {
                self.held.is_some()
            }
        }
    )* };
}
one!(
    /// The record of another model that refers to this one.
    HasOne
    /// The record of another model that this one refers to.
    BelongsTo
);

macro_rules! everyday {
    ($($name:ident)*) => { $(
        impl<T: Model> Default for $name<T> {
            fn default() -> Self {
                Self::unloaded(&("", ""))
            }
        }

        impl<T: Model> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.get() {
                    Ok(held) => held.fmt(f),
                    Err(_) => f.write_str("(not loaded)"),
                }
            }
        }
    )* };
}
everyday!(HasMany HasOne BelongsTo);
