//! What a query is for the database.

use crate::{db::Pending, driver::Rendered, error::Result, statement::Statement, table::Table};

impl<'a> Table<'a> {
    /// The statement as the database would get it, with its bound values: see [`Query::to_sql`](crate::Query::to_sql).
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the driver cannot do it.
    pub fn to_sql(&self) -> Result<Rendered> {
        self.db.render(&self.statement())
    }

    /// The statement with its values in it, to be read and never to be sent: see
    /// [`Query::to_raw_sql`](crate::Query::to_raw_sql). What a model of this table marks `#[sensitive]` is `'[redacted]'`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let text = db.table("posts").where_ge("votes", 5).to_raw_sql()?;
    /// assert!(text.ends_with(r#"FROM "posts" WHERE "votes" >= 5"#));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`to_sql`](Self::to_sql).
    pub fn to_raw_sql(&self) -> Result<String> {
        self.db.render_raw(&self.statement(), None)
    }

    /// Prints the statement to standard error, and gives the query back: see [`Query::dump`](crate::Query::dump).
    pub fn dump(self) -> Self {
        self.db.dump(&self.statement(), None);
        self
    }

    /// Prints the statement with its values in it, and gives the query back: see
    /// [`Query::dump_raw`](crate::Query::dump_raw).
    pub fn dump_raw(self) -> Self {
        self.db.dump_raw(&self.statement(), None);
        self
    }

    /// The database's plan for the query: see [`Query::explain`](crate::Query::explain).
    pub fn explain(self) -> Pending<'a, String> {
        self.db.plan(None, self.select, false)
    }

    /// The database's plan for the query, which is run for it: see
    /// [`Query::explain_analyze`](crate::Query::explain_analyze).
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](crate::Error::Unsupported) on SQLite, and what the database reports.
    pub fn explain_analyze(self) -> Pending<'a, String> {
        self.db.plan(None, self.select, true)
    }

    fn statement(&self) -> Statement {
        self.select.clone().into()
    }
}
