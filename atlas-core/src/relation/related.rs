//! One record's relation: the records that it leads to, to be read and written.

use std::{future::ready, sync::Arc};

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Assignments, Column, Expr, Expression, In, IntoKey, IntoOrder, Model, Operand, SoftDeletes},
    query::{Loader, Put, Query, column_ref},
    record::{Record, Values},
    relation::{
        IntoLoad, Linked, Path, PivotReader, Relation, ToMany, between::Given, groups::equal, plan::Plan,
    },
    statement::{self, Projection, Select},
    value::{Attribute, Value},
};

/// The records of one record's relation, to be read and written: what [`Record::related`] gives.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let ann = User::find_or_fail(&db, 1).await?;
/// let popular = ann.related(User::posts).filter(Post::votes.gt(5)).get(&db).await?;
/// assert_eq!(popular.len(), 1);
///
/// let post = ann.related(User::posts).create(&db, Post::draft().title("New")).await?;
/// assert_eq!(post.author_id, ann.id);
/// # Ok(())
/// # });
/// ```
///
/// The record itself is not borrowed: its key is copied.
#[must_use = "it does nothing until a terminal such as `get` or `create` is called"]
pub struct Related<M, N: Model, K> {
    pub(super) relation: Relation<M, N, K>,
    /// The values of the record's columns that lead to the others.
    pub(super) key: Vec<Value>,
    /// Why the record has no others, where it cannot have any.
    pub(super) fault: Option<String>,
    /// Conditions on the rows of a table between.
    pub(super) between: Vec<statement::Expr>,
    /// What every row of a table between gets that is written.
    pub(super) written: Given,
}

impl<M: Model> Record<M> {
    /// The records of a relation of this record, to be read and written.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.related(User::posts).count(&db).await?, 2);
    ///
    /// let post = Post::find_or_fail(&db, 3).await?;
    /// assert_eq!(post.related(Post::author).first_or_fail(&db).await?.name, "Bob");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Of a record that is not saved, what is called on it is [`Error::Config`]. Where the columns that lead
    /// to the others are NULL, there are none, and none can be made.
    pub fn related<N: Model, K: Linked>(&self, relation: Relation<M, N, K>) -> Related<M, N, K> {
        Related::of(self, relation, K::KEY_IS_HERE)
    }
}

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// The relation of a record, which refers to the others itself or has to be there first.
    pub(super) fn of(record: &Record<M>, relation: Relation<M, N, K>, refers: bool) -> Self {
        let key = relation.link.local().into_iter().map(|column| record.encode(column)).collect();
        let fault = (!refers && !record.exists()).then(|| {
            let (model, name) = (M::meta().name, relation.name);
            let state = if record.is_deleted() { "is deleted" } else { "is not saved yet" };
            format!("this `{model}` {state}, so that nothing can refer to it by `{name}`: save it first")
        });
        Self { relation, key, fault, between: Vec::new(), written: Vec::new() }
    }
}

