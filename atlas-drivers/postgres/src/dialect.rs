use std::borrow::Cow;

use atlas_core::{
    error::{Error, Result},
    schema::{Column, Storage},
    statement::{Aggregate, ArithmeticOp, FullTextTerm, Function, JsonQuestion, JsonStep},
    value::{ColumnType, ItemType, Value},
};
use atlas_sql::{Beside, Dialect, FullTextIndexes, SchemaDialect, quoted, sizes_of};

use crate::{full_text, functions, json};

/// SQL as PostgreSQL reads it.
#[derive(Clone, Copy, Debug)]
pub struct PostgresDialect;

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn placeholder(&self, number: usize, out: &mut String) {
        out.push('$');
        push_number(number, out);
    }

    fn analyze(&self) -> Option<&'static str> {
        Some("EXPLAIN (ANALYZE) ")
    }

    /// A parameter's type is what the server makes of its surroundings: that of the column beside it. It
    /// gets one of its own where there is nothing beside it, or a value could be out of the column's range:
    /// what compares with a column need not fit into it.
    fn value_type(&self, value: &Value, beside: Beside) -> Option<&'static str> {
        let column = match beside {
            Beside::Column(ty) => ty,
            Beside::Nothing => return type_of(value),
        };
        match value {
            Value::I64(number) => {
                let (low, high) = match column {
                    Some(ColumnType::I32 | ColumnType::U16) => (i64::from(i32::MIN), i64::from(i32::MAX)),
                    Some(ColumnType::I8 | ColumnType::I16 | ColumnType::U8) | None => {
                        (i64::from(i16::MIN), i64::from(i16::MAX))
                    }
                    Some(_) => return None,
                };
                // The type of a column that is not known may be one of few bits, or a text.
                (!(low..=high).contains(number)).then_some("int8").filter(|_| column.is_some())
            }
            Value::U64(_) => match column {
                Some(ty) if ty.is_integer() && ty != ColumnType::U64 => Some("numeric"),
                _ => None,
            },
            Value::F64(_) => match column {
                Some(ty) if ty.is_integer() => Some("float8"),
                _ => None,
            },
            Value::Numeric(_) => match column {
                Some(ty) if ty.is_integer() && ty != ColumnType::U64 => Some("numeric"),
                Some(ColumnType::F32 | ColumnType::F64) => Some("numeric"),
                _ => None,
            },
            _ => None,
        }
    }

    fn has_lateral(&self) -> bool {
        true
    }

    fn qualifies_conflicts(&self) -> bool {
        true
    }

    /// The server has no remainder of floats.
    fn float_remainder(&self) -> Option<[&'static str; 3]> {
        Some([
            "(SELECT of - by * trunc(of / by) FROM (VALUES ((",
            ")::float8, (",
            ")::float8)) AS remainder(of, by))",
        ])
    }

    fn division_fails(&self) -> bool {
        true
    }

    fn dollar_quotes(&self) -> bool {
        true
    }

    fn u64_division(&self) -> Option<[&'static str; 3]> {
        Some(["div(", ", ", ")"])
    }

    /// The sum of integers is an integer, as its field is, and their average a float.
    fn around_aggregate(&self, aggregate: Aggregate, of: Option<ColumnType>) -> Option<[&'static str; 2]> {
        match (aggregate, of?) {
            (Aggregate::Sum, ColumnType::U64) => None,
            (Aggregate::Sum, ty) if ty.is_integer() => Some(["", "::int8"]),
            (Aggregate::Avg, ty) if ty.is_integer() => Some(["", "::float8"]),
            (Aggregate::Sum, ColumnType::F32) => Some(["", "::float8"]),
            _ => None,
        }
    }

    fn rounds_averages(&self) -> bool {
        true
    }

    fn array_list(&self, negated: bool) -> Option<[&'static str; 2]> {
        Some([if negated { " <> ALL(" } else { " = ANY(" }, ")"])
    }

    fn function(&self, function: Function, of: Option<ColumnType>) -> Option<&'static str> {
        functions::function(function, of)
    }

    fn json(&self, question: JsonQuestion) -> Option<&'static str> {
        json::question(question)
    }

    fn json_change(&self, sets: bool, _: &[JsonStep]) -> Option<&'static str> {
        Some(json::change(sets))
    }

    fn json_container(&self, step: &JsonStep) -> &'static str {
        json::container(step)
    }

    fn json_path(&self, steps: &[JsonStep]) -> String {
        json::path(steps)
    }

    fn full_text(&self, rank: bool) -> Option<&'static str> {
        Some(full_text::search(rank))
    }

    fn full_text_query(&self, terms: &[FullTextTerm]) -> String {
        full_text::query(terms)
    }

    fn full_text_index(&self) -> FullTextIndexes {
        FullTextIndexes::Expression(full_text::INDEX)
    }

    fn schema(&self) -> SchemaDialect {
        SchemaDialect { names_guards: true, ..SchemaDialect::STANDARD }
    }

    fn column_type(&self, column: &Column, _: bool) -> Result<Cow<'static, str>> {
        Ok(match &column.storage {
            Storage::Char(length) => format!("char({length})").into(),
            Storage::Varchar(length) => format!("varchar({length})").into(),
            Storage::Decimal(digits, scale) => format!("numeric({digits}, {scale})").into(),
            Storage::Fraction(digits) => match column.ty {
                ColumnType::Time => format!("time({digits})").into(),
                ColumnType::DateTime => format!("timestamp({digits})").into(),
                _ => format!("timestamptz({digits})").into(),
            },
            Storage::JsonText => "json".into(),
            Storage::IpAddress => "inet".into(),
            Storage::MacAddress => "macaddr".into(),
            Storage::Vector(size) => format!("vector({size})").into(),
            Storage::TsVector => "tsvector".into(),
            Storage::Native(own) => own.clone(),
            Storage::Set(_) => {
                return Err(Error::Unsupported {
                    driver: "postgres",
                    operation: format!("the column `{}`, which is a set of texts", column.name),
                    instead: "make it `text[]` with `raw_column`, or JSON".to_owned(),
                });
            }
            _ => usual_type(column.ty).into(),
        })
    }

    fn read_type(&self, declared: &str) -> (ColumnType, Storage) {
        let lower = declared.to_lowercase();
        let sizes = sizes_of(&lower);
        let bare = lower.split('(').next().unwrap_or_default().trim();
        let size = sizes.first().copied();
        let fraction = match size.and_then(|size| u8::try_from(size).ok()).filter(|digits| *digits < 6) {
            Some(digits) => Storage::Fraction(digits),
            None => Storage::Usual,
        };
        let zoned = lower.contains("with time zone") || bare == "timestamptz";
        match (bare, size) {
            ("boolean" | "bool", _) => (ColumnType::Bool, Storage::Usual),
            ("smallint", _) => (ColumnType::I16, Storage::Usual),
            ("integer", _) => (ColumnType::I32, Storage::Usual),
            ("bigint", _) => (ColumnType::I64, Storage::Usual),
            ("real", _) => (ColumnType::F32, Storage::Usual),
            ("double precision", _) => (ColumnType::F64, Storage::Usual),
            ("numeric", Some(digits)) => {
                let byte = |size: u32| u8::try_from(size).unwrap_or(u8::MAX);
                let scale = sizes.get(1).copied().unwrap_or_default();
                (ColumnType::Numeric, Storage::Decimal(byte(digits), byte(scale)))
            }
            ("numeric", None) => (ColumnType::Numeric, Storage::Usual),
            ("bytea", _) => (ColumnType::Bytes, Storage::Usual),
            ("uuid", _) => (ColumnType::Uuid, Storage::Usual),
            ("date", _) => (ColumnType::Date, Storage::Usual),
            ("jsonb", _) => (ColumnType::Json, Storage::Usual),
            ("json", _) => (ColumnType::Json, Storage::JsonText),
            ("text", _) => (ColumnType::Text, Storage::Usual),
            ("boolean[]", _) => (ColumnType::Array(ItemType::Bool), Storage::Usual),
            ("smallint[]", _) => (ColumnType::Array(ItemType::I16), Storage::Usual),
            ("integer[]", _) => (ColumnType::Array(ItemType::I32), Storage::Usual),
            ("bigint[]", _) => (ColumnType::Array(ItemType::I64), Storage::Usual),
            ("double precision[]", _) => (ColumnType::Array(ItemType::F64), Storage::Usual),
            ("text[]", _) => (ColumnType::Array(ItemType::Text), Storage::Usual),
            ("character varying" | "varchar", Some(length)) => (ColumnType::Text, Storage::Varchar(length)),
            ("character" | "char", Some(length)) => (ColumnType::Text, Storage::Char(length)),
            ("inet", _) => (ColumnType::Text, Storage::IpAddress),
            ("macaddr", _) => (ColumnType::Text, Storage::MacAddress),
            ("tsvector", _) => (ColumnType::Text, Storage::TsVector),
            ("vector", Some(size)) => (ColumnType::Text, Storage::Vector(size)),
            _ if zoned && bare.starts_with("timestamp") => (ColumnType::Timestamp, fraction),
            _ if bare.starts_with("timestamp") => (ColumnType::DateTime, fraction),
            _ if bare.starts_with("time") && !zoned => (ColumnType::Time, fraction),
            _ => (ColumnType::Text, Storage::Native(declared.to_owned().into())),
        }
    }

    fn generated_key(&self, column: &Column) -> &'static str {
        match column.ty {
            ColumnType::I8 | ColumnType::I16 | ColumnType::U8 => {
                "smallint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
            }
            ColumnType::I32 | ColumnType::U16 => "integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            _ => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        }
    }

    /// Where the server has no type of the field's range.
    fn guard(&self, column: &Column) -> Option<String> {
        let name = column.name.replace('"', "\"\"");
        if let Storage::Enum(texts) = &column.storage {
            let mut text = format!("\"{name}\" IN (");
            for (at, one) in texts.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                quoted(one, self, &mut text);
            }
            text.push(')');
            return Some(text);
        }
        let range = match column.ty {
            _ if matches!(column.storage, Storage::Native(_)) => return None,
            ColumnType::I8 => ("-128", Some("127")),
            ColumnType::U8 => ("0", Some("255")),
            ColumnType::U16 => ("0", Some("65535")),
            ColumnType::U32 => ("0", Some("4294967295")),
            // A key that is counted up is a bigint.
            ColumnType::U64 if column.generated => ("0", None),
            ColumnType::U64 => ("0", Some("18446744073709551615")),
            _ => return None,
        };
        Some(match range {
            (low, Some(high)) => format!("\"{name}\" BETWEEN {low} AND {high}"),
            (low, None) => format!("\"{name}\" >= {low}"),
        })
    }

    /// What has no zone is in UTC.
    fn now(&self, column: &Column) -> String {
        match column.ty {
            ColumnType::Date => "((CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date)".to_owned(),
            ColumnType::Time => "((CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::time)".to_owned(),
            ColumnType::DateTime => "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')".to_owned(),
            _ => "CURRENT_TIMESTAMP".to_owned(),
        }
    }

    fn bytes_literal(&self, bytes: &[u8], out: &mut String) {
        out.push_str("'\\x");
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out.push('\'');
    }

    fn numeric_function(&self, _: ArithmeticOp) -> Option<&'static str> {
        None
    }
}

