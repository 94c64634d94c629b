use std::{
    borrow::Cow,
    future::poll_fn,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::{Duration, Instant},
};

use atlas_core::{
    driver::RowSink,
    error::{Error, Result},
};
use atlas_server::{Condition, Lent};
use sqlx::{AssertSqlSafe, Either, Executor, Row as _, SqlSafeStr, mysql::MySqlArguments};
use tokio::task::coop::consume_budget;

use crate::{
    error::Failure,
    insert::InsertWork,
    job::Ended,
    row::{CurrentRow, Form},
    session::{Connections, Session, command},
};

/// Rows between two looks at whether the sink has room.
const BATCH: u64 = 64;

/// How long rows that nobody wants are read before the server is told to send no more.
const UNWANTED: Duration = Duration::from_millis(20);

/// A statement as it is sent.
pub(crate) struct Sent {
    pub(crate) text: Arc<str>,
    pub(crate) arguments: MySqlArguments,
}

/// What is to be done on a connection. It owns all that it needs, so that it can go on where its user
/// has gone.
pub(crate) enum Work {
    /// A statement.
    One(Sent),
    /// A statement of the user's own, which may be one that cannot be prepared.
    Raw(Sent),
    /// Several statements without values and rows, one after the other; errors of this number are none.
    Commands(Vec<Cow<'static, str>>, Option<u16>),
    /// Rows to be written.
    Insert(InsertWork),
}

/// What the server says that was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) affected: u64,
    /// How many rows it sent.
    pub(crate) rows: u64,
    /// The key that was generated: for the last row, of an insert of several.
    pub(crate) last_key: Option<i64>,
}

/// A connection at work.
pub(crate) struct Task {
    lent: Lent<Connections>,
    sink: Box<dyn RowSink>,
    rows: u64,
    /// Whether the sink wants more rows.
    wanted: bool,
    abandoned: Arc<AtomicBool>,
}

/// Does the work, all of it, and gives back what it was done with.
pub(crate) async fn perform(
    mut lent: Lent<Connections>,
    work: Work,
    sink: Box<dyn RowSink>,
    abandoned: Arc<AtomicBool>,
) -> Ended {
    // Whoever drops this half-way has lost the connection.
    lent.mark(Condition::Spent);
    let mut task = Task { lent, sink, rows: 0, wanted: true, abandoned };
    let result = task.work(work).await;
    let Task { mut lent, sink, rows, .. } = task;
    lent.mark(match &result {
        Err(failure) if failure.is_gone() => Condition::Dead,
        Err(failure) if failure.is_broken() => Condition::Spent,
        _ => Condition::Dirty,
    });
    Ended { lent, sink, rows, result }
}

impl Task {
    async fn work(&mut self, work: Work) -> Result<Answer, Failure> {
        if self.is_abandoned() {
            return Ok(Answer::default());
        }
        match work {
            Work::One(sent) => self.send(sent).await,
            Work::Raw(sent) => self.send_raw(sent).await,
            Work::Commands(texts, but) => {
                for text in texts {
                    match self.command(text).await {
                        Err(failure) if failure.number().is_some() && failure.number() == but => {}
                        done => done?,
                    }
                }
                Ok(Answer::default())
            }
            Work::Insert(insert) => insert.run(self).await,
        }
    }

