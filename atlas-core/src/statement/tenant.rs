//! That rows are a tenant's, before it is known whose.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    error::Result,
    statement::{
        ColumnRef, Delete, Expr, From, Insert, Join, OnConflict, Projection, Scope, Select, SetOf, Statement,
        Update,
    },
    value::{Value, ValueRef},
};

/// The column that says whose a row is.
///
/// As an expression it stands wherever a model with `#[tenant(..)]` enters a statement. The handle that the
/// statement is sent through puts a comparison in its place: no driver gets one.
#[derive(Clone)]
pub struct TenantColumn {
    /// The column.
    pub(crate) column: ColumnRef,
    /// The model.
    pub(crate) model: &'static str,
    /// Its table.
    pub(crate) table: &'static str,
    /// Turns any form of a value into the one that is stored.
    pub(crate) cast: fn(ValueRef<'_>) -> Result<Value>,
}

/// Whether any statement of the program has mentioned a tenant's column: without, none is looked through.
static MENTIONED: AtomicBool = AtomicBool::new(false);

impl TenantColumn {
    pub(crate) fn new(
        column: ColumnRef,
        model: &'static str,
        table: &'static str,
        cast: fn(ValueRef<'_>) -> Result<Value>,
    ) -> Self {
        MENTIONED.store(true, Relaxed);
        Self { column, model, table, cast }
    }
}

impl PartialEq for TenantColumn {
    fn eq(&self, other: &Self) -> bool {
        (&self.column, self.model, self.table) == (&other.column, other.model, other.table)
    }
}

impl fmt::Debug for TenantColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenant of {} in {:?}", self.model, self.column)
    }
}

impl Statement {
    /// Whether it may mention a tenant's column. What is certain not to is not copied.
    pub(crate) fn may_mention_tenant(&self) -> bool {
        MENTIONED.load(Relaxed)
            && match self {
                Self::Select(_) | Self::Update(_) | Self::Delete(_) | Self::Explain(_) => true,
                Self::Insert(insert) => {
                    matches!(&insert.on_conflict, OnConflict::Update { set, .. } if !set.is_empty())
                }
                Self::Raw(_) | Self::Schema(_) => false,
            }
    }

    /// Puts another expression in the place of every tenant's column.
    pub(crate) fn put_tenant(&mut self, put: Put<'_>) {
        match self {
            Self::Select(select) => in_select(select, put),
            Self::Update(Update { set, scope, .. }) => {
                set.iter_mut().for_each(|(_, value)| in_expr(value, put));
                in_scope(scope, put);
            }
            Self::Delete(Delete { scope, .. }) => in_scope(scope, put),
            Self::Insert(Insert { on_conflict: OnConflict::Update { set, .. }, .. }) => {
                set.iter_mut().for_each(|(_, value)| in_expr(value, put));
            }
            Self::Explain(explained) => explained.put_tenant(put),
            Self::Insert(_) | Self::Raw(_) | Self::Schema(_) => {}
        }
    }
}

/// What is to stand in the place of a tenant's column.
type Put<'a> = &'a mut dyn FnMut(&TenantColumn) -> Expr;

/// All parts are named, so that a new one is not forgotten.
fn in_select(select: &mut Select, put: Put<'_>) {
    let Select {
        with,
        from,
        joins,
        columns,
        filter,
        group,
        having,
        order,
        distinct: _,
        limit: _,
        offset: _,
        lock: _,
    } = select;
    with.iter_mut().for_each(|cte| in_set(&mut cte.rows, put));
    in_from(from, put);
    in_joins(joins, put);
    match columns {
        Projection::Names(_) => {}
        Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => {
            selected.iter_mut().for_each(|selected| in_expr(&mut selected.expr, put));
        }
    }
    filter.iter_mut().chain(group).chain(having).for_each(|part| in_expr(part, put));
    order.iter_mut().for_each(|term| in_expr(&mut term.expr, put));
}

fn in_from(from: &mut From, put: Put<'_>) {
    match from {
        From::Table(_) => {}
        From::Select(select, _) => in_select(select, put),
        From::Set(set, _) => in_set(set, put),
    }
}

fn in_set(set: &mut SetOf, put: Put<'_>) {
    in_select(&mut set.first, put);
    set.then.iter_mut().for_each(|(_, select)| in_select(select, put));
}

fn in_joins(joins: &mut [Join], put: Put<'_>) {
    for Join { from, inner, on, kind: _ } in joins {
        in_from(from, put);
        in_joins(inner, put);
        in_expr(on, put);
    }
}

fn in_scope(scope: &mut Scope, put: Put<'_>) {
    let Scope { filter, order, found, one: _, limit: _, offset: _, key: _ } = scope;
    filter.iter_mut().for_each(|filter| in_expr(filter, put));
    order.iter_mut().for_each(|term| in_expr(&mut term.expr, put));
    found.iter_mut().for_each(|found| in_select(&mut found.select, put));
}

fn in_expr(expr: &mut Expr, put: Put<'_>) {
    match expr {
        Expr::Tenant(column) => {
            *expr = put(column);
            return;
        }
        Expr::Exists(select) | Expr::Select(select) | Expr::InSelect(_, select) => in_select(select, put),
        _ => {}
    }
    expr.each_part_mut(&mut |part| in_expr(part, put));
    if let Expr::And(parts) = expr {
        parts.retain(|part| !matches!(part, Expr::And(none) if none.is_empty()));
    }
}
