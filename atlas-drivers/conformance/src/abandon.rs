use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

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
