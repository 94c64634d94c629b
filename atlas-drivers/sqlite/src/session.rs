use std::{ops::ControlFlow, sync::Arc};

use atlas_core::{
    driver::{Outcome, Row, RowSink},
    error::{Error, Result},
    statement::{From, Select, Statement},
    value::Value,
};
use atlas_sql::{Bind, Compiled, Shape, compile};

use crate::{
    dialect::SqliteDialect,
    error::Failure,
    keys::Keys,
    raw::{BindRef, CurrentRow, Database},
    row::CopiedRow,
    watch::{Limit, Watch},
};

/// Rows between two looks at whether the sink has room.
const BATCH: u32 = 64;

/// A connection, and what is kept with it between statements.
pub(crate) struct Session {
    pub(crate) database: Database,
    /// The memory of the statement that was compiled last.
    pub(crate) compiled: Compiled<'static>,
    pub(crate) keys: Keys,
    /// Whether the program's hook for new connections has had it, where there is one.
    pub(crate) ready: bool,
}

/// How far a statement came.
pub(crate) enum Progress {
    /// To its end.
    Done(Outcome),
    /// To the end of a batch: the sink is to be asked whether it has room.
    Batch,
    /// To a row, but it takes long: it is to go on from there elsewhere.
    Overdue,
    /// It took long and was interrupted, or needs a lock that somebody else holds: it is to be run again
    /// from its start, elsewhere. The sink has forgotten the rows that it had.
    Again,
}

/// A statement as text, with its values, that depends on nothing else: it can travel.
pub(crate) struct Owned {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

/// A statement that has been started.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    /// Rows that the sink has got.
    rows: u64,
    /// The rows written since the connection was opened, before this statement, where it may write.
    written_before: i64,
    /// Whether it may be stopped and run again. Not a write in a transaction: that would undo it all.
    repeatable: bool,
    pub(crate) limit: Limit,
    /// How often it has let others run.
    pub(crate) turns: u8,
    /// Whether the sink wants no more rows.
    pub(crate) stopped: bool,
}

impl Running {
    pub(crate) fn new(repeatable: bool, watched: bool) -> Self {
        let limit = match (watched, repeatable) {
            (false, _) => Limit::None,
            (true, true) => Limit::Interrupt,
            (true, false) => Limit::Note,
        };
        Self { rows: 0, written_before: 0, repeatable, limit, turns: 0, stopped: false }
    }
}

impl Session {
    pub(crate) fn new(database: Database, ready: bool) -> Self {
        Self { database, compiled: Compiled::default(), keys: Keys::default(), ready }
    }

    pub(crate) fn watch(&self) -> &Arc<Watch> {
        self.database.watch()
    }

    /// Makes a statement the active one, and calls `with` with it and what it binds. Its text is written where it
    /// is not kept prepared.
    pub(crate) fn started<'s, R>(
        &mut self,
        statement: &'s Statement,
        with: impl FnOnce(Result<&mut Database, Failure>, &[Bind<'s>]) -> R,
    ) -> Result<R> {
        let mut compiled = std::mem::take(&mut self.compiled).recycle();
        let started = self.database.start_compiled(statement, &mut compiled);
        let done = started.map(|started| with(started.map(|()| &mut self.database), &compiled.binds));
        self.compiled = compiled.recycle();
        done
    }

    /// Starts and binds; the values are copied, so that the statement can stay open.
    pub(crate) fn start(&mut self, statement: &Statement) -> Result<Result<(), Failure>> {
        self.started(statement, |database, binds| match database {
            Ok(database) => database.bind_copies(binds.iter().map(BindRef::from)).map(Ok),
            Err(failure) => Ok(Err(failure)),
        })?
    }

    pub(crate) fn start_owned(&mut self, owned: &Owned) -> Result<Result<(), Failure>> {
        if let Err(failure) = self.database.start(&owned.text) {
            return Ok(Err(failure));
        }
        self.database.bind_copies(owned.values.iter().map(BindRef::from)).map(Ok)
    }

    /// The statement as text and values of its own.
    pub(crate) fn owned(&mut self, statement: &Statement) -> Result<Owned> {
        let mut compiled = std::mem::take(&mut self.compiled).recycle();
        let done = compile(statement, &SqliteDialect, &mut compiled);
        let owned = done.map(|()| Owned { text: compiled.text.clone(), values: compiled.values() });
        self.compiled = compiled.recycle();
        owned
    }

    /// Ends whatever is left of the last user's statements. `false` where the connection is of no more use.
    pub(crate) fn clean(&mut self) -> bool {
        self.database.finish();
        self.watch().set_cancel(None);
        self.watch().begin(Limit::None);
        self.watch().allot_any();
        if self.database.in_transaction() {
            let _ = self.database.command("ROLLBACK");
        }
        self.keys.given_back();
        !self.database.in_transaction()
    }
}

impl Database {
    fn start_compiled<'s>(
        &mut self,
        statement: &'s Statement,
        compiled: &mut Compiled<'s>,
    ) -> Result<Result<(), Failure>> {
        let shape = Shape::of(statement, &SqliteDialect, compiled);
        if shape.is_some_and(|shape| self.resume(shape)) {
            return Ok(Ok(()));
        }
        let stands = Shape::compile(statement, &SqliteDialect, compiled)?;
        Ok(match shape.filter(|_| stands) {
            Some(shape) => self.start_new(shape, &compiled.text),
            None => self.start(&compiled.text),
        })
    }

    /// Runs a statement without values and without rows of interest to its end.
    pub(crate) fn command(&mut self, text: &str) -> Result<(), Failure> {
        self.start(text)?;
        self.watch().works();
        let mut stepped = self.step();
        while let Ok(true) = stepped {
            stepped = self.step();
        }
        self.watch().rests();
        self.finish();
        stepped.map(|_| ())
    }

