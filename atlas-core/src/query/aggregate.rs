//! Terminals that give one value of all rows. They pass over the query's order, limit and offset.

use crate::{
    db::{About, Db, Pending},
    error::Result,
    model::{Column, In, Model},
    query::{Query, row::One},
    schema::Name,
    statement::{Aggregate, ColumnRef, Expr, From, Projection, Select, Selected},
    value::{Attribute, Number, Value},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// How many rows there are.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().where_eq(Post::author_id, 1).limit(1).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn count(self, db: &Db) -> Pending<'_, u64> {
        let select = over_all(self.into_select(), Expr::aggregate(Aggregate::Count, None));
        Pending::new(async move {
            Ok(value::<u64>(db, M::meta().about(), select, (M::meta().name, "count")).await?.unwrap_or(0))
        })
    }

    /// The sum of a column; zero of no rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().sum(&db, Post::votes).await?, 10);
    /// assert_eq!(Post::query().where_eq(Post::id, 99).sum(&db, Post::votes).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) where the sum does not fit.
    pub fn sum<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, <T::Base as Number>::Sum>
    where
        N: Model + In<Scope, I>,
        T: Attribute<Base: Number>,
    {
        let select = over_all(self.into_select(), of(Aggregate::Sum, column));
        let place = (N::meta().name, column.name);
        Pending::new(async move {
            let sum = value::<<T::Base as Number>::Sum>(db, M::meta().about(), select, place).await?;
            Ok(sum.unwrap_or_default())
        })
    }

    /// The average of a column; `None` of no rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().avg(&db, User::age).await?, Some(25.5));
    /// # Ok(())
    /// # });
    /// ```
    pub fn avg<N, T, R, I>(
        self,
        db: &Db,
        column: Column<N, T, R>,
    ) -> Pending<'_, Option<<T::Base as Number>::Average>>
    where
        N: Model + In<Scope, I>,
        T: Attribute<Base: Number>,
    {
        let select = over_all(self.into_select(), of(Aggregate::Avg, column));
        Pending::new(value(db, M::meta().about(), select, (N::meta().name, column.name)))
    }

    /// The smallest value of a column; `None` of no rows.
    pub fn min<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, Option<T::Base>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let select = over_all(self.into_select(), of(Aggregate::Min, column));
        Pending::new(value(db, M::meta().about(), select, (N::meta().name, column.name)))
    }

    /// The largest value of a column; `None` of no rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().max(&db, User::age).await?, Some(34));
    /// # Ok(())
    /// # });
    /// ```
    pub fn max<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, Option<T::Base>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let select = over_all(self.into_select(), of(Aggregate::Max, column));
        Pending::new(value(db, M::meta().about(), select, (N::meta().name, column.name)))
    }

    /// Whether there is any row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert!(User::query().where_eq(User::email, "Ann@example.com").exists(&db).await?);
    /// # Ok(())
    /// # });
    /// ```
    pub fn exists(self, db: &Db) -> Pending<'_, bool> {
        let mut select = self.into_select();
        select.order.clear();
        select.distinct = false;
        select.limit = Some(select.limit.unwrap_or(1).min(1));
        select.columns = Projection::Expressions(vec![Expr::Value(Value::I64(1)).into()]);
        Pending::new(async move {
            Ok(value::<i64>(db, M::meta().about(), select, (M::meta().name, "exists")).await?.is_some())
        })
    }

    /// Whether there is no row.
    pub fn doesnt_exist(self, db: &Db) -> Pending<'_, bool> {
        let exists = self.exists(db);
        Pending::new(async move { Ok(!exists.await?) })
    }
}

fn of<M: Model, T: Attribute, R>(aggregate: Aggregate, column: Column<M, T, R>) -> Expr {
    Expr::aggregate(aggregate, Some(column.expr()))
}

/// How many rows a select gives, within its limit and offset.
pub(super) fn counted(mut select: Select) -> Select {
    let count = Expr::aggregate(Aggregate::Count, None);
    select.lock = None;
    if select.limit.is_none() && select.offset.is_none() {
        return over_all(select, count);
    }
    let alias = select.from.qualifier().clone();
    select.order.clear();
    select.columns = match select.columns {
        columns if select.distinct => numbered(columns, &alias),
        _ => Projection::Expressions(Vec::new()),
    };
    let time_limit = select.time_limit;
    let rows = From::Select(Box::new(select), alias);
    Select { time_limit, ..Select::of(rows, Projection::Expressions(vec![count.into()])) }
}

/// One value of all rows of a select. Rows that are groups, or distinct, are made first.
fn over_all(mut select: Select, aggregate: Expr) -> Select {
    select.order.clear();
    select.limit = None;
    select.offset = None;
    let kept = select.kept.take();
    let grouped = !select.group.is_empty();
    if grouped || select.distinct {
        let of_column = aggregate.any(&mut |part| matches!(part, Expr::Column(_)));
        if of_column && (grouped || !select.joins.is_empty()) {
            select.and_where(Expr::Fault(
                "a value of all rows cannot be taken of groups, or of distinct rows of several tables: select \
                 it of each group, or leave out `.group_by(..)` and `.distinct()`"
                    .to_owned(),
            ));
        }
        let alias = select.from.qualifier().clone();
        select.columns = match select.columns {
            _ if grouped && !select.distinct => Projection::Expressions(Vec::new()),
            columns if of_column => columns,
            columns => numbered(columns, &alias),
        };
        let (time_limit, none) = (select.time_limit, Projection::Expressions(Vec::new()));
        select = Select { time_limit, ..Select::of(From::Select(Box::new(select), alias), none) };
    }
    select.columns = Projection::Expressions(vec![aggregate.into()]);
    select.kept = kept;
    select
}

/// The same columns, each by a name of its own.
pub(super) fn numbered(columns: Projection, table: &Name) -> Projection {
    let (own, selected) = match columns {
        Projection::Names(names) => return Projection::Names(names),
        Projection::NamesAnd(names, selected) => (names, selected),
        Projection::Expressions(selected) => (&[][..], selected),
    };
    let of = |table: &Name, names: &'static [&'static str]| {
        let table = table.clone();
        let column = move |name: &&'static str| ColumnRef {
            table: Some(table.clone()),
            name: (*name).into(),
            ty: None,
        };
        names.iter().map(move |name| Expr::Column(column(name))).collect::<Vec<_>>()
    };
    let mut all = of(table, own);
    for one in selected {
        match one.expr {
            Expr::Columns(table, names) => all.extend(of(&table, names)),
            expr => all.push(expr),
        }
    }
    let all = (1..).zip(all).map(|(place, expr)| Selected { expr, alias: Some(format!("c{place}").into()) });
    Projection::Expressions(all.collect())
}

/// The first column of the first row; `None` where there is no row or it is NULL.
pub(super) async fn value<T: Attribute>(
    db: &Db,
    about: About,
    select: Select,
    place: (&'static str, &'static str),
) -> Result<Option<T>> {
    Ok(db.fetch(Some(about), &select.into(), One { value: None, place }).await?.0.value)
}
