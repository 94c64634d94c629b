//! Written rows, of a server that does not give them back: they are read again by their key.

use std::{ops::Range, sync::Arc};

use atlas_core::{
    error::Result,
    schema::Name,
    statement::{
        ColumnRef, CompareOp, Expr, From, Insert, OnConflict, OrderTerm, Projection, Select, Selected,
        Statement,
    },
    value::Value,
};
use atlas_sql::{Compiled, compile};
use sqlx::mysql::MySqlArguments;

use crate::{
    error::Failure,
    insert::values_of,
    session::Session,
    task::{Sent, Task},
    value::{bind, bind_value, unsupported},
};

/// Rows that are written and read again at once.
pub(crate) const ROWS: usize = 50;

/// How the rows of a statement are read again.
pub(crate) enum Reread {
    /// By values that the insert gave.
    Given(Sent),
    /// By keys that the server generated, one after the other.
    Generated(Arc<str>),
}

/// How some rows of an insert are read again.
///
/// # Errors
///
/// [`Error::Unsupported`](atlas_core::Error::Unsupported) for rows whose key is neither given nor a single
/// generated column.
pub(crate) fn reread(session: &Session, insert: &Insert, key: &[Name], rows: Range<usize>) -> Result<Reread> {
    let by = match &insert.on_conflict {
        OnConflict::Update { by, .. } if !by.is_empty() => by.as_slice(),
        _ => key,
    };
    let places: Option<Vec<usize>> =
        by.iter().map(|name| insert.columns.iter().position(|column| column.name == *name)).collect();
    match (places, by) {
        (Some(places), [_, ..]) => given(session, insert, by, &places, rows),
        (None, [only]) if matches!(insert.on_conflict, OnConflict::Fail | OnConflict::Ignore) => {
            generated(session, insert, only)
        }
        _ => Err(unsupported(
            &format!("giving back the rows that are written to `{}`", insert.table.name),
            "give the model a primary key of one column, or set its key before it is saved",
        )),
    }
}

/// One select a row, since their order is that of the rows.
fn given(
    session: &Session,
    insert: &Insert,
    by: &[Name],
    places: &[usize],
    rows: Range<usize>,
) -> Result<Reread> {
    let server = &session.server;
    let mut text = String::new();
    let mut arguments = MySqlArguments::default();
    for row in values_of(insert, &rows) {
        let same = by.iter().zip(places).map(|(name, place)| {
            let value = row.get(*place).cloned().unwrap_or(Value::Null);
            Expr::Compare(CompareOp::Eq, Box::new(column(name)), Box::new(Expr::Value(value)))
        });
        let select = Statement::Select(select(insert, Expr::And(same.collect())));
        let mut compiled = Compiled::default();
        compile(&select, &server.dialect, &mut compiled)?;
        text.push_str(if text.is_empty() { "(" } else { " UNION ALL (" });
        text.push_str(&compiled.text);
        text.push(')');
        for value in &compiled.binds {
            bind(&mut arguments, value, server)?;
        }
    }
    Ok(Reread::Given(Sent { text: Arc::from(text), arguments }))
}

fn generated(session: &Session, insert: &Insert, key: &Name) -> Result<Reread> {
    let bound = || Box::new(Expr::Value(Value::I64(0)));
    let mut select = select(insert, Expr::Between(Box::new(column(key)), bound(), bound()));
    select.order = vec![OrderTerm { expr: column(key), descending: false, nulls: None }];
    let select = Statement::Select(select);
    let mut compiled = Compiled::default();
    compile(&select, &session.server.dialect, &mut compiled)?;
    Ok(Reread::Generated(Arc::from(compiled.text)))
}

fn column(name: &Name) -> Expr {
    Expr::Column(ColumnRef { table: None, name: name.clone(), ty: None })
}

fn select(insert: &Insert, filter: Expr) -> Select {
    let columns = insert.returning.iter().map(|name| Selected { expr: column(name), alias: None });
    let mut select = Select::new(insert.table.clone(), &[]);
    select.from = From::Table(insert.table.clone());
    select.columns = Projection::Expressions(columns.collect());
    select.filter = Some(filter);
    select
}

impl Reread {
    /// The statement that reads.
    pub(crate) fn text(&self) -> Arc<str> {
        match self {
            Self::Given(sent) => Arc::clone(&sent.text),
            Self::Generated(text) => Arc::clone(text),
        }
    }

    /// Reads the rows.
    pub(crate) async fn run(
        self,
        task: &mut Task,
        rows: usize,
        last_key: Option<i64>,
    ) -> Result<(), Failure> {
        let sent = match self {
            Self::Given(sent) => sent,
            Self::Generated(text) => {
                let server = Arc::clone(&task.session()?.server);
                let last = last_key.unwrap_or_default();
                let before = i64::try_from(rows).unwrap_or(1) - 1;
                let mut arguments = MySqlArguments::default();
                for key in [last.saturating_sub(before.saturating_mul(server.key_step)), last] {
                    bind_value(&mut arguments, &Value::I64(key), &server)?;
                }
                Sent { text, arguments }
            }
        };
        task.send(sent).await.map(|_| ())
    }
}
