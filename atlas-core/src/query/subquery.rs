//! Queries inside of queries.

use std::marker::PhantomData;

use crate::{
    model::{Anywhere, Append, As, Both, Expr, In, Maybe, Model, Named, Outer, Scalar, Subquery, alias_of},
    query::Query,
    record::Record,
    statement::{self, Projection},
    value::Attribute,
};

/// What a query over this scope mentions of the query around it: types only.
pub trait Inner {
    /// The models, as a condition of the query around it mentions them.
    type Needs;
}

#[diagnostic::do_not_recommend]
impl<A: Named> Inner for A {
    type Needs = Anywhere;
}

/// One of the models of a scope.
pub trait ScopePart {
    /// What of it belongs to the query around.
    type Needs;
}

#[diagnostic::do_not_recommend]
impl<A: Named> ScopePart for A {
    type Needs = Anywhere;
}

impl<A: Named> ScopePart for Maybe<A> {
    type Needs = Anywhere;
}

impl<A: Named> ScopePart for Outer<A> {
    type Needs = A;
}

macro_rules! tuple {
    ($first:ident $second:ident $($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$first: ScopePart, $second: ScopePart, $($part: ScopePart),*> Inner for ($first, $second, $($part,)*) {
            type Needs = tuple!(@ Both<$first::Needs, $second::Needs>; $($part)*);
        }
    };
    (@ $all:ty; $part:ident $($rest:ident)*) => {
        tuple!(@ Both<$all, $part::Needs>; $($rest)*)
    };
    (@ $all:ty;) => { $all };
}
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);

#[diagnostic::do_not_recommend]
impl<M: Model, Out: Attribute, Scope: Inner> Subquery<Out::Base> for Query<M, Out, Scope> {
    type Needs = Scope::Needs;

    fn into_select(self) -> statement::Select {
        Query::into_select(self)
    }
}

/// Whether a query has a row. It may mention models of the query that it is a condition of:
/// [`Query::outer`].
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::exists;
/// # run(async |db| {
/// let praised = Post::query().outer::<User>().filter(Post::author_id.eq(User::id)).where_gt(Post::votes, 5);
/// let users = User::query().filter(exists(praised).or(User::age.lt(18))).order_by(User::id);
/// assert_eq!(users.pluck(&db, User::name).await?, ["Ann", "Bob"]);
/// # Ok(())
/// # });
/// ```
pub fn exists<M: Model, Out, Scope: Inner>(query: Query<M, Out, Scope>) -> Expr<Scope::Needs> {
    let mut select = query.into_select();
    if select.group.is_empty() {
        select.columns = Projection::Expressions(Vec::new());
    }
    select.order.clear();
    Expr::new(statement::Expr::Exists(Box::new(select)))
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Lets conditions mention a model of the query that this one is to stand in.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let best = Post::query().outer::<User>().filter(Post::author_id.eq(User::id)).select(Post::votes.max());
    /// let users = User::query().order_by(User::id).select((User::name, best.scalar()));
    /// assert_eq!(users.first(&db).await?, Some(("Ann".to_owned(), Some(7))));
    /// # Ok(())
    /// # });
    /// ```
    pub fn outer<A: Named>(self) -> Query<M, Out, <Scope as Append<Outer<A>>>::Out>
    where
        Scope: Append<Outer<A>>,
    {
        Query { select: self.select, loaders: self.loaders, root: self.root, of: PhantomData }
    }

    /// Only rows for which another query has a row: see [`exists`].
    pub fn where_exists<N: Model, O, S: Inner<Needs: In<Scope, I>>, I>(self, query: Query<N, O, S>) -> Self {
        self.filter(exists(query))
    }

    /// Only rows for which another query has no row: see [`exists`].
    pub fn where_not_exists<N: Model, O, S: Inner<Needs: In<Scope, I>>, I>(
        self,
        query: Query<N, O, S>,
    ) -> Self {
        self.filter(exists(query).not())
    }
}

impl<M: Model, Out: Attribute, Scope: Inner> Query<M, Out, Scope> {
    /// The one value that the query gives, as a value of the query that it is to stand in: NULL where there is no
    /// row. Several rows are an error of the database, but on SQLite and MariaDB, which take the first:
    /// an aggregate or a `limit(1)` says which.
    pub fn scalar(self) -> Scalar<Scope::Needs, Option<Out::Base>> {
        Scalar::new(statement::Expr::Select(Box::new(Query::into_select(self))))
    }
}

impl<M: Model> Query<M> {
    /// Calls the model by another name, so that a query around this one may be of the same model. The name is
    /// that of a type of yours; columns are `Post::votes.of::<Other>()` from here on.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::exists;
    /// struct Better;
    /// # run(async |db| {
    /// let better = Post::query().called(Better).outer::<Post>();
    /// let better = better.filter(Post::votes.of::<Better>().gt(Post::votes));
    /// let best = Post::query().filter(exists(better).not());
    /// assert_eq!(best.pluck(&db, Post::title).await?, ["Rust in anger"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn called<Tag>(mut self, _name: Tag) -> Query<M, Record<M>, As<M, Tag>> {
        self.select.call(alias_of::<Tag>().into());
        Query { select: self.select, loaders: self.loaders, root: self.root, of: PhantomData }
    }
}
