use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use atlas_core::{
    driver::{BoxFuture, PoolFigures},
    error::{Error, Result},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, TryAcquireError},
    task::AbortHandle,
    time::timeout,
};

use crate::options::PoolOptions;

/// How long cleaning a connection may take before it is thrown away.
const CLEANING: Duration = Duration::from_secs(5);

/// How long a connection may have been idle to be trusted with what must not be sent twice. No server is
/// restarted in less; and what is asked for more often than that is not asked for its health.
const TRUSTED: Duration = Duration::from_millis(50);

/// What a driver tells the pool about its connections.
pub trait Manager: Send + Sync + 'static {
    /// A connection to the server.
    type Connection: Send + 'static;

    /// Opens a connection.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] and whatever else says why not.
    fn connect(&self) -> BoxFuture<'_, Result<Self::Connection>>;

    /// Makes a connection as good as new, whatever its last user left: ends the statement that still
    /// runs, reads the reply that nobody read, rolls back what is open. Asks the server at least one
    /// thing, so that success means that it is there.
    ///
    /// # Errors
    ///
    /// Any: the connection is thrown away then.
    fn clean<'a>(&'a self, connection: &'a mut Self::Connection) -> BoxFuture<'a, Result<()>>;

    /// Says goodbye to the server.
    fn end(&self, connection: Self::Connection) -> BoxFuture<'_, ()>;
}

/// A pool of connections. Cheap to clone; every clone is the same pool.
pub struct Pool<M: Manager>(Arc<Shared<M>>);

impl<M: Manager> Clone for Pool<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<M: Manager> {
    manager: M,
    options: PoolOptions,
    /// One for each connection that may be open.
    permits: Semaphore,
    waiting: AtomicU32,
    state: Mutex<State<M::Connection>>,
}

struct State<C> {
    /// The one that was used last is at the end, and is lent first.
    idle: Vec<Held<C>>,
    /// Since when each loan lasts, by its number.
    loans: Vec<(u64, Instant)>,
    loans_ever: u64,
    /// A connection was found dead at this time: those that have been idle since before may be, too.
    suspected: Option<Instant>,
    last_connect_error: Option<String>,
    reaper: Option<AbortHandle>,
}

/// A connection, and what the pool knows about it.
struct Held<C> {
    connection: C,
    opened: Instant,
    /// When it was last given back.
    idle_since: Instant,
    /// Nobody has used it yet.
    unused: bool,
}

/// A connection on loan. Dropping it gives it back, in the condition that it was [marked](Self::mark)
/// with.
pub struct Lent<M: Manager> {
    held: Option<Held<M::Connection>>,
    pool: Pool<M>,
    loan: u64,
    condition: Condition,
    /// It was idle before, so that the server may have closed it since.
    was_idle: bool,
}

/// What state a connection is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As good as new.
    Clean,
    /// Something has begun and not ended: [`Manager::clean`] has to see to it before it is lent again.
    Dirty,
    /// Not to be lent again.
    Spent,
    /// The server is not at the other end any more.
    Dead,
}

impl<M: Manager> Pool<M> {
    /// A pool, with its first connection open unless it is lazy.
    ///
    /// # Errors
    ///
    /// What connecting gives.
    pub async fn open(manager: M, options: PoolOptions) -> Result<Self> {
        let pool = Self(Arc::new(Shared {
            manager,
            permits: Semaphore::new(options.max_connections as usize),
            waiting: AtomicU32::new(0),
            state: Mutex::new(State {
                idle: Vec::new(),
                loans: Vec::new(),
                loans_ever: 0,
                suspected: None,
                last_connect_error: None,
                reaper: None,
            }),
            options,
        }));
        if !pool.0.options.lazy {
            let first = pool.acquire().await?;
            pool.put_unused(first);
            pool.fill().await?;
        }
        Ok(pool)
    }

    /// What opens and cleans the connections.
    pub fn manager(&self) -> &M {
        &self.0.manager
    }

    /// How the pool behaves.
    pub fn options(&self) -> &PoolOptions {
        &self.0.options
    }

    /// Whether it lends nothing any more.
    pub fn is_closed(&self) -> bool {
        self.0.permits.is_closed()
    }

