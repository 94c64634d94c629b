//! Structs that a query fills.

use std::marker::PhantomData;

use crate::{
    driver::Row,
    error::Result,
    model::{In, Maybe, Model, Named},
    query::{FromRow, Query, Selection},
    record::Record,
    statement::{Projection, Selected},
};

/// A struct that queries over `S` fill: `#[derive(FromRow)]` with `#[select(..)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not filled by a query over `{S}`",
    label = "its `#[select(..)]` names other models, or there is none",
    note = "`#[select(Post, Maybe<User>)]` names the models of the query, in the order in which they are joined"
)]
pub trait SelectAs<S>: FromRow {
    /// What is read for its fields, in their order.
    #[doc(hidden)]
    fn selected(into: &mut Vec<Selected>);
}

/// The models that a struct with `#[derive(FromRow)]` and `#[select(..)]` is filled from: see [`fields`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` says nowhere what its fields are selected from",
    label = "`#[select(..)]` over the struct is missing"
)]
pub trait Filled: SelectAs<Self::Of> {
    /// The models, as a scope.
    type Of;
}

/// The models of a struct that are all part of a query over `S`, whatever else is. `I` says where, and is inferred.
#[diagnostic::on_unimplemented(
    message = "not all of `{Self}` is part of this query over `{S}`",
    label = "the struct's `#[select(..)]` names a model that this query does not have, or that its rows may be without",
    note = "join it; what comes of a left join is `Maybe<..>` in `#[select(..)]`"
)]
pub trait Within<S, I> {}

#[diagnostic::do_not_recommend]
impl<A: Named + In<S, I, Row = Record<A::Model>>, S, I> Within<S, I> for A {}
#[diagnostic::do_not_recommend]
impl<A: Named + In<S, I>, S, I> Within<S, I> for Maybe<A> {}

macro_rules! within {
    ($($part:ident $place:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<S, $($part: Within<S, $place>, $place),*> Within<S, ($($place,)*)> for ($($part,)*) {}
    };
}
within!(A A1, B B1);
within!(A A1, B B1, C C1);
within!(A A1, B B1, C C1, D D1);
within!(A A1, B B1, C C1, D D1, E E1);
within!(A A1, B B1, C C1, D D1, E E1, F F1);

/// A struct among what a query selects: see [`fields`].
pub struct Filling<D>(PhantomData<fn() -> D>);

/// A struct that a query fills, beside something else, or of a query that has more models than the struct names.
///
/// ```
/// # use atlas_tests::guide::*;
/// use atlas::{FromRow, fields};
///
/// #[derive(FromRow)]
/// #[select(Post)]
/// struct Title {
///     title: String,
/// }
/// # run(async |db| {
/// let rows = User::query().join(User::posts).order_by(Post::id).select((User::name, fields::<Title>()));
/// let (name, post) = rows.first_or_fail(&db).await?;
/// assert_eq!((name.as_str(), post.title.as_str()), ("Ann", "Rust in anger"));
/// # Ok(())
/// # });
/// ```
pub fn fields<D: Filled>() -> Filling<D> {
    Filling(PhantomData)
}

#[diagnostic::do_not_recommend]
impl<S, I, D: Filled<Of: Within<S, I>>> Selection<S, I> for Filling<D> {
    type Out = D;

    fn selected(self, into: &mut Vec<Selected>) {
        <D as SelectAs<D::Of>>::selected(into);
    }
}

/// What can be put into a field of type `T`: that type alone.
#[diagnostic::on_unimplemented(
    message = "the field is a `{T}`, and what is selected for it is a `{Self}`",
    label = "should be a `{Self}`"
)]
pub trait Fills<T> {}

#[diagnostic::do_not_recommend]
impl<T> Fills<T> for T {}

/// For the derive: what is selected for a field of type `T`, of a query over `S`.
pub fn select_field<S, T, X, I>(selection: X, into: &mut Vec<Selected>)
where
    X: Selection<S, I>,
    X::Out: Fills<T>,
{
    selection.selected(into);
}

/// For the derive: reads the next part of a row.
///
/// # Errors
///
/// As [`FromRow::from_row`].
pub fn read_field<T: FromRow>(row: &dyn Row, start: &mut usize) -> Result<T> {
    let part = T::from_row(row, *start)?;
    *start += T::width();
    Ok(part)
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Reads each row into a struct, whose fields say what is read: `#[derive(FromRow)]`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::{FromRow, bounds::Maybe};
    ///
    /// #[derive(FromRow)]
    /// #[select(Post, Maybe<User>)]
    /// struct Line {
    ///     title: String,
    ///     #[select(User::name)]
    ///     by: Option<String>,
    ///     #[select(Post::votes * 2)]
    ///     doubled: i32,
    /// }
    /// # run(async |db| {
    /// let lines = Post::query().left_join(Post::author).order_by(Post::id).select_as::<Line>().get(&db).await?;
    /// assert_eq!((lines[0].title.as_str(), lines[0].by.as_deref(), lines[0].doubled), ("Rust in anger", Some("Ann"), 14));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Relations that would be loaded with the records are not.
    pub fn select_as<D: SelectAs<Scope>>(self) -> Query<M, D, Scope> {
        let mut selected = Vec::new();
        D::selected(&mut selected);
        let mut select = self.select;
        select.columns = Projection::Expressions(selected);
        Query { select, loaders: Vec::new(), root: None, of: PhantomData }
    }
}
