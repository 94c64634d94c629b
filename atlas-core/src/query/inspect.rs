//! What a query is for the database.

use crate::{
    db::{Db, Pending},
    driver::Rendered,
    error::Result,
    model::Model,
    query::Query,
    statement::Statement,
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The statement as the database would get it, with its bound values; its `Display` is the text.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let query = Comment::query().where_eq(Comment::post_id, 1);
    /// let sent = query.to_sql(&db)?;
    /// assert!(sent.text.ends_with(r#"FROM "comments" WHERE "post_id" = ?"#));
    /// assert_eq!(sent.binds, [1.into()]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the driver cannot do it.
    pub fn to_sql(&self, db: &Db) -> Result<Rendered> {
        db.of(M::meta().about())?.render(&self.statement())
    }

    /// The statement with its values in it, written as the database writes them: to be read, and to be tried at the
    /// database's own prompt. Never for sending: values that are bound are safe, and a text of this kind is only as good as
    /// its quoting. What is `#[sensitive]` is `'[redacted]'`, as in events.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let query = User::query().where_eq(User::name, "O'Neill").where_gt(User::age, 18).limit(3);
    /// let text = query.to_raw_sql(&db)?;
    /// assert!(text.ends_with(r#"FROM "users" WHERE "name" = 'O''Neill' AND "age" > 18 LIMIT 3"#));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`to_sql`](Self::to_sql).
    pub fn to_raw_sql(&self, db: &Db) -> Result<String> {
        let about = M::meta().about();
        db.of(about)?.render_raw(&self.statement(), Some(about))
    }

    /// Prints the statement, with its bound values, to standard error, and gives the query back: for looking at it
    /// while it is written. What is `#[sensitive]` is not printed; where it cannot be compiled, the reason is.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = Post::query().where_gt(Post::votes, 5).dump(&db);
    /// assert_eq!(posts.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn dump(self, db: &Db) -> Self {
        let about = M::meta().about();
        match db.of(about) {
            Ok(db) => db.dump(&self.statement(), Some(about)),
            Err(error) => eprintln!("{error}"),
        }
        self
    }

    /// As [`dump`](Self::dump), with the values in the text: see [`to_raw_sql`](Self::to_raw_sql).
    pub fn dump_raw(self, db: &Db) -> Self {
        let about = M::meta().about();
        match db.of(about) {
            Ok(db) => db.dump_raw(&self.statement(), Some(about)),
            Err(error) => eprintln!("{error}"),
        }
        self
    }

    /// The database's plan for the query, a step a line. The query is not run.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let plan = User::query().where_eq(User::email, "Ann@example.com").explain(&db).await?;
    /// assert!(plan.contains("users_email_unique"));
    /// # Ok(())
    /// # });
    /// ```
    pub fn explain(self, db: &Db) -> Pending<'_, String> {
        db.plan(Some(M::meta().about()), self.into_sent(), false)
    }

    /// The database's plan for the query, with what each step took and how many rows it gave: the query is run for it,
    /// and its rows are thrown away. PostgreSQL answers with a step a line, MySQL with a tree, MariaDB with JSON.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// // SQLite has nothing of the kind.
    /// assert!(matches!(User::query().explain_analyze(&db).await, Err(Error::Unsupported { .. })));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) on SQLite, and what the database reports.
    pub fn explain_analyze(self, db: &Db) -> Pending<'_, String> {
        db.plan(Some(M::meta().about()), self.into_sent(), true)
    }

    fn statement(&self) -> Statement {
        self.clone().into_sent().into()
    }
}
