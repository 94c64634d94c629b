//! Terminals that give rows.

use std::{future::poll_fn, task::Poll};

use crate::{
    db::{About, Db, Pending},
    driver::BoxFuture,
    error::{Error, Result},
    model::{Column, In, IntoKey, Key, Model},
    query::{
        FromRow, Loader, Query, Root, any_key, key_filter, leave_out, only,
        order::by_key_descending,
        row::{Beside, Collect, Pluck},
        told::{have_read, retrieved},
    },
    record::{Read, Record, key_not_found},
    statement::{Expr, Projection, Select},
    value::Attribute,
};

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// Every row, in the order of the query.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// for post in Post::query().order_by(Post::id.asc()).get(&db).await? {
    ///     println!("{} has {} votes", post.title, post.votes);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn get(self, db: &Db) -> Pending<'_, Vec<Out>> {
        Pending::new(rows(db, self.reading(db, Read::Fetch), Read::Fetch))
    }

    /// The first row, if there is one. Adds no order.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let best = Post::query().order_by(Post::votes.desc()).first(&db).await?;
    /// assert_eq!(best.map(|post| post.votes), Some(7));
    /// # Ok(())
    /// # });
    /// ```
    pub fn first(self, db: &Db) -> Pending<'_, Option<Out>> {
        Pending::new(first_row(db, self.reading(db, Read::Find)))
    }

    /// The first row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let error = Post::query().where_gt(Post::votes, 99).first_or_fail(&db).await.unwrap_err();
    /// assert!(matches!(error, Error::NotFound { model: "Post", .. }));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none.
    pub fn first_or_fail(self, db: &Db) -> Pending<'_, Out> {
        let reading = self.reading(db, Read::Find);
        Pending::new(async move {
            let first = first_row(db, reading).await?;
            first.ok_or(Error::NotFound { model: M::meta().name, key: None })
        })
    }

    /// The only row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().where_eq(User::age, 34).sole(&db).await?.name, "Ann");
    /// let error = Post::query().sole(&db).await.unwrap_err();
    /// assert!(matches!(error, Error::MultipleFound { model: "Post" }));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none, [`Error::MultipleFound`] where there are several.
    pub fn sole(self, db: &Db) -> Pending<'_, Out> {
        let reading = self.reading(db, Read::Find).map(|reading| reading.at_most(2));
        Pending::new(async move {
            let model = M::meta().name;
            let mut found = rows(db, reading, Read::Find).await?;
            match (found.pop(), found.pop()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(Error::NotFound { model, key: None }),
                (Some(_), Some(_)) => Err(Error::MultipleFound { model }),
            }
        })
    }
}

impl<M: Model> Query<M> {
    /// The record of a key, if the query has it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mine = Post::query().where_eq(Post::author_id, 1);
    /// assert!(mine.clone().find(&db, 2).await?.is_some());
    /// assert!(mine.find(&db, 3).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    pub fn find(self, db: &Db, key: impl IntoKey<M::Key>) -> Pending<'_, Option<Record<M>>> {
        let key = key_filter(M::meta(), key.into_key().values());
        self.and_node(key).first(db)
    }

    /// The record of a key.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], with the key, where the query has none.
    pub fn find_or_fail(self, db: &Db, key: impl IntoKey<M::Key>) -> Pending<'_, Record<M>> {
        let key = key.into_key();
        let found = self.and_node(key_filter(M::meta(), key.values())).first(db);
        Pending::new(async move { found.await?.ok_or_else(|| key_not_found::<M>(&key)) })
    }

    /// The records of several keys, the newest key first; keys without a row are passed over, and no
    /// keys send nothing.
    pub fn find_many<K: IntoKey<M::Key>>(
        self,
        db: &Db,
        keys: impl IntoIterator<Item = K>,
    ) -> Pending<'_, Vec<Record<M>>> {
        let meta = M::meta();
        let keys: Vec<Vec<_>> = keys.into_iter().map(|key| key.into_key().values()).collect();
        Pending::new(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut query = self.and_node(any_key(meta, keys));
            query.select.order.clear();
            by_key_descending(meta, &mut query.select)?;
            query.get(db).await
        })
    }

    /// The rows of these keys; of none, none.
    pub(crate) fn of_keys(self, keys: Vec<M::Key>) -> Self {
        let keys: Vec<Vec<_>> = keys.iter().map(Key::values).collect();
        self.and_node(any_key(M::meta(), keys))
    }

    /// Every record of the query, the newest key first where it has no order of its own.
    pub fn all(mut self, db: &Db) -> Pending<'_, Vec<Record<M>>> {
        Pending::new(async move {
            if self.select.order.is_empty() {
                by_key_descending(M::meta(), &mut self.select)?;
            }
            self.get(db).await
        })
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The column of the first row, if there is one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let youngest = User::query().where_not_null(User::age).order_by(User::age.asc());
    /// assert_eq!(youngest.value(&db, User::name).await?.as_deref(), Some("Bob"));
    /// # Ok(())
    /// # });
    /// ```
    pub fn value<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, Option<N::Lift<T>>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let select = at_most(self.selecting(only(column)), 1);
        let values = pluck(db, M::meta().about(), select, (N::meta().name, column.name));
        Pending::new(async move { Ok(values.await?.into_iter().next()) })
    }

    /// The column of every row.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().order_by(Post::id.asc()).pluck(&db, Post::votes).await?, [7, 3, 0]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn pluck<N, T, R, I>(self, db: &Db, column: Column<N, T, R>) -> Pending<'_, Vec<N::Lift<T>>>
    where
        N: Model + In<Scope, I>,
        T: Attribute,
    {
        let select = self.selecting(only(column));
        Pending::new(pluck(db, M::meta().about(), select, (N::meta().name, column.name)))
    }
}

