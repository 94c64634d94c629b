use atlas_core::{
    error::Result,
    schema::Name,
    statement::{
        Cte, Expr, From, Join, JoinKind, Nulls, OrderTerm, Projection, Select, Selected, SetOf, SetOperator,
    },
};

use crate::{Bind, compiler::Compiler};

/// Limits up to here stand in the text: a planner makes use of a small limit that it can see, and there
/// are few different ones. Greater limits and all offsets are bound, so that paging through a table
/// prepares one statement.
pub(crate) const LITERAL_LIMIT: u64 = 1_000;

impl<'s> Compiler<'_, 's> {
    pub(crate) fn select(&mut self, select: &'s Select) -> Result<()> {
        let (own, qualified) = (self.own.take(), self.qualified);
        self.qualified |= !select.joins.is_empty() || mentions_others(select);
        let done = self.parts(select);
        (self.own, self.qualified) = (own, qualified);
        done
    }

    fn parts(&mut self, select: &'s Select) -> Result<()> {
        self.with(&select.with)?;
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        if select.straight {
            self.push(self.dialect.straight_join());
        }
        self.projection(select)?;
        self.push(" FROM ");
        self.from(&select.from)?;
        self.hints(select);
        self.joins(&select.joins)?;
        self.filter(select.filter.as_ref(), select.offset)?;
        for (index, part) in select.group.iter().enumerate() {
            self.push(if index == 0 { " GROUP BY " } else { ", " });
            match part {
                Expr::Raw(raw) => self.raw(raw)?,
                part => self.ordered(part)?,
            }
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.expr(having)?;
        }
        self.order(&select.order)?;
        self.limit(select.limit, select.offset);
        if let Some(lock) = select.lock {
            self.push(self.dialect.lock(lock));
        }
        Ok(())
    }

    fn from(&mut self, from: &'s From) -> Result<()> {
        match from {
            From::Table(table) => self.table(table),
            From::Select(inner, name) => {
                self.push("(");
                self.apart(|compiler| compiler.select(inner))?;
                self.push(") AS ");
                self.name(name);
            }
            From::Lateral(inner, name) => {
                if !self.dialect.has_lateral() {
                    return Err(self.unsupported(
                        "a lateral join",
                        "join a relation with an order and a limit, or number the rows with `row_number().over(..)`",
                    ));
                }
                self.push("LATERAL (");
                self.select(inner)?;
                self.push(") AS ");
                self.name(name);
            }
            From::Set(set, name) => {
                self.push("(");
                self.apart(|compiler| compiler.set(set))?;
                self.push(") AS ");
                self.name(name);
            }
            _ => return Err(self.unsupported("this source of rows", "update the driver")),
        }
        Ok(())
    }

    fn hints(&mut self, select: &'s Select) {
        if !matches!(select.from, From::Table(_)) {
            return;
        }
        for hint in &select.hints {
            if let Some([before, after]) = self.dialect.index_hint(hint.kind) {
                self.push(before);
                self.name(&hint.index);
                self.push(after);
            }
        }
    }

    /// Writes something that reads no other table in scope.
    fn apart(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let outer = std::mem::replace(&mut self.qualified, false);
        let done = write(self);
        self.qualified = outer;
        done
    }

    fn with(&mut self, with: &'s [Cte]) -> Result<()> {
        let recursive = with.iter().any(|cte| cte.recursive);
        for (index, cte) in with.iter().enumerate() {
            self.push(match (index, recursive) {
                (0, false) => "WITH ",
                (0, true) => "WITH RECURSIVE ",
                _ => ", ",
            });
            self.name(&cte.name);
            if !cte.columns.is_empty() {
                self.push(" (");
                self.names(&cte.columns);
                self.push(")");
            }
            self.push(match cte.materialized.filter(|_| self.dialect.materializes()) {
                None => " AS (",
                Some(true) => " AS MATERIALIZED (",
                Some(false) => " AS NOT MATERIALIZED (",
            });
            self.apart(|compiler| compiler.set(&cte.rows))?;
            self.push(")");
        }
        self.push(if with.is_empty() { "" } else { " " });
        Ok(())
    }

    fn set(&mut self, set: &'s SetOf) -> Result<()> {
        if set.then.is_empty() {
            return self.select(&set.first);
        }
        self.member(&set.first)?;
        for (operator, select) in &set.then {
            self.push(match operator {
                SetOperator::Union => " UNION ",
                SetOperator::UnionAll => " UNION ALL ",
                SetOperator::Intersect => " INTERSECT ",
                SetOperator::Except => " EXCEPT ",
                _ => return Err(self.unsupported("this way to put rows together", "update the driver")),
            });
            self.member(select)?;
        }
        Ok(())
    }

    /// One of several selects. An order or a limit of its own would be one of the whole.
    fn member(&mut self, select: &'s Select) -> Result<()> {
        let own = select.order.is_empty() && select.limit.is_none() && select.offset.is_none();
        if own && select.with.is_empty() {
            return self.select(select);
        }
        self.push("SELECT * FROM (");
        self.select(select)?;
        self.push(") AS member");
        Ok(())
    }

    fn joins(&mut self, joins: &'s [Join]) -> Result<()> {
        for join in joins {
            self.push(match join.kind {
                JoinKind::Inner => " INNER JOIN ",
                JoinKind::Left => " LEFT JOIN ",
                JoinKind::Right => " RIGHT JOIN ",
                JoinKind::Cross => " CROSS JOIN ",
                _ => return Err(self.unsupported("this kind of join", "update the driver")),
            });
            if join.inner.is_empty() {
                self.from(&join.from)?;
            } else {
                self.push("(");
                self.from(&join.from)?;
                self.joins(&join.inner)?;
                self.push(")");
            }
            if join.kind != JoinKind::Cross {
                self.push(" ON ");
                self.expr(&join.on)?;
            }
        }
        Ok(())
    }

    fn projection(&mut self, select: &'s Select) -> Result<()> {
        match &select.columns {
            Projection::Names(names) if !self.qualified && !names.is_empty() => {
                self.out.lists.push(names, self.quote, &mut self.out.text);
            }
            Projection::Names(names) => {
                self.own_names(names, select);
                if names.is_empty() {
                    self.push("1");
                }
            }
            Projection::NamesAnd(names, selected) => {
                self.own_names(names, select);
                self.push(if names.is_empty() { "" } else { ", " });
                self.selected(selected)?;
            }
            Projection::Expressions(selected) => self.selected(selected)?,
        }
        Ok(())
    }

    /// Columns of what the select is from.
    fn own_names(&mut self, names: &'static [&'static str], select: &'s Select) {
        self.names_of(select.from.qualifier(), names);
    }

    fn names_of(&mut self, table: &'s Name, names: &'static [&'static str]) {
        for (index, name) in names.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.path(table);
            self.push(".");
            self.name(name);
        }
    }

    fn selected(&mut self, selected: &'s [Selected]) -> Result<()> {
        for (index, selected) in selected.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            if let Expr::Columns(table, names) = &selected.expr {
                self.names_of(table, names);
                continue;
            }
            match &selected.expr {
                Expr::Raw(raw) => self.raw(raw)?,
                expr => self.alone(expr)?,
            }
            if let Some(alias) = &selected.alias {
                self.push(" AS ");
                self.name(alias);
            }
        }
        if selected.is_empty() {
            self.push("1");
        }
        Ok(())
    }

    /// Which rows, of which so many are passed over.
    pub(crate) fn filter(&mut self, filter: Option<&'s Expr>, offset: Option<u64>) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        let guards = offset.is_some_and(|offset| offset > 0) && self.dialect.forgets_offsets();
        let outer = std::mem::replace(&mut self.guards_exists, guards);
        self.push(" WHERE ");
        let done = self.expr(filter);
        self.guards_exists = outer;
        done
    }

    pub(crate) fn order(&mut self, order: &'s [OrderTerm]) -> Result<()> {
        for (index, term) in order.iter().enumerate() {
            self.push(if index == 0 { " ORDER BY " } else { ", " });
            // It may say itself which way.
            if let OrderTerm { expr: Expr::Raw(raw), descending: false, nulls: None } = term {
                self.raw(raw)?;
                continue;
            }
            let words = self.dialect.orders_nulls();
            // Without the words, NULL is the smallest: where it is wanted elsewhere, a term before says so.
            match term.nulls {
                Some(Nulls::First) if !words && term.descending => {
                    self.is_null(&term.expr)?;
                    self.push(" DESC, ");
                }
                Some(Nulls::Last) if !words && !term.descending => {
                    self.is_null(&term.expr)?;
                    self.push(" ASC, ");
                }
                _ => {}
            }
            self.ordered(&term.expr)?;
            self.push(if term.descending { " DESC" } else { " ASC" });
            self.push(match term.nulls {
                _ if !words => "",
                None => "",
                Some(Nulls::First) => " NULLS FIRST",
                Some(Nulls::Last) => " NULLS LAST",
            });
        }
        Ok(())
    }

    pub(crate) fn limit(&mut self, limit: Option<u64>, offset: Option<u64>) {
        let offset = offset.filter(|offset| *offset > 0);
        match limit {
            Some(limit) if limit <= LITERAL_LIMIT => {
                self.push(" LIMIT ");
                push_number(limit, &mut self.out.text);
            }
            Some(limit) => {
                self.push(" LIMIT ");
                self.bind(Bind::number(limit));
            }
            None => {
                if offset.is_some()
                    && let Some(none) = self.dialect.no_limit()
                {
                    self.push(" LIMIT ");
                    self.push(none);
                }
            }
        }
        if let Some(offset) = offset {
            self.push(" OFFSET ");
            self.bind(Bind::number(offset));
        }
    }
}

/// Whether a select has other tables in scope somewhere, so that its own columns must be told from theirs.
fn mentions_others(select: &Select) -> bool {
    let in_columns = match &select.columns {
        Projection::Names(_) => false,
        Projection::NamesAnd(_, selected) | Projection::Expressions(selected) => {
            selected.iter().any(|selected| has_select(&selected.expr))
        }
    };
    in_columns
        || select.filter.iter().chain(&select.having).any(has_select)
        || select.order.iter().any(|term| has_select(&term.expr))
}

/// Whether a select inside of this may mention what is around it.
fn has_select(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Exists(_) | Expr::Select(_)))
}

fn push_number(number: u64, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0'));
}
