//! Functions as MySQL and MariaDB have them.

use atlas_core::{
    statement::{DatePart, Function, TimeUnit},
    value::ColumnType,
};
use atlas_sql::common_function;

use crate::cast;

/// How a function is written whose first argument has this type.
pub(crate) fn function(function: Function, of: Option<ColumnType>) -> Option<&'static str> {
    let unsigned = of == Some(ColumnType::U64);
    let date = of == Some(ColumnType::Date);
    let float = matches!(of, Some(ColumnType::F32 | ColumnType::F64));
    Some(match function {
        Function::Position => "LOCATE({1}, {0})",
        // Halves of floats are rounded to even digits there; what is larger has no digits after its point.
        Function::Round if float => {
            "IF(ABS({0}) < 1E15, ROUND(CAST({0} AS DECIMAL(65, 20)), {1}) + 0E0, {0})"
        }
        Function::ToInteger => "CAST(TRUNCATE({0}, 0) AS SIGNED)",
        Function::ToFloat => "(({0}) + 0E0)",
        Function::ToText => "CAST({0} AS CHAR)",
        Function::BitNot | Function::ShiftLeft if unsigned => return None,
        Function::BitAnd if unsigned => "(({0}) & ({1}))",
        Function::BitOr if unsigned => "(({0}) | ({1}))",
        Function::BitXor if unsigned => "(({0}) ^ ({1}))",
        Function::ShiftRight if unsigned => "(({0}) >> ({1}))",
        // Which are unsigned there, whatever they are made of.
        Function::BitAnd => "CAST(({0}) & ({1}) AS SIGNED)",
        Function::BitOr => "CAST(({0}) | ({1}) AS SIGNED)",
        Function::BitXor => "CAST(({0}) ^ ({1}) AS SIGNED)",
        Function::BitNot => "CAST(~({0}) AS SIGNED)",
        Function::ShiftLeft => "CAST(({0}) << ({1}) AS SIGNED)",
        Function::ShiftRight => {
            "IF(({0}) < 0, CAST(~(~({0}) >> ({1})) AS SIGNED), CAST(({0}) >> ({1}) AS SIGNED))"
        }
        Function::Shuffle => "MD5(CONCAT({0}, ':', {1}))",
        Function::ArrayContains => "JSON_CONTAINS({0}, {1})",
        Function::ArrayContainedBy => "JSON_CONTAINS({1}, {0})",
        Function::ArrayOverlaps => "JSON_OVERLAPS({0}, {1})",
        Function::ArrayLength => "JSON_LENGTH({0})",
        Function::ArrayAppend => "JSON_MERGE_PRESERVE({0}, {1})",
        Function::ArrayToJson => "{0}",
        Function::Cast(to) => return cast::cast(to, of),
        Function::Part(part) => match part {
            DatePart::Year => "YEAR({0})",
            DatePart::Month => "MONTH({0})",
            DatePart::Day => "DAYOFMONTH({0})",
            DatePart::Hour => "HOUR({0})",
            DatePart::Minute => "MINUTE({0})",
            DatePart::Second => "SECOND({0})",
            DatePart::Weekday => "(WEEKDAY({0}) + 1)",
            DatePart::DayOfYear => "DAYOFYEAR({0})",
        },
        Function::Date => "DATE({0})",
        Function::Time => "TIME({0})",
        Function::Truncate(unit) if date => match unit {
            TimeUnit::Year => "CAST(DATE_FORMAT({0}, '%Y-01-01') AS DATE)",
            TimeUnit::Month => "CAST(DATE_FORMAT({0}, '%Y-%m-01') AS DATE)",
            TimeUnit::Week => "(({0}) - INTERVAL WEEKDAY({0}) DAY)",
            _ => "({0})",
        },
        Function::Truncate(unit) => match unit {
            TimeUnit::Year => "CAST(DATE_FORMAT({0}, '%Y-01-01') AS DATETIME(6))",
            TimeUnit::Month => "CAST(DATE_FORMAT({0}, '%Y-%m-01') AS DATETIME(6))",
            TimeUnit::Week => "CAST(DATE({0}) - INTERVAL WEEKDAY({0}) DAY AS DATETIME(6))",
            TimeUnit::Day => "CAST(DATE({0}) AS DATETIME(6))",
            TimeUnit::Hour => "CAST(DATE_FORMAT({0}, '%Y-%m-%d %H:00:00') AS DATETIME(6))",
            TimeUnit::Minute => "CAST(DATE_FORMAT({0}, '%Y-%m-%d %H:%i:00') AS DATETIME(6))",
            TimeUnit::Second => "CAST(DATE_FORMAT({0}, '%Y-%m-%d %H:%i:%s') AS DATETIME(6))",
        },
        Function::Plus(unit) => match unit {
            TimeUnit::Year => "(({0}) + INTERVAL ({1}) YEAR)",
            TimeUnit::Month => "(({0}) + INTERVAL ({1}) MONTH)",
            TimeUnit::Week => "(({0}) + INTERVAL ({1}) WEEK)",
            TimeUnit::Day => "(({0}) + INTERVAL ({1}) DAY)",
            TimeUnit::Hour => "(({0}) + INTERVAL ({1}) HOUR)",
            TimeUnit::Minute => "(({0}) + INTERVAL ({1}) MINUTE)",
            TimeUnit::Second => "(({0}) + INTERVAL ({1}) SECOND)",
        },
        Function::SecondsSince => "(TIMESTAMPDIFF(MICROSECOND, {1}, {0}) / 1E6)",
        Function::MatchesRegex => "(({0}) REGEXP ({1}))",
        Function::Random => "RAND()",
        Function::Now => "UTC_TIMESTAMP(6)",
        other => return common_function(other, of),
    })
}
