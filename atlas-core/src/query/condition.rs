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
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let (text, popular) = (Some("Rust"), true);
    /// let found = Post::query()
    ///     .when(text, |query, text| query.filter(Post::title.contains(text)))
    ///     .when(popular, |query, ()| query.where_ge(Post::votes, 5));
    /// assert_eq!(found.pluck(&db, Post::title).await?, ["Rust in anger"]);
    /// # Ok(())
    /// # });
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
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// fn adults(query: Query<User>) -> Query<User> {
    ///     query.filter(User::age.ge(18))
    /// }
    /// # run(async |db| {
    /// assert_eq!(User::query().apply(adults).count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn apply<Q>(self, scope: impl FnOnce(Self) -> Q) -> Q {
        scope(self)
    }

    /// Looks at the query on its way, and gives it back.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = Post::query().where_gt(Post::votes, 5).tap(|query| println!("{}", query.to_sql(&db).unwrap()));
    /// assert_eq!(posts.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn tap(self, look: impl FnOnce(&Self)) -> Self {
        look(&self);
        self
    }
}
