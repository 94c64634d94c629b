//! Futures that are dropped before they end: users do so at every await.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::timeout;

/// When a future is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// After so many polls.
    Polls(usize),
    /// After so long.
    Time(Duration),
}

/// Every moment at which a future may be dropped, as far as it goes: after each of its polls, until it
/// has ended, and a few times later, when what it waits for may have come.
#[derive(Debug, Default)]
pub(crate) struct Moments {
    given: usize,
    ended: usize,
}

/// How many polls a future gets before it is dropped, at most.
const POLLS: usize = 16;

/// How many milliseconds a future gets before it is dropped.
const TIMES: [u64; 5] = [0, 1, 2, 5, 12];

impl Moments {
    /// The next one.
    pub(crate) fn next(&mut self) -> Option<When> {
        // How often a future is polled is not the same every time.
        if self.ended >= 2 && self.given <= POLLS {
            self.given = POLLS + 1;
        }
        let given = self.given;
        self.given += 1;
        if given <= POLLS {
            return Some(When::Polls(given));
        }
        TIMES.get(given - POLLS - 1).map(|time| When::Time(Duration::from_millis(*time)))
    }

    /// Takes whether the future has ended before the last one.
    pub(crate) fn ended(&mut self, ended: bool) {
        self.ended += usize::from(ended);
    }
}

impl When {
    /// Runs a future until this moment, and drops it: `None` where it had not ended by then.
    pub(crate) async fn abandon<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Polls(polls) => after_polls(polls, future).await,
            Self::Time(time) => timeout(time, future).await.ok(),
        }
    }
}

/// Polls a future so many times, each time when it asks for it, and gives up: `None` where it had not
/// ended by then. The future is dropped with this one.
pub(crate) fn after_polls<F: Future>(polls: usize, future: F) -> Abandoned<F> {
    Abandoned { left: polls, future: Box::pin(future) }
}

/// The future of [`after_polls`].
pub(crate) struct Abandoned<F> {
    left: usize,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Abandoned<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
