//! What looks whether a row is there and then writes, and is done again where somebody else was faster.

use crate::{
    db::{Db, Transaction, level::Form, tx::pause},
    driver::{Isolation, TransactionOptions},
    error::{Error, Result},
};

/// How often it is done again where the database ends the transaction for another's sake.
const MOST: u32 = 10;

/// The attempts at one operation.
#[derive(Default)]
pub(crate) struct Attempts {
    tried: u32,
    /// How many rows had not been there, of which one was when they were to be inserted.
    met: Option<usize>,
}

impl Attempts {
    /// Begins an attempt: a transaction, or a savepoint where the handle is in one.
    ///
    /// In a transaction of its own, what is looked for and is not there is kept from nobody: MySQL would keep the
    /// whole place free otherwise, so that any two who insert there wait for each other.
    pub(crate) async fn begin(&self, db: &Db) -> Result<Transaction> {
        let isolation = (!db.in_transaction()).then_some(Isolation::ReadCommitted);
        db.begin_as(Form::Own, &TransactionOptions { isolation, ..TransactionOptions::default() }).await
    }

    /// Ends an attempt, which found so many rows missing; `None` where it is to be made again.
    pub(crate) async fn end<T>(
        &mut self,
        db: &Db,
        tx: Transaction,
        missing: usize,
        done: Result<T>,
    ) -> Result<Option<T>> {
        let error = match done {
            Ok(done) => match tx.commit().await {
                Ok(()) => return Ok(Some(done)),
                Err(error) => error,
            },
            Err(error) => match tx.rollback().await {
                Ok(()) => error,
                Err(_) => return Err(error),
            },
        };
        if !self.may_go_on(db, missing, &error) {
            return Err(error);
        }
        if error.is_retryable() {
            pause(self.tried).await;
        }
        self.tried += 1;
        Ok(None)
    }

    /// Whether the same may succeed now. What was inserted meanwhile is found then, so that fewer rows are
    /// missing; otherwise another unique column is taken.
    fn may_go_on(&mut self, db: &Db, missing: usize, error: &Error) -> bool {
        if error.is_unique_violation() {
            let before = self.met.replace(missing);
            return missing > 0 && before.is_none_or(|before| missing < before);
        }
        error.is_retryable() && self.tried < MOST && !db.in_transaction()
    }
}
