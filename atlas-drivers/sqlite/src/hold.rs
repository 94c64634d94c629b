use atlas_core::error::Result;

use crate::{
    pool::{Lease, Pool, closed},
    session::Session,
};
use std::sync::Arc;

/// A connection while one call uses it: a lease of its own, or that of the transaction.
///
/// Dropped half-way, it gives a lease of its own back, and the transaction's to the transaction, with
/// the open statement ended; that of a hook for new connections is the hook's as well. Where that would leave part of a write behind, the transaction's is not
/// given back: it is rolled back, and the transaction has ended.
pub(crate) struct Hold<'t> {
    lease: Option<Lease>,
    home: Option<&'t mut Option<Lease>>,
    in_transaction: bool,
    /// Whether a write has been done in part.
    pub(crate) half_done: bool,
}

impl<'t> Hold<'t> {
    pub(crate) fn own(lease: Lease) -> Self {
        Self { lease: Some(lease), home: None, in_transaction: false, half_done: false }
    }

    /// `None` where the transaction has lost its connection.
    pub(crate) fn of_transaction(home: &'t mut Option<Lease>) -> Option<Self> {
        let mut hold = Self::of(home)?;
        hold.in_transaction = true;
        Some(hold)
    }

    /// The connection of somebody who uses no other. `None` where it was lost.
    pub(crate) fn of(home: &'t mut Option<Lease>) -> Option<Self> {
        let lease = home.take()?;
        Some(Self { lease: Some(lease), home: Some(home), in_transaction: false, half_done: false })
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Whether the connection may be given back before the call has ended.
    pub(crate) fn is_own(&self) -> bool {
        self.home.is_none()
    }

    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.lease.as_mut().ok_or_else(closed)?.session()
    }

    pub(crate) fn pool(&self) -> Result<&Arc<Pool>> {
        self.lease.as_ref().map(Lease::pool).ok_or_else(closed)
    }

    /// Takes the connection away, to another thread; without [`put`](Self::put), a transaction ends.
    pub(crate) fn take(&mut self) -> Result<Lease> {
        self.lease.take().ok_or_else(closed)
    }

    /// After a failed statement: where SQLite has rolled back the transaction itself, it has lost its
    /// connection, so that nothing more is done on that as if it were still open.
    #[cold]
    pub(crate) fn lose_if_undone(&mut self) {
        let open = self.session().is_ok_and(|session| session.database.in_transaction());
        if self.in_transaction() && !open {
            self.lease = None;
        }
    }

    pub(crate) fn put(&mut self, lease: Lease) {
        self.lease = Some(lease);
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if let (Some(mut lease), Some(home)) = (self.lease.take(), self.home.take())
            && !self.half_done
        {
            if let Ok(session) = lease.session() {
                session.database.finish();
            }
            *home = Some(lease);
        }
    }
}
