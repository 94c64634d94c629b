//! Terminals that give one value of one row.

use crate::{
    db::{Db, Pending},
    error::Error,
    model::{Column, In, Model},
    query::Query,
    value::Attribute,
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The column of the first row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().where_eq(User::id, 1).value_or_fail(&db, User::name).await?, "Ann");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no row.
    pub fn value_or_fail<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, N::Lift<T>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let value = self.value(db, column);
        Pending::new(async move { value.await?.ok_or(Error::NotFound { model: M::meta().name, key: None }) })
    }

    /// The column of the only row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().where_gt(Post::votes, 5).sole_value(&db, Post::title).await?, "Rust in anger");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is no row, [`Error::MultipleFound`] where there are several.
    pub fn sole_value<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, N::Lift<T>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let most = self.select.limit.map_or(2, |limit| limit.min(2));
        let values = self.limit(most).pluck(db, column);
        Pending::new(async move {
            let (model, mut values) = (M::meta().name, values.await?);
            match (values.pop(), values.pop()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(Error::NotFound { model, key: None }),
                (Some(_), Some(_)) => Err(Error::MultipleFound { model }),
            }
        })
    }
}
