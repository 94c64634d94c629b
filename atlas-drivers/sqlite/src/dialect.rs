use std::borrow::Cow;

use atlas_core::{
    error::{Error, Result},
    schema::{Alteration, Column, Name, Storage, Table, Truncate},
    statement::{Aggregate, ArithmeticOp, FullTextTerm, Function, HintKind, JsonQuestion, JsonStep, Lock},
    value::{ColumnType, Value},
};
use atlas_sql::{Altering, Comments, Dialect, FullTextIndexes, SchemaDialect, quoted};

use crate::{compute, ddl::type_of, full_text, functions, json, list, rebuild};

/// SQL as SQLite reads it.
#[derive(Clone, Copy, Debug)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn lock(&self, _: Lock) -> &'static str {
        ""
    }

    fn placeholder(&self, _: usize, out: &mut String) {
        out.push('?');
    }

    fn explain(&self) -> &'static str {
        "EXPLAIN QUERY PLAN "
    }

    /// SQLite 3.51 makes a join of `EXISTS`, and then `OFFSET` is without effect where the order is an index's.
    fn forgets_offsets(&self) -> bool {
        true
    }

    fn index_hint(&self, kind: HintKind) -> Option<[&'static str; 2]> {
        (kind == HintKind::Force).then_some([" INDEXED BY ", ""])
    }

    fn no_limit(&self) -> Option<&'static str> {
        Some("-1")
    }

    fn like_function(&self) -> Option<&'static str> {
        Some(functions::LIKE)
    }

    fn numeric_collation(&self) -> Option<&'static str> {
        Some(functions::COLLATION)
    }

    fn numeric_function(&self, operator: ArithmeticOp) -> Option<&'static str> {
        Some(match operator {
            ArithmeticOp::Add => functions::ADD,
            ArithmeticOp::Sub => functions::SUB,
            ArithmeticOp::Mul => functions::MUL,
            ArithmeticOp::Div => functions::DIV,
            ArithmeticOp::Rem => functions::REM,
        })
    }

    fn numeric_aggregate(&self, aggregate: Aggregate) -> Option<&'static str> {
        match aggregate {
            Aggregate::Sum => Some(functions::SUM),
            Aggregate::Avg => Some(functions::AVG),
            _ => None,
        }
    }

    fn float_remainder(&self) -> Option<[&'static str; 3]> {
        Some(functions::REMAINDER)
    }

    fn function(&self, function: Function, of: Option<ColumnType>) -> Option<&'static str> {
        compute::function(function, of)
    }

    fn json(&self, question: JsonQuestion) -> Option<&'static str> {
        json::question(question)
    }

    fn json_change(&self, sets: bool, _: &[JsonStep]) -> Option<&'static str> {
        Some(json::change(sets))
    }

    fn json_path(&self, steps: &[JsonStep]) -> String {
        json::path(steps)
    }

    fn full_text(&self, rank: bool) -> Option<&'static str> {
        Some(if rank { full_text::RANK } else { full_text::MATCHES })
    }

    fn full_text_query(&self, terms: &[FullTextTerm]) -> String {
        full_text::query(terms)
    }

    fn full_text_index(&self) -> FullTextIndexes {
        FullTextIndexes::Table
    }

    fn schema(&self) -> SchemaDialect {
        SchemaDialect {
            altering: Altering::Rebuild,
            comments: Comments::Nowhere,
            index_names_schema: true,
            index_methods: false,
            // A column takes values of its type alone: an integer that overflows becomes a float in SQLite, and
            // is refused.
            table_options: " STRICT",
            ..SchemaDialect::STANDARD
        }
    }

    fn column_type(&self, column: &Column, _: bool) -> Result<Cow<'static, str>> {
        let what = match &column.storage {
            Storage::Native(own) => return Ok(own.clone()),
            Storage::Set(_) => "a set of texts",
            Storage::Vector(_) => "a vector",
            Storage::TsVector => "the words of a text",
            _ => return Ok(usual_type(column.ty).into()),
        };
        Err(Error::Unsupported {
            driver: "sqlite",
            operation: format!("the column `{}`, which is {what}", column.name),
            instead: "store it as JSON, or in a table of its own".to_owned(),
        })
    }

    fn read_type(&self, declared: &str) -> (ColumnType, Storage) {
        (type_of(declared), Storage::Usual)
    }

    /// With AUTOINCREMENT, as Rails and Laravel have it: without, the id of a deleted last row goes to
    /// the next one, and whatever still names the old row (a log, a link, a cache) then means another.
    /// It costs an update of one row of `sqlite_sequence` for each insert.
    fn generated_key(&self, _: &Column) -> &'static str {
        "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
    }

    /// An integer of SQLite's has 64 bits, whatever its column is declared as: `views - 1` of an unsigned
    /// column that is 0 would store what the field cannot hold, and every read of the row would fail.
    ///
    /// Of an insert of many rows of six columns, STRICT takes 4 % and a check 2 %. Truth values have none:
    /// nothing reckons with them.
    fn guard(&self, column: &Column) -> Option<String> {
        let name = column.name.replace('"', "\"\"");
        if let Storage::Enum(texts) = &column.storage {
            return Some(one_of(&name, texts, self));
        }
        let (low, high) = match column.ty {
            ColumnType::I8 => (i8::MIN.into(), i8::MAX.into()),
            ColumnType::I16 => (i16::MIN.into(), i16::MAX.into()),
            ColumnType::I32 => (i32::MIN, i32::MAX.into()),
            ColumnType::U8 => (0, u8::MAX.into()),
            ColumnType::U16 => (0, u16::MAX.into()),
            ColumnType::U32 => (0, u32::MAX.into()),
            ColumnType::U64 => (0, i64::MAX),
            _ => return None,
        };
        // SQLite names a check by its text, and one that began with a quoted name by that name alone.
        Some(match high {
            i64::MAX => format!("{low} <= \"{name}\""),
            _ => format!("{low} <= \"{name}\" AND \"{name}\" <= {high}"),
        })
    }

    /// As the driver writes it, with the milliseconds that SQLite knows.
    fn now(&self, column: &Column) -> String {
        match column.ty {
            ColumnType::Date => "CURRENT_DATE".to_owned(),
            ColumnType::Time => "(strftime('%H:%M:%f', 'now'))".to_owned(),
            _ => "(strftime('%Y-%m-%d %H:%M:%f', 'now'))".to_owned(),
        }
    }

    fn rebuild(&self, before: &Table, changes: &[Alteration]) -> Result<Vec<String>> {
        rebuild::planned(before, changes)
    }

    fn list(&self, values: &[Value]) -> Option<(&'static str, String)> {
        list::json(values)
    }

    fn truncate(&self, _: Truncate) -> [&'static str; 2] {
        ["DELETE FROM ", ""]
    }

    fn bool_literal(&self, truth: bool) -> &'static str {
        if truth { "1" } else { "0" }
    }
}