impl<M: Model, N: Model, K: Linked> Related<M, N, K> {
    /// A query of the records: everything that queries do, on these alone.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let posts = ann.related(User::posts).query();
    /// // An alternative is one among the posts of Ann.
    /// let some = posts.where_eq(Post::votes, 3).or_filter(Post::votes.lt(99));
    /// assert_eq!(some.increment(&db, Post::votes, 1).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn query(self) -> Query<N> {
        let query = self.relation.link.fixed.narrow(Query::new());
        if let Some(fault) = self.fault {
            return query.bounded(statement::Expr::Fault(fault));
        }
        let plan = Plan::new(&self.relation.link, M::meta(), N::meta(), &[], K::PIVOT);
        let here = if self.key.iter().any(Value::is_null) {
            statement::Expr::Or(Vec::new())
        } else {
            equal(&plan.keys, &self.key)
        };
        let query = match &self.relation.link.path {
            Path::Direct(_) => {
                let query = query.bounded(plan.named.iter().cloned().fold(here, statement::Expr::and));
                if K::KEY_IS_HERE { query } else { query.giving(self.relation.link.given(&self.key)) }
            }
            Path::Via { between, .. } => {
                let condition = self.between.into_iter().fold(here, statement::Expr::and);
                let query = query.reshaped(|select| join(select, &plan, between.table(), condition));
                query.of_between(self.relation.name)
            }
        };
        let query = match K::PIVOT {
            Some(pivot) => query.loading(pivots(pivot)),
            None => query,
        };
        query.picking(|select| plan.pick(select))
    }

    /// What [`apply`](Query::apply) does, on the records.
    pub fn apply<Q>(self, steps: impl FnOnce(Query<N>) -> Q) -> Q {
        steps(self.query())
    }

    /// Only the records for which this holds.
    pub fn filter<X: In<N, I>, I>(self, condition: Expr<X>) -> Query<N> {
        self.query().filter(condition)
    }

    /// Only the records whose column equals the value; `None` reads IS NULL.
    pub fn where_eq<T, R, V, I>(self, column: Column<N, T, R>, value: V) -> Query<N>
    where
        T: Attribute,
        V: Operand<T::Base, N, Scope: In<N, I>>,
    {
        self.query().filter(column.eq(value))
    }

    /// The records in this order.
    pub fn order_by<X: In<N, I>, I>(self, order: impl IntoOrder<X>) -> Query<N> {
        self.query().order_by(order)
    }

    /// The records with relations of their own.
    pub fn with(self, relations: impl IntoLoad<N>) -> Query<N> {
        self.query().with(relations)
    }

    /// Also the records that were deleted softly.
    pub fn with_trashed(self) -> Query<N>
    where
        N: SoftDeletes,
    {
        self.query().with_trashed()
    }

    /// Only the records that were deleted softly.
    pub fn only_trashed(self) -> Query<N>
    where
        N: SoftDeletes,
    {
        self.query().only_trashed()
    }

    /// At most so many of the records.
    pub fn limit(self, records: u64) -> Query<N>
    where
        K: ToMany,
    {
        self.query().limit(records)
    }

    /// The records.
    pub fn get(self, db: &Db) -> Pending<'_, Vec<Record<N>>> {
        self.query().get(db)
    }

    /// The first of the records, if there is one.
    pub fn first(self, db: &Db) -> Pending<'_, Option<Record<N>>> {
        self.query().first(db)
    }

    /// The first of the records.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none.
    pub fn first_or_fail(self, db: &Db) -> Pending<'_, Record<N>> {
        self.query().first_or_fail(db)
    }

    /// The only one of the records.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none, [`Error::MultipleFound`] where there are several.
    pub fn sole(self, db: &Db) -> Pending<'_, Record<N>> {
        self.query().sole(db)
    }

    /// The one of the records that has this key.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// assert!(ann.related(User::posts).find(&db, 2).await?.is_some());
    /// assert!(ann.related(User::posts).find(&db, 3).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    pub fn find(self, db: &Db, key: impl IntoKey<N::Key>) -> Pending<'_, Option<Record<N>>> {
        self.query().find(db, key)
    }

    /// The one of the records that has this key.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], with the key, where none of the records has it.
    pub fn find_or_fail(self, db: &Db, key: impl IntoKey<N::Key>) -> Pending<'_, Record<N>> {
        self.query().find_or_fail(db, key)
    }

    /// How many records there are.
    pub fn count(self, db: &Db) -> Pending<'_, u64> {
        self.query().count(db)
    }

    /// Whether there is a record.
    pub fn exists(self, db: &Db) -> Pending<'_, bool> {
        self.query().exists(db)
    }

    /// Whether there is no record.
    pub fn doesnt_exist(self, db: &Db) -> Pending<'_, bool> {
        self.query().doesnt_exist(db)
    }

    /// A column of each of the records.
    pub fn pluck<T: Attribute, R>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, Vec<T>> {
        self.query().pluck(db, column)
    }

    /// Sets columns of all of the records: how many there were.
    pub fn update<I>(self, db: &Db, set: impl Assignments<N, N, I>) -> Pending<'_, u64> {
        self.query().update(db, set)
    }

    /// Deletes all of the records, not what leads to them alone: how many there were.
    pub fn delete(self, db: &Db) -> Pending<'_, u64> {
        self.query().delete(db)
    }
}

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// The values by which others refer to the record, where they can.
    pub(super) fn present_key(&self) -> Result<&[Value]> {
        if let Some(fault) = &self.fault {
            return Err(Error::config(fault.clone()));
        }
        let columns = self.relation.link.local();
        match columns.iter().zip(&self.key).find(|(_, value)| value.is_null()) {
            None => Ok(&self.key),
            Some((column, _)) => Err(Error::config(format!(
                "this `{}` has no `{}`, by which its `{}` would refer to it: set it first",
                M::meta().name,
                column_ref(M::meta(), *column).name,
                self.relation.name
            ))),
        }
    }
}

/// Makes a select one of records that a table between leads to, each with what the row of that table says.
fn join(select: &mut Select, plan: &Plan, table: &'static str, condition: statement::Expr) {
    let Some(mut join) = plan.join.clone() else { return };
    let condition = condition.renamed(&table.into(), join.from.qualifier());
    join.on = join.on.and(condition);
    select.joins.push(join);
    if !plan.beside.is_empty()
        && let Projection::Names(names) = select.columns
    {
        select.columns = Projection::NamesAnd(names, plan.beside.clone());
    }
}

/// Makes the values that came with each record from a table between a record of that table's model. Sends
/// nothing.
fn pivots<N: Model>(pivot: PivotReader) -> Loader<Record<N>> {
    let read = move |records: &[&Record<N>]| -> Result<Put<Record<N>>> {
        let names: Vec<String> = (pivot.meta)().names.iter().map(|name| format!("pivot_{name}")).collect();
        let mut found = Vec::with_capacity(records.len());
        for record in records {
            let value = |name: &String| record.extra_value(name).cloned().unwrap_or(Value::Null);
            let values = Values { values: names.iter().map(value).collect() };
            found.push((pivot.read)(&values, 0)?);
        }
        Ok(Box::new(move |records| {
            for (record, pivot) in records.iter_mut().zip(found) {
                for name in &names {
                    record.take_extra(name);
                }
                record.set_pivot(pivot);
            }
        }))
    };
    Loader::new(
        "the row between",
        Arc::new(move |_, records| Box::pin(ready(read(records)))),
        Arc::new(|_| false),
    )
}
