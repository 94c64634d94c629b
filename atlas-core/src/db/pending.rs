use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{driver::BoxFuture, error::Result};

/// What a call on a handle gives: nothing happens until it is awaited.
///
/// It has a name, rather than being an `impl Future`, so that a mistake in a call is one compile error
/// and not one for each `.await`.
#[must_use = "nothing happens until this is awaited"]
pub struct Pending<'a, T>(BoxFuture<'a, Result<T>>);

impl<'a, T> Pending<'a, T> {
    /// For crates whose calls are to look like the core's.
    pub fn new(work: impl Future<Output = Result<T>> + Send + 'a) -> Self {
        Self(Box::pin(work))
    }
}

impl<T> Future for Pending<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.0.as_mut().poll(context)
    }
}
