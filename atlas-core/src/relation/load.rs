//! Relations that are loaded with the rows: which, and with what conditions.

use std::sync::Arc;

use crate::{
    error::Result,
    model::{self, Columns, DeferredColumns, In, IntoOrder, Model, ModelMeta, SoftDeletes},
    query::{Loader, Query},
    record::{AnyRecord, Record, Values},
    relation::{Linked, Relation, ToMany, loading::Loading},
    schema::Name,
};

/// A relation to be loaded, with conditions, an order, a limit and relations of its own.
pub struct Load<M, N: Model, K> {
    relation: Relation<M, N, K>,
    query: Query<N>,
    /// Columns of the table between that come with each record, as extras.
    between: Vec<Name>,
}

impl<M, N: Model, K> Clone for Load<M, N, K> {
    fn clone(&self) -> Self {
        Self { relation: self.relation, query: self.query.clone(), between: self.between.clone() }
    }
}

impl<M: Model, N: Model, K: Linked> Relation<M, N, K> {
    /// Loads only records for which this holds.
    pub fn filter<X: In<N, I>, I>(self, condition: model::Expr<X>) -> Load<M, N, K> {
        Load::from(self).filter(condition)
    }

    /// Loads the records in this order.
    pub fn order_by<X: In<N, I>, I>(self, order: impl IntoOrder<X>) -> Load<M, N, K> {
        Load::from(self).order_by(order)
    }

    /// Loads relations of the records too.
    pub fn with(self, relations: impl IntoLoad<N>) -> Load<M, N, K> {
        Load::from(self).with(relations)
    }

    /// Loads at most so many records for each parent.
    pub fn limit(self, records: u64) -> Load<M, N, K>
    where
        K: ToMany,
    {
        Load::from(self).limit(records)
    }

    /// Of the columns whose fields are [`Deferred`](crate::Deferred)s, loads only these: see [`Query::columns`].
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use atlas::prelude::*;
    /// # #[derive(Model)]
    /// # struct Desk { id: i64, #[has_many] reports: HasMany<Report> }
    /// # #[derive(Model)]
    /// # struct Report { id: i64, desk_id: i64, title: String, body: Deferred<String> }
    /// # run(async |db| {
    /// # db.create_tables(atlas::models![Desk, Report]).await?;
    /// # Desk::draft().reports([Report::draft().desk_id(1).title("Q3").body("…")]).save(&db).await?;
    /// let desk = Desk::query().with(Desk::reports.columns(Report::title)).first_or_fail(&db).await?;
    /// assert!(desk.reports.get()?[0].body.get().is_err());
    /// # Ok(())
    /// # });
    /// ```
    pub fn columns(self, columns: impl Columns<N>) -> Load<M, N, K> {
        Load::from(self).columns(columns)
    }

    /// Loads no values of these columns: see [`Query::without_columns`].
    pub fn without_columns(self, columns: impl DeferredColumns<N>) -> Load<M, N, K> {
        Load::from(self).without_columns(columns)
    }

    /// Also records that were deleted softly.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().where_eq(Note::id, 1).delete(&db).await?;
    /// let ann = User::query().with(User::notes.with_trashed()).find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.notes.get()?.len(), 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_trashed(self) -> Load<M, N, K>
    where
        N: SoftDeletes,
    {
        Load::from(self).with_trashed()
    }

    /// Only records that were deleted softly.
    pub fn only_trashed(self) -> Load<M, N, K>
    where
        N: SoftDeletes,
    {
        Load::from(self).only_trashed()
    }

    /// Loads what is left of the records after any steps of a query.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = User::posts.apply(|posts| posts.where_gt(Post::votes, 3).order_by(Post::id));
    /// let ann = User::query().with(posts).find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.posts.get()?.len(), 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn apply(self, steps: impl FnOnce(Query<N>) -> Query<N>) -> Load<M, N, K> {
        Load::from(self).apply(steps)
    }
}

impl<M: Model, N: Model, K> Load<M, N, K> {
    /// Loads only records for which this holds.
    #[must_use]
    pub fn filter<X: In<N, I>, I>(self, condition: model::Expr<X>) -> Self {
        self.apply(|query| query.filter(condition))
    }

    /// Loads the records in this order.
    #[must_use]
    pub fn order_by<X: In<N, I>, I>(self, order: impl IntoOrder<X>) -> Self {
        self.apply(|query| query.order_by(order))
    }

    /// Loads relations of the records too.
    #[must_use]
    pub fn with(self, relations: impl IntoLoad<N>) -> Self {
        self.apply(|query| query.with(relations))
    }

