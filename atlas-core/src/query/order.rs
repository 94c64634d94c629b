//! In which order, how many, from where.

use crate::{
    error::Result,
    model::{Column, Expression, In, IntoOrder, Model, ModelMeta, Order},
    query::{Query, Selection, column_ref},
    statement::{ColumnRef, Expr, Function, OrderTerm, Select},
    value::{Attribute, Stamp, Value},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// In this order; where it leaves rows equal, the next `order_by` decides.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let by_author = Post::query().order_by(Post::author_id.desc()).order_by(Post::votes.asc());
    /// assert_eq!(by_author.pluck(&db, Post::id).await?, [3, 2, 1]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn order_by<X: In<Scope, I>, I>(mut self, order: impl IntoOrder<X>) -> Self {
        self.select.order.push(order.into_order().term);
        self
    }

    /// In these orders, one after the other, such as [`Order::parse`] gives.
    pub fn order_by_each<X: In<Scope, I>, I>(mut self, orders: impl IntoIterator<Item = Order<X>>) -> Self {
        self.select.order.extend(orders.into_iter().map(|order| order.term));
        self
    }

    /// In this order instead of any before.
    pub fn reorder<X: In<Scope, I>, I>(mut self, order: impl IntoOrder<X>) -> Self {
        self.select.order.clear();
        self.order_by(order)
    }

    /// In an order that nobody foresees, another one each time.
    pub fn in_random_order(mut self) -> Self {
        let expr = Expr::function(Function::Random, []);
        self.select.order.push(OrderTerm { expr, descending: false, nulls: None });
        self
    }

    /// In an order that looks like chance, and is the same each time for the same seed: for pages of it. Another
    /// database has another order.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = || Post::query().in_seeded_order(42);
    /// let (all, second) = (posts().get(&db).await?, posts().for_page(2, 2).get(&db).await?);
    /// assert_eq!(all[2].id, second[0].id);
    /// # Ok(())
    /// # });
    /// ```
    pub fn in_seeded_order(mut self, seed: i64) -> Self {
        let seed = Expr::Value(Value::I64(seed));
        let called = self.select.from.qualifier().clone();
        let keys = M::meta().key.iter().map(|index| {
            let column = ColumnRef { table: Some(called.clone()), ..column_ref(M::meta(), *index) };
            Expr::Column(column)
        });
        let expr = keys.fold(seed, |seed, key| Expr::function(Function::Shuffle, [seed, key]));
        self.select.order.push(OrderTerm { expr, descending: false, nulls: None });
        self
    }

    /// In no order: forgets every `order_by`.
    pub fn unordered(mut self) -> Self {
        self.select.order.clear();
        self
    }

    /// The newest first, by this date and time.
    pub fn latest<N, T, R, I>(self, column: Column<N, T, R>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute + Stamp,
    {
        self.order_by(column.desc())
    }

    /// The oldest first, by this date and time.
    pub fn oldest<N, T, R, I>(self, column: Column<N, T, R>) -> Self
    where
        N: Model + In<Scope, I>,
        T: Attribute + Stamp,
    {
        self.order_by(column.asc())
    }

    /// At most so many rows. The last limit counts.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let second = Post::query().order_by(Post::id.asc()).limit(1).offset(1);
    /// assert_eq!(second.pluck(&db, Post::id).await?, [2]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// The rows of a page, from 1, without counting them: a limit and an offset. Page 0 is the first.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let second = Post::query().order_by(Post::id).for_page(2, 2);
    /// assert_eq!(second.pluck(&db, Post::id).await?, [3]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn for_page(self, page: u64, per_page: u64) -> Self {
        self.limit(per_page).offset(page.saturating_sub(1).saturating_mul(per_page))
    }

    /// Passes over so many rows first. The last offset counts.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// All rows again: takes the limit and the offset away.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let page = Post::query().order_by(Post::id).for_page(2, 2);
    /// assert_eq!(page.unlimited().count(&db).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn unlimited(mut self) -> Self {
        (self.select.limit, self.select.offset) = (None, None);
        self
    }

    /// Of rows that have these columns or values in common only the first, in the order of the query.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let best = Post::query().distinct_on(Post::author_id).order_by(Post::votes.desc());
    /// assert_eq!(best.pluck(&db, Post::title).await?, ["Rust in anger", "On borrowing"]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Limits and counts are of those rows. A query that joins or groups is [`Error::Config`](crate::Error::Config).
    pub fn distinct_on<X: Selection<Scope, I>, I>(mut self, by: X) -> Self {
        let mut selected = Vec::new();
        by.selected(&mut selected);
        self.select.distinct_on(selected.into_iter().map(|part| part.expr));
        self
    }

    /// Rows that are the same only once.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let authors = Post::query().distinct().order_by(Post::author_id.asc()).pluck(&db, Post::author_id);
    /// assert_eq!(authors.await?, [1, 2]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }
}

/// Orders by the primary key, the newest first.
pub(super) fn by_key_descending(meta: &'static ModelMeta, select: &mut Select) -> Result<()> {
    for index in meta.key {
        meta.column(*index)?;
        select.order.push(OrderTerm {
            expr: Expr::Column(column_ref(meta, *index)),
            descending: true,
            nulls: None,
        });
    }
    Ok(())
}
