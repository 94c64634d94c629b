//! Casts as MySQL and MariaDB have them, which take what a text begins with: it is looked at first. `$` is there before
//! a last line break too.

use atlas_core::value::ColumnType;

/// How a text is read as this type; how a date, a time or both of the type `of` are written as a text.
pub(crate) fn cast(to: ColumnType, of: Option<ColumnType>) -> Option<&'static str> {
    Some(match to {
        ColumnType::I64 => {
            "(CASE WHEN ({0}) REGEXP '^[+-]?[0-9]{1,18}(?![[:space:]])$' THEN CAST({0} AS SIGNED) END)"
        }
        ColumnType::F64 => {
            "(CASE WHEN ({0}) REGEXP '^[+-]?[0-9]{1,18}([.][0-9]{1,18})?([eE][+-]?[0-9]{1,2})?(?![[:space:]])$' \
             THEN ({0}) + 0E0 END)"
        }
        ColumnType::Numeric => {
            "(CASE WHEN ({0}) REGEXP '^[+-]?[0-9]{1,18}([.][0-9]{1,10})?(?![[:space:]])$' \
             THEN CAST({0} AS DECIMAL(28, 10)) END)"
        }
        ColumnType::Date => {
            "(CASE WHEN ({0}) REGEXP '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(?![[:space:]])$' THEN \
             CASE WHEN SUBSTRING({0}, 9, 2) <= DAYOFMONTH(LAST_DAY(CONCAT(LEFT({0}, 7), '-01'))) \
             THEN CAST({0} AS DATE) END END)"
        }
        ColumnType::Time => {
            "(CASE WHEN ({0}) REGEXP '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(?![[:space:]])$' \
             THEN CAST({0} AS TIME(6)) END)"
        }
        ColumnType::DateTime | ColumnType::Timestamp => {
            "(CASE WHEN ({0}) REGEXP '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\
             [T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?Z?(?![[:space:]])$' THEN \
             CASE WHEN SUBSTRING({0}, 9, 2) <= DAYOFMONTH(LAST_DAY(CONCAT(LEFT({0}, 7), '-01'))) \
             THEN CAST(REPLACE(TRIM(TRAILING 'Z' FROM {0}), 'T', ' ') AS DATETIME(6)) END END)"
        }
        ColumnType::Text => match of? {
            ColumnType::Date => "DATE_FORMAT({0}, '%Y-%m-%d')",
            ColumnType::Time => "TIME_FORMAT({0}, '%H:%i:%s')",
            ColumnType::Timestamp | ColumnType::DateTime => "DATE_FORMAT({0}, '%Y-%m-%d %H:%i:%s')",
            _ => return None,
        },
        _ => return None,
    })
}