    /// Loads at most so many records for each parent: the first ones of the order, or of the key where there
    /// is none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let best = User::posts.order_by(Post::votes.desc()).limit(1);
    /// for user in User::query().with(best).get(&db).await? {
    ///     assert!(user.posts.get()?.len() <= 1);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn limit(self, records: u64) -> Self
    where
        K: ToMany,
    {
        self.apply(|query| query.limit(records))
    }

    /// Passes over so many records of each parent first.
    #[must_use]
    pub fn offset(self, records: u64) -> Self
    where
        K: ToMany,
    {
        self.apply(|query| query.offset(records))
    }

    /// Of the columns whose fields are [`Deferred`](crate::Deferred)s, loads only these.
    #[must_use]
    pub fn columns(self, columns: impl Columns<N>) -> Self {
        self.apply(|query| query.columns(columns))
    }

    /// Loads no values of these columns, whose fields are [`Deferred`](crate::Deferred)s.
    #[must_use]
    pub fn without_columns(self, columns: impl DeferredColumns<N>) -> Self {
        self.apply(|query| query.without_columns(columns))
    }

    /// Also records that were deleted softly.
    #[must_use]
    pub fn with_trashed(self) -> Self
    where
        N: SoftDeletes,
    {
        self.apply(Query::with_trashed)
    }

    /// Only records that were deleted softly.
    #[must_use]
    pub fn only_trashed(self) -> Self
    where
        N: SoftDeletes,
    {
        self.apply(Query::only_trashed)
    }

    /// Loads what is left of the records after any steps of a query. A limit is one for each parent.
    #[must_use]
    pub fn apply(mut self, steps: impl FnOnce(Query<N>) -> Query<N>) -> Self {
        self.query = steps(self.query);
        self
    }
}

impl<M, N: Model, K> std::convert::From<Relation<M, N, K>> for Load<M, N, K> {
    fn from(relation: Relation<M, N, K>) -> Self {
        let query = relation.link.fixed.narrow(Query::new());
        Self { relation, query, between: Vec::new() }
    }
}

impl<M, N: Model, K> Load<M, N, K> {
    pub(super) fn into_parts(self) -> (Relation<M, N, K>, Query<N>) {
        (self.relation, self.query)
    }
}

/// A relation of `M`, with or without conditions, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}`",
    label = "not a relation of `{M}`"
)]
pub trait IntoLoad<M: Model> {
    /// What loads them.
    fn into_loaders(self) -> Vec<Loader<Record<M>>>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: Linked> IntoLoad<M> for Relation<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        Load::from(self).into_loaders()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: Linked> IntoLoad<M> for Load<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        let Self { relation, query, between } = self;
        let Relation { name, link, slot, .. } = relation;
        let (pivot, key_is_here) = (K::PIVOT, K::KEY_IS_HERE);
        let load = Arc::new(Loading { name, link, slot, query, between, pivot, key_is_here });
        let loaded = move |record: &mut Record<M>| slot(record.untracked()).is_loaded();
        vec![Loader::new(name, Arc::new(move |db, records| load.start(db, records)), Arc::new(loaded))]
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($part: IntoLoad<M>),*> IntoLoad<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn into_loaders(self) -> Vec<Loader<Record<M>>> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.into_loaders());)*
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

/// What reads the record of a table between: which model it is of, and the record out of the values of a row.
#[derive(Clone, Copy)]
pub struct PivotReader {
    pub(super) meta: fn() -> &'static ModelMeta,
    pub(super) read: fn(&Values, usize) -> Result<Box<dyn AnyRecord>>,
}

macro_rules! with_pivot {
    ($($kind:ident)*) => { $(
        impl<M: Model, N: Model, P> Load<M, N, super::kind::$kind<P>> {
            /// Brings columns of a table between that has no model, as extras called `pivot_` and their name.
            #[must_use]
            pub fn with_pivot<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
                self.between.extend(columns.into_iter().map(Into::into));
                self
            }
        }

        impl<M: Model, N: Model, P> Relation<M, N, super::kind::$kind<P>> {
            /// Brings columns of a table between that has no model, as extras called `pivot_` and their name.
            pub fn with_pivot<C: Into<Name>>(
                self,
                columns: impl IntoIterator<Item = C>,
            ) -> Load<M, N, super::kind::$kind<P>> {
                Load::from(self).with_pivot(columns)
            }
        }
    )* };
}
with_pivot!(BelongsToMany MorphToMany);
