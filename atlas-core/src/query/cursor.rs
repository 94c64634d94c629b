//! Rows as a stream.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;

use crate::{
    db::{About, Db, Decode, Reading},
    driver::BoxFuture,
    error::{Error, Result},
    model::Model,
    query::{FromRow, Query, source::Finish, walk::Walk},
    statement::Statement,
};

/// Rows one after the other, each read when it is asked for: what [`Query::cursor`] gives, a
/// [`Stream`](futures_core::Stream).
///
/// It may be sent to another task, and dropped at any row: that ends the statement. After an error there are
/// no more rows.
#[must_use = "nothing is sent until its rows are asked for"]
pub struct Cursor<T: Send + 'static> {
    ready: vec::IntoIter<T>,
    batches: Option<Box<dyn Batches<T>>>,
}

/// Rows that come several at a time.
trait Batches<T>: Send {
    /// The next ones; after an error there are none.
    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>>;
}

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// Every row, as a stream: read from the database as they are taken, a few dozen at a time, so that a
    /// result of any length needs the memory of a few rows.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut votes = 0;
    /// let mut posts = Post::query().order_by(Post::id.asc()).cursor(&db);
    /// while let Some(post) = posts.try_next().await? {
    ///     votes += post.votes;
    /// }
    /// assert_eq!(votes, 10);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Outside of a transaction it keeps a connection to itself until its end, and relations that the query loads
    /// come with a statement for some hundred rows each.
    ///
    /// In a transaction it shares the transaction's connection. The first other statement there, also one that loads
    /// relations, lets it read **all of its rows into memory** first. A loop over many rows that writes through the
    /// same transaction takes [`cursor_by_id`](Self::cursor_by_id), which needs the memory of one part.
    ///
    /// # Errors
    ///
    /// The stream gives an error where the statement or a row fails, once, and ends.
    pub fn cursor(self, db: &Db) -> Cursor<Out> {
        let source = match self.source(db) {
            Ok(source) => source,
            Err(error) => return Cursor::failed(error),
        };
        let (about, decode) = (Some(source.about()), source.decode());
        Cursor::of(db, about, source.whole().into(), decode, source.finish)
    }

    /// The rows as a stream in the order of the key, read `size` at a time with a statement each: no
    /// connection is kept in between, and rows that change meanwhile are neither passed over nor given twice.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.transaction(async |tx| {
    ///     let mut posts = Post::query().where_lt(Post::votes, 5).cursor_by_id(&tx, 100);
    ///     while let Some(mut post) = posts.try_next().await? {
    ///         post.votes += 5;
    ///         post.save(&tx).await?;
    ///     }
    ///     Ok(())
    /// })
    /// .await?;
    /// assert_eq!(Post::query().sum(&db, Post::votes).await?, 20);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`cursor`](Self::cursor); [`Error::Config`] where `size` is 0, the query has an order of its own or its
    /// rows have no key.
    pub fn cursor_by_id(self, db: &Db, size: u64) -> Cursor<Out> {
        match self.source(db).and_then(|source| Walk::new(source, None, size)) {
            Ok(walk) => Cursor::over(Steps { db: db.clone(), walk: Some(walk), step: None }),
            Err(error) => Cursor::failed(error),
        }
    }
}

/// How many rows wait to be taken.
const TAKEN_AT_ONCE: usize = 64;
/// How many rows relations are loaded for at once.
const LOADED_AT_ONCE: usize = 500;

