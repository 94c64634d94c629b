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

use atlas_core::{
    driver::{BoxFuture, RowSink},
    error::Result,
};
use atlas_server::{Condition, Lent, Pool};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};

use crate::{
    error::{Failure, over_limit},
    session::Connections,
    task::Answer,
    transaction::none_left,
};

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
    /// Who gets the connection after a job that was dropped.
    heir: Option<oneshot::Sender<Lent<Connections>>>,
}

impl Job {
    pub(crate) fn new(
        work: BoxFuture<'static, Ended>,
        abandoned: Arc<AtomicBool>,
        pool: Pool<Connections>,
        id: u64,
    ) -> Self {
        Self { work: Some(work), abandoned, pool, id, heir: None }
    }

    /// The end of the job. One that takes longer than it may is ended on the server, and what comes of that
    /// is what the user gets: it may have been done just then.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`](atlas_core::error::Error::Timeout) where even that has no end; the connection is lost then.
    pub(crate) async fn within(mut self, limit: Option<Duration>, grace: Duration) -> Result<Ended> {
        let Some(limit) = limit else { return (&mut self).await.ok_or_else(none_left) };
        if let Ok(ended) = timeout(limit + grace, &mut self).await {
            return ended.ok_or_else(none_left);
        }
        let _ = timeout(ENDING, self.pool.manager().kill(self.id)).await;
        let Ok(ended) = timeout(ENDING, &mut self).await else { return Err(over_limit(limit)) };
        let mut ended = ended.ok_or_else(none_left)?;
        if !is_settled(&mut ended).await {
            return Err(over_limit(limit));
        }
        if let Err(failure) = &ended.result
            && failure.number() == Some(1317)
        {
            ended.result = Err(Failure::Own(over_limit(limit)));
        }
        Ok(ended)
    }

    /// What the connection comes back through, where this is dropped half-way and the connection survives.
    pub(crate) fn left_behind(&mut self) -> oneshot::Receiver<Lent<Connections>> {
        let (sender, receiver) = oneshot::channel();
        self.heir = Some(sender);
        receiver
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
            runtime.spawn(finish(work, self.pool.clone(), self.id, self.heir.take()));
        }
    }
}

/// Sees a job to its end. Where nobody gets its connection, the pool cleans it.
async fn finish(
    mut work: BoxFuture<'static, Ended>,
    pool: Pool<Connections>,
    id: u64,
    heir: Option<oneshot::Sender<Lent<Connections>>>,
) {
    let ended = match timeout(PATIENCE, &mut work).await {
        Ok(ended) => ended,
        Err(_) => {
            let _ = timeout(ENDING, pool.manager().kill(id)).await;
            // What does not end is dropped, and its connection with it.
            let Ok(mut ended) = timeout(ENDING, work).await else { return };
            if !is_settled(&mut ended).await {
                return;
            }
            ended
        }
    };
    if let Some(heir) = heir
        && ended.lent.condition() == Condition::Dirty
    {
        // Who has gone, too, leaves it to the pool.
        let _ = heir.send(ended.lent);
    }
}

/// Whether the order to end a statement cannot reach the next one any more.
async fn is_settled(ended: &mut Ended) -> bool {
    match ended.lent.connection() {
        Ok(session) => timeout(ENDING, session.settle()).await.is_ok_and(|settled| settled.is_ok()),
        Err(_) => false,
    }
}
