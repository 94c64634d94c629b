use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::driver::BoxFuture;

/// What is to be done when a transaction ends.
#[derive(Default)]
pub(super) struct Callbacks(Mutex<Lists>);

#[derive(Default)]
struct Lists {
    after_commit: Vec<Callback>,
    after_rollback: Vec<Callback>,
}

/// Does something at once, and gives what is still to be awaited.
pub(super) type Callback = Box<dyn FnOnce() -> Option<Later> + Send>;

/// The rest of a callback.
pub(super) type Later = BoxFuture<'static, ()>;

impl Callbacks {
    pub(super) fn after_commit(&self, work: Callback) {
        self.lists().after_commit.push(work);
    }

    pub(super) fn after_rollback(&self, work: Callback) {
        self.lists().after_rollback.push(work);
    }

    /// A savepoint was kept: what becomes of it is now its parent's.
    pub(super) fn move_to(&self, parent: &Self) {
        let Lists { after_commit, after_rollback } = self.take();
        let mut lists = parent.lists();
        lists.after_commit.extend(after_commit);
        lists.after_rollback.extend(after_rollback);
    }

    /// What was to be done after a commit, in its order, each when its turn comes.
    pub(super) fn committed(&self) -> Vec<Callback> {
        self.take().after_commit
    }

    pub(super) fn rolled_back(&self) {
        for work in self.take().after_rollback {
            let _ = work();
        }
    }

    /// They may use the handle themselves: never run under the lock.
    fn take(&self) -> Lists {
        std::mem::take(&mut self.lists())
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
