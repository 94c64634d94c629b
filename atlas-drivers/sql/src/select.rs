use atlas_core::{
    error::Result,
    statement::{Expr, From, Nulls, OrderTerm, Projection, Select},
};

use crate::{Bind, compiler::Compiler};

/// Limits up to here stand in the text: a planner makes use of a small limit that it can see, and there
/// are few different ones. Greater limits and all offsets are bound, so that paging through a table
/// prepares one statement.
const LITERAL_LIMIT: u64 = 1_000;

impl<'s> Compiler<'_, 's> {
    pub(crate) fn select(&mut self, select: &'s Select) -> Result<()> {
        let outer = self.own.take();
        let done = self.parts(select);
        self.own = outer;
        done
    }

    fn parts(&mut self, select: &'s Select) -> Result<()> {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.projection(select)?;
        self.push(" FROM ");
        match &select.from {
            From::Table(table) => self.table(table),
            From::Select(inner, name) => {
                // What the inner select reads has no other table in scope.
                let outer = std::mem::replace(&mut self.qualified, false);
                self.push("(");
                self.select(inner)?;
                self.push(") AS ");
                self.name(name);
                self.qualified = outer;
            }
            _ => return Err(self.unsupported("this source of rows", "update the driver")),
        }
        self.filter(select.filter.as_ref())?;
        self.order(&select.order)?;
        self.limit(select.limit, select.offset);
        Ok(())
    }

    fn projection(&mut self, select: &'s Select) -> Result<()> {
        match &select.columns {
            Projection::Names(names) if !self.qualified && !names.is_empty() => {
                self.out.lists.push(names, self.quote, &mut self.out.text);
            }
            Projection::Names(names) => {
                for (index, name) in names.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    match &select.from {
                        From::Table(table) => self.path(table.qualifier()),
                        From::Select(_, alias) => self.name(alias),
                        _ => {}
                    }
                    self.push(".");
                    self.name(name);
                }
                if names.is_empty() {
                    self.push("1");
                }
            }
            Projection::Expressions(selected) => {
                for (index, selected) in selected.iter().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.alone(&selected.expr)?;
                    if let Some(alias) = &selected.alias {
                        self.push(" AS ");
                        self.name(alias);
                    }
                }
                if selected.is_empty() {
                    self.push("1");
                }
            }
        }
        Ok(())
    }

    pub(crate) fn filter(&mut self, filter: Option<&'s Expr>) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        self.push(" WHERE ");
        self.expr(filter)
    }

    pub(crate) fn order(&mut self, order: &'s [OrderTerm]) -> Result<()> {
        for (index, term) in order.iter().enumerate() {
            self.push(if index == 0 { " ORDER BY " } else { ", " });
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
                self.bind(Bind::I64(i64::try_from(limit).unwrap_or(i64::MAX)));
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
            self.bind(Bind::I64(i64::try_from(offset).unwrap_or(i64::MAX)));
        }
    }
}

fn push_number(number: u64, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0'));
}
