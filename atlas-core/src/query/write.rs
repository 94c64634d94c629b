//! Terminals that change all rows of a query with one statement.

use crate::{
    db::{Db, Pending},
    error::Error,
    model::{Assignments, Column, In, Model, ModelMeta, Operand, SoftDeletes},
    query::Query,
    statement::{
        ArithmeticOp, ColumnRef, Delete, Expr, From, Join, Projection, Scope, Select, Statement, TableRef,
        Update,
    },
    value::{Attribute, Moment, Number},
};

impl<M: Model, Out> Query<M, Out> {
    /// Sets columns of every row, and `updated_at`: how many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let minors = User::query().filter(User::age.lt(18));
    /// assert_eq!(minors.update(&db, User::active.set(false)).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn update(self, db: &Db, set: impl Assignments<M>) -> Pending<'_, u64> {
        let set = set.assignments().into_iter().map(|one| (one.column, one.value)).collect();
        update(db, M::meta(), self.into_select(), set)
    }

    /// Adds to a column of every row, and sets `updated_at`: how many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Post::query().where_eq(Post::author_id, 1).increment(&db, Post::votes, 1).await?;
    /// assert_eq!(Post::query().sum(&db, Post::votes).await?, 12);
    /// # Ok(())
    /// # });
    /// ```
    pub fn increment<T, V, I>(self, db: &Db, column: Column<M, T>, by: V) -> Pending<'_, u64>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<M, I>>,
    {
        self.update(db, column.reckoned(ArithmeticOp::Add, by.operand()))
    }

    /// Takes from a column of every row, and sets `updated_at`: how many rows there were.
    pub fn decrement<T, V, I>(self, db: &Db, column: Column<M, T>, by: V) -> Pending<'_, u64>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<M, I>>,
    {
        self.update(db, column.reckoned(ArithmeticOp::Sub, by.operand()))
    }

    /// Deletes every row of the query: how many there were. With `#[soft_deletes]` the rows stay, with the
    /// time in their column: [`force_delete`](Self::force_delete) removes them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().where_lt(Post::votes, 5).delete(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn delete(self, db: &Db) -> Pending<'_, u64> {
        let meta = M::meta();
        match meta.soft_deletes {
            Some(column) => mark(db, meta, column, self.into_select(), Some(Moment::now())),
            None => remove(db, meta, self.into_select()),
        }
    }

    /// Removes every row of the query for good: how many there were. What was deleted before is among them where
    /// the query has it: [`with_trashed`](Self::with_trashed), [`only_trashed`](Self::only_trashed).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().where_eq(Note::id, 1).delete(&db).await?;
    /// assert_eq!(Note::query().only_trashed().force_delete(&db).await?, 1);
    /// assert_eq!(Note::query().with_trashed().count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn force_delete(self, db: &Db) -> Pending<'_, u64>
    where
        M: SoftDeletes,
    {
        remove(db, M::meta(), self.into_select())
    }

    /// Brings back those rows of the query that were deleted softly, and sets `updated_at`: how many there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Note::query().delete(&db).await?, 2);
    /// assert_eq!(Note::query().where_eq(Note::id, 2).restore(&db).await?, 1);
    /// assert_eq!(Note::query().pluck(&db, Note::id).await?, [2]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn restore(self, db: &Db) -> Pending<'_, u64>
    where
        M: SoftDeletes,
    {
        let (meta, query) = (M::meta(), self.only_trashed());
        match meta.soft_deletes {
            Some(column) => mark(db, meta, column, query.into_select(), None),
            None => Pending::new(std::future::ready(Ok(0))),
        }
    }
}

/// Sets the time at which rows were deleted.
fn mark<'a>(
    db: &'a Db,
    meta: &'static ModelMeta,
    column: usize,
    select: Select,
    deleted: Option<Moment>,
) -> Pending<'a, u64> {
    Pending::new(async move {
        let set = vec![(meta.column(column)?.target(), meta.deletion(column, deleted)?.into())];
        update(db, meta, select, set).await
    })
}

fn remove<'a>(db: &'a Db, meta: &'static ModelMeta, select: Select) -> Pending<'a, u64> {
    let delete = Delete { table: TableRef::new(meta.table), scope: scope(meta, select) };
    Pending::new(
        async move { Ok(db.run(Some(meta.about()), &delete.into(), Box::new(())).await?.1.affected) },
    )
}

fn update<'a>(
    db: &'a Db,
    meta: &'static ModelMeta,
    select: Select,
    mut set: Vec<(ColumnRef, Expr)>,
) -> Pending<'a, u64> {
    Pending::new(async move {
        if set.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: name at least one",
                meta.name
            )));
        }
        for (column, value) in &set {
            let Some(index) = meta.names.iter().position(|name| **name == *column.name) else { continue };
            let value = if let Expr::Value(value) = value { Some(value) } else { None };
            value.map_or(Ok(()), |value| meta.check(index, value))?;
            db.keep_tenant(meta, index, value)?;
        }
        meta.stamp_update(&mut set)?;
        let update: Statement = Update {
            table: TableRef::new(meta.table),
            set,
            scope: scope(meta, select),
            returning: Vec::new(),
        }
        .into();
        Ok(db.run(Some(meta.about()), &update, Box::new(())).await?.1.affected)
    })
}

/// Whether a table that was joined has a row.
fn joined(join: Join) -> Expr {
    let mut select = Select::of(join.from, Projection::Expressions(Vec::new()));
    select.joins = join.inner;
    select.and_where(join.on);
    Expr::Exists(Box::new(select))
}

/// The rows of a select, as an update or delete names them: what is joined is a condition.
fn scope(meta: &'static ModelMeta, select: Select) -> Scope {
    let of_others =
        !matches!(select.from, From::Table(_)) || !select.with.is_empty() || !select.group.is_empty();
    let of_others = of_others.then(|| {
        Expr::Fault(format!(
            "a query that reads `{}` out of other queries cannot change or delete its rows: say which rows in a filter",
            meta.name
        ))
    });
    Scope {
        filter: select.joins.into_iter().map(joined).chain(select.filter).chain(of_others).reduce(Expr::and),
        one: false,
        order: select.order,
        limit: select.limit,
        offset: select.offset,
        key: meta.key.iter().filter_map(|index| meta.names.get(*index)).map(|name| (*name).into()).collect(),
    }
}
