//! Calls that insert rows.

use crate::{
    db::Pending,
    error::{Error, Result},
    schema::Name,
    statement::{Insert, InsertSelect, OnConflict, Select, TableRef},
    table::{
        DynRow, Table, Values, column, read,
        row::Rows,
        write::{assignments, lost},
    },
    value::{Attribute, Value},
};

impl<'a> Table<'a> {
    /// Inserts a row, and gives it back with what the database filled in: the columns that the query
    /// [selects](Self::select), or all of them.
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
            let (mut written, returning) = (Vec::new(), self.returning()?);
            let together = if batches.len() > 1 { Some(self.db.begin_own().await?) } else { None };
            let db = together.as_deref().unwrap_or(self.db);
            for batch in batches {
                let insert = batch.into_insert(&self, OnConflict::Fail, returning.clone());
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
                let insert = batch.into_insert(&self, OnConflict::Fail, vec![self.key.clone()]);
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
            let insert = batch.into_insert(&self, on_conflict.clone(), Vec::new());
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
}

async fn keep(together: Option<crate::Transaction>) -> Result<()> {
    match together {
        Some(tx) => tx.commit().await,
        None => Ok(()),
    }
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
    fn into_insert(self, into: &Table<'_>, on_conflict: OnConflict, returning: Vec<Name>) -> Insert {
        Insert {
            table: TableRef::new(into.name.clone()),
            columns: self.columns.into_iter().map(column).collect(),
            rows: self.rows,
            values: self.values,
            on_conflict,
            returning,
            key: vec![into.key.clone()],
        }
    }
}
