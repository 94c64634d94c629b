//! Calls that write rows.

use crate::{
    db::Pending,
    error::{Error, Result},
    schema::{Name, SchemaChange, Truncate},
    statement::{
        ArithmeticOp, ColumnRef, Delete, Expr, Insert, InsertSelect, Lock, LockStrength, LockWait,
        OnConflict, Scope, Select, Statement, TableRef, Update,
    },
    table::{DynRow, Table, Values, column, column_expr, read, row::Rows},
    value::{Attribute, IntoValue, Value},
};

impl<'a> Table<'a> {
    /// Inserts a row, and gives it back with what the database filled in.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let row = values! { title: "Untyped", author_id: 1, votes: 0 };
    /// let post = db.table("posts").insert(row).await?;
    /// assert_eq!(post.get::<i64>("id")?, 4);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports: [`Error::Constraint`], [`Error::MissingColumn`], ….
    pub fn insert(self, row: impl Into<Values>) -> Pending<'a, DynRow> {
        let rows = self.insert_many([row]);
        Pending::new(async move { rows.await?.pop().ok_or_else(lost) })
    }

    /// Inserts rows, all or none, and gives them back in their order.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_many<V: Into<Values>>(self, rows: impl IntoIterator<Item = V>) -> Pending<'a, Vec<DynRow>> {
        let batches = batches(rows);
        Pending::new(async move {
            let mut written = Vec::new();
            let together = if batches.len() > 1 { Some(self.db.begin_own().await?) } else { None };
            let db = together.as_deref().unwrap_or(self.db);
            for batch in batches {
                let insert = batch.into_insert(&self, OnConflict::Fail, true);
                let (sink, _) = db.fetch(None, &insert.into(), Rows::default()).await?;
                written.extend(sink.rows);
            }
            keep(together).await?;
            Ok(written)
        })
    }

    /// Inserts a row: its key, as the database has made it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let id: i64 = db.table("posts").insert_get_id(values! { title: "Untyped", author_id: 1, votes: 0 }).await?;
    /// assert_eq!(id, 4);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_get_id<T: Attribute>(self, row: impl Into<Values>) -> Pending<'a, T> {
        let batches = batches([row]);
        Pending::new(async move {
            let mut written = Vec::new();
            for batch in batches {
                let returning = vec![self.key.clone()];
                let insert = Insert { returning, ..batch.into_insert(&self, OnConflict::Fail, false) };
                written = read::rows(self.db, &insert.into()).await?;
            }
            written.pop().ok_or_else(lost)?.at(0)
        })
    }

    /// Inserts rows, leaving out those whose unique columns are taken: how many were written.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_or_ignore<V: Into<Values>>(self, rows: impl IntoIterator<Item = V>) -> Pending<'a, u64> {
        let batches = batches(rows);
        Pending::new(async move { self.write(batches, &OnConflict::Ignore).await })
    }

    /// Inserts the rows of another query into these columns: how many there were. The query selects as many columns,
    /// which are taken in its order.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let titles = db.table("posts").where_gt("votes", 2).select(["id", "title"]);
    /// assert_eq!(db.table("comments").insert_using(["post_id", "text"], titles).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn insert_using<N: Into<Name>>(
        self,
        columns: impl IntoIterator<Item = N>,
        query: Table<'_>,
    ) -> Pending<'a, u64> {
        self.using(columns.into_iter().map(Into::into).collect(), query.select, false)
    }

    /// As [`insert_using`](Self::insert_using), leaving out the rows whose unique columns are taken.
    pub fn insert_or_ignore_using<N: Into<Name>>(
        self,
        columns: impl IntoIterator<Item = N>,
        query: Table<'_>,
    ) -> Pending<'a, u64> {
        self.using(columns.into_iter().map(Into::into).collect(), query.select, true)
    }

    fn using(self, columns: Vec<Name>, select: Select, ignores: bool) -> Pending<'a, u64> {
        Pending::new(async move {
            if columns.is_empty() {
                return Err(Error::config(format!(
                    "an insert into `{}` names no column for what the query selects: name as many as it does",
                    self.name
                )));
            }
            let insert = InsertSelect {
                table: TableRef::new(self.name.clone()),
                columns: columns.into_iter().map(column).collect(),
                select: Box::new(select),
                ignores,
                returning: Vec::new(),
            };
            Ok(self.db.run(None, &insert.into(), Box::new(())).await?.1.affected)
        })
    }

    /// Sets columns of the first row that has the values `by`, or inserts a row with both: whether it was inserted. Two
    /// calls at the same time do not both insert where a unique index stands behind `by`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let dee = || values! { email: "dee@example.com" };
    /// let with = |name: &str| values! { name: name, active: true };
    /// assert!(db.table("users").update_or_insert(dee(), with("Dee")).await?);
    /// assert!(!db.table("users").update_or_insert(dee(), with("Deirdre")).await?);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); [`Error::Config`] where `by` is empty.
    pub fn update_or_insert(self, by: impl Into<Values>, values: impl Into<Values>) -> Pending<'a, bool> {
        let (by, values) = (by.into(), values.into());
        Pending::new(async move {
            if by.is_empty() {
                return Err(Error::config(format!(
                    "`update_or_insert` on `{}` needs the columns that tell whether a row is there: name at least one",
                    self.name
                )));
            }
            if self.clone().change_first(&by, &values).await? {
                return Ok(false);
            }
            let row =
                values.iter().fold(by.clone(), |row, (name, value)| row.set(name.to_owned(), value.clone()));
            match self.insert_alone(row).await {
                Ok(()) => Ok(true),
                // Somebody else was faster, unless it is another unique column.
                Err(error) if error.is_unique_violation() => {
                    if self.change_first(&by, &values).await? {
                        Ok(false)
                    } else {
                        Err(error)
                    }
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Inserts a row. No transaction of ours is around it, whose locks would stand in the way of others that insert the
    /// same; in one of the user's it has a savepoint, since a failed statement ends the transaction on some databases.
    async fn insert_alone(&self, row: Values) -> Result<()> {
        let rows = batches([row]);
        if !self.db.in_transaction() {
            return self.clone().write(rows, &OnConflict::Fail).await.map(|_| ());
        }
        let savepoint = self.db.begin_own().await?;
        match (Table { db: &savepoint, ..self.clone() }).write(rows, &OnConflict::Fail).await {
            Ok(_) => savepoint.commit().await,
            Err(error) => savepoint.rollback().await.and(Err(error)),
        }
    }

    /// Changes the first row that has these values: whether there is one.
    async fn change_first(self, by: &Values, values: &Values) -> Result<bool> {
        let mut first = self.where_all(by.clone());
        first.select.limit = Some(1);
        if !values.is_empty() {
            return Ok(first.set(assignments(values.clone())).await? > 0);
        }
        let key = first.key.clone();
        Ok(!first.select([key]).rows().await?.is_empty())
    }

    async fn write(self, batches: Vec<Batch>, on_conflict: &OnConflict) -> Result<u64> {
        let mut affected = 0;
        let together = if batches.len() > 1 { Some(self.db.begin_own().await?) } else { None };
        let db = together.as_deref().unwrap_or(self.db);
        for batch in batches {
            let insert = batch.into_insert(&self, on_conflict.clone(), false);
            affected += db.run(None, &insert.into(), Box::new(())).await?.1.affected;
        }
        keep(together).await?;
        Ok(affected)
    }

    /// Inserts rows, and changes those that are there: rows that have the same values in the columns
    /// `by`, which a unique index must cover, get the values of the columns `update`. How many rows were
    /// written or changed.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); [`Error::Config`] where `by` names no column.
    pub fn upsert<V: Into<Values>>(
        self,
        rows: impl IntoIterator<Item = V>,
        by: &[&str],
        update: &[&str],
    ) -> Pending<'a, u64> {
        let batches = batches(rows);
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned().into()).collect::<Vec<Name>>();
        let (by, columns) = (names(by), names(update));
        Pending::new(async move {
            if by.is_empty() {
                return Err(Error::config(format!(
                    "an upsert into `{}` needs the unique columns that tell whether a row is there: name at least one",
                    self.name
                )));
            }
            let on_conflict =
                OnConflict::Update { by, columns, set: Vec::new(), same: Vec::new(), filter: None };
            self.write(batches, &on_conflict).await
        })
    }

    /// Sets columns of every row of the query: how many rows there were.
    ///
    /// # Errors
    ///
    /// What the database reports; [`Error::Config`] where no column is set.
    pub fn update(self, values: impl Into<Values>) -> Pending<'a, u64> {
        let set = assignments(values.into());
        Pending::new(self.set(set))
    }

    /// Sets columns of every row of the query, and gives the rows back as they are then.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub fn update_returning(self, values: impl Into<Values>) -> Pending<'a, Vec<DynRow>> {
        let values = values.into();
        Pending::new(async move {
            let set = self.checked(assignments(values.clone()))?;
            let by_key = self.select.limit.is_some() || self.select.offset.is_some();
            if self.db.capabilities().update_returning && !by_key {
                let update = self.update_statement(set, vec!["*".into()]);
                return read::rows(self.db, &update).await;
            }
            let tx = self.db.begin_own().await?;
            let keys: Vec<Value> = {
                let found = Table { db: &tx, ..self.clone() }.select([self.key.clone()]).rows().await?;
                found.iter().filter_map(|row| row.value(&self.key).cloned()).collect()
            };
            let here = tx.table(self.name.clone()).key(self.key.clone());
            here.clone().where_in(self.key.clone(), keys.clone()).set(set).await?;
            // Where the key itself was changed, the row is found by the new one.
            let keys = values.get(&self.key).map_or(keys, |key| vec![key.clone()]);
            let rows = here.where_in(self.key.clone(), keys).order_by(self.key.clone()).rows().await?;
            tx.commit().await?;
            Ok(rows)
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

    /// Removes every row of the query, and gives the rows back as they were.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub fn delete_returning(self) -> Pending<'a, Vec<DynRow>> {
        Pending::new(async move {
            if self.db.capabilities().delete_returning {
                return read::rows(self.db, &self.delete_statement(vec!["*".into()])).await;
            }
            let tx = self.db.begin_own().await?;
            let mut here = Table { db: &tx, ..self.clone() };
            here.select.lock = Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait });
            let rows = here.rows().await?;
            let keys: Vec<Value> = rows.iter().filter_map(|row| row.value(&self.key).cloned()).collect();
            let these = tx.table(self.name.clone()).key(self.key.clone()).where_in(self.key.clone(), keys);
            tx.run(None, &these.delete_statement(Vec::new()), Box::new(())).await?;
            tx.commit().await?;
            Ok(rows)
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

    /// Removes every row of the query: how many there were.
    pub fn delete(self) -> Pending<'a, u64> {
        Pending::new(async move {
            Ok(self.db.run(None, &self.delete_statement(Vec::new()), Box::new(())).await?.1.affected)
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

    async fn set(self, set: Vec<(ColumnRef, Expr)>) -> Result<u64> {
        let set = self.checked(set)?;
        let update = self.update_statement(set, Vec::new());
        Ok(self.db.run(None, &update, Box::new(())).await?.1.affected)
    }

    fn checked(&self, set: Vec<(ColumnRef, Expr)>) -> Result<Vec<(ColumnRef, Expr)>> {
        if set.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: name at least one",
                self.name
            )));
        }
        Ok(set)
    }

    fn update_statement(&self, set: Vec<(ColumnRef, Expr)>, returning: Vec<Name>) -> Statement {
        let table = TableRef::new(self.name.clone());
        Update { table, set, scope: self.scope(), returning }.into()
    }

    fn delete_statement(&self, returning: Vec<Name>) -> Statement {
        Delete { table: TableRef::new(self.name.clone()), scope: self.scope(), returning }.into()
    }

    fn scope(&self) -> Scope {
        let select = self.select.clone();
        let others = !select.joins.is_empty() || !select.group.is_empty();
        let fault = others.then(|| {
            Expr::Fault(format!(
                "rows of `{}` that stand beside others, or in groups, are not changed or deleted: say which rows in a \
                 filter",
                self.name
            ))
        });
        Scope {
            filter: fault.into_iter().chain(select.filter).reduce(Expr::and),
            one: false,
            order: select.order,
            limit: select.limit,
            offset: select.offset,
            key: vec![self.key.clone()],
            found: None,
        }
    }
}

