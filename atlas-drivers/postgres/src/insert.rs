use std::{fmt::Write, ops::Range};

use atlas_core::{
    driver::{Outcome, RowSink},
    schema::Name,
    statement::{Insert, OnConflict},
    value::{Value, ValueRef},
};
use atlas_sql::{compile_insert, compile_insert_from};

use crate::{
    copy,
    dialect::PostgresDialect,
    error::Failure,
    layout::{Column, layout},
    plan::Bound,
    run::{Fetched, fetch, prepare},
    session::{Session, Shared},
};

/// How many bytes of values go into one statement, about: the server holds them all at once.
const BYTES: usize = 16 << 20;
/// How many values one statement takes that binds each of them: the protocol's own limit.
const VALUES: usize = 65_535;

/// From how many rows on it pays to copy them: sqlx leaves Nagle's algorithm on, so that each of the messages
/// of a copy may wait 40 ms, where an insert is one message.
const COPIED: usize = 20_000;

/// Inserts several rows, all or none.
pub(crate) async fn many(
    session: &mut Session,
    shared: &Shared,
    insert: &Insert,
    sink: &mut Box<dyn RowSink>,
) -> Result<Outcome, Failure> {
    let layout = layout(session, shared, &insert.table.name).await?;
    let columns = layout.columns(insert.columns.iter().map(|column| &*column.name));
    let plain = insert.returning.is_empty() && matches!(insert.on_conflict, OnConflict::Fail);
    if let Some(columns) = &columns
        && plain
        && insert.rows >= COPIED
        && layout.takes_copy
        && let Some(kinds) = copy::kinds(columns)
    {
        return copy::copy(session, insert, &kinds).await.map(Outcome::affected);
    }
    let columns = columns.filter(|columns| columns.iter().all(|column| column.unnests));
    let chunks = chunks(insert, columns.is_some());
    let own = chunks.len() > 1 && !session.in_transaction;
    if own {
        session.begin(shared, "").await?;
    }
    let done = all(session, shared, insert, columns.as_deref(), chunks, sink).await;
    if own {
        match &done {
            Ok(_) => session.end(true).await?,
            Err(Failure::Lost) => {}
            Err(_) => session.end(false).await?,
        }
    }
    if done.is_err() {
        // Perhaps the table is another one by now.
        shared.layouts().remove(&*insert.table.name);
    }
    done.map(Outcome::affected)
}

async fn all(
    session: &mut Session,
    shared: &Shared,
    insert: &Insert,
    columns: Option<&[&Column]>,
    chunks: Vec<Range<usize>>,
    sink: &mut Box<dyn RowSink>,
) -> Result<u64, Failure> {
    let mut affected = 0;
    let mut returning: &[Name] = &insert.returning;
    for rows in chunks {
        let fetched = match columns {
            Some(columns) => unnest(session, shared, insert, columns, rows, returning, sink).await?,
            None => values(session, shared, insert, rows, returning, sink).await?,
        };
        affected += fetched.affected;
        if fetched.stopped {
            // The rest is written all the same.
            returning = &[];
        }
    }
    Ok(affected)
}

/// Inserts rows as one array a column: one prepared statement for any number of them.
async fn unnest(
    session: &mut Session,
    shared: &Shared,
    insert: &Insert,
    columns: &[&Column],
    rows: Range<usize>,
    returning: &[Name],
    sink: &mut Box<dyn RowSink>,
) -> Result<Fetched, Failure> {
    let width = columns.len();
    let given = width.max(1);
    let mut source = String::from("SELECT * FROM UNNEST(");
    for (index, column) in columns.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let _ = write!(source, "{comma}${}::{}[]", index + 1, column.ty);
    }
    source.push(')');
    if columns.is_empty() {
        source = "SELECT FROM generate_series(1::int8, $1)".to_owned();
    }
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    compile_insert_from(insert, &source, given, returning, &PostgresDialect, &mut compiled)?;
    let plan = session.plan(shared, &compiled.text).await?;
    let count = rows.len();
    let of_rows = insert.values.get(rows.start * width..rows.end * width).unwrap_or_default();
    let column = |index| Bound::Column { values: of_rows.get(index..).unwrap_or_default(), width };
    let mut bound: Vec<Bound<'_>> = (0..width).map(column).collect();
    if bound.is_empty() {
        bound.push(Bound::Value(ValueRef::I64(i64::try_from(count).unwrap_or(i64::MAX))));
    }
    bound.extend(compiled.binds.iter().map(Bound::from));
    let arguments = plan.arguments(bound.into_iter())?;
    let request = plan.request(arguments, !shared.options.is_pooled());
    session.compiled = compiled.recycle();
    fetch(session, &plan, request, sink, false).await
}

/// Inserts rows value by value: where a column is itself an array, or the table is not there.
async fn values(
    session: &mut Session,
    shared: &Shared,
    insert: &Insert,
    rows: Range<usize>,
    returning: &[Name],
    sink: &mut Box<dyn RowSink>,
) -> Result<Fetched, Failure> {
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    compile_insert(insert, rows, returning, &PostgresDialect, &mut compiled)?;
    let width = insert.columns.len().max(1);
    let (plan, request) = prepare(session, shared, &compiled).await.map_err(|failure| match failure {
        Failure::Misfit(misfit, at) => Failure::Misfit(misfit, at.map(|at| at % width)),
        other => other,
    })?;
    session.compiled = compiled.recycle();
    fetch(session, &plan, request, sink, false).await
}

/// Which rows go into which statement.
fn chunks(insert: &Insert, unnested: bool) -> Vec<Range<usize>> {
    let width = insert.columns.len();
    if width == 0 {
        return std::iter::once(0..insert.rows).collect();
    }
    let most = if unnested { usize::MAX } else { (VALUES / width).clamp(1, 1_000) };
    let mut chunks = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, row) in insert.values.chunks_exact(width).take(insert.rows).enumerate() {
        if index > start && (bytes > BYTES || index - start >= most) {
            chunks.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += row.iter().map(size).sum::<usize>();
    }
    chunks.push(start..insert.rows);
    chunks
}

/// How many bytes a value takes, about.
fn size(value: &Value) -> usize {
    16 + match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}
