use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI32, Ordering::Relaxed},
};

use rusqlite::Connection;
use tokio::runtime::Handle;

use crate::{
    options::{Execution, Sqlite},
    pool::Pool,
    session::Session,
};

/// Pages in the write-ahead log from which it is written back into the file: SQLite's own number.
const PAGES: i32 = 1_000;

/// Writes the write-ahead log back into the file: on the blocking pool, by a connection of its own, so
/// that nobody waits for it.
pub(crate) struct Checkpoints {
    execution: Execution,
    running: AtomicBool,
    /// The pages at which the next one is due. Readers can hold one up; it is then tried again a
    /// thousand pages later.
    due: AtomicI32,
    connection: Mutex<Option<Connection>>,
}

impl Checkpoints {
    pub(crate) fn new(options: &Sqlite) -> Self {
        Self {
            execution: options.execution,
            running: AtomicBool::new(false),
            due: AtomicI32::new(PAGES),
            connection: Mutex::new(None),
        }
    }

    /// After a connection was used.
    pub(crate) fn after(&self, session: &mut Session, pool: &Arc<Pool>) {
        let pages = session.watch().take_wal_pages();
        if pages == 0 {
            return;
        }
        if pages < PAGES {
            self.due.store(PAGES, Relaxed);
            return;
        }
        if pages < self.due.load(Relaxed) || self.running.swap(true, Relaxed) {
            return;
        }
        self.due.store(pages.saturating_add(PAGES), Relaxed);
        match Handle::try_current() {
            Ok(runtime) if self.execution != Execution::Inline => {
                let pool = Arc::clone(pool);
                drop(runtime.spawn_blocking(move || {
                    pool.checkpoints.run(&pool.options);
                    pool.checkpoints.running.store(false, Relaxed);
                }));
            }
            _ => {
                let _ = session.database.command("PRAGMA wal_checkpoint(PASSIVE)");
                self.running.store(false, Relaxed);
            }
        }
    }

    /// A failed checkpoint loses nothing: the log is kept, and the next one takes it.
    fn run(&self, options: &Sqlite) {
        let Some(path) = &options.path else { return };
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if connection.is_none() {
            *connection = Connection::open(path).ok();
        }
        if let Some(connection) = &*connection {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    pub(crate) fn close(&self) {
        drop(self.connection.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
