//! Rows of other tables beside each row, rows that are taken together, and what is computed of them.

use crate::{
    model::{Anywhere, Expr, Expression, In, IntoOrder, Scalar},
    schema::Name,
    statement::{self, Join, JoinKind, Projection, Selected, TableRef},
    table::{Table, column_expr},
    value::Attribute,
};

/// A column of a table without a model, by its name, which may have the table's before it: an expression of this
/// type, with all that an expression can do.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::col;
/// # run(async |db| {
/// let long = db.table("posts").filter(col::<String>("title").length().gt(12).or(col::<i32>("votes").ge(7)));
/// assert_eq!(long.count().await?, 2);
/// # Ok(())
/// # });
/// ```
///
/// Nothing checks the name or the type before the database does.
pub fn col<T: Attribute>(name: impl Into<Name>) -> Scalar<Anywhere, T> {
    let column = statement::ColumnRef { ty: Some(T::TYPE), ..super::column(name.into()) };
    Scalar::new(statement::Expr::Column(column))
}

impl Table<'_> {
    /// Calls the table by another name.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{col, statement::TableRef};
    /// # run(async |db| {
    /// let worse = db
    ///     .table("posts")
    ///     .called("better")
    ///     .join(TableRef::new("posts").called("worse"), col::<i32>("better.votes").gt(col::<i32>("worse.votes")));
    /// assert_eq!(worse.count().await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn called(mut self, alias: impl Into<Name>) -> Self {
        let table = TableRef::new(self.name.clone()).called(alias);
        self.select.from = statement::From::Table(table);
        self
    }

    /// Puts the rows of another table beside each row, those for which a condition holds. A row has the columns of
    /// both; of two with the same name, [`DynRow::get`](crate::DynRow::get) finds the first.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{col, count_all};
    /// # run(async |db| {
    /// let posts = db
    ///     .table("users")
    ///     .join("posts", col::<i64>("posts.author_id").eq(col::<i64>("users.id")))
    ///     .group_by(["users.name"])
    ///     .having(count_all().gt(1))
    ///     .select(["users.name"])
    ///     .add_select("posts", count_all());
    /// let row = posts.first_or_fail().await?;
    /// assert_eq!((row.get::<String>("name")?, row.get::<i64>("posts")?), ("Ann".to_owned(), 2));
    /// # Ok(())
    /// # });
    /// ```
    pub fn join<X: In<Anywhere, I>, I>(self, table: impl Into<TableRef>, on: Expr<X>) -> Self {
        self.beside(JoinKind::Inner, table.into(), on.into_node())
    }

    /// As [`join`](Self::join); a row without others stays, with NULLs beside it.
    pub fn left_join<X: In<Anywhere, I>, I>(self, table: impl Into<TableRef>, on: Expr<X>) -> Self {
        self.beside(JoinKind::Left, table.into(), on.into_node())
    }

    /// As [`join`](Self::join); a row of the other table without others stays, behind NULLs.
    pub fn right_join<X: In<Anywhere, I>, I>(self, table: impl Into<TableRef>, on: Expr<X>) -> Self {
        self.beside(JoinKind::Right, table.into(), on.into_node())
    }

    /// Puts every row of another table beside every row.
    pub fn cross_join(self, table: impl Into<TableRef>) -> Self {
        self.beside(JoinKind::Cross, table.into(), statement::Expr::And(Vec::new()))
    }

    fn beside(mut self, kind: JoinKind, table: TableRef, on: statement::Expr) -> Self {
        self.select.joins.push(Join::new(kind, table, on));
        self
    }

    /// Only rows for which this holds: any condition of expressions that begin with [`col`].
    pub fn filter<X: In<Anywhere, I>, I>(self, condition: Expr<X>) -> Self {
        self.and(condition.into_node())
    }

    /// Takes rows together that have these columns in common. Called again, it adds to them.
    pub fn group_by<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.select.group.extend(columns.into_iter().map(column_expr));
        self
    }

    /// Only groups for which this holds, and every `having` before it.
    pub fn having<X: In<Anywhere, I>, I>(mut self, condition: Expr<X>) -> Self {
        let condition = condition.into_node();
        self.select.having = Some(match self.select.having.take() {
            Some(standing) => standing.and(condition),
            None => condition,
        });
        self
    }

    /// Reads a computed value too, by this name.
    pub fn add_select<E, I>(mut self, name: impl Into<Name>, value: E) -> Self
    where
        E: Expression<Scope: In<Anywhere, I>>,
    {
        let selected = Selected { expr: value.into_node(), alias: Some(name.into()) };
        if let Projection::Expressions(all) = &mut self.select.columns {
            all.push(selected);
        }
        self
    }

    /// In this order of expressions, after the orders that stand.
    pub fn order_by_expr<X: In<Anywhere, I>, I>(mut self, order: impl IntoOrder<X>) -> Self {
        self.select.order.push(order.into_order().term);
        self
    }
}
