//! Casts as PostgreSQL has them, where a text that cannot be read is an error: it is looked at first.

use atlas_core::value::ColumnType;

/// How a text is read as this type; how a date, a time or both of the type `of` are written as a text.
pub(crate) fn cast(to: ColumnType, of: Option<ColumnType>) -> Option<&'static str> {
    Some(match to {
        ColumnType::I64 => "(CASE WHEN ({0}) ~ '^[+-]?[0-9]{1,18}$' THEN ({0})::int8 END)",
        ColumnType::F64 => {
            "(CASE WHEN ({0}) ~ '^[+-]?[0-9]{1,18}([.][0-9]{1,18})?([eE][+-]?[0-9]{1,2})?$' \
             THEN ({0})::float8 END)"
        }
        ColumnType::Numeric => {
            "(CASE WHEN ({0}) ~ '^[+-]?[0-9]{1,18}([.][0-9]{1,10})?$' THEN ({0})::numeric END)"
        }
        ColumnType::Date => {
            "(CASE WHEN ({0}) ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN \
             CASE WHEN SUBSTR({0}, 9, 2)::int4 <= EXTRACT(DAY FROM (SUBSTR({0}, 1, 7) || '-01')::date \
             + INTERVAL '1 month - 1 day') THEN ({0})::date END END)"
        }
        ColumnType::Time => {
            "(CASE WHEN ({0}) ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?$' THEN ({0})::time END)"
        }
        ColumnType::DateTime => {
            "(CASE WHEN ({0}) ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
             [T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?Z?$' THEN \
             CASE WHEN SUBSTR({0}, 9, 2)::int4 <= EXTRACT(DAY FROM (SUBSTR({0}, 1, 7) || '-01')::date \
             + INTERVAL '1 month - 1 day') THEN RTRIM({0}, 'Z')::timestamp END END)"
        }
        ColumnType::Timestamp => {
            "(CASE WHEN ({0}) ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
             [T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?Z?$' THEN \
             CASE WHEN SUBSTR({0}, 9, 2)::int4 <= EXTRACT(DAY FROM (SUBSTR({0}, 1, 7) || '-01')::date \
             + INTERVAL '1 month - 1 day') THEN RTRIM({0}, 'Z')::timestamp AT TIME ZONE 'UTC' END END)"
        }
        ColumnType::Text => match of? {
            ColumnType::Date => "TO_CHAR({0}, 'YYYY-MM-DD')",
            ColumnType::Time => "TO_CHAR({0}, 'HH24:MI:SS')",
            ColumnType::Timestamp => "TO_CHAR(({0}) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
            ColumnType::DateTime => "TO_CHAR({0}, 'YYYY-MM-DD HH24:MI:SS')",
            _ => return None,
        },
        _ => return None,
    })
}
