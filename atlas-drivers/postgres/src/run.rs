use std::{cell::OnceCell, future::poll_fn, sync::Arc};

use atlas_core::{
    driver::{Outcome, RowSink},
    error::{Error, Result},
    schema::SchemaChange,
    statement::{Delete, Insert, InsertSelect, Raw, Select, Statement, Update},
};
use atlas_sql::{Compiled, Shape};
use sqlx::{Either, Executor};

use crate::{
    dialect::PostgresDialect,
    error::{About, Failure, Writes},
    insert,
    plan::{Bound, Plan, Request},
    raw,
    row::{Columns, ReceivedRow},
    schema,
    session::{Session, Shared, next},
};

/// How many rows go to a sink before it is asked for room.
const BATCH: usize = 32;
/// How many rows that nobody wants are read before the statement is given up instead.
const UNWANTED: usize = 1_000;

/// Runs a statement.
pub(crate) async fn run(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    sink: &mut Box<dyn RowSink>,
) -> Result<Outcome, Failure> {
    session.gave_rows = false;
    if let Statement::Insert(insert) = statement
        && insert.rows == 0
    {
        return Ok(Outcome::affected(0));
    }
    if session.in_transaction || !shared.options.is_pooled() {
        return run_here(session, shared, statement, sink).await;
    }
    if let Statement::Raw(Raw { text, binds, .. }) = statement
        && binds.is_empty()
        && raw::stands_alone(text)
    {
        session.command(text.clone()).await?;
        return Ok(Outcome::affected(0));
    }
    // A pooler may send each message to another session, unless they are of one transaction.
    session.begin(shared, "").await?;
    let done = run_here(session, shared, statement, sink).await;
    session.left_rows = false;
    match done {
        Ok(outcome) => session.end(true).await.map(|()| outcome),
        Err(failure) => {
            if !matches!(failure, Failure::Lost) {
                session.end(false).await?;
            }
            Err(failure)
        }
    }
}

async fn run_here(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    sink: &mut Box<dyn RowSink>,
) -> Result<Outcome, Failure> {
    match statement {
        Statement::Schema(change) => {
            schema::change(session, shared, change).await.map(|()| Outcome::affected(0))
        }
        Statement::Insert(insert) if insert.rows > 1 => insert::many(session, shared, insert, sink).await,
        statement => {
            let done = one(session, shared, statement, sink).await;
            if let Err(failure) = &done
                && failure.is_outdated()
                && !session.in_transaction
                && !session.gave_rows
            {
                // Another program has changed the table.
                session.forget_statements().await?;
                return one(session, shared, statement, sink).await;
            }
            done
        }
    }
}

/// Runs a statement that is one for the server too.
async fn one(
    session: &mut Session,
    shared: &Shared,
    statement: &Statement,
    sink: &mut Box<dyn RowSink>,
) -> Result<Outcome, Failure> {
    let mut compiled = std::mem::take(&mut session.compiled).recycle();
    let shape = Shape::of(statement, &PostgresDialect, &mut compiled);
    let plan = match shape.and_then(|shape| session.known(shared, shape)) {
        Some(plan) => plan,
        None => {
            let stands = Shape::compile(statement, &PostgresDialect, &mut compiled)?;
            let plan = session.plan(shared, &compiled.text).await?;
            if let Some(shape) = shape.filter(|_| stands) {
                session.keep(shape, &plan);
            }
            plan
        }
    };
    let request = request(shared, &plan, &compiled)?;
    session.compiled = compiled.recycle();
    let reads = reads(statement);
    let fetched = fetch(session, &plan, request, sink, reads).await?;
    if let Statement::Raw(raw) = statement
        && !raw::keeps_schema(&raw.text)
    {
        shared.schema_changed();
    }
    Ok(Outcome::affected(if reads { 0 } else { fetched.affected }))
}

/// Whether a statement only reads.
pub(crate) fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Select(_) | Statement::Explain { .. } => true,
        Statement::Raw(raw) => raw::reads(&raw.text),
        _ => false,
    }
}

