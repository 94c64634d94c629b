//! Which rows.

use crate::{
    model::{
        Column, DateExpression, Expr, Expression, FullTextColumns, In, Keeps, Model, Operand, Text, full_text,
    },
    query::Query,
    statement::{self, CompareOp},
    value::{Attribute, HasDate, HasTime, Nullable},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Only rows for which this holds, and every filter before it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let found = Post::query().filter(Post::votes.gt(0)).filter(Post::title.ends_with("peace"));
    /// assert_eq!(found.sole(&db).await?.votes, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn filter<X: In<Scope, I>, I>(mut self, condition: Expr<X>) -> Self {
        self.select.and_where(condition.into_node());
        self
    }

    /// Also rows for which this holds: an alternative to the whole filter that stands. On a query without
    /// a filter, the same as [`filter`](Self::filter).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let found = Post::query().filter(Post::votes.gt(5)).or_filter(Post::author_id.eq(2));
    /// assert_eq!(found.count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn or_filter<X: In<Scope, I>, I>(self, condition: Expr<X>) -> Self {
        self.or_node(condition.into_node())
    }

    /// Also rows for which the conditions of the closure hold, all of them: an alternative to the whole filter that
    /// stands, written with the methods of a query. Without any, nothing changes.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let found = Post::query()
    ///     .where_gt(Post::votes, 5)
    ///     .or_where(|post| post.where_eq(Post::author_id, 2).where_like(Post::title, "On %"));
    /// assert_eq!(found.count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn or_where(mut self, conditions: impl FnOnce(Self) -> Self) -> Self {
        let standing = self.select.filter.take();
        let mut query = conditions(self);
        let other = query.select.filter.take();
        query.select.filter = either(standing, other);
        query
    }
}

/// Either condition, where there are two.
pub(crate) fn either(
    standing: Option<statement::Expr>,
    other: Option<statement::Expr>,
) -> Option<statement::Expr> {
    match (standing, other) {
        (Some(standing), Some(other)) => Some(standing.or(other)),
        (standing, other) => standing.or(other),
    }
}

