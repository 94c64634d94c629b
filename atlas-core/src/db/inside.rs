//! Which transactions' closures are running: to tell who waits for itself.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::db::{database::Database, level::Level};

thread_local! {
    /// The levels whose closures are being polled on this thread, the outermost first.
    static RUNNING: RefCell<Vec<Arc<Level>>> = const { RefCell::new(Vec::new()) };
}

/// The future of a transaction's closure.
pub(super) struct Inside<Fut> {
    level: Arc<Level>,
    work: Pin<Box<Fut>>,
}

impl<Fut> Inside<Fut> {
    pub(super) fn new(level: Arc<Level>, work: Fut) -> Self {
        Self { level, work: Box::pin(work) }
    }
}

impl<Fut: Future> Future for Inside<Fut> {
    type Output = Fut::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fut::Output> {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                RUNNING.with_borrow_mut(Vec::pop);
            }
        }
        RUNNING.with_borrow_mut(|running| running.push(self.level.clone()));
        let _leave = Leave;
        self.work.as_mut().poll(context)
    }
}

/// Whether what is being polled is part of this level's closure.
pub(super) fn is_running(level: &Arc<Level>) -> bool {
    RUNNING.with_borrow(|running| running.iter().any(|other| Arc::ptr_eq(other, level)))
}

/// The innermost transaction of a database whose closure is being polled.
pub(super) fn innermost(database: &Arc<Database>) -> Option<Arc<Level>> {
    RUNNING.with_borrow(|running| running.iter().rev().find(|level| level.is_on(database)).cloned())
}
