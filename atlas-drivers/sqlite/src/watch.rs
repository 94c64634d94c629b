use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::cancel::Cancel;

/// How long a statement may keep the thread that it runs on.
pub(crate) const SHORT: Duration = Duration::from_millis(1);

/// How many steps of SQLite's virtual machine pass between two looks at the clock: some 20 to 50 µs.
pub(crate) const STEPS: i32 = 4_000;

/// What SQLite's callbacks ask while a statement runs. Only the thread that runs it writes here; the
/// atomics are there because the connection moves between threads.
#[derive(Debug)]
pub(crate) struct Watch {
    epoch: Instant,
    /// Nanoseconds of the epoch at the first look at the clock; 0: none yet.
    started: AtomicU64,
    limit: AtomicU8,
    /// Whether there was a row since the last look at the clock.
    row: AtomicBool,
    /// Nanoseconds of the epoch at the first look after the last row, or at the first of all.
    quiet_since: AtomicU64,
    overdue: AtomicBool,
    /// Milliseconds to wait for a lock of another process.
    patience: AtomicU64,
    waiting_since: AtomicU64,
    /// Nanoseconds that a statement may work; 0: as many as it likes.
    budget: u64,
    /// Whether what runs is a statement that this holds for.
    limited: AtomicBool,
    /// Nanoseconds of the budget that it has used, until it last rested.
    spent: AtomicU64,
    /// Nanoseconds of the epoch since when it works; 0: it rests.
    working_since: AtomicU64,
    spent_all: AtomicBool,
    cancel: Mutex<Option<Arc<Cancel>>>,
    wal_pages: AtomicI32,
}

/// What happens to a statement that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Limit {
    /// Nothing.
    None,
    /// It is marked, and noticed at the next row.
    Note,
    /// It is interrupted where no row came for as long; otherwise that is noticed at the next row.
    Interrupt,
}

impl Watch {
    /// `limit`: how long a statement may work.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        let budget = limit.map_or(0, |limit| u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
        Self {
            epoch: Instant::now(),
            started: AtomicU64::new(0),
            limit: AtomicU8::new(Limit::None as u8),
            row: AtomicBool::new(false),
            quiet_since: AtomicU64::new(0),
            overdue: AtomicBool::new(false),
            patience: AtomicU64::new(0),
            waiting_since: AtomicU64::new(0),
            budget,
            limited: AtomicBool::new(false),
            spent: AtomicU64::new(0),
            working_since: AtomicU64::new(0),
            spent_all: AtomicBool::new(false),
            cancel: Mutex::new(None),
            wal_pages: AtomicI32::new(0),
        }
    }

    /// A statement begins.
    pub(crate) fn begin(&self, limit: Limit) {
        self.started.store(0, Relaxed);
        self.row.store(false, Relaxed);
        self.overdue.store(false, Relaxed);
        self.limit.store(limit as u8, Relaxed);
    }

    pub(crate) fn set_limit(&self, limit: Limit) {
        self.limit.store(limit as u8, Relaxed);
    }

    /// The statement gave a row.
    pub(crate) fn saw_row(&self) {
        self.row.store(true, Relaxed);
    }

    /// Whether the statement has been found to take long.
    pub(crate) fn is_overdue(&self) -> bool {
        self.overdue.load(Relaxed)
    }

    /// What comes next is a statement of the program's, and has all of its time.
    pub(crate) fn allot(&self) {
        if self.budget > 0 {
            self.reset(true);
        }
    }

    /// What comes next takes the time that it takes.
    pub(crate) fn allot_any(&self) {
        if self.budget > 0 {
            self.reset(false);
        }
    }

    fn reset(&self, limited: bool) {
        self.limited.store(limited, Relaxed);
        self.spent.store(0, Relaxed);
        self.working_since.store(0, Relaxed);
        self.spent_all.store(false, Relaxed);
    }

    /// SQLite begins to work, or goes on.
    pub(crate) fn works(&self) {
        if self.budget > 0 && self.limited.load(Relaxed) {
            self.working_since.store(self.now(), Relaxed);
        }
    }

    /// SQLite has stopped.
    pub(crate) fn rests(&self) {
        if self.budget > 0 && self.working_since.load(Relaxed) > 0 {
            let left = self.left();
            self.spent.store(self.budget - left, Relaxed);
            self.working_since.store(0, Relaxed);
        }
    }

    /// How long the statement was allowed to work, where that is over.
    pub(crate) fn over_limit(&self) -> Option<Duration> {
        self.spent_all.load(Relaxed).then_some(Duration::from_nanos(self.budget))
    }

    /// Nanoseconds that the statement, which works, has left. Notes where there are none.
    fn left(&self) -> u64 {
        let since = self.working_since.load(Relaxed);
        if since == 0 {
            return u64::MAX;
        }
        let spent = self.spent.load(Relaxed).saturating_add(self.now().saturating_sub(since));
        let left = self.budget.saturating_sub(spent);
        if left == 0 {
            self.spent_all.store(true, Relaxed);
        }
        left
    }

    /// How long locks of other processes are waited for, on this thread.
    pub(crate) fn set_patience(&self, patience: Duration) {
        self.patience.store(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn set_cancel(&self, cancel: Option<Arc<Cancel>>) {
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel;
    }

    /// Pages in the write-ahead log after the last commit, taken.
    pub(crate) fn take_wal_pages(&self) -> i32 {
        if self.wal_pages.load(Relaxed) == 0 { 0 } else { self.wal_pages.swap(0, Relaxed) }
    }

    /// Every few thousand steps of the virtual machine: whether to interrupt.
    pub(crate) fn on_progress(&self) -> bool {
        if self.is_cancelled() || (self.budget > 0 && self.left() == 0) {
            return true;
        }
        let limit = self.limit.load(Relaxed);
        if limit == Limit::None as u8 {
            return false;
        }
        let now = self.now();
        let started = self.started.load(Relaxed);
        let had_row = self.row.load(Relaxed);
        if started == 0 || had_row {
            self.row.store(false, Relaxed);
            self.quiet_since.store(now, Relaxed);
        }
        if started == 0 {
            self.started.store(now, Relaxed);
            return false;
        }
        let is_long = |since: u64| u128::from(now.saturating_sub(since)) >= SHORT.as_nanos();
        if !is_long(started) {
            return false;
        }
        self.overdue.store(true, Relaxed);
        limit == Limit::Interrupt as u8 && is_long(self.quiet_since.load(Relaxed))
    }

    /// A lock is held by somebody else, for the `tries`th time: whether to try again.
    pub(crate) fn on_busy(&self, tries: i32) -> bool {
        let patience = self.patience.load(Relaxed);
        if patience == 0 || self.is_cancelled() {
            return false;
        }
        if tries == 0 {
            self.waiting_since.store(self.now(), Relaxed);
        }
        let waited = self.now().saturating_sub(self.waiting_since.load(Relaxed)) / 1_000_000;
        if waited >= patience {
            return false;
        }
        let left = self.left();
        if left == 0 {
            return false;
        }
        let pause = [1, 2, 5, 10, 15, 20].get(usize::try_from(tries).unwrap_or(0)).copied().unwrap_or(25);
        thread::sleep(Duration::from_millis(pause.min(patience - waited)).min(Duration::from_nanos(left)));
        true
    }

    pub(crate) fn on_wal(&self, pages: i32) {
        self.wal_pages.store(pages, Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        cancel.as_ref().is_some_and(|cancel| cancel.is_cancelled())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}
