use atlas_core::{
    schema::Column,
    statement::{Aggregate, ArithmeticOp, FullTextTerm, Function, JsonQuestion, JsonStep},
    value::{ColumnType, ItemType, Value},
};
use atlas_sql::{Beside, Dialect, FullTextIndexes};

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

    fn column_type(&self, column: &Column) -> &'static str {
        match column.ty {
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
    fn check(&self, column: &Column, out: &mut String) {
        let range = match column.ty {
            ColumnType::I8 => ("-128", Some("127")),
            ColumnType::U8 => ("0", Some("255")),
            ColumnType::U16 => ("0", Some("65535")),
            ColumnType::U32 => ("0", Some("4294967295")),
            // A key that is counted up is a bigint.
            ColumnType::U64 if column.generated => ("0", None),
            ColumnType::U64 => ("0", Some("18446744073709551615")),
            _ => return,
        };
        let name = column.name.replace('"', "\"\"");
        out.push_str(&match range {
            (low, Some(high)) => format!(" CHECK (\"{name}\" BETWEEN {low} AND {high})"),
            (low, None) => format!(" CHECK (\"{name}\" >= {low})"),
        });
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
