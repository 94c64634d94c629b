use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

/// Tells a statement on another thread that nobody waits for it any more.
#[derive(Debug, Default)]
pub(crate) struct Cancel {
    cancelled: AtomicBool,
    told: Notify,
}

impl Cancel {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Ends when the statement is cancelled.
    pub(crate) async fn cancelled(&self) {
        while !self.is_cancelled() {
            self.told.notified().await;
        }
    }
}

/// Cancels when it is dropped: when the future that waits for the statement is.
pub(crate) struct CancelOnDrop(pub(crate) Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
        self.0.told.notify_one();
    }
}