    /// A connection: one that is idle, or a new one where there may be more.
    ///
    /// # Errors
    ///
    /// [`Error::Pool`] where none was given back in time, what connecting gives, [`Error::Closed`].
    pub async fn acquire(&self) -> Result<Lent<M>> {
        let mut lent = match self.0.permits.try_acquire() {
            Ok(permit) => {
                permit.forget();
                self.loan()
            }
            Err(TryAcquireError::Closed) => return Err(closed()),
            Err(TryAcquireError::NoPermits) => Box::pin(self.wait()).await?,
        };
        if !self.take_idle(&mut lent) {
            Box::pin(self.find(&mut lent)).await?;
        }
        Ok(lent)
    }

    /// Waits for a place.
    async fn wait(&self) -> Result<Lent<M>> {
        let _waiting = Waiting::begin(&self.0.waiting);
        let limit = self.0.options.acquire_timeout;
        match timeout(limit, self.0.permits.acquire()).await {
            Ok(Ok(permit)) => {
                permit.forget();
                Ok(self.loan())
            }
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(self.no_connection(limit)),
        }
    }

    /// Begins a loan, whose drop gives the permit back.
    fn loan(&self) -> Lent<M> {
        let mut state = self.0.state();
        state.loans_ever += 1;
        let loan = state.loans_ever;
        state.loans.push((loan, Instant::now()));
        Lent { held: None, pool: self.clone(), loan, condition: Condition::Clean, was_idle: false }
    }

    /// Takes the idle connection that was used last, if it is above suspicion.
    fn take_idle(&self, lent: &mut Lent<M>) -> bool {
        let mut state = self.0.state();
        let lifetime = self.0.options.max_lifetime;
        let suspected = state.suspected;
        let good = state.idle.last().is_some_and(|held| {
            suspected.is_none_or(|since| held.idle_since > since) && held.opened.elapsed() < lifetime
        });
        if good {
            lent.held = state.idle.pop();
            lent.was_idle = true;
        }
        good
    }

    /// Finds a connection the long way: asks idle ones that are under suspicion, opens a new one.
    async fn find(&self, lent: &mut Lent<M>) -> Result<()> {
        loop {
            let Some(mut held) = self.0.state().idle.pop() else { break };
            if held.opened.elapsed() < self.0.options.max_lifetime {
                // A loan that is dropped here loses the connection, as it should.
                let asked = timeout(CLEANING, self.0.manager.clean(&mut held.connection)).await;
                if matches!(asked, Ok(Ok(()))) {
                    lent.held = Some(held);
                    return Ok(());
                }
            } else {
                self.end(held.connection);
            }
        }
        lent.held = Some(self.connect().await?);
        Ok(())
    }

    async fn connect(&self) -> Result<Held<M::Connection>> {
        let limit = self.0.options.connect_timeout;
        let connected = match timeout(limit, self.0.manager.connect()).await {
            Ok(connected) => connected,
            Err(_) => Err(Error::Timeout {
                waiting_for: "the database server to take a new connection: check that it is there and not overloaded, or give a longer `connect_timeout`".to_owned(),
                after: limit,
            }),
        };
        let mut state = self.0.state();
        match connected {
            Ok(connection) => {
                state.last_connect_error = None;
                self.keep_reaped(&mut state);
                let now = Instant::now();
                Ok(Held { connection, opened: now, idle_since: now, unused: true })
            }
            Err(error) => {
                state.last_connect_error = Some(error.to_string());
                Err(error)
            }
        }
    }

    /// What the pool is doing.
    pub fn figures(&self) -> PoolFigures {
        let state = self.0.state();
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut figures = PoolFigures::default();
        figures.max = self.0.options.max_connections;
        figures.idle = count(state.idle.len());
        // A loan begins before the connection for it is taken or opened.
        figures.open = (figures.idle + count(state.loans.len())).min(figures.max);
        figures.waiting = self.0.waiting.load(Relaxed);
        figures.oldest_use = state.loans.iter().map(|(_, since)| since.elapsed()).max();
        figures.last_connect_error.clone_from(&state.last_connect_error);
        figures
    }

