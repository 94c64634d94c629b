//! Rows that are read as somebody takes them: what a stream is made of.
//!
//! The statement runs in whatever task asks for its rows, and rests where there is no room for more. In a
//! transaction it rests on the transaction's connection: who needs that next lets it read on to its end
//! first, into memory, so that nobody waits for a loop that waits for him.

use std::{
    future::poll_fn,
    mem,
    ops::ControlFlow,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker, ready},
};

use crate::{
    db::{About, Db},
    driver::{BoxFuture, Row, RowSink},
    error::{Error, Result},
    statement::Statement,
};

/// Makes something of a row.
pub(crate) type Decode<T> = Box<dyn FnMut(&dyn Row) -> Result<T> + Send>;

/// The rows of a statement that is read as they are taken. Dropped before its end, it ends the statement.
pub(crate) struct Reading<T: Send + 'static> {
    work: Arc<Work>,
    shared: Arc<Shared<T>>,
}

impl<T: Send + 'static> Reading<T> {
    /// Reads a statement, which is sent when the first rows are asked for. `room`: how many rows there may
    /// be that nobody has taken, give or take the driver's batch.
    pub(crate) fn new(
        db: Db,
        about: Option<About>,
        statement: Statement,
        room: usize,
        decode: Decode<T>,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { rows: Vec::new(), room, ended: None, driver: None }),
            unwanted: AtomicBool::new(false),
        });
        let gate = Gate { shared: Arc::clone(&shared), decode };
        let valve: Arc<dyn Valve> = Arc::clone(&shared) as Arc<dyn Valve>;
        let work = Arc::new_cyclic(|work: &Weak<Work>| {
            let work = Weak::clone(work);
            let end = Arc::clone(&valve);
            let read = async move {
                let done = db.read(about, &statement, Box::new(gate), work).await;
                end.end(done);
            };
            Work {
                future: Mutex::new(Some(Box::pin(read))),
                wakers: Arc::default(),
                valve,
                entered: AtomicBool::new(false),
            }
        });
        Self { work, shared }
    }

    /// The rows that came next, at least one; `None` at the end. An error is the last that there is.
    pub(crate) fn poll_rows(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        self.work.wakers.add(context.waker());
        if let Poll::Ready(rows) = self.shared.take(&self.work.wakers) {
            return Poll::Ready(rows);
        }
        let ended = self.work.poll().is_ready();
        match self.shared.take(&self.work.wakers) {
            Poll::Pending if ended => Poll::Ready(None),
            taken => taken,
        }
    }
}

impl<T: Send + 'static> Drop for Reading<T> {
    fn drop(&mut self) {
        self.work.leave();
    }
}

/// What the reader and the statement share.
struct Shared<T> {
    state: Mutex<State<T>>,
    /// Whether nobody wants further rows.
    unwanted: AtomicBool,
}