/// The type of a column in a STRICT table.
pub(crate) fn usual_type(ty: ColumnType) -> &'static str {
    match ty {
        // The only type of a truth value that a STRICT table knows.
        ColumnType::Bool => "INTEGER",
        ColumnType::F32 | ColumnType::F64 => "REAL",
        ColumnType::Bytes => "BLOB",
        ty if ty.is_integer() => "INTEGER",
        // Decimals too: SQLite's NUMERIC keeps fifteen digits, a text keeps all.
        _ => "TEXT",
    }
}

/// The condition of a column that is one of some texts.
fn one_of(name: &str, texts: &[Name], dialect: &dyn Dialect) -> String {
    // Not the name first: SQLite would name the check by it.
    let mut text = format!("+\"{name}\" IN (");
    for (at, one) in texts.iter().enumerate() {
        text.push_str(if at > 0 { ", " } else { "" });
        quoted(one, dialect, &mut text);
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use atlas_core::{
        statement::{
            Aggregate, ArithmeticOp, ColumnRef, CompareOp, Expr, OrderTerm, Projection, Select, Statement,
            TableRef,
        },
        value::{ColumnType, Value},
    };
    use atlas_sql::{Compiled, compile};

    use super::SqliteDialect;

    fn text(statement: impl Into<Statement>) -> String {
        let statement = statement.into();
        let mut into = Compiled::default();
        compile(&statement, &SqliteDialect, &mut into).unwrap();
        into.text
    }

    fn filtered(filter: Expr) -> String {
        let text = text(Select { filter: Some(filter), ..Select::new(TableRef::new("t"), &["a"]) });
        text.strip_prefix(r#"SELECT "a" FROM "t" WHERE "#).unwrap().to_owned()
    }

    fn price() -> Box<Expr> {
        Box::new(Expr::Column(ColumnRef { table: None, name: "p".into(), ty: Some(ColumnType::Numeric) }))
    }

    fn one() -> Value {
        Value::Numeric("1".parse().unwrap())
    }

    #[test]
    fn patterns_are_matched_by_our_own_function() {
        let like = || {
            Expr::Like(
                Box::new(Expr::Column(ColumnRef { table: None, name: "a".into(), ty: None })),
                "%".into(),
            )
        };
        assert_eq!(filtered(like()), r#"atlas_like("a", ?)"#);
        assert_eq!(filtered(Expr::Not(Box::new(like()))), r#"atlas_like("a", ?) = 0"#);
    }

    #[test]
    fn decimals_compare_and_add_up_by_number() {
        let compare = Expr::Compare(CompareOp::Gt, price(), Box::new(one().into()));
        assert_eq!(filtered(compare), r#""p" COLLATE atlas_numeric > ?"#);
        let between = Expr::Between(price(), Box::new(one().into()), Box::new(one().into()));
        assert_eq!(filtered(between), r#""p" COLLATE atlas_numeric BETWEEN ? AND ?"#);
        assert_eq!(filtered(Expr::In(price(), vec![one()])), r#""p" COLLATE atlas_numeric IN (?)"#);
        let more = Box::new(Expr::Arithmetic(ArithmeticOp::Add, price(), Box::new(one().into())));
        let compare = Expr::Compare(CompareOp::Eq, more, price());
        assert_eq!(filtered(compare), r#"(atlas_add("p", ?)) COLLATE atlas_numeric = "p""#);
        let all = [Aggregate::Sum, Aggregate::Avg, Aggregate::Min, Aggregate::Max, Aggregate::Count];
        let columns = all.map(|all| Expr::aggregate(all, Some(*price())).into()).to_vec();
        let order = vec![OrderTerm { expr: *price(), descending: true, nulls: None }];
        assert_eq!(
            text(Select {
                columns: Projection::Expressions(columns),
                order,
                ..Select::new(TableRef::new("t"), &[])
            }),
            r#"SELECT atlas_sum("p"), atlas_avg("p"), MIN("p" COLLATE atlas_numeric), MAX("p" COLLATE atlas_numeric), COUNT("p") FROM "t" ORDER BY "p" COLLATE atlas_numeric DESC"#
        );
    }

    #[test]
    fn long_lists_are_one_value() {
        let list = |length: i64| {
            Expr::In(
                Box::new(Expr::Column(ColumnRef { table: None, name: "a".into(), ty: None })),
                (0..length).map(Value::I64).collect(),
            )
        };
        assert_eq!(filtered(list(2)), r#""a" IN (?, ?)"#);
        assert_eq!(filtered(list(17)), r#""a" IN (SELECT value FROM json_each(?))"#);
        assert_eq!(
            filtered(Expr::Not(Box::new(list(99_999)))),
            r#""a" NOT IN (SELECT value FROM json_each(?))"#
        );
    }

    #[test]
    fn an_offset_needs_a_limit() {
        let select = Select { offset: Some(5), ..Select::new(TableRef::new("t"), &["a"]) };
        assert_eq!(text(select), r#"SELECT "a" FROM "t" LIMIT -1 OFFSET ?"#);
    }
}
