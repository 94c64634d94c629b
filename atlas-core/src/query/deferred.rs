//! Columns that are not read.

use std::mem;

use crate::{
    model::{Columns, DeferredColumns, LEFT_OUT, Model},
    query::{Query, Rooted},
    statement::{ColumnRef, Expr, Projection, Select, Selected},
    value::Value,
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Reads no values of these columns, whose fields are [`Deferred`](crate::Deferred)s.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use atlas::prelude::*;
    /// # #[derive(Model)]
    /// # struct Report { id: i64, title: String, body: Deferred<String> }
    /// # run(async |db| {
    /// # db.create_tables(atlas::models![Report]).await?;
    /// # Report::draft().title("Q3").body("…").save(&db).await?;
    /// let report = Report::query().without_columns(Report::body).first_or_fail(&db).await?;
    /// let error = report.body.get().unwrap_err();
    /// assert!(matches!(error, Error::ColumnLeftOut { model: "Report", column: "body" }));
    /// # Ok(())
    /// # });
    /// ```
    pub fn without_columns(mut self, columns: impl DeferredColumns<M>) -> Self
    where
        Out: Rooted<M>,
    {
        let left_out = self.select.left_out().iter().copied().chain(columns.deferred()).collect();
        self.select = self.select.leave_out(left_out);
        self
    }

    /// Of the columns whose fields are [`Deferred`](crate::Deferred)s, reads only these; of `()`, none. All others
    /// are read in any case. The last call counts.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use atlas::prelude::*;
    /// # #[derive(Model)]
    /// # struct Report { id: i64, title: String, body: Deferred<String>, source: Deferred<Option<String>> }
    /// # run(async |db| {
    /// # db.create_tables(atlas::models![Report]).await?;
    /// # Report::draft().title("Q3").body("…").save(&db).await?;
    /// let report = Report::query().columns((Report::title, Report::body)).first_or_fail(&db).await?;
    /// assert!(report.body.is_loaded() && !report.source.is_loaded());
    /// # Ok(())
    /// # });
    /// ```
    pub fn columns(mut self, columns: impl Columns<M>) -> Self
    where
        Out: Rooted<M>,
    {
        let wanted = columns.columns();
        let left_out = M::meta().deferred.iter().copied().filter(|column| !wanted.contains(column)).collect();
        self.select = self.select.leave_out(left_out);
        self
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The select of the query's rows, as it is sent.
    pub(crate) fn into_sent(self) -> Select {
        let left_out = self.select.left_out().to_vec();
        let mut select = self.into_select();
        leave_out(&mut select, &left_out);
        select
    }
}

/// Puts NULL, under a name that says why, in the places of these columns of a model's records. The last step
/// before a select is sent: all others see whole records.
pub(crate) fn leave_out(select: &mut Select, columns: &[usize]) {
    if columns.is_empty() {
        return;
    }
    let (names, beside) = match mem::replace(&mut select.columns, Projection::Names(&[])) {
        Projection::Names(names) => (names, Vec::new()),
        Projection::NamesAnd(names, beside) => (names, beside),
        others @ Projection::Expressions(_) => {
            select.columns = others;
            return;
        }
    };
    let table = select.from.qualifier();
    let own = names.iter().enumerate().map(|(index, name)| match columns.contains(&index) {
        true => Selected { expr: Expr::Value(Value::Null), alias: Some(LEFT_OUT.into()) },
        false => {
            Expr::Column(ColumnRef { table: Some(table.clone()), name: (*name).into(), ty: None }).into()
        }
    });
    select.columns = Projection::Expressions(own.chain(beside).collect());
}
