//! Results that are kept.

use std::time::Duration;

use crate::{model::Model, query::Query, statement::Kept};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Keeps the result for so long in the [`Cache`](crate::Cache) of the database: the same query with the same
    /// values, on the same connection and for the same tenant, is not sent again until then.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// let votes = Post::query().cache(minute).sum(&db, Post::votes).await?;
    /// # assert_eq!(votes, 10);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Every terminal that reads does it: `get`, `first`, `find`, `value`, `pluck`, `count`, `sum`, the pages. What is
    /// kept is the rows of its statement, so that each run makes records of its own. Writing does not change what is
    /// kept. A query in a transaction asks the database, and keeps nothing; so does one of a database without a cache,
    /// and a `cursor`. What `.with(..)` loads is not kept.
    ///
    /// # Errors
    ///
    /// The terminal gives [`Error::Config`](crate::Error::Config) where the duration is zero, and what the store reports.
    pub fn cache(mut self, ttl: Duration) -> Self {
        self.select.kept = Some(Kept { ttl, name: None });
        self
    }

    /// The same under a name, which [`forget_cached`](crate::Db::forget_cached) takes. A name keeps the result of one
    /// query: another one of the same name takes its place.
    pub fn cache_as(mut self, name: impl Into<String>, ttl: Duration) -> Self {
        self.select.kept = Some(Kept { ttl, name: Some(name.into()) });
        self
    }

    /// Asks the database, whatever was said before.
    pub fn without_cache(mut self) -> Self {
        self.select.kept = None;
        self
    }
}
