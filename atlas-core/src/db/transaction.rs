use std::{
    future::Future,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard};

use crate::{
    db::{Db, Pending},
    driver::{Connection, Ran, RowSink},
    error::{Error, Result},
    statement::Statement,
};

/// A transaction or savepoint.
pub(super) struct Level {
    /// The connection, and the levels that are open on it.
    stack: Arc<Mutex<Stack>>,
    /// Set once this level was committed, rolled back or dropped.
    ended: AtomicBool,
    /// Held by the savepoint that is open inside: siblings take turns, since savepoints nest.
    inside: Arc<Mutex<()>>,
}

struct Stack {
    /// Gone once the outermost level has ended.
    connection: Option<Box<dyn Connection>>,
    /// The open levels, the outermost first.
    levels: Vec<Arc<Level>>,
}

const CLOSED: Error = Error::Closed {
    what: "this transaction",
    instead: "use the handle that it was begun on, or begin another",
};

impl Level {
    pub(super) async fn run(self: &Arc<Self>, statement: &Statement, sink: Box<dyn RowSink>) -> Ran {
        let ran = {
            let mut stack = self.enter().await?;
            match &mut stack.connection {
                Some(connection) => connection.run(statement, sink).await,
                None => Err(CLOSED),
            }
        };
        self.release_if_ended();
        ran
    }

    /// The connection, when it is this level's turn, with what was dropped above it undone.
    async fn enter(self: &Arc<Self>) -> Result<MutexGuard<'_, Stack>> {
        let mut stack = self.stack.lock().await;
        let dropped = stack.levels.iter().position(|level| level.ended.load(SeqCst));
        if let Some(keep) = dropped {
            stack.unwind_to(keep).await?;
        }
        if stack.connection.is_none() || !stack.levels.iter().any(|level| Arc::ptr_eq(level, self)) {
            return Err(CLOSED);
        }
        Ok(stack)
    }

    /// Gives the connection back where the outermost level ended while a statement was on its way.
    fn release_if_ended(&self) {
        if let Ok(mut stack) = self.stack.try_lock()
            && stack.levels.first().is_some_and(|outermost| outermost.ended.load(SeqCst))
        {
            stack.connection = None;
        }
    }

    /// Ends this level, and first undoes what is still open inside it.
    async fn end(self: &Arc<Self>, commit: bool) -> Result<()> {
        let mut stack = self.enter().await?;
        let depth = stack.levels.iter().position(|level| Arc::ptr_eq(level, self)).unwrap_or(0);
        stack.unwind_to(depth + 1).await?;
        let ended = match &mut stack.connection {
            Some(connection) if commit => connection.commit().await,
            Some(connection) => connection.rollback().await,
            None => Err(CLOSED),
        };
        self.ended.store(true, SeqCst);
        stack.levels.truncate(depth);
        if depth == 0 {
            stack.connection = None;
        }
        ended
    }
}

impl Stack {
    /// Rolls back every level but the outermost `keep`.
    async fn unwind_to(&mut self, keep: usize) -> Result<()> {
        if keep == 0 {
            // The driver undoes everything with the connection.
            self.connection = None;
            self.levels.clear();
        }
        while self.levels.len() > keep {
            if let Some(connection) = &mut self.connection {
                connection.rollback().await?;
            }
            if let Some(level) = self.levels.pop() {
                level.ended.store(true, SeqCst);
            }
        }
        Ok(())
    }
}

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
        if !self.level.ended.swap(true, SeqCst) {
            self.level.release_if_ended();
        }
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
        Pending::new(async move {
            match &self.level {
                None => self.begin_outermost().await,
                Some(level) => self.begin_inside(level).await,
            }
        })
    }

    async fn begin_outermost(&self) -> Result<Transaction> {
        let mut connection = self.driver.acquire().await?;
        connection.begin().await?;
        let stack = Arc::new(Mutex::new(Stack { connection: Some(connection), levels: Vec::new() }));
        let level =
            Arc::new(Level { stack: stack.clone(), ended: AtomicBool::new(false), inside: Arc::default() });
        stack.lock().await.levels.push(level.clone());
        Ok(self.transaction_on(level, None))
    }

    async fn begin_inside(&self, outer: &Arc<Level>) -> Result<Transaction> {
        let turn = outer.inside.clone().lock_owned().await;
        let mut stack = outer.enter().await?;
        match &mut stack.connection {
            Some(connection) => connection.begin().await?,
            None => return Err(CLOSED),
        }
        let level = Arc::new(Level {
            stack: outer.stack.clone(),
            ended: AtomicBool::new(false),
            inside: Arc::default(),
        });
        stack.levels.push(level.clone());
        drop(stack);
        Ok(self.transaction_on(level, Some(turn)))
    }

    fn transaction_on(&self, level: Arc<Level>, turn: Option<OwnedMutexGuard<()>>) -> Transaction {
        let db = Self { driver: self.driver.clone(), level: Some(level.clone()) };
        Transaction { db, level, _turn: turn }
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
        T: Send,
        F: FnOnce(Db) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T>> + Send,
    {
        Pending::new(async move {
            let transaction = self.begin().await?;
            let done = work(transaction.db.clone()).await;
            match done {
                Ok(value) => transaction.commit().await.map(|()| value),
                Err(error) => {
                    // The error that made it roll back says more than one from rolling back, after which
                    // the driver throws the connection away.
                    let _ = transaction.rollback().await;
                    Err(error)
                }
            }
        })
    }
}
