use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    time::Instant,
};

use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard};

use crate::{
    db::{
        callbacks::{Callback, Callbacks},
        database::Database,
        event::Step,
        inside,
        reading::{Occupant, Work},
    },
    driver::{Connection, Ran, RowSink, TransactionOptions},
    error::{Error, Result},
    schema::{Entry, Table},
    statement::Statement,
};

/// A transaction or savepoint.
pub(super) struct Level {
    /// The connection, and the levels that are open on it.
    stack: Arc<Mutex<Stack>>,
    /// The stream that is being read on the connection.
    occupant: Arc<Occupant>,
    /// The level that this one is inside of.
    parent: Option<Arc<Level>>,
    form: Form,
    fate: AtomicU8,
    database: Arc<Database>,
    /// The number of the transaction.
    id: u64,
    began: Instant,
    callbacks: Callbacks,
    /// Held by the savepoint that is open inside: siblings take turns, since savepoints nest.
    inside: Arc<Mutex<()>>,
}

/// Who ends a level.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The closure that runs in it.
    Closure,
    /// Whoever holds the guard.
    Guard,
    /// One of our own operations, which takes several statements.
    Own,
    /// Nobody: it is no transaction, but a connection that is held.
    Held,
}

const OPEN: u8 = 0;
const KEPT: u8 = 1;
const UNDONE: u8 = 2;

pub(super) struct Stack {
    /// Gone once the outermost level has ended.
    connection: Option<Box<dyn Connection>>,
    /// The open levels, the outermost first. They are held by who is in them: with the last handle on a level
    /// its connection goes back, however that came.
    levels: Vec<Weak<Level>>,
    /// A level is being begun or ended: where this is found, that future was dropped half-way.
    half_done: bool,
}

pub(super) const CLOSED: Error = Error::Closed {
    what: "this transaction",
    instead: "use the handle that it was begun on, or begin another",
};

const INNER_IS_OPEN: Error = Error::Closed {
    what: "the turn of this transaction's handle",
    instead: "a savepoint is open inside it: use the savepoint's own handle, or end it first",
};

impl Level {
    /// Begins the outermost level on a connection.
    pub(super) async fn outermost(
        mut connection: Box<dyn Connection>,
        database: Arc<Database>,
        form: Form,
        options: &TransactionOptions,
    ) -> Result<Arc<Self>> {
        connection.begin(options).await?;
        let level = Self::alone(connection, database, form);
        level.tell(Step::Begin);
        Ok(level)
    }

    /// A connection outside of a transaction, for a handle that is to use this one and no other.
    pub(super) fn pinned(connection: Box<dyn Connection>, database: Arc<Database>) -> Arc<Self> {
        Self::alone(connection, database, Form::Held)
    }

    /// Gives a pinned connection back.
    pub(super) async fn release(self: &Arc<Self>) -> Option<Box<dyn Connection>> {
        let mut stack = self.enter_now().await.ok()?;
        stack.levels.clear();
        self.fate.store(KEPT, SeqCst);
        stack.connection.take()
    }

    fn alone(connection: Box<dyn Connection>, database: Arc<Database>, form: Form) -> Arc<Self> {
        let stack = Stack { connection: Some(connection), levels: Vec::new(), half_done: false };
        let stack = Arc::new(Mutex::new(stack));
        let id = database.number_transaction();
        let level = Arc::new(Self::new(stack.clone(), Arc::default(), None, form, database, id));
        if let Ok(mut stack) = stack.try_lock() {
            stack.levels.push(Arc::downgrade(&level));
        }
        level
    }

    /// Begins a savepoint inside this level, when it is its turn.
    pub(super) async fn savepoint(self: &Arc<Self>, form: Form) -> Result<(Arc<Self>, OwnedMutexGuard<()>)> {
        let _release = Release(self);
        let turn = match self.inside.clone().try_lock_owned() {
            Ok(turn) => turn,
            Err(_) => {
                // This says who would wait for himself.
                drop(self.enter().await?);
                self.inside.clone().lock_owned().await
            }
        };
        let mut stack = self.enter_now().await?;
        let begun = stack.begin_call()?.begin(&TransactionOptions::default()).await;
        stack.half_done = false;
        begun?;
        let database = Arc::clone(&self.database);
        let (stack_too, occupant) = (self.stack.clone(), self.occupant.clone());
        let level = Arc::new(Self::new(stack_too, occupant, Some(self.clone()), form, database, self.id));
        stack.levels.push(Arc::downgrade(&level));
        drop(stack);
        level.tell(Step::Begin);
        Ok((level, turn))
    }

