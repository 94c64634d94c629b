//! Building a query step by step.

use crate::{model::Model, query::Query};

/// What [`Query::when`] asks: a `bool`, or an `Option` whose value the closure gets.
pub trait Given {
    /// What the closure gets.
    type Value;

    /// The value, where there is one.
    fn given(self) -> Option<Self::Value>;
}

impl Given for bool {
    type Value = ();

    fn given(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Given for Option<T> {
    type Value = T;

    fn given(self) -> Self {
        self
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Applies a step only where the condition is true, or has a value, which the step then gets.
    ///
    /// ```ignore
    /// query.when(search, |q, text| q.filter(User::name.contains(text)))
    /// ```
    pub fn when<G: Given>(self, given: G, then: impl FnOnce(Self, G::Value) -> Self) -> Self {
        match given.given() {
            Some(value) => then(self, value),
            None => self,
        }
    }

    /// Applies a step only where the condition is false, or has no value.
    pub fn unless<G: Given>(self, given: G, then: impl FnOnce(Self) -> Self) -> Self {
        match given.given() {
            Some(_) => self,
            None => then(self),
        }
    }

    /// Applies a scope: any function from a query to a query.
    pub fn apply<Q>(self, scope: impl FnOnce(Self) -> Q) -> Q {
        scope(self)
    }
}
