use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use atlas_core::driver::{BoxFuture, RowSink};
use atlas_server::{Lent, Pool};
use tokio::{runtime::Handle, time::timeout};

use crate::{error::Failure, session::Connections, task::Answer};

/// How long a statement that nobody waits for may go on before the server is told to end it.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long it may take to end then.
const ENDING: Duration = Duration::from_secs(5);

/// What is left of a job.
pub(crate) struct Ended {
    pub(crate) lent: Lent<Connections>,
    pub(crate) sink: Box<dyn RowSink>,
    /// How many rows the sink has got.
    pub(crate) rows: u64,
    pub(crate) result: Result<Answer, Failure>,
}

/// Work on a connection that owns the connection.
///
/// A future of `sqlx` that is dropped half-way leaves half of a message unread, and there is no telling
/// which half. So none is dropped: where the user drops this one, the work goes on in a task of its own,
/// without its sink, until the connection is of use again.
pub(crate) struct Job {
    work: Option<BoxFuture<'static, Ended>>,
    abandoned: Arc<AtomicBool>,
    pool: Pool<Connections>,
    id: u64,
}

impl Job {
    pub(crate) fn new(
        work: BoxFuture<'static, Ended>,
        abandoned: Arc<AtomicBool>,
        pool: Pool<Connections>,
        id: u64,
    ) -> Self {
        Self { work: Some(work), abandoned, pool, id }
    }
}

impl Future for Job {
    type Output = Option<Ended>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let ended = std::task::ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(Some(ended))
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        self.abandoned.store(true, Relaxed);
        // Without a runtime the connection is lost with the work.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(finish(work, self.pool.clone(), self.id));
        }
    }
}

/// Sees a job to its end. Its connection is cleaned by the pool.
async fn finish(mut work: BoxFuture<'static, Ended>, pool: Pool<Connections>, id: u64) {
    if timeout(PATIENCE, &mut work).await.is_ok() {
        return;
    }
    let _ = timeout(ENDING, pool.manager().kill(id)).await;
    // What does not end is dropped, and its connection with it.
    let _ = timeout(ENDING, work).await;
}
