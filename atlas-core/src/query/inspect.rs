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
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the driver cannot do it.
    pub fn to_sql(&self, db: &Db) -> Result<Rendered> {
        db.render(&Statement::Select(self.select.clone()))
    }

    /// The database's plan for the query, a step a line.
    pub fn explain(self, db: &Db) -> Pending<'_, String> {
        Pending::new(async move {
            let statement = Statement::Explain(Box::new(self.select.into()));
            Ok(db.fetch(&statement, Lines::default()).await?.0.0)
        })
    }
}
