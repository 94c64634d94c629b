use std::fmt::{Debug, Display};

use atlas_core::{ConstraintKind, Error};

use crate::case::{Failure, Verdict};

/// Holds that a condition is met; `what` says what was expected and found.
pub(crate) fn ensure(met: bool, what: impl FnOnce() -> String) -> Verdict {
    if met { Ok(()) } else { Err(Failure::Broken(what())) }
}

/// Holds that what was found is what was expected.
pub(crate) fn same<T: PartialEq + Debug + ?Sized>(what: impl Display, expected: &T, found: &T) -> Verdict {
    ensure(expected == found, || {
        format!("{what}: expected {}, found {}", shortened(expected), shortened(found))
    })
}

/// Holds that an error tells of a constraint, and names nothing wrong: what a server does not tell may
/// be left out, but something must be named.
pub(crate) fn violates(error: &Error, expected: ConstraintKind, of: &str, on: &[&str]) -> Verdict {
    violates_one_of(error, expected, &[of], on)
}

/// The same where either of two tables may be named: those at the ends of a foreign key.
pub(crate) fn violates_one_of(error: &Error, expected: ConstraintKind, of: &[&str], on: &[&str]) -> Verdict {
    let Error::Constraint { kind, table, constraint, columns, .. } = error else {
        return Err(Failure::broken(format_args!("expected a {expected} constraint error, found {error:?}")));
    };
    same("the kind of constraint", &expected, kind)?;
    if let Some(table) = table {
        ensure(of.contains(&table.as_str()), || {
            format!("the table of the constraint: expected {of:?}, found {table:?}")
        })?;
    }
    if !columns.is_empty() {
        same(
            "the columns of the constraint",
            on,
            columns.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        )?;
    }
    // Some databases tell nothing of a foreign key.
    let told = table.is_some() || constraint.is_some() || !columns.is_empty();
    ensure(told || expected == ConstraintKind::ForeignKey, || {
        format!("the {expected} constraint error names no table, no column and no constraint: {error:?}")
    })
}

fn shortened<T: Debug + ?Sized>(value: &T) -> String {
    const SHOWN: usize = 300;
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}