    /// Runs what undoes something, which nothing stops. What cannot be undone, SQLite has undone itself.
    pub(crate) fn undo(&mut self, texts: &[&str]) {
        self.watch().allot_any();
        for text in texts {
            let _ = self.command(text);
        }
    }

    /// Sets up the watch for a statement that has been started.
    pub(crate) fn begin(&mut self, running: &mut Running) {
        self.watch().begin(running.limit);
        if !self.reads_only() {
            running.written_before = self.total_changes();
        }
    }

    /// Hands rows of the active statement to the sink, up to a batch of them.
    ///
    /// The statement is finished afterwards, unless the answer is `Batch` or `Overdue`.
    pub(crate) fn advance(
        &mut self,
        running: &mut Running,
        sink: &mut dyn RowSink,
        table: Option<&str>,
    ) -> Result<Progress> {
        self.watch().works();
        let progress = self.advance_on(running, sink, table);
        self.watch().rests();
        progress
    }

    fn advance_on(
        &mut self,
        running: &mut Running,
        sink: &mut dyn RowSink,
        table: Option<&str>,
    ) -> Result<Progress> {
        for _ in 0..BATCH {
            match self.step() {
                Ok(true) => {}
                Ok(false) => return Ok(Progress::Done(self.end(running))),
                Err(failure) => return self.stopped(running, failure, sink, table),
            }
            match sink.row(&self.row()) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => {
                    running.stopped = true;
                    return Ok(Progress::Done(self.end(running)));
                }
                Err(error) => {
                    self.finish();
                    return Err(error);
                }
            }
            running.rows += 1;
            if running.limit == Limit::Interrupt {
                self.watch().saw_row();
                if running.rows == 1 && !sink.restartable() {
                    // What the sink got, it keeps: from now on the statement only goes on.
                    running.limit = Limit::Note;
                    self.watch().set_limit(Limit::Note);
                }
            }
            if self.watch().is_overdue() {
                return Ok(Progress::Overdue);
            }
        }
        Ok(Progress::Batch)
    }

    fn end(&mut self, running: &Running) -> Outcome {
        let reads_only = self.reads_only();
        self.finish();
        if reads_only || self.total_changes() == running.written_before {
            return Outcome::affected(0);
        }
        Outcome::affected(self.changes())
    }

    #[cold]
    fn stopped(
        &mut self,
        running: &Running,
        failure: Failure,
        sink: &mut dyn RowSink,
        table: Option<&str>,
    ) -> Result<Progress> {
        let again =
            failure.is_busy() || (failure.is_interrupt() && running.repeatable && self.watch().is_overdue());
        self.finish();
        if again && (running.rows == 0 || sink.restart()) {
            return Ok(Progress::Again);
        }
        Err(failure.into_error(table))
    }

    /// Copies the rows that the active statement has left, and finishes it.
    pub(crate) fn drain(&mut self, running: &Running) -> Result<(Vec<CopiedRow>, Outcome)> {
        let mut names: Option<Arc<[Box<str>]>> = None;
        let mut rows = Vec::new();
        self.watch().begin(Limit::None);
        self.watch().works();
        loop {
            let stepped = self.step();
            if !matches!(stepped, Ok(true)) {
                self.watch().rests();
            }
            match stepped {
                Ok(true) => {
                    let row: CurrentRow<'_> = self.row();
                    let names = names.get_or_insert_with(|| CopiedRow::names_of(&row));
                    rows.push(CopiedRow::copy(&row, names));
                }
                Ok(false) => return Ok((rows, self.end(running))),
                Err(failure) => {
                    self.finish();
                    return Err(failure.into_error(None));
                }
            }
        }
    }
}

/// The table that a statement is about, for errors.
pub(crate) fn table_of(statement: &Statement) -> Option<&str> {
    match statement {
        Statement::Select(select) => read_table(select),
        Statement::Insert(insert) => Some(&insert.table.name),
        Statement::InsertSelect(insert) => Some(&insert.table.name),
        Statement::Update(update) => Some(&update.table.name),
        Statement::Delete(delete) => Some(&delete.table.name),
        Statement::Explain { of, .. } => table_of(of),
        _ => None,
    }
}

fn read_table(select: &Select) -> Option<&str> {
    match &select.from {
        From::Table(table) => Some(&table.name),
        From::Select(inner, _) | From::Lateral(inner, _) => read_table(inner),
        _ => None,
    }
}

/// Hands copied rows to the sink.
pub(crate) fn hand_over(rows: &[CopiedRow], sink: &mut dyn RowSink) -> Result<ControlFlow<()>, Error> {
    for row in rows {
        if sink.row(row as &dyn Row)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests {
    use atlas_core::statement::{ColumnRef, CompareOp, Expr, Select, TableRef};

    use super::*;

    #[test]
    fn a_statement_of_the_same_shape_is_written_once() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1), (2)")
            .unwrap();
        let database = Database::new(connection, Arc::new(Watch::new(None)), 8);
        let mut session = Session::new(database, true);
        for key in [1_i64, 2, 3, 70_000] {
            let id = Expr::Column(ColumnRef { table: None, name: "id".into(), ty: None });
            let mut select = Select::new(TableRef::new("users"), &["id"]);
            select.and_where(Expr::Compare(CompareOp::Eq, Box::new(id), Box::new(Expr::Value(key.into()))));
            session.start(&select.into()).unwrap().unwrap();
            assert_eq!(session.database.step().unwrap(), key < 3, "it is bound anew");
            session.database.finish();
        }
        assert_eq!(session.compiled.texts, 1);
    }
}