    /// Waits for the loans to end, for as long as an acquire waits, then closes every connection.
    pub async fn close(&self) {
        // Its own place in the queue: who asked before is served, who asks later is refused.
        let all = self.0.permits.acquire_many(self.0.options.max_connections);
        let _ = timeout(self.0.options.acquire_timeout, all).await.map(|all| all.map(|all| all.forget()));
        self.0.permits.close();
        let (idle, reaper) = {
            let mut state = self.0.state();
            (std::mem::take(&mut state.idle), state.reaper.take())
        };
        if let Some(reaper) = reaper {
            reaper.abort();
        }
        for held in idle {
            let _ = timeout(CLEANING, self.0.manager.end(held.connection)).await;
        }
    }

    /// Says goodbye in the background.
    fn end(&self, connection: M::Connection) {
        if let Ok(runtime) = Handle::try_current() {
            let pool = self.clone();
            runtime.spawn(async move {
                let _ = timeout(CLEANING, pool.0.manager.end(connection)).await;
            });
        }
    }

    /// Gives a connection back as if it had never been lent.
    fn put_unused(&self, mut lent: Lent<M>) {
        if let Some(mut held) = lent.held.take() {
            held.unused = true;
            self.0.put(held);
        }
    }

    /// Opens as many connections as are always to be open.
    async fn fill(&self) -> Result<()> {
        loop {
            if self.figures().open >= self.0.options.min_connections {
                return Ok(());
            }
            let Ok(permit) = self.0.permits.try_acquire() else { return Ok(()) };
            permit.forget();
            let mut lent = self.loan();
            lent.held = Some(self.connect().await?);
            self.put_unused(lent);
        }
    }

    /// Sees to it that idle connections are closed in time, also when nobody comes.
    fn keep_reaped(&self, state: &mut State<M::Connection>) {
        if state.reaper.as_ref().is_some_and(|reaper| !reaper.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            state.reaper = Some(runtime.spawn(reap(Arc::downgrade(&self.0))).abort_handle());
        }
    }

    /// Why there is none: who has them.
    #[cold]
    fn no_connection(&self, limit: Duration) -> Error {
        let figures = self.figures();
        let held = match figures.oldest_use {
            Some(oldest) => format!("the oldest use has lasted {oldest:.1?}"),
            None => "they are being given back just now".to_owned(),
        };
        let failed = match &figures.last_connect_error {
            Some(reason) => format!("; the last attempt to connect failed: {reason}"),
            None => String::new(),
        };
        Error::Pool {
            reason: format!(
                "{} of {} connections were in use for {limit:.1?}, {held}, {} more wait{failed}: inside a transaction, statements must be given the \
                 transaction's handle (`tx`), since those given the database's wait for another connection; else make uses shorter, or give \
                 more `max_connections` or a longer `acquire_timeout`",
                figures.in_use(),
                figures.max,
                figures.waiting.saturating_sub(1),
            ),
        }
    }
}

impl<M: Manager> Shared<M> {
    fn state(&self) -> MutexGuard<'_, State<M::Connection>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, mut held: Held<M::Connection>) {
        held.idle_since = Instant::now();
        self.state().idle.push(held);
    }

    /// The idle connections whose time is over.
    fn expired(&self) -> Vec<M::Connection> {
        let mut state = self.state();
        let (idle, lifetime) = (self.options.idle_timeout, self.options.max_lifetime);
        let mut spare =
            (state.idle.len() + state.loans.len()).saturating_sub(self.options.min_connections as usize);
        let mut expired = Vec::new();
        // The ones that were not used for longest are at the front.
        let mut kept = Vec::with_capacity(state.idle.len());
        for held in state.idle.drain(..) {
            let unneeded = spare > 0 && held.idle_since.elapsed() >= idle;
            if unneeded || held.opened.elapsed() >= lifetime {
                spare = spare.saturating_sub(1);
                expired.push(held.connection);
            } else {
                kept.push(held);
            }
        }
        state.idle = kept;
        expired
    }
}