/// What is sent to run a compiled statement.
pub(crate) async fn prepare(
    session: &mut Session,
    shared: &Shared,
    compiled: &Compiled<'_>,
) -> Result<(Arc<Plan>, Request), Failure> {
    let plan = session.plan(shared, &compiled.text).await?;
    let request = request(shared, &plan, compiled)?;
    Ok((plan, request))
}

fn request(shared: &Shared, plan: &Plan, compiled: &Compiled<'_>) -> Result<Request, Failure> {
    let arguments = plan.arguments(compiled.binds.iter().map(Bound::from))?;
    Ok(plan.request(arguments, !shared.options.is_pooled()))
}

/// What came of a request.
pub(crate) struct Fetched {
    /// How many rows the server counted.
    pub(crate) affected: u64,
    /// Whether the sink had enough before the last row.
    pub(crate) stopped: bool,
}

/// Sends a request, and hands its rows to the sink. Rows that nobody wants are read and passed over, unless
/// the statement only `reads` and stands alone: then they are left to come, for the pool to see to.
pub(crate) async fn fetch(
    session: &mut Session,
    plan: &Plan,
    request: Request,
    sink: &mut Box<dyn RowSink>,
    reads: bool,
) -> Result<Fetched, Failure> {
    let may_leave = reads && !session.in_transaction;
    let mut reply = (&mut session.connection).fetch_many(request);
    let mut found: Option<Columns> = None;
    let mut made: Vec<OnceCell<String>> = Vec::new();
    let (mut rows, mut unwanted, mut affected) = (0usize, 0usize, 0);
    let mut refused: Option<Error> = None;
    let mut stopped = false;
    while let Some(part) = next(&mut reply).await {
        let row = match part? {
            Either::Left(done) => {
                affected += done.rows_affected();
                continue;
            }
            Either::Right(row) => row,
        };
        if stopped {
            unwanted += 1;
            if may_leave && unwanted > UNWANTED {
                session.left_rows = true;
                break;
            }
            continue;
        }
        if rows == 0 {
            session.gave_rows = true;
            if !plan.columns.fit(&row) {
                found = Some(Columns::of(sqlx::Row::columns(&row)));
            }
            let columns = found.as_ref().unwrap_or(&plan.columns);
            if columns.makes {
                made.resize_with(columns.len(), OnceCell::new);
            }
        }
        let columns = found.as_ref().unwrap_or(&plan.columns);
        match sink.row(&ReceivedRow { row: &row, columns, made: &made }) {
            Ok(flow) => stopped = flow.is_break(),
            Err(error) => {
                refused = Some(error);
                stopped = true;
            }
        }
        for place in &mut made {
            place.take();
        }
        rows += 1;
        if rows.is_multiple_of(BATCH) && !stopped {
            poll_fn(|context| sink.poll_ready(context)).await;
        }
    }
    match refused {
        Some(error) => Err(Failure::Own(error)),
        None => Ok(Fetched { affected, stopped }),
    }
}

/// What a statement is about, for its errors.
pub(crate) fn about<'s>(statement: &'s Statement, shared: &Shared) -> About<'s> {
    let limit = shared.options.statement_timeout;
    match statement {
        Statement::Select(Select { from: atlas_core::statement::From::Table(table), .. }) => {
            About { table: Some(&table.name), writes: Writes::Nothing, limit }
        }
        Statement::Insert(Insert { table, columns, .. }) => {
            About { table: Some(&table.name), writes: Writes::Insert(columns), limit }
        }
        Statement::InsertSelect(InsertSelect { table, columns, .. }) => {
            About { table: Some(&table.name), writes: Writes::Insert(columns), limit }
        }
        Statement::Update(Update { table, set, .. }) => {
            About { table: Some(&table.name), writes: Writes::Update(set), limit }
        }
        Statement::Delete(Delete { table, .. }) => {
            About { table: Some(&table.name), writes: Writes::Delete, limit }
        }
        Statement::Schema(SchemaChange::Truncate(table, _)) => {
            About { table: Some(table), writes: Writes::Delete, limit }
        }
        Statement::Explain { of, .. } => About { writes: Writes::Nothing, ..about(of, shared) },
        _ => About { limit, ..About::default() },
    }
}
