//! Functions as PostgreSQL has them.

use atlas_core::{
    statement::{DatePart, Function, TimeUnit},
    value::ColumnType,
};
use atlas_sql::common_function;

use crate::cast;

/// How a function is written whose first argument has this type. Numbers of characters and digits are int4
/// there, and what is asked of a timestamptz is asked of it in UTC.
pub(crate) fn function(function: Function, of: Option<ColumnType>) -> Option<&'static str> {
    let zoned = of == Some(ColumnType::Timestamp);
    let date = of == Some(ColumnType::Date);
    let float = matches!(of, Some(ColumnType::F32 | ColumnType::F64));
    Some(match function {
        Function::Length => "CHAR_LENGTH({0})::int8",
        Function::Concat => "(({0}) || ({1}))",
        Function::Substring => "SUBSTR({0}, ({1})::int4, ({2})::int4)",
        Function::Left => "LEFT({0}, ({1})::int4)",
        Function::Right => "RIGHT({0}, ({1})::int4)",
        Function::Position => "STRPOS({0}, {1})::int8",
        Function::PadStart => "LPAD({0}, ({1})::int4, {2})",
        Function::PadEnd => "RPAD({0}, ({1})::int4, {2})",
        Function::Repeat => "REPEAT({0}, ({1})::int4)",
        Function::Round if float => "ROUND(({0})::numeric, ({1})::int4)::float8",
        Function::Round if of == Some(ColumnType::Numeric) => "ROUND({0}, ({1})::int4)",
        Function::Power => "POWER(({0})::float8, ({1})::float8)",
        Function::Sqrt => "(CASE WHEN ({0}) >= 0 THEN SQRT(({0})::float8) END)",
        Function::Sign => "SIGN({0})::int4",
        Function::ToInteger => "TRUNC(({0})::numeric)::int8",
        Function::ToFloat => "({0})::float8",
        Function::ToText => "({0})::text",
        Function::BitAnd
        | Function::BitOr
        | Function::BitXor
        | Function::BitNot
        | Function::ShiftLeft
        | Function::ShiftRight
            // Which are decimals there.
            if of == Some(ColumnType::U64) =>
        {
            return None;
        }
        Function::BitAnd => "(({0})::int8 & ({1})::int8)",
        Function::BitOr => "(({0})::int8 | ({1})::int8)",
        Function::BitXor => "(({0})::int8 # ({1})::int8)",
        Function::BitNot => "(~ ({0})::int8)",
        Function::ShiftLeft => "(({0})::int8 << ({1})::int4)",
        Function::ShiftRight => "(({0})::int8 >> ({1})::int4)",
        Function::Shuffle => "MD5(({0})::text || ':' || ({1})::text)",
        Function::ArrayContains => "(({0}) @> ({1}))",
        Function::ArrayContainedBy => "(({0}) <@ ({1}))",
        Function::ArrayOverlaps => "(({0}) && ({1}))",
        Function::ArrayLength => "CARDINALITY({0})::int8",
        // Of no array and one, it makes that one.
        Function::ArrayAppend => "(CASE WHEN ({0}) IS NOT NULL THEN ARRAY_CAT({0}, {1}) END)",
        Function::ArrayToJson => "TO_JSONB({0})",
        Function::Cast(to) => return cast::cast(to, of),
        Function::Part(DatePart::Second) if zoned => {
            "TRUNC(EXTRACT(SECOND FROM ({0}) AT TIME ZONE 'UTC'))::int4"
        }
        Function::Part(DatePart::Second) => "TRUNC(EXTRACT(SECOND FROM {0}))::int4",
        Function::Part(part) if zoned => match part {
            DatePart::Year => "EXTRACT(YEAR FROM ({0}) AT TIME ZONE 'UTC')::int4",
            DatePart::Month => "EXTRACT(MONTH FROM ({0}) AT TIME ZONE 'UTC')::int4",
            DatePart::Day => "EXTRACT(DAY FROM ({0}) AT TIME ZONE 'UTC')::int4",
            DatePart::Hour => "EXTRACT(HOUR FROM ({0}) AT TIME ZONE 'UTC')::int4",
            DatePart::Weekday => "EXTRACT(ISODOW FROM ({0}) AT TIME ZONE 'UTC')::int4",
            DatePart::DayOfYear => "EXTRACT(DOY FROM ({0}) AT TIME ZONE 'UTC')::int4",
            _ => "EXTRACT(MINUTE FROM ({0}) AT TIME ZONE 'UTC')::int4",
        },
        Function::Part(part) => match part {
            DatePart::Year => "EXTRACT(YEAR FROM {0})::int4",
            DatePart::Month => "EXTRACT(MONTH FROM {0})::int4",
            DatePart::Day => "EXTRACT(DAY FROM {0})::int4",
            DatePart::Hour => "EXTRACT(HOUR FROM {0})::int4",
            DatePart::Weekday => "EXTRACT(ISODOW FROM {0})::int4",
            DatePart::DayOfYear => "EXTRACT(DOY FROM {0})::int4",
            _ => "EXTRACT(MINUTE FROM {0})::int4",
        },
        Function::Date if zoned => "(({0}) AT TIME ZONE 'UTC')::date",
        Function::Date => "({0})::date",
        Function::Time if zoned => "(({0}) AT TIME ZONE 'UTC')::time",
        Function::Time => "({0})::time",
        Function::Truncate(unit) if zoned => match unit {
            TimeUnit::Year => "(DATE_TRUNC('year', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Month => "(DATE_TRUNC('month', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Week => "(DATE_TRUNC('week', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Day => "(DATE_TRUNC('day', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Hour => "(DATE_TRUNC('hour', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Minute => "(DATE_TRUNC('minute', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
            TimeUnit::Second => "(DATE_TRUNC('second', ({0}) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')",
        },
        Function::Truncate(unit) if date => match unit {
            TimeUnit::Year => "DATE_TRUNC('year', ({0})::timestamp)::date",
            TimeUnit::Month => "DATE_TRUNC('month', ({0})::timestamp)::date",
            TimeUnit::Week => "DATE_TRUNC('week', ({0})::timestamp)::date",
            _ => "({0})",
        },
        Function::Truncate(unit) => match unit {
            TimeUnit::Year => "DATE_TRUNC('year', {0})",
            TimeUnit::Month => "DATE_TRUNC('month', {0})",
            TimeUnit::Week => "DATE_TRUNC('week', {0})",
            TimeUnit::Day => "DATE_TRUNC('day', {0})",
            TimeUnit::Hour => "DATE_TRUNC('hour', {0})",
            TimeUnit::Minute => "DATE_TRUNC('minute', {0})",
            TimeUnit::Second => "DATE_TRUNC('second', {0})",
        },
        Function::Plus(unit) if zoned => match unit {
            TimeUnit::Year => "((({0}) AT TIME ZONE 'UTC' + ({1}) * INTERVAL '1 year') AT TIME ZONE 'UTC')",
            TimeUnit::Month => "((({0}) AT TIME ZONE 'UTC' + ({1}) * INTERVAL '1 month') AT TIME ZONE 'UTC')",
            TimeUnit::Week => "((({0}) AT TIME ZONE 'UTC' + ({1}) * INTERVAL '7 days') AT TIME ZONE 'UTC')",
            TimeUnit::Day => "((({0}) AT TIME ZONE 'UTC' + ({1}) * INTERVAL '1 day') AT TIME ZONE 'UTC')",
            TimeUnit::Hour => "(({0}) + ({1}) * INTERVAL '1 hour')",
            TimeUnit::Minute => "(({0}) + ({1}) * INTERVAL '1 minute')",
            TimeUnit::Second => "(({0}) + ({1}) * INTERVAL '1 second')",
        },
        Function::Plus(unit) if date => match unit {
            TimeUnit::Year => "(({0}) + ({1}) * INTERVAL '1 year')::date",
            TimeUnit::Month => "(({0}) + ({1}) * INTERVAL '1 month')::date",
            TimeUnit::Week => "(({0}) + ({1}) * INTERVAL '7 days')::date",
            _ => "(({0}) + ({1}) * INTERVAL '1 day')::date",
        },
        Function::Plus(unit) => match unit {
            TimeUnit::Year => "(({0}) + ({1}) * INTERVAL '1 year')",
            TimeUnit::Month => "(({0}) + ({1}) * INTERVAL '1 month')",
            TimeUnit::Week => "(({0}) + ({1}) * INTERVAL '7 days')",
            TimeUnit::Day => "(({0}) + ({1}) * INTERVAL '1 day')",
            TimeUnit::Hour => "(({0}) + ({1}) * INTERVAL '1 hour')",
            TimeUnit::Minute => "(({0}) + ({1}) * INTERVAL '1 minute')",
            TimeUnit::Second => "(({0}) + ({1}) * INTERVAL '1 second')",
        },
        Function::SecondsSince if date => "((({0}) - ({1})) * 86400)::float8",
        Function::SecondsSince => "EXTRACT(EPOCH FROM (({0}) - ({1})))::float8",
        Function::MatchesRegex => "(({0}) ~ ({1}))",
        Function::Now => "STATEMENT_TIMESTAMP()",
        Function::Ntile => "NTILE(({0})::int4)",
        Function::Lag => "LAG({0}, ({1})::int4)",
        Function::Lead => "LEAD({0}, ({1})::int4)",
        Function::NthValue => "NTH_VALUE({0}, ({1})::int4)",
        other => return common_function(other, of),
    })
}