/// The type of a column.
fn usual_type(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Bool => "boolean",
        ColumnType::I8 | ColumnType::I16 | ColumnType::U8 => "smallint",
        ColumnType::I32 | ColumnType::U16 => "integer",
        ColumnType::I64 | ColumnType::U32 => "bigint",
        ColumnType::U64 => "numeric(20)",
        ColumnType::F32 => "real",
        ColumnType::F64 => "double precision",
        ColumnType::Numeric => "numeric",
        ColumnType::Bytes => "bytea",
        ColumnType::Uuid => "uuid",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::DateTime => "timestamp",
        ColumnType::Timestamp => "timestamptz",
        ColumnType::Json => "jsonb",
        ColumnType::Array(item) => match item {
            ItemType::Bool => "boolean[]",
            ItemType::I16 => "smallint[]",
            ItemType::I32 => "integer[]",
            ItemType::I64 => "bigint[]",
            ItemType::F64 => "double precision[]",
            ItemType::Text => "text[]",
        },
        _ => "text",
    }
}

/// The type of a value that nothing else tells.
fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) => "bool",
        Value::I64(_) => "int8",
        Value::U64(_) | Value::Numeric(_) => "numeric",
        Value::F64(_) => "float8",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytea",
        Value::Uuid(_) => "uuid",
        Value::Date(_) => "date",
        Value::Time(_) => "time",
        Value::DateTime(_) => "timestamp",
        Value::Timestamp(_) => "timestamptz",
        Value::Json(_) => "jsonb",
        _ => return None,
    })
}

