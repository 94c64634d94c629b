//! Relations that are loaded with the rows.

use crate::{model::Model, query::Query, record::Record, relation::IntoLoad};

impl<M: Model, Scope> Query<M, Record<M>, Scope> {
    /// Loads relations for all records of the result, with one statement for each relation and level.
    ///
    /// ```ignore
    /// User::query().with(User::posts.filter(Post::published.eq(true)).with(Post::comments))
    /// ```
    pub fn with(mut self, relations: impl IntoLoad<M>) -> Self {
        self.loaders.extend(relations.into_loaders());
        self
    }
}
