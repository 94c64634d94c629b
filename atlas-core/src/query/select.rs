//! What is read of each row: columns, values, whole records.

use std::marker::PhantomData;

use crate::{
    model::{Aggregated, Column, Expression, In, Model, Named, Scalar},
    query::{FromRow, Query},
    statement::{Expr, Projection, Selected},
    value::Attribute,
};

/// What a query over `S` can read of each row: a column, a computed value, [`record::<M>()`](record), or a
/// tuple of them. What comes of a left join is an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a query over `{S}`",
    label = "expected columns such as `User::name`, values such as `count_all()`, or a tuple of them"
)]
pub trait Selection<S, I> {
    /// What a row becomes.
    type Out: FromRow;

    /// What is read, in this order.
    #[doc(hidden)]
    fn selected(self, into: &mut Vec<Selected>);
}

#[diagnostic::do_not_recommend]
impl<S, I, M: Model + In<S, I>, T: Attribute, R> Selection<S, I> for Column<M, T, R> {
    type Out = M::Lift<T>;

    fn selected(self, into: &mut Vec<Selected>) {
        into.push(self.expr().into());
    }
}

#[diagnostic::do_not_recommend]
impl<S, I, X: In<S, I>, T: Attribute> Selection<S, I> for Scalar<X, T> {
    type Out = X::Lift<T>;

    fn selected(self, into: &mut Vec<Selected>) {
        into.push(self.into_node().into());
    }
}

// What rows make together says by its own type whether it can be NULL.
#[diagnostic::do_not_recommend]
impl<S, I, X: In<S, I>, T: Attribute> Selection<S, I> for Scalar<X, T, Aggregated> {
    type Out = T;

    fn selected(self, into: &mut Vec<Selected>) {
        into.push(self.into_node().into());
    }
}

/// A whole record in a selection: see [`record`].
pub struct Whole<A>(PhantomData<fn() -> A>);

/// A whole record, to be read beside something else.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::record;
/// # run(async |db| {
/// let posts = Post::query().join(Post::author).order_by(Post::id);
/// let posts = posts.select((record::<Post>(), User::name)).get(&db).await?;
/// assert_eq!((posts[0].0.votes, posts[0].1.as_str()), (7, "Ann"));
/// # Ok(())
/// # });
/// ```
pub fn record<A: Named>() -> Whole<A> {
    Whole(PhantomData)
}

#[diagnostic::do_not_recommend]
impl<S, I, A: Named + In<S, I, Row: FromRow>> Selection<S, I> for Whole<A> {
    type Out = A::Row;

    fn selected(self, into: &mut Vec<Selected>) {
        into.push(Expr::Columns(A::called().into(), A::Model::meta().names).into());
    }
}

macro_rules! tuple {
    ($($part:ident $index:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<S, $($part: Selection<S, $index>, $index),*> Selection<S, ($($index,)*)> for ($($part,)*)
        where
            ($($part::Out,)*): FromRow,
        {
            type Out = ($($part::Out,)*);

            #[allow(non_snake_case)]
            fn selected(self, into: &mut Vec<Selected>) {
                let ($($part,)*) = self;
                $($part.selected(into);)*
            }
        }
    };
}
tuple!(A A1);
tuple!(A A1, B B1);
tuple!(A A1, B B1, C C1);
tuple!(A A1, B B1, C C1, D D1);
tuple!(A A1, B B1, C C1, D D1, E E1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, J J1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, J J1, K K1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, J J1, K K1, L L1);
tuple!(A A1, B B1, C C1, D D1, E E1, F F1, G G1, H H1, J J1, K K1, L L1, N N1);

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Reads this of each row, in place of records: a column, a value, or a tuple of them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = Post::query().left_join(Post::author).order_by(Post::id);
    /// let titles: Vec<(String, Option<String>)> = posts.select((Post::title, User::name)).get(&db).await?;
    /// assert_eq!(titles[0], ("Rust in anger".to_owned(), Some("Ann".to_owned())));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Relations that would be loaded with the records are not.
    pub fn select<X: Selection<Scope, I>, I>(self, selection: X) -> Query<M, X::Out, Scope> {
        let mut selected = Vec::new();
        selection.selected(&mut selected);
        let mut select = self.select;
        select.columns = Projection::Expressions(selected);
        Query { select, loaders: Vec::new(), root: None, of: PhantomData }
    }
}
