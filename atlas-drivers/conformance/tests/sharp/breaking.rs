//! A driver that works, but for one promise that it breaks: the cases that hold it must fail.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use atlas_conformance::{Outcome, Report, run_matching};
use atlas_core::{
    Error, Result,
    driver::{
        BoxFuture, Capabilities, Connection, Driver, PoolFigures, Ran, Rendered, RowSink, TransactionOptions,
    },
    schema::Name,
    statement::Statement,
};
use atlas_sqlite::Sqlite;

/// The promise.
#[derive(Clone, Copy, PartialEq)]
enum Breaks {
    Nothing,
    /// Transactions write although they were begun to read.
    ReadOnly,
    /// What was begun to read stays so.
    EndOfReadOnly,
    /// There are no transactions.
    Transactions,
    /// Transactions are kept when their connection is dropped.
    Drop,
    /// A dropped commit is not finished, and not undone.
    DroppedCommit,
    /// Nothing is in use, ever.
    Figures,
    /// More is open than may be.
    Maximum,
    /// It answers after its end.
    Close,
    /// Rows of an insert come back in whatever order.
    Order,
    /// A star is not understood.
    Star,
    /// What it says that it cannot, it does.
    Claims,
    /// It does not say what to do instead.
    Instead,
    /// Nothing comes of a doubled question mark.
    QuestionMark,
}

struct Breaking {
    inner: Arc<dyn Driver>,
    breaks: Breaks,
    capabilities: Capabilities,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    refuses: AtomicBool,
    kept: Mutex<Vec<Box<dyn Connection>>>,
}

struct BreakingConnection {
    /// `None` once it is dropped.
    inner: Option<Box<dyn Connection>>,
    breaks: Breaks,
    state: Arc<State>,
    in_transaction: bool,
    began_to_read: bool,
}

impl Driver for Breaking {
    fn name(&self) -> &'static str {
        "breaking"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Box<dyn Connection>>> {
        Box::pin(async {
            let connection = BreakingConnection {
                inner: Some(self.inner.acquire().await?),
                breaks: self.breaks,
                state: self.state.clone(),
                in_transaction: false,
                began_to_read: false,
            };
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn render(&self, statement: &Statement) -> Result<Rendered> {
        match statement {
            Statement::Raw(raw) if self.breaks == Breaks::QuestionMark => {
                Ok(Rendered { text: raw.text.clone(), binds: raw.binds.clone() })
            }
            _ => self.inner.render(statement),
        }
    }

    fn server_version(&self) -> BoxFuture<'_, Result<String>> {
        match self.breaks {
            Breaks::Close => Box::pin(async { Ok("1".to_owned()) }),
            _ => self.inner.server_version(),
        }
    }

    fn pool(&self) -> PoolFigures {
        let mut figures = self.inner.pool();
        match self.breaks {
            Breaks::Figures => (figures.open, figures.idle, figures.oldest_use) = (1, 1, None),
            Breaks::Maximum => figures.max = 0,
            _ => {}
        }
        figures
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

impl BreakingConnection {
    fn inner(&mut self) -> &mut dyn Connection {
        &mut **self.inner.as_mut().unwrap()
    }

    fn unsupported(instead: &str) -> Error {
        Error::Unsupported { driver: "breaking", operation: "this".to_owned(), instead: instead.to_owned() }
    }
}

impl Connection for BreakingConnection {
    fn run<'a>(&'a mut self, statement: &'a Statement, sink: Box<dyn RowSink>) -> BoxFuture<'a, Ran> {
        let writes = !matches!(statement, Statement::Select(_) | Statement::Schema(_));
        if writes && self.state.refuses.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Error::config("this connection only reads")) });
        }
        match statement {
            Statement::Insert(insert) if self.breaks == Breaks::Order && !insert.returning.is_empty() => {
                Box::pin(async move {
                    // Row after row, the last one first.
                    let width = insert.columns.len().max(1);
                    let mut backwards = insert.clone();
                    backwards.values = insert.values.rchunks(width).flatten().cloned().collect();
                    self.inner().run(&backwards.into(), sink).await
                })
            }
            Statement::Insert(insert)
                if self.breaks == Breaks::Star && insert.returning.contains(&Name::Borrowed("*")) =>
            {
                Box::pin(async move {
                    let mut some = insert.clone();
                    some.returning = vec![Name::Borrowed("id")];
                    self.inner().run(&some.into(), sink).await
                })
            }
            Statement::Update(update) if self.breaks == Breaks::Instead && !update.returning.is_empty() => {
                Box::pin(async { Err(Self::unsupported("")) })
            }
            _ => self.inner().run(statement, sink),
        }
    }

