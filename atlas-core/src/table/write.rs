//! Calls that write rows.

use crate::{
    db::Pending,
    error::{Error, Result},
    schema::Name,
    statement::{
        ArithmeticOp, ColumnRef, Delete, Expr, Insert, OnConflict, Scope, Statement, TableRef, Update,
    },
    table::{DynRow, Table, Values, column, column_expr, read, row::Rows},
    value::{IntoValue, Value},
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
        Pending::new(async move {
            let lost =
                || Error::Driver { message: "an inserted row did not come back".to_owned(), source: None };
            rows.await?.pop().ok_or_else(lost)
        })
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
            let mut affected = 0;
            let together = if batches.len() > 1 { Some(self.db.begin_own().await?) } else { None };
            let db = together.as_deref().unwrap_or(self.db);
            for batch in batches {
                let on_conflict = OnConflict::Update {
                    by: by.clone(),
                    columns: columns.clone(),
                    set: Vec::new(),
                    same: Vec::new(),
                };
                let insert = batch.into_insert(&self, on_conflict, false);
                affected += db.run(None, &insert.into(), Box::new(())).await?.1.affected;
            }
            keep(together).await?;
            Ok(affected)
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
            let delete = Delete { table: TableRef::new(self.name.clone()), scope: self.scope() };
            Ok(self.db.run(None, &delete.into(), Box::new(())).await?.1.affected)
        })
    }

    fn reckon(self, name: Name, op: ArithmeticOp, by: Value) -> Pending<'a, u64> {
        let value = Expr::Arithmetic(op, Box::new(column_expr(name.clone())), Box::new(Expr::Value(by)));
        Pending::new(self.set(vec![(column(name), value)]))
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