    /// Whether nobody waits for the work any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Relaxed)
    }

    pub(crate) fn session(&mut self) -> Result<&mut Session> {
        self.lent.connection().map(|session| &mut **session)
    }

    pub(crate) async fn command(&mut self, text: impl Into<Cow<'static, str>>) -> Result<(), Failure> {
        Ok(command(&mut self.session()?.connection, text).await?)
    }

    /// The errors among the warnings of the last statement, as their numbers and messages.
    pub(crate) async fn warnings(&mut self) -> Result<Vec<(u16, String)>, Failure> {
        let rows = sqlx::raw_sql("SHOW WARNINGS").fetch_all(&mut self.session()?.connection).await?;
        let mut warnings = Vec::with_capacity(rows.len());
        for row in rows {
            let text = |index: usize| row.try_get_unchecked::<String, _>(index);
            if text(0)? != "Note" {
                warnings.push((text(1)?.parse().unwrap_or_default(), text(2)?));
            }
        }
        Ok(warnings)
    }

    /// Prepares a statement that is to be sent later.
    pub(crate) async fn prepare(&mut self, text: Arc<str>) -> Result<(), Failure> {
        let text = AssertSqlSafe(text).into_sql_str();
        Ok((&mut self.session()?.connection).prepare(text).await.map(|_| ())?)
    }

    /// Sends a statement, and hands its rows to the sink.
    pub(crate) async fn send(&mut self, sent: Sent) -> Result<Answer, Failure> {
        let query = sqlx::query_with(AssertSqlSafe(sent.text), sent.arguments);
        self.fetch(query, Form::binary).await
    }

    /// A few statements of MySQL's cannot be prepared; those are sent as their text.
    async fn send_raw(&mut self, sent: Sent) -> Result<Answer, Failure> {
        let text = Arc::clone(&sent.text);
        let has_values = sqlx::Arguments::len(&sent.arguments) > 0;
        match self.send(sent).await {
            Err(failure) if failure.number() == Some(1295) && !has_values => {
                self.fetch(sqlx::raw_sql(AssertSqlSafe(text)), Form::written).await
            }
            answer => answer,
        }
    }

    async fn fetch<'q>(
        &mut self,
        query: impl sqlx::Execute<'q, sqlx::MySql> + 'q,
        forms_of: fn(&[sqlx::mysql::MySqlColumn], &mut Vec<Form>),
    ) -> Result<Answer, Failure> {
        let pool = self.lent.pool().clone();
        let Self { lent, sink, rows, wanted, abandoned } = self;
        let Session { connection, id, forms, .. } = &mut **lent.connection()?;
        let mut answer = Answer::default();
        let mut known = false;
        let mut unwanted_since: Option<Instant> = None;
        let mut killed = false;
        let mut error: Option<Error> = None;
        let mut stream = connection.fetch_many(query);
        while let Some(next) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            let row = match next {
                Ok(Either::Right(row)) => row,
                Ok(Either::Left(done)) => {
                    answer.affected += done.rows_affected();
                    answer.last_key =
                        i64::try_from(done.last_insert_id()).ok().filter(|key| *key > 0).or(answer.last_key);
                    known = false;
                    continue;
                }
                Err(failure) => {
                    let failure = Failure::from(failure);
                    // We ended it ourselves.
                    if killed && failure.number() == Some(1317) {
                        break;
                    }
                    return Err(failure);
                }
            };
            answer.rows += 1;
            // sqlx reads what is there without a look at whether others want to run, too.
            if answer.rows % BATCH == 0 {
                consume_budget().await;
            }
            if !*wanted || abandoned.load(Relaxed) {
                let since = *unwanted_since.get_or_insert_with(Instant::now);
                if !killed && !abandoned.load(Relaxed) && since.elapsed() > UNWANTED {
                    killed = true;
                    pool.manager().kill(*id).await;
                }
                continue;
            }
            if !known {
                forms_of(row.columns(), forms);
                known = true;
            }
            *rows += 1;
            match sink.row(&CurrentRow { row: &row, forms }) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => *wanted = false,
                Err(own) => {
                    error = Some(own);
                    *wanted = false;
                }
            }
            if *rows % BATCH == 0 && *wanted {
                poll_fn(
                    |context| {
                        if abandoned.load(Relaxed) { Poll::Ready(()) } else { sink.poll_ready(context) }
                    },
                )
                .await;
            }
        }
        drop(stream);
        if killed {
            self.session()?.settle().await?;
        }
        match error {
            Some(error) => Err(Failure::Own(error)),
            None => Ok(answer),
        }
    }
}
