use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use atlas_core::{
    driver::{PoolFigures, within},
    error::{Error, Result},
};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    checkpoint::Checkpoints,
    connection,
    open::{self, Role},
    options::{Mode, Sqlite},
    session::Session,
};

/// A database's connections.
pub(crate) struct Pool {
    pub(crate) options: Sqlite,
    /// `None` where the file is only read.
    writer: Option<Seats>,
    /// `None` in memory, where the writer reads too.
    readers: Option<Seats>,
    pub(crate) checkpoints: Checkpoints,
}

/// The connections of one role: a permit for each that may be open, and those that are idle.
struct Seats {
    role: Role,
    count: u32,
    permits: Semaphore,
    state: Mutex<State>,
}

#[allow(clippy::vec_box, reason = "a lease moves: it holds a pointer")]
struct State {
    idle: Vec<Box<Session>>,
    /// How many leases there have been.
    leases: u64,
    /// When the transaction of the last lease began, where it has one.
    transaction: Option<Instant>,
    /// How many wait for a connection.
    waiting: u32,
}

/// One who waits, as long as this lives.
struct Waiting<'s>(&'s Seats);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

impl Seats {
    #[allow(clippy::vec_box, reason = "as above")]
    fn new(role: Role, count: usize, idle: Vec<Box<Session>>) -> Self {
        let count = u32::try_from(count).unwrap_or(1_000).min(1_000);
        let state = Mutex::new(State { idle, leases: 0, transaction: None, waiting: 0 });
        Self { role, count, permits: Semaphore::new(count as usize), state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many could be lent at once.
    fn free(&self) -> u32 {
        // Closing takes them all, when nobody has one any more.
        if self.permits.is_closed() {
            return self.count;
        }
        u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX)
    }

    fn take(&self) -> Option<Box<Session>> {
        let mut state = self.state();
        state.leases += 1;
        state.transaction = None;
        state.idle.pop()
    }

    /// Counts one who waits. With it: how many leases there have been until now.
    fn wait(&self) -> (Waiting<'_>, u64) {
        let mut state = self.state();
        state.waiting += 1;
        (Waiting(self), state.leases)
    }

    fn put(&self, session: Box<Session>) {
        self.state().idle.push(session);
    }
}

/// A connection on loan. Dropping it cleans it and gives it back, before the next in the queue is let in.
pub(crate) struct Lease {
    session: Option<Box<Session>>,
    role: Role,
    /// Whether writes are refused until it is given back, where the connection is one that writes.
    refuses_writes: bool,
    pool: Arc<Pool>,
}

impl Pool {
    /// Opens the database, with one connection. Blocks.
    pub(crate) fn open(options: Sqlite) -> Result<Self> {
        let writes = options.path.is_none() || options.mode != Mode::Read;
        let role = if writes { Role::Writer } else { Role::Reader };
        let first = vec![connect(&options, role)?];
        let (writing, reading) = if writes { (first, Vec::new()) } else { (Vec::new(), first) };
        Ok(Self {
            writer: writes.then(|| Seats::new(Role::Writer, 1, writing)),
            readers: options.path.is_some().then(|| Seats::new(Role::Reader, options.max_readers, reading)),
            checkpoints: Checkpoints::new(&options),
            options,
        })
    }

    /// Whether all share one connection.
    pub(crate) fn is_single(&self) -> bool {
        self.readers.is_none()
    }

    fn seats(&self, role: Role) -> Option<&Seats> {
        match role {
            Role::Writer => self.writer.as_ref(),
            Role::Reader => self.readers.as_ref().or(self.writer.as_ref()),
        }
    }

    /// A connection that is idle, if there is one.
    pub(crate) fn idle(self: &Arc<Self>, role: Role) -> Option<Lease> {
        let seats = self.seats(role)?;
        let permit = seats.permits.try_acquire().ok()?;
        let session = seats.take()?;
        if !session.ready {
            seats.put(session);
            return None;
        }
        permit.forget();
        Some(self.lend(Some(session), seats.role))
    }

    /// A connection for reading.
    pub(crate) async fn reader(self: &Arc<Self>) -> Result<Lease> {
        self.lease(Role::Reader).await
    }

    /// The connection for writing, in the order in which it is asked for.
    pub(crate) async fn writer(self: &Arc<Self>) -> Result<Lease> {
        self.lease(Role::Writer).await
    }

    /// Whether there is a connection for writing.
    pub(crate) fn writes(&self) -> bool {
        self.writer.is_some()
    }

    /// Whether new leases are refused.
    pub(crate) fn is_closed(&self) -> bool {
        self.seats(Role::Reader).is_none_or(|seats| seats.permits.is_closed())
    }

    fn lend(self: &Arc<Self>, session: Option<Box<Session>>, role: Role) -> Lease {
        Lease { session, role, refuses_writes: false, pool: Arc::clone(self) }
    }

