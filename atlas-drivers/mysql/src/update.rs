//! MySQL makes the changes of an update one after the other, each with what those before it have changed.

use std::borrow::Cow;

use atlas_core::{
    error::Result,
    statement::{ColumnRef, Expr, Update},
};

use crate::value::unsupported;

/// The update with its changes in an order in which each reads what was there before. MariaDB is told to
/// make them all at the same time.
///
/// # Errors
///
/// [`Error::Unsupported`](atlas_core::Error::Unsupported) where two columns get each other's values.
pub(crate) fn in_order(update: &Update, at_the_same_time: bool) -> Result<Cow<'_, Update>> {
    if at_the_same_time || is_in_order(&update.set) {
        return Ok(Cow::Borrowed(update));
    }
    let mut left = update.set.clone();
    let mut set = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // One whose column none of the others reads any more.
        let next = left.iter().position(|(column, _)| {
            left.iter().all(|(other, expr)| other.name == column.name || !reads(expr, column))
        });
        let Some(next) = next else {
            return Err(unsupported(
                &format!("an update of `{}` in which columns get each other's values", update.table.name),
                "read the row, and set the columns to values",
            ));
        };
        set.push(left.remove(next));
    }
    Ok(Cow::Owned(Update { set, ..update.clone() }))
}

fn is_in_order(set: &[(ColumnRef, Expr)]) -> bool {
    let mut rest = set;
    while let [(column, _), after @ ..] = rest {
        if after.iter().any(|(_, expr)| reads(expr, column)) {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether an expression reads a column.
fn reads(expr: &Expr, column: &ColumnRef) -> bool {
    expr.any(&mut |part| matches!(part, Expr::Column(own) if own.name.eq_ignore_ascii_case(&column.name)))
}

#[cfg(test)]
mod tests {
    use atlas_core::{
        statement::{ArithmeticOp, ColumnRef, Expr, Scope, TableRef, Update},
        value::Value,
    };

    use super::in_order;

    fn column(name: &'static str) -> ColumnRef {
        ColumnRef { table: None, name: name.into(), ty: None }
    }

    fn update(set: &[(&'static str, &'static str)]) -> Update {
        let more = |of| {
            let one = Expr::Value(Value::I64(1));
            Expr::Arithmetic(ArithmeticOp::Add, Box::new(Expr::Column(column(of))), Box::new(one))
        };
        let set = set.iter().map(|(to, of)| (column(to), more(of))).collect();
        Update { table: TableRef::new("t"), set, scope: Scope::default(), returning: Vec::new() }
    }

    #[test]
    fn what_is_read_is_changed_last() {
        let names = |set| {
            let update = update(set);
            let ordered = in_order(&update, false).map(|update| {
                update.set.iter().map(|(column, _)| column.name.to_string()).collect::<Vec<_>>()
            });
            ordered.ok()
        };
        assert_eq!(names(&[("a", "a"), ("b", "c")]).unwrap(), ["a", "b"]);
        assert_eq!(names(&[("a", "x"), ("b", "a"), ("c", "b")]).unwrap(), ["c", "b", "a"]);
        assert_eq!(names(&[("a", "b"), ("b", "a")]), None);
        assert!(in_order(&update(&[("a", "b"), ("b", "a")]), true).is_ok());
    }
}
