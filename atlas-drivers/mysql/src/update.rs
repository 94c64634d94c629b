//! MySQL makes the changes of an update one after the other, each with what those before it have changed.

use std::borrow::Cow;

use atlas_core::{error::Result, statement::Update};

use crate::value::unsupported;

/// The update with its changes in an order in which each reads what was there before. MariaDB is told to
/// make them all at the same time.
///
/// # Errors
///
/// [`Error::Unsupported`](atlas_core::Error::Unsupported) where two columns get each other's values.
pub(crate) fn in_order(update: &Update, at_the_same_time: bool) -> Result<Cow<'_, Update>> {
    if at_the_same_time || update.set.len() < 2 {
        return Ok(Cow::Borrowed(update));
    }
    let Some(set) = atlas_sql::in_order(&update.set) else {
        return Err(unsupported(
            &format!("an update of `{}` in which columns get each other's values", update.table.name),
            "read the row, and set the columns to values",
        ));
    };
    if set.iter().zip(&update.set).all(|(one, other)| std::ptr::eq(*one, other)) {
        return Ok(Cow::Borrowed(update));
    }
    let set = set.into_iter().cloned().collect();
    Ok(Cow::Owned(Update { set, ..update.clone() }))
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
