use std::{
    future::Future,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use crate::{
    db::{Db, Pending, Transaction, level::Form},
    driver::{BoxFuture, Isolation, TransactionOptions, within},
    error::{Error, Result},
};

/// A transaction with options: see [`Db::tx`].
#[derive(Clone, Debug)]
#[must_use = "nothing begins until `run` or `begin` is awaited"]
pub struct Tx<'a> {
    db: &'a Db,
    options: TransactionOptions,
    retries: u32,
}

impl Db {
    /// A transaction with options: how it is isolated, whether it only reads, how often it is tried.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let votes = db
    ///     .tx()
    ///     .isolation(Isolation::Serializable)
    ///     .retry(5)
    ///     .run(async |tx| {
    ///         let mut post = Post::find_or_fail(&tx, 1).await?;
    ///         post.votes += 1;
    ///         post.save(&tx).await?;
    ///         Ok(post.votes)
    ///     })
    ///     .await?;
    /// assert_eq!(votes, 8);
    /// # Ok(())
    /// # });
    /// ```
    pub fn tx(&self) -> Tx<'_> {
        Tx { db: self, options: TransactionOptions::default(), retries: 0 }
    }
}

impl<'a> Tx<'a> {
    /// What it sees of transactions beside it. A database may give a stricter level.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = Some(isolation);
        self
    }

    /// It may only read.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// Its beginning may wait until it can neither fail nor disturb others: PostgreSQL has this, for
    /// serializable transactions that only read.
    pub fn deferrable(mut self) -> Self {
        self.options.deferrable = true;
        self
    }

    /// Runs the whole work again, at most so many times, where the database ended the transaction for a
    /// deadlock or because it could not be put in an order with others ([`Error::is_retryable`]), after
    /// a pause of random length. Inside a transaction nothing is run again: the outermost one is.
    pub fn retry(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// Runs `work` in the transaction, as [`Db::transaction`] does, once for each try.
    ///
    /// # Errors
    ///
    /// What `work` gives, and what beginning and committing give: of the last try.
    /// [`Error::Unsupported`] for an option that the database does not have, [`Error::Config`] for
    /// options inside of a transaction.
    pub fn run<T, F, Fut>(self, work: F) -> Pending<'a, T>
    where
        T: Send + 'a,
        F: Fn(Db) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T>> + Send,
    {
        Pending::new(self.try_run(work))
    }

    /// As [`run`](Self::run), for work whose errors are of another type. It is tried again where the
    /// error says so, which Atlas's own in it decides: `is_retryable` gets each.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn try_run<T, E, F, Fut>(self, work: F) -> BoxFuture<'a, Result<T, E>>
    where
        T: Send + 'a,
        E: From<Error> + Retryable + Send + 'a,
        F: Fn(Db) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        Box::pin(async move {
            let retries = if self.db.in_transaction() { 0 } else { self.retries };
            let mut tried = 0;
            loop {
                let done = self.db.transaction_as(&self.options, &work).await;
                match done {
                    Err(error) if tried < retries && error.is_retryable() => {
                        pause(tried).await;
                        tried += 1;
                    }
                    done => return done,
                }
            }
        })
    }

    /// Begins the transaction, as [`Db::begin`] does; nothing is run again.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn begin(self) -> Pending<'a, Transaction> {
        Pending::new(async move { self.db.begin_as(Form::Guard, &self.options).await })
    }
}

/// Errors that say whether running the same transaction again may succeed.
pub trait Retryable {
    /// Whether it may.
    fn is_retryable(&self) -> bool;
}

impl Retryable for Error {
    fn is_retryable(&self) -> bool {
        Error::is_retryable(self)
    }
}

/// Waits a random time, longer with each try, so that those who met once do not meet again.
pub(super) async fn pause(tried: u32) {
    const LONGEST: u64 = 500_000;
    let limit = (2_000_u64 << tried.min(10)).min(LONGEST);
    let random = RandomState::new().hash_one(tried) % limit;
    let pause = Duration::from_micros(limit / 2 + random / 2);
    within(pause, std::future::pending::<()>()).await;
}