struct State<T> {
    rows: Vec<T>,
    room: usize,
    /// How the statement ended, until that is told.
    ended: Option<Result<()>>,
    /// Who waits for room.
    driver: Option<Waker>,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, wakers: &Arc<Wakers>) -> Poll<Option<Result<Vec<T>>>> {
        let mut state = self.state();
        if !state.rows.is_empty() {
            let rows = mem::take(&mut state.rows);
            let driver = state.driver.take();
            drop(state);
            // Who is polled by the reader needs no other call.
            if let Some(driver) = driver.filter(|driver| !driver.will_wake(&wakers.waker())) {
                driver.wake();
            }
            return Poll::Ready(Some(Ok(rows)));
        }
        match state.ended.take() {
            Some(Err(error)) => {
                state.ended = Some(Ok(()));
                Poll::Ready(Some(Err(error)))
            }
            Some(Ok(())) => {
                state.ended = Some(Ok(()));
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }
}

/// The reader's hold on a statement, whatever its rows are.
trait Valve: Send + Sync {
    /// Lets all further rows through.
    fn open(&self);
    /// Lets none through; the reader is told why.
    fn shut(&self, why: Option<Error>);
    /// The statement has ended.
    fn end(&self, how: Result<()>);
}

impl<T: Send> Valve for Shared<T> {
    fn open(&self) {
        let mut state = self.state();
        state.room = usize::MAX;
        let driver = state.driver.take();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    fn shut(&self, why: Option<Error>) {
        self.unwanted.store(true, Relaxed);
        let mut state = self.state();
        state.rows = Vec::new();
        state.ended = Some(why.map_or(Ok(()), Err));
        drop(state);
        self.open();
    }

    fn end(&self, how: Result<()>) {
        self.state().ended.get_or_insert(how);
    }
}

/// The sink of the statement.
struct Gate<T> {
    shared: Arc<Shared<T>>,
    decode: Decode<T>,
}

impl<T: Send + 'static> RowSink for Gate<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        if self.shared.unwanted.load(Relaxed) {
            return Ok(ControlFlow::Break(()));
        }
        let row = (self.decode)(row)?;
        self.shared.state().rows.push(row);
        Ok(ControlFlow::Continue(()))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.state();
        if state.rows.len() < state.room {
            return Poll::Ready(());
        }
        state.driver = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The statement on its way.
pub(super) struct Work {
    future: Mutex<Option<BoxFuture<'static, ()>>>,
    wakers: Arc<Wakers>,
    valve: Arc<dyn Valve>,
    /// Whether it has got the connection of a transaction, which it must not be torn from.
    entered: AtomicBool,
}

impl Work {
    fn future(&self) -> MutexGuard<'_, Option<BoxFuture<'static, ()>>> {
        match self.future.lock() {
            Ok(future) => future,
            // It panicked while it was polled, and has no way on.
            Err(poisoned) => {
                let mut future = poisoned.into_inner();
                *future = None;
                future
            }
        }
    }

    /// Reads on, as far as there is room.
    fn poll(&self) -> Poll<()> {
        let mut future = self.future();
        let Some(read) = &mut *future else { return Poll::Ready(()) };
        ready!(read.as_mut().poll(&mut Context::from_waker(&self.wakers.waker())));
        let ended = future.take();
        drop(future);
        drop(ended);
        self.wakers.wake_all();
        Poll::Ready(())
    }

    /// Reads on to the end: somebody else needs the connection.
    fn poll_end(&self, context: &mut Context<'_>) -> Poll<()> {
        self.valve.open();
        self.wakers.add(context.waker());
        self.poll()
    }

    /// The reader has gone.
    fn leave(&self) {
        self.valve.shut(None);
        if !self.entered.load(Relaxed) {
            self.cancel();
        }
    }

    /// Drops the statement half-way.
    fn cancel(&self) {
        let dropped = self.future().take();
        drop(dropped);
    }
}

/// Everybody who waits for the statement: whoever polls it, all of them are woken.
#[derive(Default)]
struct Wakers(Mutex<Vec<Waker>>);

impl Wakers {
    fn add(&self, waker: &Waker) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !wakers.iter().any(|other| other.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    fn wake_all(&self) {
        let wakers = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for waker in wakers {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

/// The reading that has the connection of a transaction now.
#[derive(Default)]
pub(super) struct Occupant(Mutex<Occupied>);

#[derive(Default)]
struct Occupied {
    work: Option<Arc<Work>>,
    /// Who waits for the connection.
    waiting: Vec<Waker>,
}

/// The end of an occupation.
pub(super) struct Leaving<'a>(&'a Occupant);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let work = self.0.occupied().work.take();
        drop(work);
    }
}

impl Occupant {
    fn occupied(&self) -> MutexGuard<'_, Occupied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reading has got the connection.
    pub(super) fn enters(&self, work: Arc<Work>) -> Leaving<'_> {
        work.entered.store(true, Relaxed);
        let waiting = {
            let mut occupied = self.occupied();
            occupied.work = Some(work);
            mem::take(&mut occupied.waiting)
        };
        for waiting in waiting {
            waiting.wake();
        }
        Leaving(self)
    }

    fn work(&self) -> Option<Arc<Work>> {
        self.occupied().work.clone()
    }

    /// Tells the reader that there are no more rows, where one is reading.
    pub(super) fn shut(&self, why: Error) {
        if let Some(work) = self.work() {
            work.valve.shut(Some(why));
        }
    }

    /// Tears the reading from the connection, which is given back.
    pub(super) fn cancel(&self, why: Error) {
        if let Some(work) = self.work() {
            work.valve.shut(Some(why));
            work.cancel();
        }
    }

    /// Waits for something that a reading may hold, and lets that read on to its end.
    pub(super) async fn out_of_the_way<F: Future>(&self, lock: F) -> F::Output {
        let mut lock = pin!(lock);
        poll_fn(|context| {
            loop {
                if let Poll::Ready(locked) = lock.as_mut().poll(context) {
                    return Poll::Ready(locked);
                }
                let Some(work) = self.work() else {
                    let mut occupied = self.occupied();
                    if occupied.work.is_some() {
                        continue;
                    }
                    let waiting = &mut occupied.waiting;
                    if !waiting.iter().any(|other| other.will_wake(context.waker())) {
                        waiting.push(context.waker().clone());
                    }
                    return Poll::Pending;
                };
                ready!(work.poll_end(context));
            }
        })
        .await
    }
}
