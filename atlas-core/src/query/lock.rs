//! Rows that are kept from others until the transaction ends.

use crate::{
    model::Model,
    query::Query,
    statement::{Lock, LockStrength, LockWait},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Keeps the rows from everybody else who wants to change or to lock them, until the transaction ends.
    /// Somebody who has locked one already is waited for: see [`no_wait`](Self::no_wait) and
    /// [`skip_locked`](Self::skip_locked).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// db.transaction(async |tx| {
    ///     let mut post = Post::query().lock_for_update().find_or_fail(&tx, 1).await?;
    ///     post.votes += 1; // nobody else can have changed it meanwhile
    ///     post.save(&tx).await
    /// })
    /// .await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// On SQLite, where one transaction writes at a time, it is not needed and does nothing.
    pub fn lock_for_update(self) -> Self {
        self.lock(LockStrength::Update)
    }

    /// Keeps the rows from everybody who wants to change them, until the transaction ends; others may do the
    /// same.
    pub fn lock_for_share(self) -> Self {
        self.lock(LockStrength::Share)
    }

    /// Does not wait for rows that somebody else has locked: the query is
    /// [`Error::Timeout`](crate::Error::Timeout) then. Locks for an update where nothing is locked yet.
    pub fn no_wait(self) -> Self {
        self.wait(LockWait::NoWait)
    }

    /// Leaves rows out that somebody else has locked: for queues, whose workers each take another row. Locks
    /// for an update where nothing is locked yet.
    pub fn skip_locked(self) -> Self {
        self.wait(LockWait::Skip)
    }

    fn lock(mut self, strength: LockStrength) -> Self {
        let wait = self.select.lock.map_or(LockWait::Wait, |lock| lock.wait);
        self.select.lock = Some(Lock { strength, wait });
        self
    }

    fn wait(mut self, wait: LockWait) -> Self {
        let strength = self.select.lock.map_or(LockStrength::Update, |lock| lock.strength);
        self.select.lock = Some(Lock { strength, wait });
        self
    }
}
