//! Which values of a statement are nobody's business.

use crate::{
    db::about::About,
    statement::{Expr, Projection, Scope, Select, Selected, Statement},
    value::Value,
};

/// The values that must not be shown.
pub(super) enum Secrets {
    /// These.
    Values(Vec<Value>),
    /// All of them.
    All,
}

impl Secrets {
    /// Whether to hide a value. One that happens to be equal to a secret is hidden with it.
    pub(super) fn hide(&self, value: &Value) -> bool {
        match self {
            Self::Values(values) => values.contains(value),
            Self::All => true,
        }
    }
}

/// The values that a statement gives to, or compares with, columns marked `#[sensitive]`.
pub(super) fn values(statement: &Statement, about: Option<About>) -> Secrets {
    if let Statement::Raw(raw) = statement
        && raw.sensitive
    {
        return Secrets::All;
    }
    let mut found = Vec::new();
    if let Some(About { sensitive, .. }) = about
        && !sensitive.is_empty()
    {
        Finder { sensitive, found: &mut found }.statement(statement);
    }
    Secrets::Values(found)
}

struct Finder<'a> {
    /// The columns.
    sensitive: &'static [&'static str],
    found: &'a mut Vec<Value>,
}

impl Finder<'_> {
    fn is_sensitive(&self, name: &str) -> bool {
        self.sensitive.contains(&name)
    }

    fn is_sensitive_expr(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Column(column) if self.is_sensitive(&column.name))
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Select(select) => self.select(select),
            Statement::Insert(insert) => {
                for (index, column) in insert.columns.iter().enumerate() {
                    if self.is_sensitive(&column.name) {
                        let values = insert.values.iter().skip(index).step_by(insert.columns.len());
                        values.for_each(|value| self.hide(value));
                    }
                }
            }
            Statement::Update(update) => {
                for (column, value) in &update.set {
                    if self.is_sensitive(&column.name) {
                        self.hide_all_in(read_along(&update.scope, value));
                    }
                }
                self.scope(&update.scope);
            }
            Statement::Delete(delete) => self.scope(&delete.scope),
            Statement::Explain(explained) => self.statement(explained),
            Statement::Raw(_) | Statement::Schema(_) => {}
        }
    }

    fn select(&mut self, select: &Select) {
        select.filter.iter().for_each(|filter| self.condition(filter));
    }

    fn scope(&mut self, scope: &Scope) {
        scope.filter.iter().for_each(|filter| self.condition(filter));
        scope.found.iter().for_each(|found| self.select(&found.select));
    }

    /// Looks for comparisons with sensitive columns.
    fn condition(&mut self, expr: &Expr) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.condition(part)),
            Expr::Not(part) | Expr::IsNull(part) => self.condition(part),
            Expr::Compare(_, left, right)
                if self.is_sensitive_expr(left) || self.is_sensitive_expr(right) =>
            {
                self.hide_all_in(left);
                self.hide_all_in(right);
            }
            Expr::Between(what, low, high) if self.is_sensitive_expr(what) => {
                self.hide_all_in(low);
                self.hide_all_in(high);
            }
            Expr::In(what, values) if self.is_sensitive_expr(what) => {
                values.iter().for_each(|value| self.hide(value));
            }
            Expr::Like(what, pattern) if self.is_sensitive_expr(what) => {
                self.found.push(Value::Text(pattern.as_str().into()));
            }
            Expr::InSelect(_, select) => self.select(select),
            _ => {}
        }
    }

    fn hide_all_in(&mut self, expr: &Expr) {
        match expr {
            Expr::Value(value) => self.hide(value),
            Expr::Arithmetic(_, left, right) => {
                self.hide_all_in(left);
                self.hide_all_in(right);
            }
            _ => {}
        }
    }

    fn hide(&mut self, value: &Value) {
        if *value != Value::Null {
            self.found.push(value.clone());
        }
    }
}

/// What a column becomes: where it is read along with the rows that are changed, the value there.
fn read_along<'a>(scope: &'a Scope, value: &'a Expr) -> &'a Expr {
    let (Some(found), Expr::Column(column)) = (&scope.found, value) else { return value };
    let Projection::Expressions(selected) = &found.select.columns else { return value };
    let of_column = |one: &&Selected| one.alias.as_ref() == Some(&column.name);
    match selected.iter().find(of_column) {
        Some(one) if column.table.as_ref() == Some(&found.name) => &one.expr,
        _ => value,
    }
}
