use std::{
    any::type_name,
    fmt,
    marker::PhantomData,
    ops::{Add, Div, Mul, RangeBounds, Rem, Sub},
};

use crate::{
    model::{Both, Expr, Model, Operand, Order, Scalar, expr},
    statement::{self, ArithmeticOp, ColumnRef, CompareOp},
    value::{Assign, Attribute, Nullable, Number},
};

/// A column of the model `M` whose field is a `T`: the associated constant beside the field.
///
/// `User::age.ge(18)` is a condition, `User::age.desc()` an order, `User::age.set(30)` an assignment,
/// `User::age + 1` a number.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let popular = Post::query()
///     .filter(Post::votes.ge(3).and(Post::title.starts_with("Rust")))
///     .order_by(Post::votes.desc());
/// assert_eq!(popular.count(&db).await?, 2);
/// # Ok(())
/// # });
/// ```
pub struct Column<M, T> {
    /// The column's name in the table.
    pub name: &'static str,
    /// Its place among the model's columns.
    pub index: usize,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = type_name::<M>();
        write!(f, "{}::{}", model.rsplit("::").next().unwrap_or(model), self.name)
    }
}

impl<M, T> Column<M, T> {
    /// For the derive: the column of this name and place.
    pub const fn new(name: &'static str, index: usize) -> Self {
        Self { name, index, of: PhantomData }
    }
}

impl<M: Model, T: Attribute> Column<M, T> {
    pub(crate) fn expr(self) -> statement::Expr {
        statement::Expr::Column(self.reference())
    }

    fn into_expr(self) -> statement::Expr {
        self.expr()
    }

    pub(crate) fn reference(self) -> ColumnRef {
        ColumnRef { table: Some(M::meta().table.into()), name: self.name.into(), ty: Some(T::TYPE) }
    }

    /// Whether it is NULL. Only for optional columns.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().filter(User::age.is_null()).pluck(&db, User::name).await?, ["Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn is_null(self) -> Expr<M>
    where
        T: Nullable,
    {
        Expr::new(statement::Expr::IsNull(Box::new(self.expr())))
    }

    /// Whether it has a value. Only for optional columns.
    pub fn is_not_null(self) -> Expr<M>
    where
        T: Nullable,
    {
        self.is_null().not()
    }

    /// Whether the text matches a pattern, in which `%` stands for any text, `_` for one character, and
    /// `\` takes the next of them as it stands. Case matters, on every database.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().filter(Post::title.like("Rust in %")).count(&db).await?, 2);
    /// assert_eq!(Post::query().filter(Post::title.like("rust in %")).count(&db).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    pub fn like(self, pattern: impl Into<String>) -> Expr<M>
    where
        T: Attribute<Base: Text>,
    {
        Expr::new(expr::like(self.expr(), pattern.into()))
    }

