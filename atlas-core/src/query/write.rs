//! Terminals that change all rows of a query with one statement.

use crate::{
    db::{Db, Pending},
    error::Error,
    model::{Assignments, Column, In, Model, ModelMeta, Operand, SoftDeletes},
    query::{Query, column_ref},
    schema::Name,
    statement::{
        ArithmeticOp, ColumnRef, Delete, Expr, Found, From, Projection, Scope, Select, Selected, Statement,
        TableRef, Update,
    },
    value::{Attribute, Moment, Number},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
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
    ///
    /// The rows are those of the query's own model. Where it joins others, values may come of them; a row that
    /// stands beside several of them gets the value of any.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let of_minors = Post::query().join(Post::author).filter(User::age.lt(18));
    /// assert_eq!(of_minors.update(&db, Post::title.set_from(User::name)).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn update<I>(self, db: &Db, set: impl Assignments<M, Scope, I>) -> Pending<'_, u64> {
        update(db, M::meta(), self.into_select(), set.assignments())
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
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        update(db, M::meta(), self.into_select(), vec![column.reckoned(ArithmeticOp::Add, by.operand())])
    }

    /// Takes from a column of every row, and sets `updated_at`: how many rows there were.
    pub fn decrement<T, V, I>(self, db: &Db, column: Column<M, T>, by: V) -> Pending<'_, u64>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        update(db, M::meta(), self.into_select(), vec![column.reckoned(ArithmeticOp::Sub, by.operand())])
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

pub(super) fn remove<'a>(db: &'a Db, meta: &'static ModelMeta, select: Select) -> Pending<'a, u64> {
    let table = table(meta, &select);
    let delete = Delete { table, scope: scope(meta, select, &mut []) };
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
        meta.maintain(&mut set, db.now())?;
        let table = table(meta, &select);
        let scope = scope(meta, select, &mut set);
        let update: Statement = Update { table, set, scope, returning: Vec::new() }.into();
        Ok(db.run(Some(meta.about()), &update, Box::new(())).await?.1.affected)
    })
}

/// The table that is written. The model's scopes hold of its rows, unless a select finds them, in which they do already.
fn table(meta: &'static ModelMeta, select: &Select) -> TableRef {
    match &select.from {
        From::Table(table) if !is_found(select) => table.clone(),
        _ => TableRef::new(meta.table),
    }
}

/// Whether it takes a select to find the rows.
fn is_found(select: &Select) -> bool {
    !select.joins.is_empty() || select.distinct
}

/// The rows of a select, as an update or a delete names them.
fn scope(meta: &'static ModelMeta, select: Select, set: &mut [(ColumnRef, Expr)]) -> Scope {
    let key = meta.key.iter().filter_map(|index| meta.names.get(*index)).map(|name| (*name).into()).collect();
    if is_found(&select) {
        return Scope { found: Some(Box::new(found(meta, select, set))), key, ..Scope::default() };
    }
    Scope {
        filter: of_others(meta, &select).into_iter().chain(select.filter).reduce(Expr::and),
        one: false,
        order: select.order,
        limit: select.limit,
        offset: select.offset,
        key,
        found: None,
    }
}

/// What is wrong with a select whose rows are not those of its model's table.
fn of_others(meta: &'static ModelMeta, select: &Select) -> Option<Expr> {
    let of_others =
        !matches!(select.from, From::Table(_)) || !select.with.is_empty() || !select.group.is_empty();
    of_others.then(|| {
        Expr::Fault(format!(
            "a query that reads `{}` out of other queries cannot change or delete its rows: say which rows in a filter",
            meta.name
        ))
    })
}

/// What a statement calls the rows that were found.
const FOUND: &str = "atlas_found";

/// What finds the rows of a select. Values that come of other tables are read along with the keys; those that do
/// not stay where they are, so that a counter counts from what is there when the row is changed.
fn found(meta: &'static ModelMeta, mut select: Select, set: &mut [(ColumnRef, Expr)]) -> Found {
    let own = select.from.qualifier().clone();
    let mut read = Vec::with_capacity(meta.key.len());
    for (place, index) in (1..).zip(meta.key) {
        let column = ColumnRef { table: Some(own.clone()), ..column_ref(meta, *index) };
        read.push(Selected { expr: Expr::Column(column), alias: Some(format!("atlas_key_{place}").into()) });
    }
    let key = read.iter().filter_map(|selected| selected.alias.clone()).collect();
    let mut is_of_others = |part: &Expr| match part {
        Expr::Column(column) => column.table.as_ref().is_some_and(|table| *table != own),
        Expr::Raw(_) => true,
        part => part.inner_select().is_some(),
    };
    for (place, (_, value)) in (1..).zip(set) {
        if value.any(&mut is_of_others) {
            let name: Name = format!("atlas_value_{place}").into();
            let column = ColumnRef { table: Some(FOUND.into()), name: name.clone(), ty: value.ty() };
            let expr = std::mem::replace(value, Expr::Column(column));
            read.push(Selected { expr, alias: Some(name) });
        }
    }
    if let Some(fault) = of_others(meta, &select) {
        select.and_where(fault);
    }
    select.columns = Projection::Expressions(read);
    select.lock = None;
    Found { select, name: FOUND.into(), key }
}
