use std::ops::RangeBounds;

use crate::{
    model::{Aggregated, Both, CastsTo, Expr, Operand, Order, Scalar, aggregate, expr},
    statement::{self, Aggregate, CompareOp, Function},
    value::{Attribute, Nullable, Number},
};

/// What the values of an expression are compared with.
pub type Base<E> = <<E as Expression>::Type as Attribute>::Base;

/// A query that gives one value a row, whose type is that of values compared with `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no values to compare with a `{T}`",
    label = "expected a query that selects one such column: `.select(Model::column)`"
)]
pub trait Subquery<T> {
    /// What it mentions of the query around it.
    type Needs;

    /// The query as data.
    #[doc(hidden)]
    fn into_select(self) -> statement::Select;
}

/// Whatever has a value in each row: a [`Column`](crate::Column), or a [`Scalar`](crate::Scalar), which is
/// computed. The prelude brings its methods into scope.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let found = Post::query().filter((Post::votes * 2).gt(8)).order_by((Post::votes + 1).desc());
/// assert_eq!(found.pluck(&db, Post::title).await?, ["Rust in anger"]);
/// # Ok(())
/// # });
/// ```
#[allow(clippy::wrong_self_convention)]
pub trait Expression: Sized {
    /// The models that it mentions.
    type Scope;
    /// The type of its values: an `Option` where it can be NULL.
    type Type: Attribute;

    /// The expression as data.
    #[doc(hidden)]
    fn into_node(self) -> statement::Expr;

