//! How a query is carried out: by which indexes, and for how long.

use std::time::Duration;

use crate::{
    model::Model,
    query::Query,
    schema::Name,
    statement::{HintKind, IndexHint},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Reads by this index, or by another one that is named so, on MySQL and MariaDB. Elsewhere, nothing changes.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().use_index("users_email_unique").where_eq(User::email, "Ann@example.com");
    /// assert_eq!(users.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn use_index(self, index: impl Into<Name>) -> Self {
        self.hint(HintKind::Use, index.into())
    }

    /// Reads by this index if that is possible at all, on MySQL, MariaDB and SQLite. PostgreSQL takes no hints: nothing
    /// changes there. On SQLite, an index that cannot be used is an error.
    pub fn force_index(self, index: impl Into<Name>) -> Self {
        self.hint(HintKind::Force, index.into())
    }

    /// Does not read by this index, on MySQL and MariaDB. Elsewhere, nothing changes.
    pub fn ignore_index(self, index: impl Into<Name>) -> Self {
        self.hint(HintKind::Ignore, index.into())
    }

    /// Reads the tables in the order in which they are joined, the query's own first, where the database would choose a
    /// worse one: `STRAIGHT_JOIN` on MySQL and MariaDB. Elsewhere, nothing changes.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = Post::query().join(Post::author).straight_join();
    /// assert_eq!(posts.count(&db).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn straight_join(mut self) -> Self {
        self.select.straight = true;
        self
    }

    fn hint(mut self, kind: HintKind, index: Name) -> Self {
        self.select.hints.push(IndexHint { kind, index });
        self
    }

    /// Gives up on what this query reads or writes after so long: [`Error::Timeout`](crate::Error::Timeout). The server is
    /// told to stop. The limit of all statements is [`statement_timeout`](crate::db::DbBuilder::statement_timeout).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use std::time::Duration;
    /// # run(async |db| {
    /// let posts = Post::query().timeout(Duration::from_secs(5)).get(&db).await?;
    /// assert_eq!(posts.len(), 3);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// A transaction in which a statement was given up is rolled back. A write outside of one may have been done at the very
    /// moment in which it was given up: in a transaction, it is not. A limit of zero is
    /// [`Error::Config`](crate::Error::Config).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.select.time_limit = Some(limit);
        self
    }
}
