//! What a query is for the database.

use crate::{
    db::{Db, Pending},
    driver::Rendered,
    error::Result,
    model::Model,
    query::{Query, row::Lines},
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
        db.of(M::meta().about())?.render(&self.clone().into_sent().into())
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
        let select = Statement::Select(self.clone().into_sent());
        match db.of(about).and_then(|db| db.show(&select, about)) {
            Ok(shown) => eprintln!("{shown}"),
            Err(error) => eprintln!("{error}"),
        }
        self
    }

    /// The database's plan for the query, a step a line.
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
        let statement = Statement::Explain(Box::new(self.into_sent().into()));
        Pending::new(
            async move { Ok(db.fetch(Some(M::meta().about()), &statement, Lines::default()).await?.0.0) },
        )
    }
}