async fn pluck<T: Attribute>(
    db: &Db,
    about: About,
    select: Select,
    place: (&'static str, &'static str),
) -> Result<Vec<T>> {
    let sink = Pluck::<T> { values: Vec::new(), place };
    Ok(db.fetch(Some(about), &select.into(), sink).await?.0.values)
}

/// What a query reads.
pub(super) struct Reading<M: Model, Out> {
    pub(super) select: Select,
    pub(super) loaders: Vec<Loader<Record<M>>>,
    pub(super) root: Option<Root<M, Out>>,
    /// The columns of the model's records that are not read, by index.
    pub(super) left_out: Vec<usize>,
}

impl<M: Model, Out> Reading<M, Out> {
    fn at_most(self, rows: u64) -> Self {
        Self { select: at_most(self.select, rows), ..self }
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// What it reads, after what observers make of it.
    pub(super) fn reading(self, db: &Db, read: Read) -> Result<Reading<M, Out>> {
        let query = self.observed(db, read)?;
        let (root, left_out) = (query.root, query.select.left_out().to_vec());
        let (select, loaders) = query.into_parts();
        Ok(Reading { select, loaders, root, left_out })
    }
}

async fn rows<M: Model, Out: FromRow>(
    db: &Db,
    reading: Result<Reading<M, Out>>,
    read: Read,
) -> Result<Vec<Out>> {
    let Reading { mut select, loaders, root, left_out } = reading?;
    let about = Some(M::meta().about());
    let has_extras = has_extras(&select.columns);
    leave_out(&mut select, &left_out);
    let mut rows = if has_extras {
        db.fetch(about, &select.into(), Beside::after(Out::width())).await?.0.into_rows()
    } else {
        db.fetch(about, &select.into(), Collect(Vec::new())).await?.0.0
    };
    if rows.len() > 1 && db.batches_lazy_loading() {
        Out::introduce(&mut rows, &|row| Some(row));
    }
    if let Some(told) = retrieved(db, &mut rows) {
        told.await?;
    }
    if let Some(root) = root.filter(|_| !loaders.is_empty()) {
        load_all(db, &mut rows.iter_mut().map(root).collect::<Vec<_>>(), &loaders).await?;
    }
    if let Some(told) = have_read(db, read, root, &mut rows) {
        told.await?;
    }
    Ok(rows)
}

/// Whether something stands beside the columns of records.
fn has_extras(columns: &Projection) -> bool {
    match columns {
        Projection::NamesAnd(_, selected) => {
            selected.last().is_some_and(|last| !matches!(last.expr, Expr::Columns(..)))
        }
        _ => false,
    }
}

/// Loads what belongs to rows. What does not depend on each other goes out at the same time, where there is
/// more than one connection to send it on.
pub(crate) async fn load_all<T>(db: &Db, rows: &mut [&mut T], loaders: &[Loader<T>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    if loaders.len() > 1 && !db.in_transaction() {
        let loading = {
            let lent = lent(rows);
            loaders.iter().map(|loader| (loader.load)(db, &lent)).collect()
        };
        for put in all(loading).await {
            put?(rows);
        }
        return Ok(());
    }
    for loader in loaders {
        let loading = (loader.load)(db, &lent(rows));
        let put = loading.await?;
        put(rows);
    }
    Ok(())
}

fn lent<'a, T>(rows: &'a [&mut T]) -> Vec<&'a T> {
    rows.iter().map(|row| &**row).collect()
}

/// The outputs of futures that run at the same time, in their order.
async fn all<T>(mut futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (future, output) in futures.iter_mut().zip(&mut done) {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *output = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn first_row<M: Model, Out: FromRow>(db: &Db, reading: Result<Reading<M, Out>>) -> Result<Option<Out>> {
    Ok(rows(db, reading.map(|reading| reading.at_most(1)), Read::Find).await?.pop())
}

fn at_most(mut select: Select, rows: u64) -> Select {
    select.limit = Some(select.limit.map_or(rows, |limit| limit.min(rows)));
    select
}