    /// Equals. A comparison with `None` reads IS NULL.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(Post::votes.eq(3)).count(&db).await?, 1);
    /// assert_eq!(Post::query().filter(Post::id.eq(Post::author_id)).count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    fn eq<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Eq, self.into_node(), value.operand()))
    }

    /// Differs. A comparison with `None` reads IS NOT NULL; NULL differs from no value.
    fn ne<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Ne, self.into_node(), value.operand()))
    }

    /// Is greater.
    fn gt<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Gt, self.into_node(), value.operand()))
    }

    /// Is greater or equal.
    fn ge<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Ge, self.into_node(), value.operand()))
    }

    /// Is less.
    fn lt<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Lt, self.into_node(), value.operand()))
    }

    /// Is less or equal.
    fn le<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::compare(CompareOp::Le, self.into_node(), value.operand()))
    }

    /// Is one of these. None of nothing; a `None` among them matches NULL.
    fn is_in<V: Operand<Base<Self>, Self::Scope>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Expr<V::Scope> {
        Expr::new(expr::is_in(self.into_node(), values.into_iter().map(Operand::operand).collect()))
    }

    /// Whether a query gives this value.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let writers = Post::query().where_gt(Post::votes, 0).select(Post::author_id);
    /// let users = User::query().filter(User::id.in_query(writers));
    /// assert_eq!(users.pluck(&db, User::name).await?, ["Ann"]);
    /// # Ok(())
    /// # });
    /// ```
    fn in_query<Q: Subquery<Base<Self>>>(self, query: Q) -> Expr<Both<Self::Scope, Q::Needs>> {
        Expr::new(statement::Expr::InSelect(vec![self.into_node()], Box::new(query.into_select())))
    }

    /// Whether a query gives other values only. Where it gives NULL, that is not known, and no row is found: leave
    /// NULL out of it.
    fn not_in_query<Q: Subquery<Base<Self>>>(self, query: Q) -> Expr<Both<Self::Scope, Q::Needs>> {
        self.in_query(query).not()
    }

    /// Is none of these: everything where there are none. A `None` among them leaves NULL out.
    fn not_in<V: Operand<Base<Self>, Self::Scope>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Expr<V::Scope> {
        Expr::new(expr::not_in(self.into_node(), values.into_iter().map(Operand::operand).collect()))
    }

    /// Lies between the two, or equals one of them.
    fn between<L, H>(self, low: L, high: H) -> Expr<H::Scope>
    where
        L: Operand<Base<Self>, Self::Scope>,
        H: Operand<Base<Self>, L::Scope>,
    {
        Expr::new(expr::between(self.into_node(), low.operand(), high.operand()))
    }

    /// Lies outside the two.
    fn not_between<L, H>(self, low: L, high: H) -> Expr<H::Scope>
    where
        L: Operand<Base<Self>, Self::Scope>,
        H: Operand<Base<Self>, L::Scope>,
    {
        self.between(low, high).not()
    }

    /// Lies in a range: `18..=30`, `18..`, `..65`.
    fn within<V: Operand<Base<Self>, Self::Scope> + Clone>(
        self,
        range: impl RangeBounds<V>,
    ) -> Expr<V::Scope> {
        Expr::new(expr::within(
            self.into_node(),
            range.start_bound().cloned().map(Operand::operand),
            range.end_bound().cloned().map(Operand::operand),
        ))
    }

    /// Whether it is NULL. Only for what can be NULL: optional columns, and what is computed of them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().filter(User::age.is_null()).pluck(&db, User::name).await?, ["Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    fn is_null(self) -> Expr<Self::Scope>
    where
        Self::Type: Nullable,
    {
        Expr::new(statement::Expr::IsNull(Box::new(self.into_node())))
    }

    /// Whether it has a value. Only for what can be NULL.
    fn is_not_null(self) -> Expr<Self::Scope>
    where
        Self::Type: Nullable,
    {
        self.is_null().not()
    }

    /// Whether the text matches a pattern, in which `%` stands for any text, `_` for one character, and
    /// `\` takes the next of them as it stands; at the end it means itself. Case matters, on every database.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(Post::title.like("Rust in %")).count(&db).await?, 2);
    /// assert_eq!(Post::query().filter(Post::title.like("rust in %")).count(&db).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    fn like(self, pattern: impl Into<String>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        Expr::new(expr::like(self.into_node(), pattern.into()))
    }

    /// Whether the text does not match a pattern.
    fn not_like(self, pattern: impl Into<String>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        self.like(pattern).not()
    }

    /// Whether the text matches a pattern, whatever the case of its letters; else as [`like`](Self::like).
    fn ilike(self, pattern: impl AsRef<str>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        let lower = statement::Expr::function(Function::Lower, [self.into_node()]);
        Expr::new(expr::like(lower, pattern.as_ref().to_lowercase()))
    }

    /// Whether the text does not match a pattern, whatever the case of its letters.
    fn not_ilike(self, pattern: impl AsRef<str>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        self.ilike(pattern).not()
    }

    /// Whether a regular expression matches somewhere in the text, in the database's own dialect of them. Case
    /// matters. SQLite has none: [`Error::Unsupported`](crate::Error::Unsupported).
    fn matches_regex(self, pattern: impl Into<String>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        let pattern = pattern.into().into_value().into();
        Expr::new(statement::Expr::function(Function::MatchesRegex, [self.into_node(), pattern]))
    }

    /// Whether the text starts so. Case matters; `%` and `_` stand for themselves.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(Post::title.starts_with("Rust")).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    fn starts_with(self, text: impl AsRef<str>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        Expr::new(expr::like(self.into_node(), format!("{}%", expr::escaped(text.as_ref()))))
    }

    /// Whether the text ends so. Case matters; `%` and `_` stand for themselves.
    fn ends_with(self, text: impl AsRef<str>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        Expr::new(expr::like(self.into_node(), format!("%{}", expr::escaped(text.as_ref()))))
    }

    /// Whether the text contains this. Case matters; `%` and `_` stand for themselves.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(Post::title.contains("in")).count(&db).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    fn contains(self, text: impl AsRef<str>) -> Expr<Self::Scope>
    where
        Base<Self>: Text,
    {
        Expr::new(expr::like(self.into_node(), format!("%{}%", expr::escaped(text.as_ref()))))
    }

    /// A text read as a number, a date or a time, the same on every database; NULL where it is none. Or an integer, a
    /// date or a time written as a text, in UTC and to the second.
    ///
    /// Numbers have at most 18 digits before their point, and 10 behind it where they are decimals. Dates and times are
    /// written as in `2024-02-29`, `23:59:58.5` and `2024-02-29 23:59`, and nothing stands around them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::val;
    /// # run(async |db| {
    /// let years = User::query().limit(1).select((val("2024").cast::<i64>(), User::name.cast::<i64>()));
    /// assert_eq!(years.get(&db).await?, [(Some(2024), None)]);
    /// let found = Post::query().filter(Post::votes.cast::<String>().like("7%"));
    /// assert_eq!(found.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    fn cast<T>(self) -> Scalar<Self::Scope, Option<T>>
    where
        T: Attribute<Base = T>,
        Base<Self>: CastsTo<T>,
    {
        let function = match <Base<Self> as Attribute>::TYPE {
            ty if ty.is_integer() => Function::ToText,
            _ => Function::Cast(T::TYPE),
        };
        Scalar::new(statement::Expr::function(function, [self.into_node()]))
    }

    /// Equals, where NULL equals NULL and nothing else: never NULL itself.
    fn is_not_distinct_from<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        Expr::new(expr::same(self.into_node(), value.operand()))
    }

    /// Differs, where NULL differs from every value: never NULL itself.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().filter(User::age.is_distinct_from(17)).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    fn is_distinct_from<V: Operand<Base<Self>, Self::Scope>>(self, value: V) -> Expr<V::Scope> {
        self.is_not_distinct_from(value).not()
    }

    /// Rows in the order of these values, then all others.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().order_by(User::name.in_order_of(["Cid", "Ann"]));
    /// assert_eq!(users.pluck(&db, User::name).await?, ["Cid", "Ann", "Bob"]);
    /// # Ok(())
    /// # });
    /// ```
    fn in_order_of<V: Operand<Base<Self>, Self::Scope>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Order<V::Scope> {
        let values = values.into_iter().map(Operand::operand).collect();
        Order::new(expr::place_among(self.into_node(), values), false)
    }

    /// Smaller values first.
    fn asc(self) -> Order<Self::Scope> {
        Order::new(self.into_node(), false)
    }

    /// Larger values first.
    fn desc(self) -> Order<Self::Scope> {
        Order::new(self.into_node(), true)
    }

    /// How many of a group's rows have a value, or of all.
    fn count(self) -> Scalar<Self::Scope, i64, Aggregated> {
        Scalar::new(aggregate::distinct(Aggregate::Count, self.into_node(), false))
    }

    /// How many different values there are. NULL is none.
    fn count_distinct(self) -> Scalar<Self::Scope, i64, Aggregated> {
        Scalar::new(aggregate::distinct(Aggregate::Count, self.into_node(), true))
    }

    /// The sum of a group's values, or of all; zero of none.
    fn sum(self) -> Scalar<Self::Scope, <Base<Self> as Number>::Sum, Aggregated>
    where
        Base<Self>: Number,
    {
        Scalar::new(aggregate::sum::<Base<Self>>(self.into_node(), true))
    }

    /// The sum of the different values.
    fn sum_distinct(self) -> Scalar<Self::Scope, <Base<Self> as Number>::Sum, Aggregated>
    where
        Base<Self>: Number,
    {
        Scalar::new(aggregate::sum::<Base<Self>>(self.into_node(), false))
    }

    /// The average of a group's values, or of all; NULL of none.
    fn avg(self) -> Scalar<Self::Scope, Option<<Base<Self> as Number>::Average>, Aggregated>
    where
        Base<Self>: Number,
    {
        Scalar::new(aggregate::distinct(Aggregate::Avg, self.into_node(), false))
    }

    /// The smallest of a group's values, or of all; NULL of none.
    fn min(self) -> Scalar<Self::Scope, Option<Base<Self>>, Aggregated> {
        Scalar::new(aggregate::distinct(Aggregate::Min, self.into_node(), false))
    }

    /// The largest of a group's values, or of all; NULL of none.
    fn max(self) -> Scalar<Self::Scope, Option<Base<Self>>, Aggregated> {
        Scalar::new(aggregate::distinct(Aggregate::Max, self.into_node(), false))
    }
}

/// Columns of text.
#[diagnostic::on_unimplemented(message = "a `{Self}` column is no text", label = "only for text columns")]
pub trait Text {}
#[diagnostic::do_not_recommend]
impl Text for String {}
