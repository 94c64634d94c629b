use std::{any::type_name, fmt, marker::PhantomData};

use crate::{
    model::{As, Both, Expr, Expression, In, Keeps, Model, Operand, Scalar, alias_of, expr},
    statement::{self, ArithmeticOp, ColumnRef},
    value::{Assign, Attribute},
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
///
/// `R` says whether a query may leave it out: [`Always`] read, or [`Deferrable`] where the field is a
/// [`Deferred`](crate::Deferred).
pub struct Column<M, T, R = Always> {
    /// The column's name in the table.
    pub name: &'static str,
    /// Its place among the model's columns.
    pub index: usize,
    of: PhantomData<fn() -> (M, T, R)>,
}

/// In a column's type: every query of records reads it.
pub struct Always;

/// In a column's type: a query of records may leave it out, since its field is a
/// [`Deferred`](crate::Deferred).
pub struct Deferrable;

/// What a relation finds records by: [`Always`].
#[diagnostic::on_unimplemented(
    message = "the column by which a relation finds records is always read: its field cannot be a `Deferred`",
    label = "the foreign key's field is a `Deferred`"
)]
pub trait AlwaysRead {}
#[diagnostic::do_not_recommend]
impl AlwaysRead for Always {}

impl<M, T, R> Clone for Column<M, T, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, R> Copy for Column<M, T, R> {}

impl<M, T, R> fmt::Debug for Column<M, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = type_name::<M>();
        write!(f, "{}::{}", model.rsplit("::").next().unwrap_or(model), self.name)
    }
}

impl<M, T, R> Column<M, T, R> {
    /// For the derive: the column of this name and place.
    pub const fn new(name: &'static str, index: usize) -> Self {
        Self { name, index, of: PhantomData }
    }
}

impl<M: Model, T: Attribute, R> Expression for Column<M, T, R> {
    type Scope = M;
    type Type = T;

    fn into_node(self) -> statement::Expr {
        self.expr()
    }
}

impl<M: Model, T: Attribute, R> Column<M, T, R> {
    pub(crate) fn expr(self) -> statement::Expr {
        statement::Expr::Column(self.reference())
    }

    pub(crate) fn reference(self) -> ColumnRef {
        ColumnRef { table: Some(M::meta().table.into()), name: self.name.into(), ty: Some(T::TYPE) }
    }

    /// The column of the model that a query calls by another name: the type's, as
    /// [`join_as`](crate::Query::join_as) took it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// struct Author;
    /// # run(async |db| {
    /// let posts = Post::query().join_as(Author, Post::author).filter(User::name.of::<Author>().eq("Bob"));
    /// assert_eq!(posts.count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn of<Tag>(self) -> Scalar<As<M, Tag>, T> {
        let alias = alias_of::<Tag>().into();
        Scalar::new(statement::Expr::Column(ColumnRef { table: Some(alias), ..self.reference() }))
    }

    /// Whether it equals a column, which may be of another model of the query: [`eq`](Expression::eq), for a
    /// column alone.
    pub fn eq_column<N: Model, U: Attribute<Base = T::Base> + Keeps<T::Base>, Q>(
        self,
        other: Column<N, U, Q>,
    ) -> Expr<Both<M, N>> {
        Expression::eq(self, other)
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
    pub fn set_expr<V, I>(self, value: V) -> Assignment<M>
    where
        V: Operand<T::Base, M, Scope: In<M, I>>,
    {
        Assignment::new(self.reference(), value.operand())
    }

    /// As [`set_expr`](Self::set_expr), of the models that the query joins.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Post::query().join(Post::author).update(&db, Post::title.set_from(User::name)).await?;
    /// assert_eq!(Post::query().order_by(Post::id).pluck(&db, Post::title).await?, ["Ann", "Ann", "Bob"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn set_from<V: Operand<T::Base, M>>(self, value: V) -> Assignment<M, V::Scope> {
        Assignment::new(self.reference(), value.operand())
    }

    /// The column becomes what it is and this make together.
    pub(crate) fn reckoned(self, op: ArithmeticOp, with: statement::Expr) -> (ColumnRef, statement::Expr) {
        (self.reference(), expr::arithmetic(op, self.expr(), with))
    }
}

/// A column of `M` and what it becomes, which mentions `X`: see [`Column::set`].
pub struct Assignment<M, X = M> {
    pub(crate) column: ColumnRef,
    pub(crate) value: statement::Expr,
    of: PhantomData<fn() -> (M, X)>,
}

impl<M, X> Assignment<M, X> {
    pub(crate) fn new(column: ColumnRef, value: statement::Expr) -> Self {
        Self { column, value, of: PhantomData }
    }
}

/// One assignment, or several: a tuple, an array, a `Vec`. What they become is of models in `S`; `I` says where,
/// and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no assignment to columns of `{M}`",
    label = "expected `{M}::column.set(value)`, or a tuple of them"
)]
pub trait Assignments<M, S = M, I = ()> {
    /// The columns and what they become.
    fn assignments(self) -> Vec<(ColumnRef, statement::Expr)>;
}

// Recommended, so that the message is about the model that is not part of the query.
impl<M: Model, X: In<S, I>, S, I> Assignments<M, S, I> for Assignment<M, X> {
    fn assignments(self) -> Vec<(ColumnRef, statement::Expr)> {
        vec![(self.column, self.value)]
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, X: In<S, I>, S, I, const N: usize> Assignments<M, S, I> for [Assignment<M, X>; N] {
    fn assignments(self) -> Vec<(ColumnRef, statement::Expr)> {
        self.into_iter().map(|one| (one.column, one.value)).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model + In<S, I>, S, I> Assignments<M, S, I> for Vec<Assignment<M>> {
    fn assignments(self) -> Vec<(ColumnRef, statement::Expr)> {
        self.into_iter().map(|one| (one.column, one.value)).collect()
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
impl<M, T, R> Columns<M> for Column<M, T, R> {
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

/// Columns of a model that a query may leave out: one, or a tuple of several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is always read: only a column whose field is a `Deferred<..>` can be left out",
    label = "not a `Deferred` column of `{M}`"
)]
pub trait DeferredColumns<M> {
    /// Their places among the model's columns.
    fn deferred(&self) -> Vec<usize>;
}

#[diagnostic::do_not_recommend]
impl<M, T> DeferredColumns<M> for Column<M, T, Deferrable> {
    fn deferred(&self) -> Vec<usize> {
        vec![self.index]
    }
}

macro_rules! tuples {
    ($($part:ident $place:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M, S, $($part: Assignments<M, S, $place>, $place),*> Assignments<M, S, ($($place,)*)> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn assignments(self) -> Vec<(ColumnRef, statement::Expr)> {
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

        // Recommended, so that the message is about the column that is always read.
        impl<M, $($part: DeferredColumns<M>),*> DeferredColumns<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn deferred(&self) -> Vec<usize> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.deferred());)*
                all
            }
        }
    };
}
tuples!(A A1);
tuples!(A A1, B B1);
tuples!(A A1, B B1, C C1);
tuples!(A A1, B B1, C C1, D D1);
tuples!(A A1, B B1, C C1, D D1, E E1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1, G G1);
tuples!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1);
