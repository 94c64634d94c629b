//! Calls that change or remove rows.

use std::any::Any;

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Anywhere, Expression, In},
    query::{Reached, together},
    schema::{Name, SchemaChange, Truncate},
    statement::{ArithmeticOp, ColumnRef, Expr, From, Projection, Selected, Statement},
    table::{DynRow, Table, Values, column, column_expr, row::Rows},
    value::{IntoValue, Value},
};

impl<'a> Table<'a> {
    /// A column becomes what this says, in the update that follows: see [`update`](Self::update).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{col, values};
    /// # run(async |db| {
    /// let popular = db.table("posts").where_ge("votes", 7);
    /// let loud = popular.set_expr("title", col::<String>("title").upper());
    /// assert_eq!(loud.update(values! { votes: 0 }).await?, 1);
    /// assert_eq!(Post::find_or_fail(&db, 1).await?.title, "RUST IN ANGER");
    /// # Ok(())
    /// # });
    /// ```
    pub fn set_expr<E, I>(mut self, column: impl Into<Name>, value: E) -> Self
    where
        E: Expression<Scope: In<Anywhere, I>>,
    {
        self.set.push((super::column(column.into()), value.into_node()));
        self
    }

    /// Sets columns of every row of the query, and what [`set_expr`](Self::set_expr) has said: how many rows there were.
    ///
    /// The rows are those of the query's own table, also where it joins others; values may come of those. They are found by
    /// their key, `id` unless [`key`](Self::key) says otherwise.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{col, values};
    /// # run(async |db| {
    /// let of_minors = db
    ///     .table("posts")
    ///     .join("users", col::<i64>("posts.author_id").eq(col::<i64>("users.id")))
    ///     .filter(col::<i32>("users.age").lt(18));
    /// let signed = of_minors.set_expr("title", col::<String>("users.name"));
    /// assert_eq!(signed.update(values! { votes: 1 }).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports; [`Error::Config`] where no column is set.
    pub fn update(self, values: impl Into<Values>) -> Pending<'a, u64> {
        let set = assignments(values.into());
        Pending::new(self.set(set))
    }

    /// As [`update`](Self::update), and gives the rows back as they are then, in no order: the columns that the query
    /// [selects](Self::select), or all of them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::values;
    /// # run(async |db| {
    /// let popular = db.table("posts").where_ge("votes", 7).select(["id"]);
    /// let changed = popular.update_returning(values! { votes: 0 }).await?;
    /// assert_eq!(format!("{changed:?}"), r#"[{"id": 1}]"#);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update); [`Error::Config`] where the query selects what is no column of the table;
    /// [`Error::Unsupported`] on MySQL and MariaDB where the key is set to something computed.
    pub fn update_returning(self, values: impl Into<Values>) -> Pending<'a, Vec<DynRow>> {
        let set = assignments(values.into());
        Pending::new(async move {
            let (db, columns) = (self.db, self.returning()?);
            self.changed(set)?.give_rows_back(db, columns).await
        })
    }

    /// Adds to several columns of every row of the query, and sets others: how many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let best = db.table("posts").where_eq("id", 1);
    /// best.increment_each(values! { votes: 3 }, values! { title: "Voted" }).await?;
    /// assert_eq!(Post::find_or_fail(&db, 1).await?.votes, 10);
    /// # Ok(())
    /// # });
    /// ```
    pub fn increment_each(self, by: impl Into<Values>, set: impl Into<Values>) -> Pending<'a, u64> {
        self.reckon_each(ArithmeticOp::Add, by.into(), set.into())
    }

    /// Takes from several columns of every row of the query, and sets others: how many rows there were.
    pub fn decrement_each(self, by: impl Into<Values>, set: impl Into<Values>) -> Pending<'a, u64> {
        self.reckon_each(ArithmeticOp::Sub, by.into(), set.into())
    }

    /// Removes every row of the query, and gives the rows back as they were, in no order: the columns that the query
    /// [selects](Self::select), or all of them.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete); [`Error::Config`] where the query selects what is no column of the table.
    pub fn delete_returning(self) -> Pending<'a, Vec<DynRow>> {
        Pending::new(async move {
            let (db, columns) = (self.db, self.returning()?);
            self.reached(None).give_rows_back(db, columns).await
        })
    }

    /// Removes all rows of the table at once: see [`Model::truncate`](crate::Model::truncate).
    ///
    /// # Errors
    ///
    /// As there; [`Error::Config`] where the query has a condition or a limit, which `delete` heeds.
    pub fn truncate(self, how: Truncate) -> Pending<'a, ()> {
        Pending::new(async move {
            let whole = self.select.filter.is_none() && self.select.is_row_by_row();
            if !whole {
                return Err(Error::config(format!(
                    "truncating `{}` removes all of its rows, and this query has some of them: call `delete`",
                    self.name
                )));
            }
            let truncate = SchemaChange::Truncate(self.name.clone(), how);
            self.db.run(None, &Statement::Schema(truncate), Box::new(())).await.map(|_| ())
        })
    }

    /// Adds to a column of every row of the query: how many rows there were.
    pub fn increment(self, column: impl Into<Name>, by: impl IntoValue) -> Pending<'a, u64> {
        self.reckon(column.into(), ArithmeticOp::Add, by.into_value())
    }

    /// Takes from a column of every row of the query: how many rows there were.
    pub fn decrement(self, column: impl Into<Name>, by: impl IntoValue) -> Pending<'a, u64> {
        self.reckon(column.into(), ArithmeticOp::Sub, by.into_value())
    }

    /// Removes every row of the query: how many there were. Where it joins other tables, their rows stay.
    pub fn delete(self) -> Pending<'a, u64> {
        Pending::new(async move {
            let db = self.db;
            self.reached(None).write(db).await
        })
    }

    fn reckon(self, name: Name, op: ArithmeticOp, by: Value) -> Pending<'a, u64> {
        self.reckon_each(op, Values::new().set(name, by), Values::new())
    }

    fn reckon_each(self, op: ArithmeticOp, by: Values, set: Values) -> Pending<'a, u64> {
        let each = by.into_iter().map(|(name, by)| {
            let value = Expr::Arithmetic(op, Box::new(column_expr(name.clone())), Box::new(Expr::Value(by)));
            (column(name), value)
        });
        let all = each.chain(assignments(set)).collect();
        Pending::new(self.set(all))
    }

    pub(super) async fn set(self, set: Vec<(ColumnRef, Expr)>) -> Result<u64> {
        let db = self.db;
        self.changed(set)?.write(db).await
    }

    /// The rows of the query, which get these values and those that were said before.
    fn changed(mut self, set: Vec<(ColumnRef, Expr)>) -> Result<Reached> {
        let mut all = std::mem::take(&mut self.set);
        all.extend(set);
        if all.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: name at least one",
                self.name
            )));
        }
        Ok(self.reached(Some(together(all)?)))
    }

    fn reached(self, set: Option<Vec<(ColumnRef, Expr)>>) -> Reached {
        let Table { name, key, mut select, .. } = self;
        if select.joins.is_empty() {
            // Not every database knows another name for the table that is written.
            select.call(name.clone());
            if let From::Table(table) = &mut select.from {
                table.alias = None;
            }
        }
        Reached { called: name.clone(), table: name, key: vec![column(key)], about: None, select, set }
    }

    /// The columns of written rows that are given back.
    pub(super) fn returning(&self) -> Result<Vec<Name>> {
        let no_columns = || {
            Error::config(format!(
                "a write of `{}` gives back columns of it, and the query selects something else: select columns by \
                 their names",
                self.name
            ))
        };
        let Projection::Expressions(selected) = &self.select.columns else { return Err(no_columns()) };
        let own = self.select.from.qualifier();
        let name = |selected: &Selected| match (&selected.expr, &selected.alias) {
            (Expr::Column(column), None) if column.table.as_ref().is_none_or(|table| table == own) => {
                Ok(column.name.clone())
            }
            _ => Err(no_columns()),
        };
        selected.iter().map(name).collect()
    }
}

impl Reached {
    /// Writes the rows, and gives these columns of them.
    async fn give_rows_back(self, db: &Db, columns: Vec<Name>) -> Result<Vec<DynRow>> {
        let sink: Box<dyn Any> = self.give_back(db, columns, Box::new(Rows::default())).await?;
        Ok(sink.downcast::<Rows>().map_err(|_| lost())?.rows)
    }
}

#[cold]
pub(super) fn lost() -> Error {
    Error::Driver { message: "an inserted row did not come back".to_owned(), source: None }
}

pub(super) fn assignments(values: Values) -> Vec<(ColumnRef, Expr)> {
    values.into_iter().map(|(name, value)| (column(name), Expr::Value(value))).collect()
}
