//! Relations that are loaded with the rows.

use crate::{
    model::Model,
    query::{Loader, Query, Rooted},
    record::Record,
    relation::{Asked, IntoLoad, Linked, Load},
};

impl<M: Model, Out: Rooted<M>, Scope> Query<M, Out, Scope> {
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
        for loader in relations.into_loaders() {
            // The last one wins: the same relation is loaded once.
            self.loaders.retain(|other| other.name != loader.name);
            self.loaders.push(loader);
        }
        self
    }

    /// Does something with the records that the query has read, each time it has: with all that came together, after what
    /// was loaded for them. A cursor reads some hundred at a time.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let shouted = Post::query().after_query(|posts| {
    ///     for post in posts {
    ///         post.title = post.title.to_uppercase();
    ///     }
    /// });
    /// assert_eq!(shouted.find_or_fail(&db, 1).await?.title, "RUST IN ANGER");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// What is changed in a record is a change: `save` sends it. For every query of a model, there are
    /// [observers](crate::Observer::retrieved).
    pub fn after_query(mut self, work: impl Fn(&mut [&mut Record<M>]) + Send + Sync + 'static) -> Self {
        self.loaders.push(Loader::after(work));
        self
    }

    /// Only rows that have a record of the relation, and loads of it those for which its conditions hold.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().with_where_has(User::posts.filter(Post::votes.gt(5))).get(&db).await?;
    /// assert_eq!((users.len(), users[0].posts.get()?.len()), (1, 1));
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_where_has<N: Model, K: Linked>(self, relation: impl Into<Load<M, N, K>>) -> Self {
        let relation = relation.into();
        let mut loaded = self.with(relation.clone());
        loaded.select.and_where(relation.asked().exists(M::meta()));
        loaded
    }

    /// Does not load these relations, which the model would load by itself or which `with` named.
    pub fn without(mut self, relations: impl IntoLoad<M>) -> Self {
        for left_out in relations.into_loaders() {
            self.loaders.retain(|other| other.name != left_out.name);
        }
        self
    }

    /// Loads these relations and no others, also not those that the model would load by itself.
    pub fn with_only(mut self, relations: impl IntoLoad<M>) -> Self {
        self.loaders.retain(|loader| loader.is_last());
        self.with(relations)
    }
}
