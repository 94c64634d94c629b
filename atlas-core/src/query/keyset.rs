//! Positions in an order: what lies after a row, told by the row's own values.

use crate::{
    error::{Error, Result},
    model::{ModelMeta, compare},
    statement::{CompareOp, Expr, From, Nulls, OrderTerm, Projection, Select, SetOperator},
    value::Value,
};

/// An order that puts no two rows in the same place.
#[derive(Clone, Debug)]
pub(super) struct Keyset {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    expr: Expr,
    descending: bool,
    /// Where NULL goes; `None` where there is none.
    nulls: Option<Nulls>,
}

impl Keyset {
    /// The order of a select, with the model's key behind it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the rows have no key of the model.
    pub(super) fn of(meta: &'static ModelMeta, select: &Select, keys: &[Expr], what: &str) -> Result<Self> {
        if !has_key(select) || repeats(select) || meta.key.is_empty() {
            return Err(Error::config(format!(
                "{what} go by the key of `{}`, and rows that are grouped, made distinct, put together with `union_all` or have none cannot be found again by it: call `paginate` or `cursor` instead",
                meta.name
            )));
        }
        let mut order = select.order.clone();
        break_ties(keys, &mut order);
        let terms = order.into_iter().map(|term| {
            // The same on every database, where the query leaves it open.
            let default = if term.descending { Nulls::Last } else { Nulls::First };
            let nulls = nullable(meta, &term.expr).then(|| term.nulls.unwrap_or(default));
            Term { expr: term.expr, descending: term.descending, nulls }
        });
        Ok(Self { terms: terms.collect() })
    }

    /// What the rows are ordered by.
    pub(super) fn expressions(&self) -> Vec<Expr> {
        self.terms.iter().map(|term| term.expr.clone()).collect()
    }

    pub(super) fn order(&self) -> Vec<OrderTerm> {
        let term = |term: &Term| OrderTerm {
            expr: term.expr.clone(),
            descending: term.descending,
            nulls: term.nulls,
        };
        self.terms.iter().map(term).collect()
    }

    /// The same order from behind.
    pub(super) fn reversed(mut self) -> Self {
        for term in &mut self.terms {
            term.descending = !term.descending;
            term.nulls = term.nulls.map(|nulls| match nulls {
                Nulls::First => Nulls::Last,
                Nulls::Last => Nulls::First,
            });
        }
        self
    }

    /// What tells this order of a table from others.
    pub(super) fn signature(&self, table: &str) -> String {
        format!("{table} {:?}", self.terms)
    }

    /// Whether a row can have these values.
    pub(super) fn fits(&self, values: &[Value]) -> bool {
        let fits = |(term, value): (&Term, &Value)| !value.is_null() || term.nulls.is_some();
        values.len() == self.terms.len() && self.terms.iter().zip(values).all(fits)
    }

    /// The rows that come after the one with these values.
    pub(super) fn after(&self, values: &[Value]) -> Expr {
        let mut ways = Vec::with_capacity(self.terms.len());
        for (index, (term, value)) in self.terms.iter().zip(values).enumerate() {
            let Some(beyond) = term.beyond(value) else { continue };
            let same = self.terms.iter().zip(values).take(index);
            let same =
                same.map(|(term, value)| compare(CompareOp::Eq, term.expr.clone(), value.clone().into()));
            ways.push(same.chain([beyond]).reduce(Expr::and).unwrap_or(Expr::Or(Vec::new())));
        }
        let several = ways.len() > 1;
        let after = Expr::Or(ways);
        match (self.terms.first(), values.first()) {
            // Says again what an index can be searched for.
            (Some(term @ Term { nulls: None, .. }), Some(value)) if several => {
                let op = if term.descending { CompareOp::Le } else { CompareOp::Ge };
                compare(op, term.expr.clone(), value.clone().into()).and(after)
            }
            _ => after,
        }
    }
}

impl Term {
    /// The rows whose value comes after this one. `None` where there is none.
    fn beyond(&self, value: &Value) -> Option<Expr> {
        let is_null = || Expr::IsNull(Box::new(self.expr.clone()));
        if value.is_null() {
            return match self.nulls {
                Some(Nulls::First) => Some(Expr::Not(Box::new(is_null()))),
                _ => None,
            };
        }
        let op = if self.descending { CompareOp::Lt } else { CompareOp::Gt };
        let beyond = compare(op, self.expr.clone(), value.clone().into());
        Some(match self.nulls {
            Some(Nulls::Last) => beyond.or(is_null()),
            _ => beyond,
        })
    }
}

/// Puts keys behind an order, so that it is the same every time.
pub(super) fn break_ties(keys: &[Expr], order: &mut Vec<OrderTerm>) {
    for key in keys {
        if !order.iter().any(|term| is_same(&term.expr, key)) {
            order.push(OrderTerm { expr: key.clone(), descending: false, nulls: None });
        }
    }
}

/// Whether both are the same column.
fn is_same(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::Column(one), Expr::Column(other)) => {
            one.name == other.name && (one.table.is_none() || one.table == other.table)
        }
        _ => false,
    }
}

/// Whether each row of a select is one of the model's, so that its key can be asked for.
pub(super) fn has_key(select: &Select) -> bool {
    let whole = !matches!(select.columns, Projection::Expressions(_));
    let there = match select.from {
        From::Table(_) => whole || !select.distinct,
        _ => whole,
    };
    there && select.group.is_empty()
}

/// Whether a select may give the same row twice.
fn repeats(select: &Select) -> bool {
    match &select.from {
        From::Set(set, _) => set.then.iter().any(|(operator, _)| *operator == SetOperator::UnionAll),
        _ => false,
    }
}

fn nullable(meta: &'static ModelMeta, expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) if column.table.as_deref().is_none_or(|table| table == meta.table) => {
            let known = meta.columns.iter().find(|known| known.name == &*column.name);
            known.is_none_or(|known| known.nullable)
        }
        _ => true,
    }
}