#[cold]
fn lost() -> Error {
    Error::Driver { message: "an inserted row did not come back".to_owned(), source: None }
}

async fn keep(together: Option<crate::Transaction>) -> Result<()> {
    match together {
        Some(tx) => tx.commit().await,
        None => Ok(()),
    }
}

fn assignments(values: Values) -> Vec<(ColumnRef, Expr)> {
    values.into_iter().map(|(name, value)| (column(name), Expr::Value(value))).collect()
}

/// Rows that give the same columns, for one statement.
struct Batch {
    columns: Vec<Name>,
    rows: usize,
    values: Vec<Value>,
}

/// Rows in as few statements as their columns allow, in their order.
fn batches<V: Into<Values>>(rows: impl IntoIterator<Item = V>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for row in rows {
        let row = row.into();
        let fits = |batch: &Batch| {
            batch.columns.len() == row.len() && batch.columns.iter().all(|column| row.get(column).is_some())
        };
        match batches.last_mut().filter(|batch| fits(batch)) {
            Some(batch) => {
                let values =
                    batch.columns.iter().map(|column| row.get(column).cloned().unwrap_or(Value::Null));
                batch.values.extend(values);
                batch.rows += 1;
            }
            None => {
                let (columns, values) = row.into_iter().unzip();
                batches.push(Batch { columns, rows: 1, values });
            }
        }
    }
    batches
}

impl Batch {
    fn into_insert(self, into: &Table<'_>, on_conflict: OnConflict, returning: bool) -> Insert {
        Insert {
            table: TableRef::new(into.name.clone()),
            columns: self.columns.into_iter().map(column).collect(),
            rows: self.rows,
            values: self.values,
            on_conflict,
            returning: if returning { vec!["*".into()] } else { Vec::new() },
            key: vec![into.key.clone()],
        }
    }
}
