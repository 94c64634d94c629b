//! Structs that a query fills.

use std::marker::PhantomData;

use crate::{
    driver::Row,
    error::Result,
    model::Model,
    query::{FromRow, Query, Selection},
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