    fn new(
        stack: Arc<Mutex<Stack>>,
        occupant: Arc<Occupant>,
        parent: Option<Arc<Self>>,
        form: Form,
        database: Arc<Database>,
        id: u64,
    ) -> Self {
        Self {
            stack,
            occupant,
            parent,
            form,
            fate: AtomicU8::new(OPEN),
            database,
            id,
            began: Instant::now(),
            callbacks: Callbacks::default(),
            inside: Arc::default(),
        }
    }

    /// Whether this is a transaction of a database.
    pub(super) fn is_on(&self, database: &Arc<Database>) -> bool {
        Arc::ptr_eq(&self.database, database)
    }

    /// The number of the transaction.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// What is done when this level ends.
    pub(super) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    /// Whether this is a transaction or savepoint, and not only a connection that is held.
    pub(super) fn is_transaction(&self) -> bool {
        self.form != Form::Held
    }

    /// The transaction or savepoint that this one is inside of.
    fn around(&self) -> Option<&Arc<Level>> {
        self.parent.as_ref().filter(|parent| parent.is_transaction())
    }

    fn depth(&self) -> usize {
        self.around().map_or(0, |parent| parent.depth() + 1)
    }

    fn tell(&self, step: Step) {
        self.database.tell_step(step, self.id, self.depth(), self.began.elapsed());
    }

    /// Notes how this level ended, and tells of it. What is to be done after the outermost commit is the caller's.
    fn ended(&self, fate: u8) -> Vec<Callback> {
        self.fate.store(fate, SeqCst);
        if !self.is_transaction() {
            return Vec::new();
        }
        self.tell(if fate == KEPT { Step::Commit } else { Step::Rollback });
        match (self.around(), fate) {
            (Some(parent), KEPT) => self.callbacks.move_to(&parent.callbacks),
            (None, KEPT) => return self.callbacks.committed(),
            _ => self.callbacks.rolled_back(),
        }
        Vec::new()
    }

    /// `reading`: the stream that the statement is for.
    pub(super) async fn run(
        self: &Arc<Self>,
        statement: &Statement,
        sink: Box<dyn RowSink>,
        reading: Option<&Weak<Work>>,
    ) -> Ran {
        let _release = Release(self);
        let mut stack = self.enter().await?;
        let _reading = reading.and_then(Weak::upgrade).map(|work| self.occupant.enters(work));
        match &mut stack.connection {
            Some(connection) => connection.run(statement, sink).await,
            None => Err(CLOSED),
        }
    }

    /// The tables and views of the database.
    pub(super) async fn entries(self: &Arc<Self>) -> Result<Vec<Entry>> {
        let _release = Release(self);
        let mut stack = self.enter().await?;
        stack.connection.as_mut().ok_or(CLOSED)?.entries().await
    }

    /// A table as it is in the database.
    pub(super) async fn inspect(self: &Arc<Self>, table: &str) -> Result<Option<Table>> {
        let _release = Release(self);
        let mut stack = self.enter().await?;
        stack.connection.as_mut().ok_or(CLOSED)?.inspect(table).await
    }

    /// Takes a lock, if nobody has it.
    pub(super) async fn try_lock(self: &Arc<Self>, name: &str) -> Result<bool> {
        let _release = Release(self);
        let mut stack = self.enter().await?;
        stack.connection.as_mut().ok_or(CLOSED)?.try_lock(name).await
    }

    /// Gives a lock back.
    pub(super) async fn unlock(self: &Arc<Self>, name: &str) -> Result<()> {
        let _release = Release(self);
        let mut stack = self.enter().await?;
        stack.connection.as_mut().ok_or(CLOSED)?.unlock(name).await
    }