    /// Whether the text does not match a pattern.
    pub fn not_like(self, pattern: impl Into<String>) -> Expr<M>
    where
        T: Attribute<Base: Text>,
    {
        self.like(pattern).not()
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
    pub fn starts_with(self, text: impl AsRef<str>) -> Expr<M>
    where
        T: Attribute<Base: Text>,
    {
        Expr::new(expr::like(self.expr(), format!("{}%", expr::escaped(text.as_ref()))))
    }

    /// Whether the text ends so. Case matters; `%` and `_` stand for themselves.
    pub fn ends_with(self, text: impl AsRef<str>) -> Expr<M>
    where
        T: Attribute<Base: Text>,
    {
        Expr::new(expr::like(self.expr(), format!("%{}", expr::escaped(text.as_ref()))))
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
    pub fn contains(self, text: impl AsRef<str>) -> Expr<M>
    where
        T: Attribute<Base: Text>,
    {
        Expr::new(expr::like(self.expr(), format!("%{}%", expr::escaped(text.as_ref()))))
    }

    /// Whether it equals a column, which may be of another model of the query.
    pub fn eq_column<N: Model, U: Attribute<Base = T::Base>>(self, other: Column<N, U>) -> Expr<Both<M, N>> {
        Expr::new(expr::compare(CompareOp::Eq, self.expr(), other.expr()))
    }

    /// Smaller values first.
    pub fn asc(self) -> Order<M> {
        Order::new(self.expr(), false)
    }

    /// Larger values first.
    pub fn desc(self) -> Order<M> {
        Order::new(self.expr(), true)
    }

    /// For [`update`](crate::Query::update): the column becomes this value.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// User::query().where_eq(User::id, 2).update(&db, (User::active.set(false), User::age.set(None))).await?;
    /// assert_eq!(User::find_or_fail(&db, 2).await?.age, None);
    /// # Ok(())
    /// # });
    /// ```
    pub fn set(self, value: impl Assign<T>) -> Assignment<M> {
        Assignment::new(self.reference(), value.assign().into_value().into())
    }

    /// For [`update`](crate::Query::update): the column becomes what this gives for its row, as in
    /// `Item::price.set_expr(Item::price * 2)`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Post::query().update(&db, Post::votes.set_expr(Post::votes * 2)).await?;
    /// assert_eq!(Post::query().sum(&db, Post::votes).await?, 20);
    /// # Ok(())
    /// # });
    /// ```
    pub fn set_expr(self, value: impl Operand<T::Base, M>) -> Assignment<M> {
        Assignment::new(self.reference(), value.operand())
    }
}

/// Writes the comparisons for columns and for computed values, whose types are those of columns. The methods
/// are arguments: in messages they then stand as written, with no word of a macro.
macro_rules! comparisons {
    ($($method:tt)*) => {
        impl<M: Model, T: Attribute> Column<M, T> {
            $($method)*
        }

        impl<M, T: Attribute> Scalar<M, T> {
            $($method)*
        }
    };
}

comparisons! {
    /// Equals. A comparison with `None` reads IS NULL.
    pub fn eq<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Eq, self.into_expr(), value.operand()))
    }

    /// Differs. A comparison with `None` reads IS NOT NULL; a NULL column differs from no value.
    pub fn ne<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Ne, self.into_expr(), value.operand()))
    }

    /// Is greater.
    pub fn gt<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Gt, self.into_expr(), value.operand()))
    }

    /// Is greater or equal.
    pub fn ge<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Ge, self.into_expr(), value.operand()))
    }

    /// Is less.
    pub fn lt<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Lt, self.into_expr(), value.operand()))
    }

    /// Is less or equal.
    pub fn le<V: Operand<T::Base, M>>(self, value: V) -> Expr<M> {
        Expr::new(expr::compare(CompareOp::Le, self.into_expr(), value.operand()))
    }

    /// Is one of these. None of nothing; a `None` among them matches NULL.
    pub fn is_in<V: Operand<T::Base, M>>(self, values: impl IntoIterator<Item = V>) -> Expr<M> {
        Expr::new(expr::is_in(self.into_expr(), values.into_iter().map(Operand::operand).collect()))
    }

    /// Is none of these: everything where there are none. A `None` among them leaves NULL out.
    pub fn not_in<V: Operand<T::Base, M>>(self, values: impl IntoIterator<Item = V>) -> Expr<M> {
        Expr::new(expr::not_in(self.into_expr(), values.into_iter().map(Operand::operand).collect()))
    }

    /// Lies between the two, or equals one of them.
    pub fn between<L, H>(self, low: L, high: H) -> Expr<M>
    where
        L: Operand<T::Base, M>,
        H: Operand<T::Base, M>,
    {
        Expr::new(expr::between(self.into_expr(), low.operand(), high.operand()))
    }

    /// Lies outside the two.
    pub fn not_between<L, H>(self, low: L, high: H) -> Expr<M>
    where
        L: Operand<T::Base, M>,
        H: Operand<T::Base, M>,
    {
        self.between(low, high).not()
    }

    /// Lies in a range: `18..=30`, `18..`, `..65`.
    pub fn within<V: Operand<T::Base, M> + Clone>(self, range: impl RangeBounds<V>) -> Expr<M> {
        Expr::new(expr::within(
            self.into_expr(),
            range.start_bound().cloned().map(Operand::operand),
            range.end_bound().cloned().map(Operand::operand),
        ))
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident),*) => { $(
        impl<M: Model, T: Attribute<Base: Number>, V: Operand<T::Base, M>> $trait<V> for Column<M, T> {
            type Output = Scalar<M, T::Base>;

            fn $method(self, other: V) -> Self::Output {
                Scalar::new(expr::arithmetic(ArithmeticOp::$trait, self.expr(), other.operand()))
            }
        }

        impl<S, T: Number, V: Operand<T, S>> $trait<V> for Scalar<S, T> {
            type Output = Self;

            fn $method(self, other: V) -> Self {
                Scalar::new(expr::arithmetic(ArithmeticOp::$trait, self.into_expr(), other.operand()))
            }
        }
    )* };
}
arithmetic!(Add add, Sub sub, Mul mul, Div div, Rem rem);

/// Columns of text.
#[diagnostic::on_unimplemented(message = "a `{Self}` column is no text", label = "only for text columns")]
pub trait Text {}
#[diagnostic::do_not_recommend]
impl Text for String {}

/// A column and what it becomes: see [`Column::set`].
pub struct Assignment<M> {
    pub(crate) column: ColumnRef,
    pub(crate) value: statement::Expr,
    of: PhantomData<fn() -> M>,
}

impl<M> Assignment<M> {
    fn new(column: ColumnRef, value: statement::Expr) -> Self {
        Self { column, value, of: PhantomData }
    }
}

/// One assignment, or several: a tuple, an array, a `Vec`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no assignment to columns of `{M}`",
    label = "expected `{M}::column.set(value)`, or a tuple of them"
)]
pub trait Assignments<M> {
    /// All of them.
    fn assignments(self) -> Vec<Assignment<M>>;
}

#[diagnostic::do_not_recommend]
impl<M> Assignments<M> for Assignment<M> {
    fn assignments(self) -> Vec<Assignment<M>> {
        vec![self]
    }
}

#[diagnostic::do_not_recommend]
impl<M, const N: usize> Assignments<M> for [Assignment<M>; N] {
    fn assignments(self) -> Vec<Assignment<M>> {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<M> Assignments<M> for Vec<Assignment<M>> {
    fn assignments(self) -> Self {
        self
    }
}

/// Columns of a model: one, a tuple of several, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no columns of `{M}`",
    label = "expected `{M}::column`, or a tuple of them"
)]
pub trait Columns<M> {
    /// Their places among the model's columns.
    fn columns(&self) -> Vec<usize>;
}

#[diagnostic::do_not_recommend]
impl<M, T> Columns<M> for Column<M, T> {
    fn columns(&self) -> Vec<usize> {
        vec![self.index]
    }
}

#[diagnostic::do_not_recommend]
impl<M> Columns<M> for () {
    fn columns(&self) -> Vec<usize> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<M, $($part: Assignments<M>),*> Assignments<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn assignments(self) -> Vec<Assignment<M>> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.assignments());)*
                all
            }
        }

        #[diagnostic::do_not_recommend]
        impl<M, $($part: Columns<M>),*> Columns<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn columns(&self) -> Vec<usize> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.columns());)*
                all
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