/// Closes what has been idle for too long, for as long as the pool lives.
async fn reap<M: Manager>(pool: Weak<Shared<M>>) {
    loop {
        let Some(shared) = pool.upgrade() else { return };
        let shortest = shared.options.idle_timeout.min(shared.options.max_lifetime);
        let pause = (shortest / 2).clamp(Duration::from_millis(100), Duration::from_secs(60));
        drop(shared);
        tokio::time::sleep(pause).await;
        let Some(shared) = pool.upgrade() else { return };
        for connection in shared.expired() {
            let _ = timeout(CLEANING, shared.manager.end(connection)).await;
        }
        // A server that is away is the next user's to report.
        let _ = Pool(shared).fill().await;
    }
}

/// One who waits, for as long as this lives.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl<M: Manager> Lent<M> {
    /// The connection.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] where there is none, which does not happen.
    pub fn connection(&mut self) -> Result<&mut M::Connection> {
        self.held.as_mut().map(|held| &mut held.connection).ok_or_else(closed)
    }

    /// The pool that it is from.
    pub fn pool(&self) -> &Pool<M> {
        &self.pool
    }

    /// Says what state the connection is in, from now on.
    pub fn mark(&mut self, condition: Condition) {
        self.condition = condition;
    }

    /// The state that it was marked with.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Whether the connection was idle before this loan: the server may have closed it since, and nobody
    /// has asked.
    pub fn was_idle(&self) -> bool {
        self.was_idle
    }

    /// Whether the server is still at the other end, before something is sent that must not be sent twice: a
    /// connection that had been idle for a while is asked. One that does not answer is not to be used any
    /// more.
    pub async fn is_there(&mut self) -> bool {
        let pool = self.pool.clone();
        let Some(held) = self.held.as_mut().filter(|held| held.idle_since.elapsed() >= TRUSTED) else {
            return true;
        };
        if !self.was_idle {
            return true;
        }
        let condition = std::mem::replace(&mut self.condition, Condition::Spent);
        let asked = timeout(CLEANING, pool.0.manager.clean(&mut held.connection)).await;
        let there = matches!(asked, Ok(Ok(())));
        self.condition = if there { condition } else { Condition::Dead };
        self.was_idle = !there;
        there
    }

    /// Whether nobody has used the connection before.
    pub fn is_unused(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.unused)
    }

    /// Cleans the connection, and gives it back or throws it away. A drop in the middle throws it away.
    async fn clean(mut self) {
        self.condition = Condition::Spent;
        let pool = self.pool.clone();
        let Ok(connection) = self.connection() else { return };
        if let Ok(Ok(())) = timeout(CLEANING, pool.0.manager.clean(connection)).await {
            self.condition = Condition::Clean;
        }
    }
}

impl<M: Manager> Drop for Lent<M> {
    fn drop(&mut self) {
        let shared = &self.pool.0;
        if self.condition == Condition::Dirty
            && self.held.is_some()
            && let Ok(runtime) = Handle::try_current()
        {
            let again = Self {
                held: self.held.take(),
                pool: self.pool.clone(),
                loan: self.loan,
                condition: Condition::Spent,
                was_idle: self.was_idle,
            };
            runtime.spawn(again.clean());
            // The loan goes on.
            return;
        }
        {
            let mut state = shared.state();
            state.loans.retain(|(loan, _)| *loan != self.loan);
            if self.condition == Condition::Dead {
                state.suspected = Some(Instant::now());
            }
        }
        if let Some(mut held) = self.held.take() {
            let open = !shared.permits.is_closed();
            match self.condition {
                Condition::Clean if open => {
                    held.unused = false;
                    shared.put(held);
                }
                Condition::Clean | Condition::Spent => self.pool.end(held.connection),
                Condition::Dirty | Condition::Dead => {}
            }
        }
        shared.permits.add_permits(1);
    }
}

/// Runs `work` for as long as a statement may take.
///
/// # Errors
///
/// What `work` gives, and [`Error::Timeout`].
pub async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(limit) = limit else { return work.await };
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Timeout {
            waiting_for:
                "a statement to end: make it do less or give it an index, or set a longer `statement_timeout`"
                    .to_owned(),
            after: limit,
        }),
    }
}

#[cold]
fn closed() -> Error {
    Error::Closed { what: "the database handle", instead: "connect again" }
}
