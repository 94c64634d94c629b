//! That rows are a tenant's, before it is known whose.

use std::{
    borrow::Cow,
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    error::Result,
    statement::{
        AddedScope, ColumnRef, Delete, Expr, From, Insert, Join, OnConflict, Projection, Scope, Select,
        SetOf, Statement, TableRef, Update,
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
    /// Whether there may be something to be put in: a tenant's column, or scopes. What has certainly nothing is not
    /// copied. `added`: whether the handle adds scopes.
    pub(crate) fn may_be_filled(&self, added: bool) -> bool {
        (added || MENTIONED.load(Relaxed) || super::scoped::may_be_mentioned())
            && match self {
                Self::Select(_)
                | Self::InsertSelect(_)
                | Self::Update(_)
                | Self::Delete(_)
                | Self::Explain { .. } => true,
                Self::Insert(insert) => matches!(
                    &insert.on_conflict,
                    OnConflict::Update { set, filter, .. } if !set.is_empty() || filter.is_some()
                ),
                Self::Raw(_) | Self::Schema(_) => false,
            }
    }

    /// Puts in what was not known where the statement was made: another expression for every tenant's column, and the
    /// conditions of global scopes.
    pub(crate) fn fill(&mut self, put: &mut Filling<'_>) {
        match self {
            Self::Select(select) => in_select(select, put),
            Self::InsertSelect(insert) => in_select(&mut insert.select, put),
            Self::Update(Update { table, set, scope, .. }) => {
                let own = put.scopes(table);
                set.iter_mut().for_each(|(_, value)| in_expr(value, put));
                in_scope(scope, put);
                put_in(&mut scope.filter, own);
            }
            Self::Delete(Delete { table, scope, .. }) => {
                let own = put.scopes(table);
                in_scope(scope, put);
                put_in(&mut scope.filter, own);
            }
            Self::Insert(Insert { on_conflict: OnConflict::Update { set, filter, .. }, .. }) => {
                set.iter_mut().map(|(_, value)| value).chain(filter).for_each(|part| in_expr(part, put));
            }
            Self::Explain { of, .. } => of.fill(put),
            Self::Insert(_) | Self::Raw(_) | Self::Schema(_) => {}
        }
    }
}

/// What is put into a statement.
pub(crate) struct Filling<'a> {
    /// What stands in the place of a tenant's column.
    tenant: &'a mut dyn FnMut(&TenantColumn) -> Expr,
    /// The scopes that the handle adds.
    added: &'a [AddedScope],
    /// The scopes whose conditions are being looked through.
    within: Vec<(usize, Cow<'static, str>)>,
}

impl<'a> Filling<'a> {
    pub(crate) fn new(tenant: &'a mut dyn FnMut(&TenantColumn) -> Expr, added: &'a [AddedScope]) -> Self {
        Self { tenant, added, within: Vec::new() }
    }

    /// The conditions that scopes put on a table, which are then put in.
    fn scopes(&mut self, table: &mut TableRef) -> Option<Expr> {
        let scoped = table.scoped.take()?;
        let mut all = None;
        for (name, condition) in scoped.conditions(self.added) {
            let scope = (scoped.model(), name);
            if self.within.contains(&scope) {
                return Some(Expr::Fault(format!(
                    "the global scope `{}` of `{}` asks about rows that it holds of itself: leave it out of that question \
                     with `without_scope`",
                    scope.1, table.name
                )));
            }
            let mut condition = condition.renamed(&table.name, table.qualifier());
            self.within.push(scope);
            in_expr(&mut condition, self);
            self.within.pop();
            put_in(&mut all, Some(condition));
        }
        all
    }
}

/// Adds a condition before those that stand.
fn put_in(filter: &mut Option<Expr>, own: Option<Expr>) {
    if let Some(own) = own {
        *filter = Some(match filter.take() {
            Some(filter) => own.and(filter),
            None => own,
        });
    }
}

type Put<'p, 'a> = &'p mut Filling<'a>;

/// All parts are named, so that a new one is not forgotten.
fn in_select(select: &mut Select, put: Put<'_, '_>) {
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
        kept: _,
        hints: _,
        straight: _,
        time_limit: _,
    } = select;
    with.iter_mut().for_each(|cte| in_set(&mut cte.rows, put));
    let own = in_from(from, put);
    in_joins(joins, put);
    match columns {
        Projection::Names(_) => {}
        Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => {
            selected.iter_mut().for_each(|selected| in_expr(&mut selected.expr, put));
        }
    }
    filter.iter_mut().chain(group).chain(having).for_each(|part| in_expr(part, put));
    order.iter_mut().for_each(|term| in_expr(&mut term.expr, put));
    put_in(filter, own);
}

/// Gives what scopes put on the table, where it is one.
fn in_from(from: &mut From, put: Put<'_, '_>) -> Option<Expr> {
    match from {
        From::Table(table) => return put.scopes(table),
        From::Select(select, _) | From::Lateral(select, _) => in_select(select, put),
        From::Set(set, _) => in_set(set, put),
    }
    None
}

fn in_set(set: &mut SetOf, put: Put<'_, '_>) {
    in_select(&mut set.first, put);
    set.then.iter_mut().for_each(|(_, select)| in_select(select, put));
}

fn in_joins(joins: &mut [Join], put: Put<'_, '_>) {
    for Join { from, inner, on, kind: _ } in joins {
        let own = in_from(from, put);
        in_joins(inner, put);
        in_expr(on, put);
        if let Some(own) = own {
            let standing = std::mem::replace(on, Expr::And(Vec::new()));
            *on = standing.and(own);
        }
    }
}

fn in_scope(scope: &mut Scope, put: Put<'_, '_>) {
    let Scope { filter, order, found, one: _, limit: _, offset: _, key: _, time_limit: _ } = scope;
    filter.iter_mut().for_each(|filter| in_expr(filter, put));
    order.iter_mut().for_each(|term| in_expr(&mut term.expr, put));
    found.iter_mut().for_each(|found| in_select(&mut found.select, put));
}

fn in_expr(expr: &mut Expr, put: Put<'_, '_>) {
    match expr {
        Expr::Tenant(column) => {
            *expr = (put.tenant)(column);
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
