//! Looking through a whole statement.

use crate::statement::{
    ColumnRef, Delete, Expr, From, Insert, InsertSelect, Join, OnConflict, Projection, Scope, Select, SetOf,
    Statement, TableRef, Update,
};

/// Something that a statement is made of.
pub(crate) enum Seen<'a> {
    /// A table that it reads or writes.
    Table(&'a TableRef),
    /// A condition, a selected value, an order: with the expressions that it is made of, but without the selects in it,
    /// of which each part is seen by itself.
    Expr(&'a Expr),
    /// What a column becomes, and the rows that are changed, where a select finds them.
    Set(&'a ColumnRef, &'a Expr, Option<&'a Scope>),
    /// Rows that are written.
    Insert(&'a Insert),
}

type See<'s, 'a> = &'s mut dyn FnMut(Seen<'a>);

impl Statement {
    /// Shows everything that the statement is made of. All parts are named, so that a new one is not forgotten.
    pub(crate) fn walk<'a>(&'a self, see: See<'_, 'a>) {
        match self {
            Self::Select(select) => in_select(select, see),
            Self::Update(Update { table, set, scope, returning: _ }) => {
                see(Seen::Table(table));
                for (column, value) in set {
                    see(Seen::Set(column, value, Some(scope)));
                    in_selects_of(value, see);
                }
                in_scope(scope, see);
            }
            Self::Delete(Delete { table, scope, returning: _ }) => {
                see(Seen::Table(table));
                in_scope(scope, see);
            }
            Self::Insert(insert) => {
                see(Seen::Table(&insert.table));
                see(Seen::Insert(insert));
                if let OnConflict::Update { set, filter, .. } = &insert.on_conflict {
                    for (column, value) in set {
                        see(Seen::Set(column, value, None));
                        in_selects_of(value, see);
                    }
                    filter.iter().for_each(|filter| in_expr(filter, see));
                }
            }
            Self::InsertSelect(InsertSelect { table, columns, select, ignores: _, returning: _ }) => {
                see(Seen::Table(table));
                for (column, selected) in columns.iter().zip(select.selected()) {
                    see(Seen::Set(column, &selected.expr, None));
                }
                in_select(select, see);
            }
            Self::Explain { of, analyze: _ } => of.walk(see),
            Self::Raw(_) | Self::Schema(_) => {}
        }
    }
}

fn in_select<'a>(select: &'a Select, see: See<'_, 'a>) {
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
    with.iter().for_each(|cte| in_set(&cte.rows, see));
    in_from(from, see);
    in_joins(joins, see);
    match columns {
        Projection::Names(_) => {}
        Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => {
            selected.iter().for_each(|selected| in_expr(&selected.expr, see));
        }
    }
    filter.iter().chain(group).chain(having).for_each(|part| in_expr(part, see));
    order.iter().for_each(|term| in_expr(&term.expr, see));
}

fn in_from<'a>(from: &'a From, see: See<'_, 'a>) {
    match from {
        From::Table(table) => see(Seen::Table(table)),
        From::Select(select, _) | From::Lateral(select, _) => in_select(select, see),
        From::Set(set, _) => in_set(set, see),
    }
}

fn in_set<'a>(set: &'a SetOf, see: See<'_, 'a>) {
    in_select(&set.first, see);
    set.then.iter().for_each(|(_, select)| in_select(select, see));
}

fn in_joins<'a>(joins: &'a [Join], see: See<'_, 'a>) {
    for Join { from, inner, on, kind: _ } in joins {
        in_from(from, see);
        in_joins(inner, see);
        in_expr(on, see);
    }
}

fn in_scope<'a>(scope: &'a Scope, see: See<'_, 'a>) {
    let Scope { filter, order, found, one: _, limit: _, offset: _, key: _, time_limit: _ } = scope;
    filter.iter().for_each(|filter| in_expr(filter, see));
    order.iter().for_each(|term| in_expr(&term.expr, see));
    found.iter().for_each(|found| in_select(&found.select, see));
}

fn in_expr<'a>(expr: &'a Expr, see: See<'_, 'a>) {
    see(Seen::Expr(expr));
    in_selects_of(expr, see);
}

/// How deep an expression is, is in the hands of who writes it: no recursion but through selects.
fn in_selects_of<'a>(expr: &'a Expr, see: See<'_, 'a>) {
    let mut left = vec![expr];
    while let Some(next) = left.pop() {
        if let Some(select) = next.inner_select() {
            in_select(select, see);
        }
        next.each_part(&mut |part| left.push(part));
    }
}
