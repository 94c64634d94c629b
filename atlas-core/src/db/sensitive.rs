//! Which values of a statement are nobody's business.

use crate::{
    db::about::About,
    model::Known,
    statement::{Expr, Projection, Scope, Seen, Selected, Statement},
    value::{Plain, Value},
};

/// The values that must not be shown.
pub(super) enum Secrets {
    /// These, and lists of them, which some drivers bind as one value.
    Values(Vec<Value>, Vec<Vec<Value>>),
    /// All of them.
    All,
}

impl Secrets {
    /// Whether to hide a value. One that happens to be equal to a secret is hidden with it.
    pub(super) fn hide(&self, value: &Value) -> bool {
        match self {
            Self::Values(values, lists) => {
                values.contains(value) || lists.iter().any(|list| is_list(value, list))
            }
            Self::All => true,
        }
    }
}

/// The values that a statement gives to, or compares with, columns marked `#[sensitive]`: of the model that it is about,
/// and of the models of any other table in it.
pub(super) fn values(statement: &Statement, about: Option<About>) -> Secrets {
    if let Statement::Raw(raw) = statement
        && raw.sensitive
    {
        return Secrets::All;
    }
    let mut columns: Vec<&'static str> = about.map_or(&[][..], |about| about.sensitive).to_vec();
    let keeping: Vec<_> = inventory::iter::<Known>().filter(|known| !known.0.sensitive.is_empty()).collect();
    if !keeping.is_empty() {
        statement.walk(&mut |seen| {
            if let Seen::Table(table) = seen {
                let of_table = keeping.iter().filter(|known| known.0.table == &*table.name);
                columns.extend(of_table.flat_map(|known| known.0.sensitive));
            }
        });
    }
    let mut finder = Finder { columns, found: Vec::new(), lists: Vec::new() };
    if !finder.columns.is_empty() {
        statement.walk(&mut |seen| finder.see(&seen));
    }
    Secrets::Values(finder.found, finder.lists)
}

struct Finder {
    /// The columns' names.
    columns: Vec<&'static str>,
    found: Vec<Value>,
    lists: Vec<Vec<Value>>,
}

impl Finder {
    fn is_sensitive(&self, name: &str) -> bool {
        self.columns.contains(&name)
    }

    fn see(&mut self, seen: &Seen<'_>) {
        match seen {
            Seen::Table(_) => {}
            Seen::Expr(expr) => self.expr(expr),
            Seen::Set(column, value, scope) if self.is_sensitive(&column.name) => {
                self.hide_all_in(scope.map_or(value, |scope| read_along(scope, value)));
            }
            Seen::Set(_, value, _) => self.expr(value),
            Seen::Insert(insert) => {
                for (index, column) in insert.columns.iter().enumerate() {
                    if self.is_sensitive(&column.name) {
                        let values = insert.values.iter().skip(index).step_by(insert.columns.len());
                        values.for_each(|value| self.hide(value));
                    }
                }
            }
        }
    }

    /// Whatever stands beside a sensitive column says something of it.
    fn expr(&mut self, expr: &Expr) {
        let mut left = vec![expr];
        while let Some(next) = left.pop() {
            match next {
                Expr::And(parts) | Expr::Or(parts) => left.extend(parts),
                Expr::Not(part) => left.push(part),
                part => {
                    let mut is_secret = |part: &Expr| matches!(part, Expr::Column(column) | Expr::Excluded(column) if self.columns.contains(&&*column.name));
                    if part.any(&mut is_secret) {
                        self.hide_all_in(part);
                    }
                }
            }
        }
    }

    fn hide_all_in(&mut self, expr: &Expr) {
        let mut left = vec![expr];
        while let Some(next) = left.pop() {
            match next {
                Expr::Value(value) => self.hide(value),
                Expr::In(_, values) => {
                    values.iter().for_each(|value| self.hide(value));
                    self.lists.push(values.clone());
                }
                Expr::Like(_, pattern) => self.found.push(Value::Text(pattern.as_str().into())),
                Expr::Json(json) => {
                    self.found.extend(json.with.iter().map(|text| Value::Text(text.clone())));
                }
                Expr::Raw(raw) => raw.binds.iter().for_each(|value| self.hide(value)),
                _ => {}
            }
            next.each_part(&mut |part| left.push(part));
        }
    }

    fn hide(&mut self, value: &Value) {
        if *value != Value::Null {
            self.found.push(value.clone());
        }
    }
}

/// Whether a value is the text of a list: every element stands in it.
fn is_list(value: &Value, list: &[Value]) -> bool {
    let (Value::Text(text) | Value::Json(text)) = value else { return false };
    let stands = |element: &Value| match element {
        Value::Text(element) => text.contains(element) || text.contains(&format!("{element:?}")),
        element => text.contains(&format!("{:?}", Plain(element))),
    };
    !list.is_empty() && list.iter().all(stands)
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