impl<T: Send + 'static> Cursor<T> {
    fn over(batches: impl Batches<T> + 'static) -> Self {
        Self { ready: Vec::new().into_iter(), batches: Some(Box::new(batches)) }
    }

    /// The rows of a statement.
    pub(crate) fn of(
        db: &Db,
        about: Option<About>,
        statement: Statement,
        decode: Decode<T>,
        finish: Finish<T>,
    ) -> Self {
        let room = if finish.loads { LOADED_AT_ONCE } else { TAKEN_AT_ONCE };
        let reading = Reading::new(db.clone(), about, statement, room, decode);
        Self::over(Rows {
            reading: Some(reading),
            enough: if finish.loads { LOADED_AT_ONCE } else { 1 },
            finish,
            db: db.clone(),
            gathered: Vec::new(),
            finishing: None,
            failed: None,
        })
    }

    /// No rows, because of a mistake.
    pub(crate) fn failed(mistake: Error) -> Self {
        Self::over(Mistaken(Some(mistake)))
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// What the statement or the row gives; then there are no more rows.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        std::future::poll_fn(|context| self.poll_row(context)).await.transpose()
    }

    fn poll_row(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(row) = self.ready.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            let Some(batches) = &mut self.batches else { return Poll::Ready(None) };
            match ready!(batches.poll_batch(context)) {
                Some(Ok(rows)) => self.ready = rows.into_iter(),
                Some(Err(error)) => {
                    self.batches = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.batches = None,
            }
        }
    }
}

/// It refers to nothing inside of itself, whatever its rows do.
impl<T: Send + 'static> Unpin for Cursor<T> {}

impl<T: Send + 'static> Stream for Cursor<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.get_mut().poll_row(context)
    }
}

impl<T: Send + 'static> fmt::Debug for Cursor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("ended", &self.batches.is_none()).finish_non_exhaustive()
    }
}

/// The rows of a statement, each batch with what is loaded for it.
struct Rows<T: Send + 'static> {
    /// Gone at its end.
    reading: Option<Reading<T>>,
    /// How many rows are finished together, at least.
    enough: usize,
    finish: Finish<T>,
    db: Db,
    gathered: Vec<T>,
    finishing: Option<BoxFuture<'static, Result<Vec<T>>>>,
    /// What ended the statement, after the rows before.
    failed: Option<Error>,
}

impl<T: Send + 'static> Rows<T> {
    /// Gathers rows until there are enough. Whether there are any.
    fn poll_gather(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        while let Some(reading) = &mut self.reading {
            if self.gathered.len() >= self.enough {
                break;
            }
            match ready!(reading.poll_rows(context)) {
                Some(Ok(rows)) if self.gathered.is_empty() => self.gathered = rows,
                Some(Ok(rows)) => self.gathered.extend(rows),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    self.reading = None;
                }
                None => self.reading = None,
            }
        }
        Poll::Ready(!self.gathered.is_empty())
    }
}

impl<T: Send + 'static> Batches<T> for Rows<T> {
    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        if self.finishing.is_none() {
            if !ready!(self.poll_gather(context)) {
                return Poll::Ready(self.failed.take().map(Err));
            }
            let (db, finish) = (self.db.clone(), self.finish.clone());
            let mut rows = std::mem::take(&mut self.gathered);
            self.finishing = Some(Box::pin(async move { finish.apply(&db, &mut rows).await.map(|()| rows) }));
        }
        let Some(finishing) = &mut self.finishing else { return Poll::Ready(None) };
        let finished = ready!(finishing.as_mut().poll(context));
        self.finishing = None;
        Poll::Ready(Some(finished))
    }
}

/// The rows of a walk.
struct Steps<T> {
    db: Db,
    /// With the step, while one is done.
    walk: Option<Walk<T>>,
    step: Option<BoxFuture<'static, (Walk<T>, Result<Vec<T>>)>>,
}

impl<T: FromRow> Batches<T> for Steps<T> {
    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        if let Some(mut walk) = self.walk.take() {
            let db = self.db.clone();
            self.step = Some(Box::pin(async move {
                let rows = walk.step(&db).await;
                (walk, rows)
            }));
        }
        let Some(step) = &mut self.step else { return Poll::Ready(None) };
        let (walk, rows) = ready!(step.as_mut().poll(context));
        self.step = None;
        self.walk = Some(walk);
        Poll::Ready(match rows {
            Ok(rows) if rows.is_empty() => None,
            rows => Some(rows),
        })
    }
}

/// No rows, because of a mistake.
struct Mistaken(Option<Error>);

impl<T> Batches<T> for Mistaken {
    fn poll_batch(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}
