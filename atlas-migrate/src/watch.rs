//! What a migration did, for the answer where it fails.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use atlas_core::{Db, Error};

/// What happens on the database while a migration runs.
pub(crate) struct Watch {
    seen: Arc<Seen>,
    listening: Option<atlas_core::db::Listening>,
}

#[derive(Default)]
struct Seen {
    /// The statement that failed last.
    failed: Mutex<Option<String>>,
    /// How many statements succeeded since the start.
    done: AtomicUsize,
    began: AtomicUsize,
    stopped: AtomicUsize,
}

impl Watch {
    pub(crate) fn new(db: &Db) -> Self {
        let seen = Arc::new(Seen::default());
        let told = Arc::clone(&seen);
        let listening = db.listen(move |event| {
            let Some(statement) = event.as_statement() else { return };
            if told.stopped.load(Relaxed) > 0 {
                return;
            }
            told.began.fetch_add(1, Relaxed);
            if statement.error.is_some() {
                let mut failed = told.failed.lock().unwrap_or_else(PoisonError::into_inner);
                *failed = Some(statement.text.clone());
            } else if !reads(&statement.text) {
                told.done.fetch_add(1, Relaxed);
            }
        });
        Self { seen, listening: Some(listening) }
    }

    /// What came before does not count.
    pub(crate) fn start(&self) {
        self.seen.done.store(0, Relaxed);
    }

    /// What comes afterwards does not count.
    pub(crate) fn stop(&self) {
        self.seen.stopped.store(1, Relaxed);
    }

    pub(crate) fn began(&self) -> bool {
        self.seen.began.load(Relaxed) > 0
    }

    /// How many statements that write succeeded.
    pub(crate) fn wrote(&self) -> usize {
        self.seen.done.load(Relaxed)
    }

    /// Why a migration failed, and what was kept of it.
    pub(crate) fn sentence(&self, error: &Error, undone: Undone) -> String {
        let failed = self.seen.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let statement = failed.map(|text| format!(" (in `{text}`)")).unwrap_or_default();
        let kept = match (undone, self.wrote()) {
            (Undone::Run, _) => "all of it was undone, and so were those before it in this run".to_owned(),
            (Undone::Migration, _) => "all of it was undone, and what ran before it was kept".to_owned(),
            (Undone::Nothing, 0) => "nothing of it was done, and what ran before it was kept".to_owned(),
            (Undone::Nothing, 1) => format!("one statement before it was done and kept, {HALF_DONE}"),
            (Undone::Nothing, done) => format!("{done} statements before it were done and kept, {HALF_DONE}"),
        };
        format!("{error}{statement}; {kept}")
    }
}

/// What was undone where a migration failed.
#[derive(Clone, Copy)]
pub(crate) enum Undone {
    /// All that the run did.
    Run,
    /// All that the migration did.
    Migration,
    /// Nothing: it ran in no transaction.
    Nothing,
}

const HALF_DONE: &str =
    "since it ran in no transaction: finish it or undo it by hand, and call `migrator.resolve(..)`";

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.stop();
        }
    }
}

/// Whether a statement only reads.
fn reads(text: &str) -> bool {
    let first: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["select", "explain", "show"].iter().any(|word| first.eq_ignore_ascii_case(word))
}
