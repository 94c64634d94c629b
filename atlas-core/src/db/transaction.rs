use std::{future::Future, ops::Deref, sync::Arc};

use tokio::sync::OwnedMutexGuard;

use crate::{
    db::{
        Db, Pending,
        inside::Inside,
        level::{Form, Level},
    },
    driver::{BoxFuture, TransactionOptions},
    error::{Error, Result},
};

/// A transaction, or a savepoint inside one, as a value: a [`Db`] to work with, to be ended by
/// [`commit`](Self::commit). Dropped without one, it is rolled back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction {
    db: Db,
    level: Arc<Level>,
    /// The turn among the savepoints of the surrounding level.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    /// Keeps what was done.
    ///
    /// # Errors
    ///
    /// What the database reports; nothing is kept then.
    pub fn commit(self) -> Pending<'static, ()> {
        Pending::new(async move { self.level.end(true).await })
    }

    /// Undoes what was done.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn rollback(self) -> Pending<'static, ()> {
        Pending::new(async move { self.level.end(false).await })
    }
}

impl Deref for Transaction {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.level.abandon();
    }
}

impl Db {
    /// Begins a transaction, or a savepoint where this handle is in one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let tx = db.begin().await?;
    /// Post::query().where_eq(Post::id, 1).delete(&tx).await?;
    /// tx.commit().await?;
    /// assert!(Post::find(&db, 1).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What the database reports, and what taking a connection gives.
    pub fn begin(&self) -> Pending<'_, Transaction> {
        Pending::new(async move { self.begin_as(Form::Guard, &TransactionOptions::default()).await })
    }

    /// Begins a transaction or savepoint for an operation of ours that takes several statements.
    pub(crate) async fn begin_own(&self) -> Result<Transaction> {
        self.begin_as(Form::Own, &TransactionOptions::default()).await
    }

    pub(super) async fn begin_as(&self, form: Form, options: &TransactionOptions) -> Result<Transaction> {
        let here = self.resolve()?;
        let database = here.database()?;
        let (level, turn) = match &here.level {
            None => {
                let connection = database.driver.acquire().await?;
                (Level::outermost(connection, database, form, options).await?, None)
            }
            Some(_) if *options != TransactionOptions::default() => {
                return Err(Error::config(
                    "isolation, `read_only` and `deferrable` belong to a whole transaction: give them where the outermost one begins",
                ));
            }
            Some(level) => level.savepoint(form).await.map(|(level, turn)| (level, Some(turn)))?,
        };
        let mut db = here.into_owned();
        db.level = Some(level.clone());
        Ok(Transaction { db, level, _turn: turn })
    }

    /// Does something once this transaction is kept for good: after the outermost commit. What is
    /// asked for in a savepoint that is undone is forgotten. Outside of a transaction it is done at once.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.transaction(async |tx| {
    ///     Post::query().where_eq(Post::id, 1).delete(&tx).await?;
    ///     tx.after_commit(|| println!("post 1 is gone"));
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(())
    /// # });
    /// ```
    pub fn after_commit(&self, work: impl FnOnce() + Send + 'static) {
        match self.level() {
            Some(level) => level.callbacks().after_commit(Box::new(|| {
                work();
                None
            })),
            None => work(),
        }
    }

    /// Does something once this transaction or savepoint is undone, or one around it. Outside of a
    /// transaction it is never done.
    pub fn after_rollback(&self, work: impl FnOnce() + Send + 'static) {
        if let Some(level) = self.level() {
            level.callbacks().after_rollback(Box::new(|| {
                work();
                None
            }));
        }
    }

    /// Does something that takes statements once this transaction is kept for good, on a handle outside of it.
    /// Outside of a transaction, nothing is kept back: it is the caller's to await.
    pub(crate) fn after_commit_awaiting(
        &self,
        work: impl FnOnce(Self) -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Option<BoxFuture<'static, ()>> {
        let outside = Self { level: None, ..self.clone() };
        match self.level() {
            Some(level) => {
                level.callbacks().after_commit(Box::new(|| Some(work(outside))));
                None
            }
            None => Some(work(outside)),
        }
    }

    /// Runs `work` in a transaction: committed where it gives `Ok`, rolled back where it gives `Err`,
    /// panics or is dropped. Inside a transaction, in a savepoint.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let votes = db
    ///     .transaction(async |tx| {
    ///         let mut post = Post::find_or_fail(&tx, 1).await?;
    ///         post.votes -= 2;
    ///         post.save(&tx).await?;
    ///         Post::query().where_eq(Post::id, 2).increment(&tx, Post::votes, 2).await?;
    ///         Ok(post.votes)
    ///     })
    ///     .await?;
    /// assert_eq!(votes, 5);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What `work` gives, and what beginning and committing give.
    pub fn transaction<'a, T, F, Fut>(&'a self, work: F) -> Pending<'a, T>
    where
        T: Send + 'a,
        F: FnOnce(Db) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T>> + Send,
    {
        Pending::new(self.try_transaction(work))
    }

    /// As [`transaction`](Self::transaction), for work whose errors are of another type, which Atlas's own
    /// convert to.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// #[derive(Debug)]
    /// enum Refused {
    ///     TooFewVotes,
    ///     Database(Error),
    /// }
    ///
    /// impl From<Error> for Refused {
    ///     fn from(error: Error) -> Self {
    ///         Self::Database(error)
    ///     }
    /// }
    ///
    /// # run(async |db| {
    /// let refused = db
    ///     .try_transaction(async |tx| {
    ///         Post::query().decrement(&tx, Post::votes, 5).await?;
    ///         let short = Post::query().where_lt(Post::votes, 0).exists(&tx).await?;
    ///         if short { Err(Refused::TooFewVotes) } else { Ok(()) }
    ///     })
    ///     .await;
    /// assert!(matches!(refused, Err(Refused::TooFewVotes)));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// What `work` gives, and what beginning and committing give.
    pub fn try_transaction<'a, T, E, F, Fut>(&'a self, work: F) -> BoxFuture<'a, Result<T, E>>
    where
        T: Send,
        E: From<Error> + Send,
        F: FnOnce(Db) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        Box::pin(async move { self.transaction_as(&TransactionOptions::default(), work).await })
    }

    pub(super) async fn transaction_as<T, E, F, Fut>(
        &self,
        options: &TransactionOptions,
        work: F,
    ) -> Result<T, E>
    where
        E: From<Error>,
        F: FnOnce(Db) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let transaction = self.begin_as(Form::Closure, options).await?;
        match Inside::new(transaction.level.clone(), work(transaction.db.clone())).await {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The error that made it roll back says more than one from rolling back, after which the
                // driver throws the connection away.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}
