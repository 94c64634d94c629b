//! Calls that read rows.

use crate::{
    db::Pending,
    error::{Error, Result},
    query::{Cursor, Finish, Page, check_size, load_all, window},
    schema::Name,
    statement::{Aggregate, CompareOp, Expr, From, OrderTerm, Projection, Select, Statement},
    table::{
        DynRow, Relations, Table, column_expr,
        row::{Rows, dyn_rows},
    },
    value::{Attribute, IntoValue},
};

impl<'a> Table<'a> {
    /// Every row, in the order of the query.
    ///
    /// # Errors
    ///
    /// What the database reports: [`Error::MissingTable`], [`Error::MissingColumn`], ….
    pub fn get(self) -> Pending<'a, Vec<DynRow>> {
        Pending::new(async move { self.loaded_rows().await })
    }

    /// Every row, as a stream: see [`Query::cursor`](crate::Query::cursor).
    pub fn cursor(self) -> Cursor<DynRow> {
        match self.loaders() {
            Ok(loaders) => cursor(self.db, self.select.into(), Finish::loading(loaders)),
            Err(error) => Cursor::failed(error),
        }
    }

    /// A page of the rows, and how many there are in all: see [`Query::paginate`](crate::Query::paginate). Rows that the
    /// order leaves equal are in that of their key, so that pages do not overlap: `id`, unless
    /// [`key`](Self::key) says otherwise. Rows of several tables, and those that are read once, need an order in
    /// which no two are equal.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let page = db.table("posts").order_by("id").paginate(2, 2).await?;
    /// assert_eq!((page.total, page.data.len(), page.last_page), (3, 1, 2));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where `per_page` is 0.
    pub fn paginate(self, page: u64, per_page: u64) -> Pending<'a, Page<DynRow>> {
        Pending::new(async move {
            check_size("pages", per_page)?;
            let page = page.max(1);
            let named = self.select.kept.as_ref().is_some_and(|kept| kept.name.is_some());
            let counted = self.clone().bare();
            let total = if named { counted.without_cache() } else { counted }.count().await?;
            let this = self.ordered_to_the_end();
            let rows = match window(&this.select, (page - 1).saturating_mul(per_page), per_page) {
                Some(select) if total > 0 => Self { select, ..this }.loaded_rows().await?,
                _ => Vec::new(),
            };
            Ok(Page::new(rows, total, per_page, page))
        })
    }

    /// The first row, if there is one. Adds no order.
    pub fn first(self) -> Pending<'a, Option<DynRow>> {
        Pending::new(async move { Ok(self.limit(1).loaded_rows().await?.pop()) })
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none, which names the table.
    pub fn first_or_fail(self) -> Pending<'a, DynRow> {
        let name = self.name.clone();
        Pending::new(async move { self.first().await?.ok_or_else(|| not_found(&name)) })
    }

    /// The row whose key has this value, if the query has it.
    pub fn find(self, key: impl IntoValue) -> Pending<'a, Option<DynRow>> {
        let key = self.key_is(key);
        self.and(key).first()
    }

    /// The row whose key has this value.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is none, which names the table.
    pub fn find_or_fail(self, key: impl IntoValue) -> Pending<'a, DynRow> {
        let key = self.key_is(key);
        self.and(key).first_or_fail()
    }

    /// The column of the first row, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where the value does not fit the type.
    pub fn value<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Option<T>> {
        let query = self.bare().select([column.into()]).first();
        Pending::new(async move { query.await?.map(|row| row.at(0)).transpose() })
    }

    /// The column of every row.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn pluck<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Vec<T>> {
        let query = self.bare().select([column.into()]).get();
        Pending::new(async move { query.await?.iter().map(|row| row.at(0)).collect() })
    }

    /// How many rows there are.
    pub fn count(self) -> Pending<'a, u64> {
        let counted = self.aggregate(Aggregate::Count, None);
        Pending::new(async move { Ok(counted.await?.unwrap_or(0)) })
    }

    /// Whether there is a row.
    pub fn exists(self) -> Pending<'a, bool> {
        Pending::new(async move {
            let key = self.key.clone();
            Ok(self.bare().select([key]).first().await?.is_some())
        })
    }

    /// Whether there is no row.
    pub fn doesnt_exist(self) -> Pending<'a, bool> {
        let exists = self.exists();
        Pending::new(async move { Ok(!exists.await?) })
    }

    /// The sum of a column; `None` of no rows.
    pub fn sum<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Option<T>> {
        self.aggregate(Aggregate::Sum, Some(column.into()))
    }

    /// The average of a column; `None` of no rows.
    pub fn avg<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Option<T>> {
        self.aggregate(Aggregate::Avg, Some(column.into()))
    }

    /// The smallest value of a column; `None` of no rows.
    pub fn min<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Option<T>> {
        self.aggregate(Aggregate::Min, Some(column.into()))
    }

    /// The greatest value of a column; `None` of no rows.
    pub fn max<T: Attribute>(self, column: impl Into<Name>) -> Pending<'a, Option<T>> {
        self.aggregate(Aggregate::Max, Some(column.into()))
    }

    /// The rows, without relations.
    pub(super) async fn rows(self) -> Result<Vec<DynRow>> {
        rows(self.db, &self.select.into()).await
    }

    /// The rows, with the relations that were named.
    async fn loaded_rows(self) -> Result<Vec<DynRow>> {
        let (db, loaders) = (self.db, self.loaders()?);
        let mut rows = self.rows().await?;
        if !loaders.is_empty() {
            load_all(db, &mut rows.iter_mut().collect::<Vec<_>>(), &loaders).await?;
        }
        Ok(rows)
    }

    /// With the key as the last order, where a row stands for itself.
    fn ordered_to_the_end(mut self) -> Self {
        let key = column_expr(self.key.clone());
        let select = &mut self.select;
        let by_key = select.order.iter().any(|term| term.expr == key);
        if !by_key && !select.distinct && select.joins.is_empty() && select.group.is_empty() {
            select.order.push(OrderTerm { expr: key, descending: false, nulls: None });
        }
        self
    }

    /// Without relations.
    fn bare(self) -> Self {
        Self { relations: Relations::new(), ..self }
    }

    fn key_is(&self, key: impl IntoValue) -> Expr {
        let column = Box::new(column_expr(self.key.clone()));
        Expr::Compare(CompareOp::Eq, column, Box::new(Expr::Value(key.into_value())))
    }

    fn aggregate<T: Attribute>(self, aggregate: Aggregate, of: Option<Name>) -> Pending<'a, Option<T>> {
        let of = of.map(column_expr);
        let mut select = self.select;
        if select.limit.is_some() || select.offset.is_some() || select.distinct {
            // Of the rows of the query, not of the table.
            let kept = select.kept.take();
            let inner = From::Select(Box::new(select), "rows".into());
            select = Select { kept, ..Select::of(inner, Projection::Expressions(Vec::new())) };
        }
        select.order.clear();
        select.columns = Projection::Expressions(vec![Expr::aggregate(aggregate, of).into()]);
        Pending::new(async move {
            let rows = rows(self.db, &select.into()).await?;
            rows.first().map_or(Ok(None), |row| {
                let empty = row.iter().all(|(_, value)| value.is_null());
                if empty { Ok(None) } else { row.at(0).map(Some) }
            })
        })
    }
}

/// The rows of a statement.
pub(super) async fn rows(db: &crate::Db, statement: &Statement) -> Result<Vec<DynRow>> {
    Ok(db.fetch(None, statement, Rows::default()).await?.0.rows)
}

/// The rows of a statement, as a stream.
pub(super) fn cursor(db: &crate::Db, statement: Statement, finish: Finish<DynRow>) -> Cursor<DynRow> {
    Cursor::of(db, None, statement, dyn_rows(), finish)
}

#[cold]
fn not_found(table: &str) -> Error {
    Error::config(format!("no row of `{table}` was found"))
}
