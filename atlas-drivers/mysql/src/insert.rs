use std::{ops::Range, sync::Arc};

use atlas_core::{
    error::Result,
    schema::Name,
    statement::{Insert, OnConflict},
    value::Value,
};
use atlas_sql::{Bind, compile_insert};
use sqlx::{Arguments, mysql::MySqlArguments};

use crate::{
    error::Failure,
    reread::{Reread, reread},
    session::Session,
    task::{Answer, Sent, Task},
    value::{bind_value, check_size, size, unsupported},
};

/// Rows that go into one statement, at most.
const ROWS: usize = 500;

/// Values that one statement takes: the protocol counts them in two bytes.
const VALUES: usize = 65_535;

/// How many warnings the server keeps, as a session is set up.
const WARNINGS: usize = 65_535;

/// What a message holds beside its values.
const SPARE: usize = 16 * 1024;

/// Rows to be written: all or none of them.
pub(crate) struct InsertWork {
    chunks: Vec<Chunk>,
    kind: Kind,
    /// Whether the server gives the rows back.
    returning: bool,
    /// Whether a transaction is open that is the user's.
    in_transaction: bool,
}

/// Rows that go into one statement.
struct Chunk {
    sent: Sent,
    rows: usize,
    /// How the written rows are found, where the server does not give them back.
    reread: Option<Reread>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A row whose unique columns are taken is an error.
    Fail,
    /// Such a row is left out.
    Ignore,
    /// The row that is there is changed.
    Update,
    /// The row that is there is changed where a condition holds.
    UpdateSome,
}

/// Prepares the statements of an insert.
///
/// # Errors
///
/// [`Error::Unsupported`](atlas_core::Error::Unsupported) for values that MySQL cannot store, and rows that
/// cannot be found again where the server does not give them back.
pub(crate) fn plan(
    session: &mut Session,
    insert: &Insert,
    key: &[Name],
    in_transaction: bool,
) -> Result<InsertWork> {
    let kind = match &insert.on_conflict {
        OnConflict::Fail => Kind::Fail,
        OnConflict::Update { columns, set, filter, .. } if !columns.is_empty() || !set.is_empty() => {
            if filter.is_some() { Kind::UpdateSome } else { Kind::Update }
        }
        _ => Kind::Ignore,
    };
    let rereads = !insert.returning.is_empty() && !session.server.returning;
    let at_once = match (rereads, kind) {
        // One that is not to be changed is an error of its statement.
        _ if kind == Kind::UpdateSome => 1,
        // Which of several rows were left out, nobody tells.
        (true, Kind::Ignore) => 1,
        (true, _) => crate::reread::ROWS,
        _ => ROWS,
    };
    let mut chunks: Vec<Chunk> = Vec::with_capacity(insert.rows.div_ceil(at_once));
    let mut changes = Vec::new();
    let mut from = 0;
    while from < insert.rows {
        let rows = from..from + rows_of_chunk(session, insert, from, at_once);
        let text = match chunks.last() {
            Some(last) if last.rows == rows.len() => Arc::clone(&last.sent.text),
            _ => {
                let returning = if rereads { &[] } else { insert.returning.as_slice() };
                let (text, further) = text_of(session, insert, rows.clone(), returning)?;
                changes = further;
                text
            }
        };
        let arguments = arguments(session, insert, rows.clone(), &changes)?;
        let sent = Sent { text, arguments };
        let reread = if rereads { Some(reread(session, insert, key, rows.clone())?) } else { None };
        chunks.push(Chunk { sent, rows: rows.len(), reread });
        from = rows.end;
    }
    let returning = !insert.returning.is_empty() && !rereads;
    Ok(InsertWork { chunks, kind, returning, in_transaction })
}

/// An insert of any number of rows, of which those are left out whose unique columns are taken.
pub(crate) fn ignoring(sent: Sent, returning: bool, in_transaction: bool) -> InsertWork {
    let chunks = vec![Chunk { sent, rows: usize::MAX, reread: None }];
    InsertWork { chunks, kind: Kind::Ignore, returning, in_transaction }
}

/// The values of some rows.
pub(crate) fn values_of<'i>(
    insert: &'i Insert,
    rows: &Range<usize>,
) -> impl Iterator<Item = &'i [Value]> + use<'i> {
    let width = insert.columns.len();
    let values = insert.values.get(rows.start * width..rows.end * width).unwrap_or_default();
    values.chunks_exact(width.max(1))
}

/// How many rows from this one on go into one statement, and one message.
fn rows_of_chunk(session: &Session, insert: &Insert, from: usize, at_once: usize) -> usize {
    let width = insert.columns.len();
    let most = at_once.min(insert.rows - from).min((VALUES / width.max(1)).max(1));
    let room = session.server.max_packet.saturating_sub(SPARE);
    let mut taken = 0;
    let mut rows = 0;
    for row in values_of(insert, &(from..from + most)) {
        taken += row.iter().map(size).sum::<usize>();
        if rows > 0 && taken > room {
            break;
        }
        rows += 1;
    }
    if width == 0 { most } else { rows.max(1) }
}