fn push_number(number: usize, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0'));
}

#[cfg(test)]
mod tests {
    use atlas_core::{
        statement::{Aggregate, ArithmeticOp, ColumnRef, CompareOp, Expr, Projection, Raw, Select, TableRef},
        value::{ColumnType, Value},
    };
    use atlas_sql::{Compiled, compile};

    use super::PostgresDialect;

    fn text(select: Select) -> String {
        let statement = select.into();
        let mut into = Compiled::default();
        compile(&statement, &PostgresDialect, &mut into).unwrap();
        into.text
    }

    fn filtered(filter: Expr) -> String {
        let text = text(Select { filter: Some(filter), ..Select::new(TableRef::new("s.t"), &["a"]) });
        text.strip_prefix(r#"SELECT "a" FROM "s"."t" WHERE "#).unwrap().to_owned()
    }

    fn column(ty: ColumnType) -> Box<Expr> {
        Box::new(Expr::Column(ColumnRef { table: None, name: "a".into(), ty: Some(ty) }))
    }

    fn value(value: impl Into<Value>) -> Box<Expr> {
        Box::new(Expr::Value(value.into()))
    }

    #[test]
    fn values_get_a_type_where_nothing_tells_it() {
        let compare = |left, right| filtered(Expr::Compare(CompareOp::Gt, left, right));
        assert_eq!(compare(column(ColumnType::I32), value(7)), r#""a" > $1"#);
        assert_eq!(compare(column(ColumnType::I32), value(i64::MAX)), r#""a" > $1::int8"#);
        assert_eq!(compare(column(ColumnType::I64), value(0.5)), r#""a" > $1::float8"#);
        assert_eq!(compare(value(1), value(2)), "$1::int8 > $2::int8");
        let sum = Expr::Arithmetic(ArithmeticOp::Add, value(1), value(2));
        assert_eq!(compare(column(ColumnType::I64), Box::new(sum)), r#""a" > $1::int8 + $2::int8"#);
    }

    #[test]
    fn places_are_found_outside_of_texts() {
        for (raw, expected) in [
            ("SELECT $$ ? $$, ?", "SELECT $$ ? $$, $1"),
            ("SELECT $a$ ? $$ ? $a$, ?", "SELECT $a$ ? $$ ? $a$, $1"),
            (r"SELECT E'it\'s ?', ?", r"SELECT E'it\'s ?', $1"),
            (r"SELECT type'it\', ?", r"SELECT type'it\', $1"),
            ("SELECT a ?? 'b', ?", "SELECT a ? 'b', $1"),
        ] {
            let statement = Raw::new(raw, [Value::I64(1)]).into();
            let mut into = Compiled::default();
            compile(&statement, &PostgresDialect, &mut into).unwrap();
            assert_eq!(into.text, expected);
        }
    }

    #[test]
    fn dividing_by_zero_is_null() {
        let divide = |by| Expr::Arithmetic(ArithmeticOp::Div, column(ColumnType::I64), by);
        let text = |by| filtered(Expr::IsNull(Box::new(divide(by))));
        assert_eq!(text(column(ColumnType::I64)), r#""a" / NULLIF("a", 0) IS NULL"#);
        assert_eq!(text(value(2)), r#""a" / $1 IS NULL"#);
    }

    #[test]
    fn lists_are_one_array() {
        let list = |length: i64| Expr::In(column(ColumnType::I64), (0..length).map(Value::I64).collect());
        assert_eq!(filtered(list(1)), r#""a" = ANY($1)"#);
        assert_eq!(filtered(Expr::Not(Box::new(list(70_000)))), r#""a" <> ALL($1)"#);
    }

    #[test]
    fn aggregates_give_what_their_fields_hold() {
        let aggregate = |how, ty| {
            let columns = Projection::Expressions(vec![Expr::aggregate(how, Some(*column(ty))).into()]);
            let text = text(Select { columns, ..Select::new(TableRef::new("t"), &[]) });
            text.strip_suffix(r#" FROM "t""#).unwrap().strip_prefix("SELECT ").unwrap().to_owned()
        };
        assert_eq!(aggregate(Aggregate::Sum, ColumnType::I64), r#"SUM("a")::int8"#);
        assert_eq!(aggregate(Aggregate::Avg, ColumnType::I32), r#"AVG("a")::float8"#);
        assert_eq!(aggregate(Aggregate::Sum, ColumnType::Numeric), r#"SUM("a")"#);
        assert_eq!(aggregate(Aggregate::Max, ColumnType::I64), r#"MAX("a")"#);
    }
}
