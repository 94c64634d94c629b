//! Rows a part at a time, or one at a time, for a closure.

use std::{future::Future, ops::ControlFlow};

use crate::{
    db::{Db, Pending},
    error::Result,
    model::{In, IntoOrder, Model},
    query::{
        FromRow, Query,
        keyset::{break_ties, has_key},
        source::{Source, check_size, window},
        walk::Walk,
    },
};

/// Whether to go on with the next rows: `()` for always, or a [`ControlFlow`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether to go on",
    label = "expected `()` or `ControlFlow<()>`",
    note = "end the closure with `Ok(())` to go on, or with `Ok(ControlFlow::Break(()))` to stop"
)]
pub trait IntoFlow {
    /// Whether to go on.
    fn into_flow(self) -> ControlFlow<()>;
}

#[diagnostic::do_not_recommend]
impl IntoFlow for () {
    fn into_flow(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[diagnostic::do_not_recommend]
impl IntoFlow for ControlFlow<()> {
    fn into_flow(self) -> Self {
        self
    }
}

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// Every row, `size` at a time, each part with a statement of its own; whether all were seen. The closure
    /// ends with `Ok(())` to go on, or with `Ok(ControlFlow::Break(()))` to stop.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut sizes = Vec::new();
    /// Post::query()
    ///     .chunk(&db, 2, |posts| {
    ///         sizes.push(posts.len());
    ///         async { Ok(()) }
    ///     })
    ///     .await?;
    /// assert_eq!(sizes, [2, 1]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The parts are told by their places in the order of the query, behind which the key is put. Where the
    /// closure changes what the query asks for, places move: see [`chunk_by_id`](Self::chunk_by_id).
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where `size` is 0; what the closure gives.
    pub fn chunk<'a, F, Fut, R>(self, db: &'a Db, size: u64, mut work: F) -> Pending<'a, bool>
    where
        F: FnMut(Vec<Out>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<R>> + Send + 'a,
        R: IntoFlow + 'a,
    {
        let source = self.source(db);
        Pending::new(async move {
            check_size("chunks", size)?;
            let mut places = Places::new(source?, size);
            loop {
                let rows = places.step(db).await?;
                if rows.is_empty() {
                    return Ok(true);
                }
                if work(rows).await?.into_flow().is_break() {
                    return Ok(false);
                }
            }
        })
    }

    /// As [`chunk`](Self::chunk), in the order of the key, each part from the key on where the one before it
    /// ended: rows that are changed or removed on the way are neither passed over nor seen twice.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let unpopular = Post::query().where_lt(Post::votes, 5);
    /// let all = unpopular
    ///     .chunk_by_id(&db, 1, |posts| {
    ///         let db = &db;
    ///         async move {
    ///             for mut post in posts {
    ///                 post.votes = 5; // no longer one of the query's
    ///                 post.save(db).await?;
    ///             }
    ///             Ok(())
    ///         }
    ///     })
    ///     .await?;
    /// assert!(all);
    /// assert_eq!(Post::query().where_lt(Post::votes, 5).count(&db).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk); [`Error::Config`](crate::Error::Config) where the query has an order of its own
    /// or its rows have no key.
    pub fn chunk_by_id<'a, F, Fut, R>(self, db: &'a Db, size: u64, work: F) -> Pending<'a, bool>
    where
        F: FnMut(Vec<Out>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<R>> + Send + 'a,
        R: IntoFlow + 'a,
    {
        let source = self.source(db);
        Pending::new(walk(db, source.and_then(|source| Walk::new(source, None, size)), work))
    }

    /// As [`chunk_by_id`](Self::chunk_by_id), in another order: by a column such as `User::email`, or from
    /// behind, `User::id.desc()`. The key is put behind it. A row whose value is changed on the way moves.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use std::ops::ControlFlow;
    /// # run(async |db| {
    /// let mut newest = Vec::new();
    /// let all = Post::query()
    ///     .chunk_by(&db, 2, Post::id.desc(), |posts| {
    ///         newest.extend(posts.iter().map(|post| post.id));
    ///         async { Ok(ControlFlow::Break(())) }
    ///     })
    ///     .await?;
    /// assert!(!all);
    /// assert_eq!(newest, [3, 2]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`chunk_by_id`](Self::chunk_by_id).
    pub fn chunk_by<'a, X, I, F, Fut, R>(
        self,
        db: &'a Db,
        size: u64,
        order: impl IntoOrder<X>,
        work: F,
    ) -> Pending<'a, bool>
    where
        X: In<Scope, I>,
        F: FnMut(Vec<Out>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<R>> + Send + 'a,
        R: IntoFlow + 'a,
    {
        let order = order.into_order().term;
        let source = self.source(db);
        Pending::new(walk(db, source.and_then(|source| Walk::new(source, Some(order), size)), work))
    }

    /// What a closure makes of each part of `size` rows, in their order: as [`chunk`](Self::chunk).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let sums = Post::query()
    ///     .chunk_map(&db, 2, |posts| async move { Ok(posts.iter().map(|post| post.votes).sum::<i32>()) })
    ///     .await?;
    /// assert_eq!(sums, [10, 0]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub fn chunk_map<'a, F, Fut, R>(self, db: &'a Db, size: u64, mut work: F) -> Pending<'a, Vec<R>>
    where
        F: FnMut(Vec<Out>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<R>> + Send + 'a,
        R: Send + 'a,
    {
        let source = self.source(db);
        Pending::new(async move {
            check_size("chunks", size)?;
            let mut places = Places::new(source?, size);
            let mut made = Vec::new();
            loop {
                let rows = places.step(db).await?;
                if rows.is_empty() {
                    return Ok(made);
                }
                made.push(work(rows).await?);
            }
        })
    }

    /// Every row, one at a time, of one statement: a [`cursor`](Self::cursor) for a closure, which ends with
    /// `Ok(())` to go on, or with `Ok(ControlFlow::Break(()))` to stop. Whether all were seen.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// User::query()
    ///     .for_each(&db, |user| async move {
    ///         println!("{}", user.name);
    ///         Ok(())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`cursor`](Self::cursor); what the closure gives.
    pub fn for_each<'a, F, Fut, R>(self, db: &'a Db, mut work: F) -> Pending<'a, bool>
    where
        F: FnMut(Out) -> Fut + Send + 'a,
        Fut: Future<Output = Result<R>> + Send + 'a,
        R: IntoFlow + 'a,
    {
        let mut rows = self.cursor(db);
        Pending::new(async move {
            while let Some(row) = rows.try_next().await? {
                if work(row).await?.into_flow().is_break() {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}

async fn walk<T: FromRow, F, Fut, R>(db: &Db, walk: Result<Walk<T>>, mut work: F) -> Result<bool>
where
    F: FnMut(Vec<T>) -> Fut,
    Fut: Future<Output = Result<R>>,
    R: IntoFlow,
{
    let mut walk = walk?;
    loop {
        let rows = walk.step(db).await?;
        if rows.is_empty() {
            return Ok(true);
        }
        if work(rows).await?.into_flow().is_break() {
            return Ok(false);
        }
    }
}

/// Parts told by their places in an order.
struct Places<T> {
    source: Source<T>,
    size: u64,
    seen: u64,
    over: bool,
}

impl<T: FromRow> Places<T> {
    fn new(mut source: Source<T>, size: u64) -> Self {
        if has_key(&source.select) {
            break_ties(&source.keys, &mut source.select.order);
        }
        Self { source, size, seen: 0, over: false }
    }

    /// The next rows; none at the end.
    async fn step(&mut self, db: &Db) -> Result<Vec<T>> {
        let select = window(&self.source.select, self.seen, self.size).filter(|_| !self.over);
        let Some(select) = select else { return Ok(Vec::new()) };
        let rows = self.source.rows(db, select).await?;
        let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(found);
        self.over = found < self.size;
        Ok(rows)
    }
}