/// The text of some rows, and what it binds after their values: further changes of an upsert.
fn text_of(
    session: &mut Session,
    insert: &Insert,
    rows: Range<usize>,
    returning: &[Name],
) -> Result<(Arc<str>, Vec<Value>)> {
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    let values = rows.len() * insert.columns.len();
    let done = compile_insert(insert, rows, returning, &session.server.dialect, &mut compiled);
    let text = Arc::from(compiled.text.as_str());
    let changes = compiled.binds.iter().skip(values).map(Bind::to_value).collect();
    session.compiled = compiled.recycle();
    done.map(|()| (text, changes))
}

fn arguments(
    session: &Session,
    insert: &Insert,
    rows: Range<usize>,
    changes: &[Value],
) -> Result<MySqlArguments> {
    let mut arguments = MySqlArguments::default();
    arguments.reserve(rows.len() * insert.columns.len(), rows.len() * insert.columns.len() * 9);
    let mut bytes = 0;
    for value in values_of(insert, &rows).flatten().chain(changes) {
        bind_value(&mut arguments, value, &session.server)?;
        bytes += size(value);
    }
    check_size(bytes, &session.server)?;
    Ok(arguments)
}

impl InsertWork {
    /// Writes the rows.
    pub(crate) async fn run(self, task: &mut Task) -> Result<Answer, Failure> {
        let several = self.chunks.len() > 1
            || self.kind == Kind::Ignore && self.chunks.iter().any(|chunk| chunk.rows > 1);
        if !several {
            return self.write(task).await;
        }
        let (begin, end, undo) = if self.in_transaction {
            (
                "SAVEPOINT atlas_insert",
                "RELEASE SAVEPOINT atlas_insert",
                "ROLLBACK TO SAVEPOINT atlas_insert; RELEASE SAVEPOINT atlas_insert",
            )
        } else {
            ("START TRANSACTION", "COMMIT", "ROLLBACK")
        };
        task.command(begin).await?;
        let written = match self.write(task).await {
            Ok(answer) if !task.is_abandoned() => task.command(end).await.map(|()| answer),
            Ok(_) => task.command(undo).await.map(|()| Answer::default()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &written
            && !failure.is_broken()
        {
            // Where even that fails, the pool cleans the connection or throws it away.
            let _ = task.command(undo).await;
        }
        written
    }

    async fn write(self, task: &mut Task) -> Result<Answer, Failure> {
        let mut all = Answer::default();
        for chunk in self.chunks {
            if task.is_abandoned() {
                break;
            }
            let answer = chunk.write(self.kind, self.returning, task).await?;
            all.affected += answer.affected;
            all.last_key = answer.last_key.or(all.last_key);
        }
        Ok(all)
    }
}

impl Chunk {
    async fn write(self, kind: Kind, returning: bool, task: &mut Task) -> Result<Answer, Failure> {
        let rows = self.rows;
        if let Some(reread) = &self.reread {
            // What is wrong with it is to be known before anything is written.
            task.prepare(reread.text()).await?;
        }
        let mut answer = match task.send(self.sent).await {
            // One row alone is sent as it is: only that its unique columns are taken is no error.
            Err(failure) if kind == Kind::Ignore && rows == 1 && failure.number() == Some(1062) => {
                return Ok(Answer::default());
            }
            Err(failure) if kind == Kind::UpdateSome && failure.leaves_out() => return Ok(Answer::default()),
            answer => answer?,
        };
        if returning {
            answer.affected = answer.rows;
        }
        match kind {
            Kind::Fail => {
                let step = task.session()?.server.key_step;
                let rows = i64::try_from(rows).unwrap_or(i64::MAX);
                answer.last_key =
                    answer.last_key.map(|first| first.saturating_add(step.saturating_mul(rows - 1)));
            }
            // Every row was written or changed; the server counts a changed one twice.
            Kind::Update | Kind::UpdateSome => {
                answer = Answer { affected: rows as u64, rows: answer.rows, last_key: None }
            }
            Kind::Ignore if rows > 1 => {
                // IGNORE makes warnings of other errors, too.
                let warnings = task.warnings().await?;
                if warnings.len() >= WARNINGS {
                    return Err(Failure::Own(unsupported(
                        "an insert that leaves out more than 65,534 rows",
                        "leave them out by a condition of the query",
                    )));
                }
                if let Some((number, message)) = warnings.into_iter().find(|(number, _)| *number != 1062) {
                    return Err(Failure::Warning(number, message));
                }
                answer.last_key = None;
            }
            Kind::Ignore => {}
        }
        if let Some(reread) = self.reread {
            reread.run(task, rows, answer.last_key).await?;
        }
        Ok(answer)
    }
}
