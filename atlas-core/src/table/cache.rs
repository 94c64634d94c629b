//! Results that are kept.

use std::time::Duration;

use crate::{statement::Kept, table::Table};

impl Table<'_> {
    /// Keeps the result for so long in the [`Cache`](crate::Cache) of the database: see
    /// [`Query::cache`](crate::Query::cache).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use std::time::Duration;
    ///
    /// let adults = db.table("users").where_ge("age", 18).cache(Duration::from_secs(60)).count().await?;
    /// # assert_eq!(adults, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// The terminal gives [`Error::Config`](crate::Error::Config) where the duration is zero, and what the store reports.
    pub fn cache(mut self, ttl: Duration) -> Self {
        self.select.kept = Some(Kept { ttl, name: None });
        self
    }

    /// The same under a name, which [`forget_cached`](crate::Db::forget_cached) takes. How many rows there are in all the
    /// pages is asked for each time: a name keeps one result.
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