    fn begin<'a>(&'a mut self, options: &'a TransactionOptions) -> BoxFuture<'a, Result<()>> {
        if self.breaks == Breaks::Transactions {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async move {
            let mut changed = *options;
            if self.breaks == Breaks::ReadOnly {
                changed.read_only = false;
            }
            self.inner().begin(&changed).await?;
            self.in_transaction = true;
            self.began_to_read |= options.read_only;
            Ok(())
        })
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<()>> {
        if self.breaks == Breaks::Transactions {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async move {
            if self.breaks == Breaks::DroppedCommit && self.in_transaction {
                // Half of it, and a pause in which it may be dropped.
                let inner = self.inner.take();
                self.state.kept.lock().unwrap().extend(inner);
                tokio::time::sleep(Duration::from_millis(1)).await;
                self.inner = self.state.kept.lock().unwrap().pop();
            }
            self.inner().commit().await?;
            self.ended();
            Ok(())
        })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<()>> {
        if self.breaks == Breaks::Transactions {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(async move {
            self.inner().rollback().await?;
            self.ended();
            Ok(())
        })
    }
}

impl BreakingConnection {
    fn ended(&mut self) {
        self.in_transaction = false;
        if self.breaks == Breaks::EndOfReadOnly && self.began_to_read {
            self.state.refuses.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for BreakingConnection {
    fn drop(&mut self) {
        if self.breaks == Breaks::Drop && self.in_transaction {
            self.state.kept.lock().unwrap().extend(self.inner.take());
        }
    }
}

async fn run(breaks: Breaks, cases: &str) -> Report {
    let options = Sqlite::memory().acquire_timeout(Duration::from_secs(2));
    let inner = options.open().await.unwrap();
    let mut capabilities = *inner.capabilities();
    if matches!(breaks, Breaks::Claims | Breaks::Instead) {
        capabilities.update_returning = false;
    }
    run_matching(Arc::new(Breaking { inner, breaks, capabilities, state: Arc::default() }), cases).await
}

/// Holds that a case fails a driver that breaks this promise, and no other.
async fn fails(breaks: Breaks, case: &str) {
    let report = run(breaks, case).await;
    let failed = report.failures().any(|failed| failed.name == case);
    assert!(failed, "{case} did not fail:\n{report}");
    let report = run(Breaks::Nothing, case).await;
    assert!(report.failures().next().is_none(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_transactions_must_only_read() {
    fails(Breaks::ReadOnly, "read_only::every_write_is_refused").await;
    fails(Breaks::ReadOnly, "read_only::raw_writes_are_refused").await;
    fails(Breaks::ReadOnly, "read_only::changes_of_the_schema_are_refused").await;
    fails(Breaks::ReadOnly, "read_only::savepoints_inside_are_read_only_too").await;
    fails(Breaks::ReadOnly, "read_only::with_every_isolation").await;
    fails(Breaks::EndOfReadOnly, "read_only::the_next_one_writes_again").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_must_be_some() {
    fails(Breaks::Transactions, "isolation::read_uncommitted").await;
    fails(Breaks::Transactions, "isolation::read_committed").await;
    fails(Breaks::Transactions, "isolation::repeatable_read").await;
    fails(Breaks::Transactions, "isolation::serializable").await;
    fails(Breaks::Transactions, "capability::transactions").await;
    fails(Breaks::Transactions, "cancel::a_dropped_rollback").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_must_leave_nothing() {
    fails(Breaks::Drop, "cancel::a_dropped_begin").await;
    fails(Breaks::Drop, "cancel::a_dropped_statement_in_a_transaction").await;
    fails(Breaks::Drop, "cancel::a_dropped_savepoint").await;
    fails(Breaks::Drop, "pool::a_held_transaction_is_in_use").await;
    fails(Breaks::DroppedCommit, "cancel::a_dropped_commit_keeps_all_or_nothing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_must_be_true() {
    fails(Breaks::Figures, "pool::a_held_transaction_is_in_use").await;
    fails(Breaks::Maximum, "pool::figures_add_up_at_any_time").await;
    fails(Breaks::Close, "close::close_lets_statements_finish_and_refuses_new_ones").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_must_come_back_as_they_were_given() {
    fails(Breaks::Order, "insert::written_rows_are_found_by_their_key").await;
    fails(Breaks::Order, "insert::written_rows_are_found_by_a_key_of_several_columns").await;
    fails(Breaks::Order, "insert::all_columns_come_back_by_a_star").await;
    fails(Breaks::Star, "insert::all_columns_come_back_by_a_star").await;
    fails(Breaks::QuestionMark, "raw::a_doubled_question_mark_is_one").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn capabilities_must_be_what_is_done() {
    fails(Breaks::Claims, "capability::update_returning").await;
    fails(Breaks::Instead, "capability::update_returning").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_say_what_to_do_instead() {
    let report = run(Breaks::Nothing, "read_only::").await;
    let skipped: Vec<_> = report.skipped().collect();
    let [case] = skipped.as_slice() else { panic!("{report}") };
    let Outcome::Skipped { instead: Some(instead), .. } = &case.outcome else { panic!("{report}") };
    let findings = report.findings();
    assert!(findings.contains("breaking\tread_only::every_write_is_refused\tyes\n"), "{findings}");
    assert!(findings.contains(&format!("breaking\t{}\tno\t{instead}\n", case.name)), "{findings}");
    assert_eq!(findings.lines().count(), report.cases.len());
}
