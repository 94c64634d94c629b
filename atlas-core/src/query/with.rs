//! Relations that are loaded with the rows.

use crate::{model::Model, query::Query, record::Record, relation::IntoLoad};

impl<M: Model, Scope> Query<M, Record<M>, Scope> {
    /// Loads relations for all records of the result, with one statement for each relation and level.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = User::posts.filter(Post::votes.gt(0)).order_by(Post::votes.desc()).with(Post::comments);
    /// for user in User::query().with(posts).get(&db).await? {
    ///     for post in user.posts.get()? {
    ///         println!("{}: {} ({} comments)", user.name, post.title, post.comments.get()?.len());
    ///     }
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn with(mut self, relations: impl IntoLoad<M>) -> Self {
        self.loaders.extend(relations.into_loaders());
        self
    }
}