    /// The connection, when it is this level's turn: while a savepoint is open inside, a statement would
    /// be part of that, and be undone with it.
    async fn enter(self: &Arc<Self>) -> Result<MutexGuard<'_, Stack>> {
        loop {
            let stack = self.enter_now().await?;
            let depth = stack.depth(self).ok_or(CLOSED)?;
            let Some(inner) = stack.levels.get(depth + 1) else { return Ok(stack) };
            if let Some(inner) = inner.upgrade()
                && (inner.form == Form::Guard || inside::is_running(&inner))
            {
                return Err(INNER_IS_OPEN);
            }
            drop(stack);
            drop(self.inside.lock().await);
        }
    }

    /// The connection, with what was dropped undone.
    async fn enter_now(self: &Arc<Self>) -> Result<MutexGuard<'_, Stack>> {
        let mut stack = self.occupant.out_of_the_way(self.stack.lock()).await;
        if stack.half_done {
            stack.close();
        }
        let dropped = stack.levels.iter().position(has_ended);
        if let Some(keep) = dropped {
            stack.unwind_to(keep).await?;
        }
        if stack.connection.is_none() || stack.depth(self).is_none() { Err(CLOSED) } else { Ok(stack) }
    }

    /// Ends this level, and first undoes what is still open inside it.
    pub(super) async fn end(self: &Arc<Self>, keep: bool) -> Result<()> {
        let _release = Release(self);
        self.occupant.shut(CLOSED);
        let mut stack = self.enter_now().await?;
        let depth = stack.depth(self).ok_or(CLOSED)?;
        stack.unwind_to(depth + 1).await?;
        let connection = stack.begin_call()?;
        let ended = if keep { connection.commit().await } else { connection.rollback().await };
        stack.half_done = false;
        stack.levels.truncate(depth);
        if depth == 0 {
            stack.connection = None;
        }
        drop(stack);
        for work in self.ended(if keep && ended.is_ok() { KEPT } else { UNDONE }) {
            if let Some(later) = work() {
                later.await;
            }
        }
        ended
    }

    /// Marks this level as undone, where it has not ended: the next user of the connection undoes it.
    pub(super) fn abandon(&self) {
        if self.fate.compare_exchange(OPEN, UNDONE, SeqCst, SeqCst).is_ok() {
            match &self.parent {
                Some(_) => self.occupant.shut(CLOSED),
                None => self.occupant.cancel(CLOSED),
            }
            self.release_if_ended();
            self.ended(UNDONE);
        }
    }

    /// Notes that this level was undone with the connection, unless that is known already.
    fn undone(&self) {
        if self.fate.compare_exchange(OPEN, UNDONE, SeqCst, SeqCst).is_ok() {
            self.ended(UNDONE);
        }
    }

    /// Gives the connection back where the outermost level ended while a statement was on its way.
    fn release_if_ended(&self) {
        if let Ok(mut stack) = self.stack.try_lock()
            && stack.levels.first().is_some_and(has_ended)
        {
            stack.connection = None;
        }
    }

    /// Whether what was done in this level has been undone.
    pub(super) fn is_undone(&self) -> bool {
        self.fate.load(SeqCst) == UNDONE || self.around().is_some_and(|parent| parent.is_undone())
    }

    /// Whether what was done in this level is kept for good.
    pub(super) fn is_kept(&self) -> bool {
        self.fate.load(SeqCst) == KEPT && self.around().is_none_or(|parent| parent.is_kept())
    }
}

/// Whether a level was ended by whoever was in it, and not yet on the connection.
fn has_ended(level: &Weak<Level>) -> bool {
    level.upgrade().is_none_or(|level| level.fate.load(SeqCst) != OPEN)
}

/// Gives the connection back, after whatever was being done on it, where the outermost level ended
/// meanwhile: also where the future that did it was dropped. Goes before what it holds.
struct Release<'a>(&'a Level);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        self.0.release_if_ended();
    }
}

impl Stack {
    fn depth(&self, level: &Arc<Level>) -> Option<usize> {
        self.levels.iter().position(|other| std::ptr::eq(other.as_ptr(), Arc::as_ptr(level)))
    }

    /// The connection, for a call that must not stop half-way.
    fn begin_call(&mut self) -> Result<&mut Box<dyn Connection>> {
        let connection = self.connection.as_mut().ok_or(CLOSED)?;
        self.half_done = true;
        Ok(connection)
    }

    /// Rolls back every level but the outermost `keep`.
    async fn unwind_to(&mut self, keep: usize) -> Result<()> {
        if keep == 0 {
            self.close();
        }
        while self.levels.len() > keep {
            let undone = self.begin_call()?.rollback().await;
            self.half_done = false;
            if let Err(error) = undone {
                // Nobody knows what is open there now.
                self.close();
                return Err(error);
            }
            if let Some(level) = self.levels.pop().and_then(|level| level.upgrade()) {
                level.undone();
            }
        }
        Ok(())
    }

    /// Gives the connection back: the driver undoes everything with it.
    fn close(&mut self) {
        self.connection = None;
        self.half_done = false;
        for level in self.levels.drain(..).rev() {
            if let Some(level) = level.upgrade() {
                level.undone();
            }
        }
    }
}
