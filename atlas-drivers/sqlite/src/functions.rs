//! What Atlas adds to SQLite: decimals that are stored as text compare and add up exactly, patterns match
//! to the last byte, floats have a remainder.

use std::borrow::Cow;

use atlas_core::value::Numeric;
use rusqlite::{
    Connection, Error, Result,
    functions::{Aggregate, Context, FunctionFlags, WindowAggregate},
    types::ValueRef,
};

use crate::{compute, json, like::Pattern, numeric};

pub(crate) const COLLATION: &str = "atlas_numeric";
pub(crate) const SUM: &str = "atlas_sum";
pub(crate) const AVG: &str = "atlas_avg";
pub(crate) const ADD: &str = "atlas_add";
pub(crate) const SUB: &str = "atlas_sub";
pub(crate) const MUL: &str = "atlas_mul";
pub(crate) const DIV: &str = "atlas_div";
pub(crate) const REM: &str = "atlas_rem";
/// Of a text and a pattern: 1 where it matches, 0 where it does not.
pub(crate) const LIKE: &str = "atlas_like";
/// The remainder of two floats.
pub(crate) const FMOD: &str = "atlas_fmod";
/// The same, as it is called.
pub(crate) const REMAINDER: [&str; 3] = ["atlas_fmod(", ", ", ")"];
/// A float from the integer of its bits, in which it passes through JSON.
pub(crate) const FLOAT: &str = "atlas_float";

type Operator = fn(Numeric, Numeric) -> Option<Numeric>;

/// Gives a connection the collation and the functions that the compiler writes for decimals.
///
/// # Errors
///
/// SQLite's, which has no reason for one.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    connection.create_collation(COLLATION, numeric::compare)?;
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_window_function(SUM, 1, flags, SUM_OF)?;
    connection.create_window_function(AVG, 1, flags, AVERAGE_OF)?;
    let operators: [(&str, Operator); 5] = [
        (ADD, Numeric::checked_add),
        (SUB, |left, right| left.checked_add(numeric::negate(right)?)),
        (MUL, numeric::multiply),
        (DIV, numeric::divide),
        (REM, numeric::remainder),
    ];
    for (name, operator) in operators {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let (Some(left), Some(right)) = (read(context, 0)?, read(context, 1)?) else { return Ok(None) };
            if matches!(name, DIV | REM) && right.unscaled() == 0 {
                // As SQLite's own division.
                return Ok(None);
            }
            operator(left, right).map(|number| Some(number.to_string())).ok_or_else(too_long)
        })?;
    }
    compute::register(connection)?;
    json::register(connection)?;
    connection.create_scalar_function(LIKE, 2, flags, like)?;
    connection.create_scalar_function(FMOD, 2, flags, |context| {
        let (left, right) = (context.get::<Option<f64>>(0)?, context.get::<Option<f64>>(1)?);
        // By zero: NaN, which SQLite has no other form for than NULL.
        Ok(left.zip(right).map(|(left, right)| left % right))
    })?;
    connection.create_scalar_function(FLOAT, 1, flags, |context| {
        Ok(context.get::<Option<i64>>(0)?.map(|bits| f64::from_bits(bits.cast_unsigned())))
    })?;
    Ok(())
}

fn like(context: &Context<'_>) -> Result<Option<bool>> {
    let Some(text) = as_text(context.get_raw(0)) else { return Ok(None) };
    // A bound pattern is taken apart once for all rows.
    let pattern = context.get_or_create_aux(1, |pattern| {
        let text = as_text(pattern).ok_or(rusqlite::types::FromSqlError::InvalidType)?;
        Ok::<_, Error>(Pattern::new(&text))
    })?;
    Ok(Some(pattern.matches(&text)))
}

/// A value as the text that SQLite would make of it; `None` for NULL.
pub(crate) fn as_text(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(format!("{number:?}").into()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

/// An argument as a decimal: a float is what it is written as, so that 0.1 is 0.1.
pub(crate) fn read(context: &Context<'_>, index: usize) -> Result<Option<Numeric>> {
    let number = match context.get_raw(index) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => Some(Numeric::new(number.into(), 0)),
        ValueRef::Real(number) => Numeric::from_f64(number),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()),
        ValueRef::Blob(_) => None,
    };
    match number {
        Some(number) => Ok(Some(number)),
        None => {
            Err(failed("a decimal column holds something that is no decimal number of at most 38 digits"))
        }
    }
}

pub(crate) fn too_long() -> Error {
    failed("the result has more than the 38 digits that a decimal holds")
}

fn failed(message: &str) -> Error {
    Error::UserFunctionError(message.into())
}

/// What has been added up: the total, and how many numbers there are in it.
#[derive(Default)]
struct Total {
    sum: Option<Numeric>,
    count: i64,
}

/// What is made of a total at the end, and in a window for each row.
struct Fold(fn(&Total) -> Result<Option<Numeric>>);

const SUM_OF: Fold = Fold(|total| Ok(total.sum));
const AVERAGE_OF: Fold = Fold(|total| {
    let Some(sum) = total.sum else { return Ok(None) };
    numeric::divide(sum, Numeric::new(total.count.into(), 0)).map(Some).ok_or_else(too_long)
});

impl Fold {
    fn of(&self, total: Option<&Total>) -> Result<Option<String>> {
        let Some(total) = total else { return Ok(None) };
        Ok((self.0)(total)?.map(|number| number.to_string()))
    }
}

impl Aggregate<Total, Option<String>> for Fold {
    fn init(&self, _: &mut Context<'_>) -> Result<Total> {
        Ok(Total::default())
    }

    fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        let Some(number) = read(context, 0)? else { return Ok(()) };
        total.count += 1;
        total.sum = Some(match total.sum {
            None => number,
            Some(so_far) => so_far.checked_add(number).ok_or_else(too_long)?,
        });
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<Total>) -> Result<Option<String>> {
        self.of(total.as_ref())
    }
}

impl WindowAggregate<Total, Option<String>> for Fold {
    fn value(&self, total: Option<&mut Total>) -> Result<Option<String>> {
        self.of(total.as_deref())
    }

    /// Takes away what the window has left behind.
    fn inverse(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
        let Some(number) = read(context, 0)? else { return Ok(()) };
        total.count -= 1;
        let rest = total.sum.and_then(|sum| sum.checked_add(numeric::negate(number)?));
        total.sum = rest.filter(|_| total.count > 0);
        if rest.is_some() { Ok(()) } else { Err(too_long()) }
    }
}