    async fn lease(self: &Arc<Self>, role: Role) -> Result<Lease> {
        let seats = self.seats(role).ok_or_else(|| self.read_only())?;
        let permit = match seats.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                let (_waiting, before) = seats.wait();
                let limit = self.options.acquire_timeout;
                match within(limit, seats.permits.acquire()).await {
                    Some(permit) => permit.map_err(|_| closed())?,
                    None => return Err(self.no_connection(seats, before, limit)),
                }
            }
        };
        // From here on the lease gives the permit back.
        permit.forget();
        let mut lease = self.lend(seats.take(), seats.role);
        if lease.session.is_none() {
            lease.session = Some(self.open_another(seats.role).await?);
        }
        match &self.options.after_connect {
            Some(hook) if !lease.session()?.ready => Box::pin(connection::prepare(lease, hook)).await,
            _ => Ok(lease),
        }
    }

    async fn open_another(self: &Arc<Self>, role: Role) -> Result<Box<Session>> {
        let pool = Arc::clone(self);
        let open = move || connect(&pool.options, role);
        match Handle::try_current() {
            Err(_) => open(),
            Ok(runtime) => runtime.spawn_blocking(open).await.map_err(|_| closed())?,
        }
    }

    /// What the connections are doing.
    pub(crate) fn figures(&self) -> PoolFigures {
        let mut figures = PoolFigures::default();
        for seats in self.readers.iter().chain(&self.writer) {
            let state = seats.state();
            let idle = u32::try_from(state.idle.len()).unwrap_or(u32::MAX);
            let free = seats.free();
            figures.max += seats.count;
            figures.idle += idle;
            // One that is being taken or given back is in both counts for a moment.
            figures.open += (idle + seats.count.saturating_sub(free)).min(seats.count);
            figures.waiting += state.waiting;
            let oldest = state.transaction.filter(|_| free < seats.count).map(|since| since.elapsed());
            figures.oldest_use = figures.oldest_use.max(oldest);
        }
        figures
    }

    /// Why there is none: who has them. `before`: the leases until the waiting began.
    #[cold]
    fn no_connection(&self, seats: &Seats, before: u64, limit: Duration) -> Error {
        let state = seats.state();
        let others = state.leases - before;
        let (what, instead) = match (seats.role, self.is_single()) {
            (Role::Reader, _) => (
                "all connections that read",
                "end streams that are not read on, or give a greater `max_readers`",
            ),
            (Role::Writer, true) => ("the only connection", INSTEAD),
            (Role::Writer, false) => ("the connection that writes", INSTEAD),
        };
        let held = match (seats.role, state.transaction) {
            (Role::Writer, Some(since)) => {
                format!("a transaction has held {what} for {:.1?}", since.elapsed())
            }
            _ if others == 0 => format!("{what} has been in use for more than {limit:.1?}"),
            _ => format!("{what} went to {others} others within {limit:.1?}"),
        };
        Error::Pool { reason: format!("{held}: {instead}, or a longer `acquire_timeout`") }
    }

    #[cold]
    fn read_only(&self) -> Error {
        Error::config(format!(
            "{} was opened for reading alone: open it without `mode=ro` to write to it",
            self.options.target()
        ))
    }

    /// Waits for the leases to end, then closes all connections.
    pub(crate) async fn close(self: &Arc<Self>) {
        let mut sessions = Vec::new();
        for seats in self.readers.iter().chain(&self.writer) {
            // Its own place in the queue: who asked before is served, who asks later is refused.
            if let Ok(all) = seats.permits.acquire_many(seats.count).await {
                seats.permits.close();
                all.forget();
                sessions.append(&mut seats.state().idle);
            }
        }
        // The last connection to close writes the log back into the file: the writer is at the end.
        let pool = Arc::clone(self);
        let close = move || {
            pool.checkpoints.close();
            drop(sessions);
        };
        match Handle::try_current() {
            Err(_) => close(),
            Ok(runtime) => {
                let _ = runtime.spawn_blocking(close).await;
            }
        }
    }
}

/// Opens a connection. Blocks.
fn connect(options: &Sqlite, role: Role) -> Result<Box<Session>> {
    let database = open::open(options, role)?;
    Ok(Box::new(Session::new(database, options.after_connect.is_none())))
}

impl Lease {
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Whether the connection is one that writes.
    pub(crate) fn writes(&self) -> bool {
        self.role == Role::Writer
    }

    /// The lease is for a transaction, which has begun.
    pub(crate) fn began(&self) {
        if let Some(seats) = self.pool.seats(self.role) {
            seats.state().transaction = Some(Instant::now());
        }
    }

    /// Refuses writes until the connection is given back.
    pub(crate) fn refuse_writes(&mut self) -> Result<()> {
        self.refuses_writes = true;
        let on = self.session()?.database.command("PRAGMA query_only = ON");
        on.map_err(|failure| failure.into_error(None))
    }

    /// Lets it write again.
    pub(crate) fn allow_writes(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.refuses_writes) {
            return Ok(());
        }
        let off = self.session()?.database.command("PRAGMA query_only = OFF");
        off.map_err(|failure| failure.into_error(None))
    }

    /// The connection.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] where there is none, which does not happen.
    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.session.as_deref_mut().ok_or_else(closed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(seats) = self.pool.seats(self.role) else { return };
        if let Some(mut session) = self.session.take()
            && session.ready
            && session.clean()
            && !seats.permits.is_closed()
        {
            if self.refuses_writes {
                // It cannot fail; and a connection in memory is the database itself.
                let _ = session.database.command("PRAGMA query_only = OFF");
            }
            self.pool.checkpoints.after(&mut session, &self.pool);
            seats.put(session);
        }
        seats.permits.add_permits(1);
    }
}

/// What to do where a transaction is in the way, most often one's own.
const INSTEAD: &str = "inside a transaction, statements must be given the transaction's handle (`tx`), since those given \
    the database's wait for it to end; if it is another one, make it shorter";

#[cold]
pub(crate) fn closed() -> Error {
    Error::Closed { what: "the database handle", instead: "connect again" }
}