/// Shorthands for `filter` with one comparison.
macro_rules! compare {
    ($($(#[$doc:meta])* $method:ident => $compare:ident;)*) => {
        impl<M: Model, Out, Scope> Query<M, Out, Scope> { $(
            $(#[$doc])*
            pub fn $method<N, T, R, V, I>(self, column: Column<N, T, R>, value: V) -> Self
            where
                N: Model,
                T: Attribute,
                V: Operand<T::Base, N, Scope: In<Scope, I>>,
            {
                self.filter(column.$compare(value))
            }
        )* }
    };
}
compare! {
    /// The column equals the value; `None` reads IS NULL.
    where_eq => eq;
    /// The column differs from the value; `None` reads IS NOT NULL.
    where_ne => ne;
    /// The column is greater.
    where_gt => gt;
    /// The column is greater or equal.
    where_ge => ge;
    /// The column is less.
    where_lt => lt;
    /// The column is less or equal.
    where_le => le;
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The column is one of the values; no rows where there are none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().where_in(User::name, ["Ann", "Zoe"]).count(&db).await?, 1);
    /// assert_eq!(User::query().where_in(User::age, [Some(17), None]).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_in<N, T, R, V, I>(self, column: Column<N, T, R>, values: impl IntoIterator<Item = V>) -> Self
    where
        N: Model,
        T: Attribute,
        V: Operand<T::Base, N, Scope: In<Scope, I>>,
    {
        self.filter(column.is_in(values))
    }

    /// The column is none of the values; all rows where there are none.
    pub fn where_not_in<N, T, R, V, I>(
        self,
        column: Column<N, T, R>,
        values: impl IntoIterator<Item = V>,
    ) -> Self
    where
        N: Model,
        T: Attribute,
        V: Operand<T::Base, N, Scope: In<Scope, I>>,
    {
        self.filter(column.not_in(values))
    }

    /// The column lies between the two values, or equals one.
    pub fn where_between<N, T, R, L, H, I>(self, column: Column<N, T, R>, low: L, high: H) -> Self
    where
        N: Model,
        T: Attribute,
        L: Operand<T::Base, N>,
        H: Operand<T::Base, L::Scope, Scope: In<Scope, I>>,
    {
        self.filter(column.between(low, high))
    }

    /// The column lies outside the two values.
    pub fn where_not_between<N, T, R, L, H, I>(self, column: Column<N, T, R>, low: L, high: H) -> Self
    where
        N: Model,
        T: Attribute,
        L: Operand<T::Base, N>,
        H: Operand<T::Base, L::Scope, Scope: In<Scope, I>>,
    {
        self.filter(column.not_between(low, high))
    }

    /// The optional column is NULL.
    pub fn where_null<N, T, R, I>(self, column: Column<N, T, R>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute + Nullable,
    {
        self.filter(column.is_null())
    }

    /// The optional column has a value.
    pub fn where_not_null<N, T, R, I>(self, column: Column<N, T, R>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute + Nullable,
    {
        self.filter(column.is_not_null())
    }

    /// The text matches a pattern: see [`Expression::like`].
    pub fn where_like<N, T, R, I>(self, column: Column<N, T, R>, pattern: impl Into<String>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute<Base: Text>,
    {
        self.filter(column.like(pattern))
    }

    /// The text does not match a pattern.
    pub fn where_not_like<N, T, R, I>(self, column: Column<N, T, R>, pattern: impl Into<String>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute<Base: Text>,
    {
        self.filter(column.not_like(pattern))
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Only rows in whose texts these words are, in whatever case: see [`full_text`], which also tells how well they fit.
    pub fn where_full_text<C, I>(self, columns: C, words: impl AsRef<str>) -> Self
    where
        C: FullTextColumns<Model: In<Scope, I>>,
    {
        self.filter(full_text(columns, words).matches())
    }
}

/// Shorthands for `filter` with a part of a date or time, in UTC.
macro_rules! part {
    ($($(#[$doc:meta])* $method:ident => $part:ident: $value:ty where $has:ident;)*) => {
        impl<M: Model, Out, Scope> Query<M, Out, Scope> { $(
            $(#[$doc])*
            pub fn $method<N, T, I>(self, column: Column<N, T>, value: $value) -> Self
            where
                N: Model + In<Scope, I>,
                T: Attribute<Base: $has> + Keeps<T::Base>,
            {
                let (part, value) = (Box::new(column.$part().into_node()), Box::new(value.into_value().into()));
                self.filter(Expr::<N>::new(statement::Expr::Compare(CompareOp::Eq, part, value)))
            }
        )* }
    };
}
part! {
    /// The date is this one, in UTC. Another comparison is a filter: `Visit::at.date().ge(day)`.
    where_date => date: <T::Base as HasDate>::Date where HasDate;
    /// The time of day is this one, in UTC.
    where_time => time: <T::Base as HasTime>::Time where HasTime;
    /// The year is this one, in UTC.
    where_year => year: i32 where HasDate;
    /// The month is this one, from 1, in UTC.
    where_month => month: i32 where HasDate;
    /// The day of the month is this one, from 1, in UTC.
    where_day => day: i32 where HasDate;
}

/// Shorthands for `filter` with a date and the program's clock.
macro_rules! clock {
    ($($(#[$doc:meta])* $method:ident => $asks:ident;)*) => {
        impl<M: Model, Out, Scope> Query<M, Out, Scope> { $(
            $(#[$doc])*
            pub fn $method<N, T, I>(self, column: Column<N, T>) -> Self
            where
                N: Model + In<Scope, I>,
                T: Attribute<Base: HasDate> + Keeps<T::Base>,
            {
                self.filter(column.$asks())
            }
        )* }
    };
}
clock! {
    /// The date and time is before now; of a date, as seen from today. By the program's clock.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().where_eq(Note::id, 1).delete(&db).await?;
    /// let notes = Note::query().with_trashed();
    /// assert_eq!(notes.clone().where_past(Note::deleted_at).count(&db).await?, 1);
    /// assert_eq!(notes.where_year(Note::deleted_at, 1969).count(&db).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    where_past => is_past;
    /// It is after now.
    where_future => is_future;
    /// It is now or before.
    where_now_or_past => is_now_or_past;
    /// It is now or after.
    where_now_or_future => is_now_or_future;
    /// It is on this day, in UTC.
    where_today => is_today;
    /// It is on a day before this one, in UTC.
    where_before_today => is_before_today;
    /// It is on a day after this one, in UTC.
    where_after_today => is_after_today;
    /// It is on this day or before it, in UTC.
    where_today_or_before => is_today_or_before;
    /// It is on this day or after it, in UTC.
    where_today_or_after => is_today_or_after;
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Only rows for which this does not hold. Rows for which it is NULL are left out too.
    pub fn where_not<X: In<Scope, I>, I>(self, condition: Expr<X>) -> Self {
        self.filter(condition.not())
    }

    /// Also rows for which this does not hold: see [`or_filter`](Self::or_filter).
    pub fn or_where_not<X: In<Scope, I>, I>(self, condition: Expr<X>) -> Self {
        self.or_filter(condition.not())
    }

    /// Only rows for which the condition holds for any of the columns; none where there are no columns.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let found = User::query().where_any([User::name, User::email], |column| column.ilike("%ann%"));
    /// assert_eq!(found.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_any<E, X, I>(
        self,
        columns: impl IntoIterator<Item = E>,
        condition: impl FnMut(E) -> Expr<X>,
    ) -> Self
    where
        X: In<Scope, I>,
    {
        self.filter(Expr::<X>::new(statement::Expr::Or(each(columns, condition))))
    }

    /// Only rows for which the condition holds for all of the columns.
    pub fn where_all<E, X, I>(
        self,
        columns: impl IntoIterator<Item = E>,
        condition: impl FnMut(E) -> Expr<X>,
    ) -> Self
    where
        X: In<Scope, I>,
    {
        self.filter(Expr::<X>::new(statement::Expr::And(each(columns, condition))))
    }

    /// Only rows for which the condition holds for none of the columns.
    pub fn where_none<E, X, I>(
        self,
        columns: impl IntoIterator<Item = E>,
        condition: impl FnMut(E) -> Expr<X>,
    ) -> Self
    where
        X: In<Scope, I>,
    {
        self.filter(Expr::<X>::new(statement::Expr::Or(each(columns, condition))).not())
    }
}

/// The condition for each of the columns.
fn each<E, X>(
    columns: impl IntoIterator<Item = E>,
    condition: impl FnMut(E) -> Expr<X>,
) -> Vec<statement::Expr> {
    columns.into_iter().map(condition).map(Expr::into_node).collect()
}
