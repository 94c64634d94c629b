//! Statements of the same shape have the same text, and bind what compiling them binds.

use std::{cell::RefCell, collections::HashMap};

use atlas_core::{
    schema::Column,
    statement::{
        Aggregate, Aggregation, ArithmeticOp, ColumnRef, CompareOp, Cte, Delete, Expr, Frame, Function,
        Insert, Join, JoinKind, Lock, LockStrength, LockWait, Nulls, OnConflict, OrderTerm, Over, Projection,
        Raw, Scope, Select, Selected, SetOf, SetOperator, Statement, TableRef, Update,
    },
    value::{ColumnType, Numeric, Value},
};
use atlas_sql::{Beside, Bind, Compiled, Dialect, Shape, compile};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any},
    prop_oneof, sample,
    test_runner::{Config, TestCaseError, TestRunner},
};

use crate::support::{Standard, column, eq, select, value};

/// Lists are arrays, and a value's type depends on its size, as PostgreSQL's does.
struct Weighing;

impl Dialect for Weighing {
    fn name(&self) -> &'static str {
        "weighing"
    }
    fn placeholder(&self, number: usize, out: &mut String) {
        out.push_str(&format!("${number}"));
    }
    fn value_type(&self, value: &Value, beside: Beside) -> Option<&'static str> {
        match (value, beside) {
            (Value::I64(number), _) if i32::try_from(*number).is_err() => Some("int8"),
            (Value::I64(number), Beside::Column(Some(_))) if i16::try_from(*number).is_err() => Some("int4"),
            (Value::Text(_), Beside::Nothing) => Some("text"),
            (Value::Numeric(_), _) => Some("numeric"),
            _ => None,
        }
    }
    fn division_fails(&self) -> bool {
        true
    }
    fn array_list(&self, negated: bool) -> Option<[&'static str; 2]> {
        Some([if negated { " <> ALL(" } else { " = ANY(" }, ")"])
    }
    fn column_type(&self, _: &Column, _: bool) -> atlas_core::Result<std::borrow::Cow<'static, str>> {
        Ok("TEXT".into())
    }
    fn generated_key(&self, _: &Column) -> &'static str {
        ""
    }
}

/// Long lists are one text, shorter ones are filled up, and decimals have a collation and functions.
struct Listing;

impl Dialect for Listing {
    fn name(&self) -> &'static str {
        "listing"
    }
    fn placeholder(&self, _: usize, out: &mut String) {
        out.push('?');
    }
    fn short_list(&self) -> usize {
        4
    }
    fn padded_list(&self, values: usize) -> usize {
        values.next_power_of_two()
    }
    fn list(&self, values: &[Value]) -> Option<(&'static str, String)> {
        values.iter().all(|value| matches!(value, Value::I64(_))).then(|| {
            let texts: Vec<String> = values.iter().map(|value| value.as_ref().to_string()).collect();
            ("(SELECT value FROM json_each(?))", texts.join(","))
        })
    }
    fn numeric_collation(&self) -> Option<&'static str> {
        Some("numeric")
    }
    fn numeric_function(&self, _: ArithmeticOp) -> Option<&'static str> {
        Some("calc")
    }
    fn wraps_selects(&self) -> bool {
        true
    }
    fn limits_writes(&self) -> bool {
        true
    }
    fn orders_nulls(&self) -> bool {
        false
    }
    fn column_type(&self, _: &Column, _: bool) -> atlas_core::Result<std::borrow::Cow<'static, str>> {
        Ok("TEXT".into())
    }
    fn generated_key(&self, _: &Column) -> &'static str {
        ""
    }
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => sample::select(vec![0, 1, -5, 1_000, 70_000, i64::MAX]).prop_map(Value::I64),
        2 => sample::select(vec!["", "a", "o'neil", "%"]).prop_map(|text| Value::Text(text.to_owned())),
        1 => sample::select(vec![0.0, 1.5]).prop_map(Value::F64),
        1 => (0_i32..3).prop_map(|number| Value::Numeric(Numeric::new(number.into(), 2))),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

fn columns() -> impl Strategy<Value = ColumnRef> {
    let types = vec![None, Some(ColumnType::I64), Some(ColumnType::Numeric), Some(ColumnType::F64)];
    let names = vec!["id", "name", "price", "a_name_that_is_longer_than_a_word"];
    (sample::select(names), sample::select(types), any::<bool>()).prop_map(|(name, ty, with_table)| {
        ColumnRef { table: with_table.then(|| "users".into()), name: name.into(), ty }
    })
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn exprs() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => columns().prop_map(Expr::Column),
        3 => values().prop_map(Expr::Value),
        1 => vec(values(), 0..3).prop_map(|binds| {
            Expr::Raw(Raw::new(vec!["?"; binds.len()].join(" + ") + " IS NULL", binds))
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let some = vec(inner.clone(), 0..4);
        let op = sample::select(vec![CompareOp::Eq, CompareOp::Lt]);
        let calculation = sample::select(vec![ArithmeticOp::Add, ArithmeticOp::Div, ArithmeticOp::Rem]);
        let function = sample::select(vec![Function::Lower, Function::Round, Function::Sqrt]);
        prop_oneof![
            (op, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Expr::Compare(op, boxed(l), boxed(r))),
            (calculation, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Expr::Arithmetic(
                op,
                boxed(l),
                boxed(r)
            )),
            some.clone().prop_map(Expr::And),
            some.clone().prop_map(Expr::Or),
            vec(inner.clone(), 1..3).prop_map(Expr::Coalesce),
            inner.clone().prop_map(|of| Expr::Not(boxed(of))),
            inner.clone().prop_map(|of| Expr::IsNull(boxed(of))),
            (inner.clone(), vec(values(), 0..9)).prop_map(|(of, list)| Expr::In(boxed(of), list)),
            (inner.clone(), vec((0_i64..9).prop_map(Value::I64), 0..9))
                .prop_map(|(of, list)| Expr::In(boxed(of), list)),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(of, low, high)| Expr::Between(
                boxed(of),
                boxed(low),
                boxed(high)
            )),
            (inner.clone(), "[a%_]{0,3}").prop_map(|(of, pattern)| Expr::Like(boxed(of), pattern)),
            (function, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Expr::Function(f, vec![a, b])),
            (vec((inner.clone(), inner.clone()), 1..3), option::of(inner.clone()))
                .prop_map(|(cases, otherwise)| Expr::Case(cases, otherwise.map(boxed))),
            (inner.clone(), any::<bool>(), option::of(inner.clone())).prop_map(|(of, distinct, filter)| {
                let (aggregate, of) = (Aggregate::Sum, Some(of));
                Expr::Aggregate(Box::new(Aggregation { aggregate, of, distinct, filter }))
            }),
            (inner.clone(), some, option::of(0_i64..3)).prop_map(|(of, partition, before)| {
                let frame = before.map(|before| Frame { before: Some(before), after: None });
                Expr::Over(Box::new(Over { of, partition, order: Vec::new(), frame }))
            }),
            (inner.clone(), any::<bool>(), option::of(1_u64..3)).prop_map(|(filter, exists, limit)| {
                let inner = Select { filter: Some(filter), limit, ..select(None) };
                let of = vec![column("id")];
                if exists { Expr::Exists(Box::new(inner)) } else { Expr::InSelect(of, Box::new(inner)) }
            }),
        ]
    })
}

fn orders() -> impl Strategy<Value = Vec<OrderTerm>> {
    let nulls = sample::select(vec![None, Some(Nulls::First), Some(Nulls::Last)]);
    let term = (exprs(), any::<bool>(), nulls);
    vec(term.prop_map(|(expr, descending, nulls)| OrderTerm { expr, descending, nulls }), 0..3)
}

fn limits() -> impl Strategy<Value = Option<u64>> {
    sample::select(vec![None, Some(0), Some(1), Some(20), Some(2_000), Some(3_000)])
}

fn selects() -> impl Strategy<Value = Select> {
    let lock = sample::select(vec![
        None,
        Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait }),
        Some(Lock { strength: LockStrength::Share, wait: LockWait::Skip }),
    ]);
    let more = (option::of(exprs()), vec(exprs(), 0..2), any::<bool>(), 0..4_usize, lock);
    (option::of(exprs()), orders(), limits(), limits(), option::of(exprs()), more).prop_map(
        |(filter, order, limit, offset, on, (having, group, distinct, form, lock))| {
            let mut select =
                Select { filter, order, limit, offset, having, group, distinct, lock, ..select(None) };
            let table = TableRef { alias: distinct.then(|| "p".into()), ..TableRef::new("posts") };
            select.joins.extend(on.map(|on| Join::new(JoinKind::Left, table, on)));
            let inner = || Select { filter: Some(eq("id", 7_i64)), ..crate::support::select(None) };
            let set = || SetOf { first: inner(), then: vec![(SetOperator::Union, inner())] };
            match form {
                1 => select.columns = Projection::NamesAnd(&["id"], vec![Selected::from(eq("id", 3_i64))]),
                2 => select.from = atlas_core::statement::From::Set(Box::new(set()), "users".into()),
                3 => {
                    let (name, columns) = ("users".into(), vec!["id".into()]);
                    select.with =
                        vec![Cte { name, columns, rows: set(), recursive: distinct, materialized: None }];
                }
                _ => {}
            }
            select
        },
    )
}

fn statements() -> impl Strategy<Value = Statement> {
    let scope =
        || {
            (option::of(exprs()), orders(), limits(), limits()).prop_map(|(filter, order, limit, offset)| {
                Scope { filter, order, limit, offset, key: vec!["id".into()], ..Scope::default() }
            })
        };
    let set = || vec((columns(), exprs()), 1..3);
    let table = || TableRef::new("users");
    prop_oneof![
        4 => selects().prop_map(Statement::from),
        1 => (set(), scope()).prop_map(move |(set, scope)| {
            Update { table: table(), set, scope, returning: vec!["id".into()] }.into()
        }),
        1 => scope().prop_map(move |scope| Delete { table: table(), scope, returning: Vec::new() }.into()),
        1 => (vec((columns(), values()), 1..4), option::of(set())).prop_map(move |(given, set)| {
            let (columns, values) = given.into_iter().unzip();
            let on_conflict = match set {
                None => OnConflict::Fail,
                Some(set) => {
                    let (by, columns) = (vec!["id".into()], vec!["name".into()]);
                    OnConflict::Update { by, columns, set, same: Vec::new(), filter: None }
                }
            };
            Insert { table: table(), columns, rows: 1, values, on_conflict, returning: Vec::new(), key: Vec::new() }
                .into()
        }),
    ]
}

/// What is known of the texts of shapes, and how often one was met again.
#[derive(Default)]
struct Known {
    texts: HashMap<Shape, String>,
    again: usize,
    stood: usize,
}

fn check(statement: &Statement, dialect: &dyn Dialect, known: &mut Known) -> Result<(), TestCaseError> {
    let mut shaped = Compiled::default();
    let Some(shape) = Shape::of(statement, dialect, &mut shaped) else { return Ok(()) };
    let mut fresh = Compiled::default();
    if compile(statement, dialect, &mut fresh).is_err() {
        return Ok(());
    }
    if let Some(text) = known.texts.get(&shape) {
        known.again += 1;
        assert_eq!(text, &fresh.text, "{statement:?}");
    } else {
        known.texts.insert(shape, fresh.text.clone());
    }
    let binds: Vec<Bind<'_>> = shaped.binds.clone();
    if Shape::compile(statement, dialect, &mut shaped).unwrap() {
        known.stood += 1;
        assert_eq!(binds, fresh.binds, "{statement:?}");
    }
    assert_eq!(shaped.text, fresh.text);
    Ok(())
}

// B-72
#[test]
fn the_text_of_a_shape_is_always_the_same() {
    for dialect in [&Standard as &dyn Dialect, &Weighing, &Listing] {
        let known = RefCell::new(Known::default());
        let mut runner =
            TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
        runner.run(&statements(), |statement| check(&statement, dialect, &mut known.borrow_mut())).unwrap();
        let Known { texts, again, stood } = known.into_inner();
        assert!(again > 10, "{}: only {again} shapes came again", dialect.name());
        assert!(stood > 400, "{}: only {stood} of {} could stand", dialect.name(), texts.len());
    }
}

#[test]
fn values_do_not_count_and_everything_else_does() {
    let mut into = Compiled::default();
    let mut shape = |select: Select| {
        let statement = Statement::from(select);
        let mut memory = std::mem::take(&mut into).recycle();
        let shape = Shape::of(&statement, &Listing, &mut memory).unwrap();
        assert!(memory.text.is_empty());
        into = memory.recycle();
        shape
    };
    let list = |values: std::ops::Range<i64>| {
        select(Some(Expr::In(Box::new(column("id")), values.map(Value::I64).collect())))
    };
    let plain = shape(select(Some(eq("id", 1_i64))));
    assert_eq!(plain, shape(select(Some(eq("id", i64::MAX)))));
    assert_eq!(plain, shape(select(Some(eq("id", "text")))));
    assert_ne!(plain, shape(select(Some(eq("id", 1.5)))), "arithmetic with floats is another");
    assert_ne!(plain, shape(select(Some(eq("name", 1_i64)))));
    assert_ne!(plain, shape(Select { limit: Some(1), ..select(Some(eq("id", 1_i64))) }));
    assert_ne!(plain, shape(Select { distinct: true, ..select(Some(eq("id", 1_i64))) }));
    assert_ne!(plain, shape(Select { straight: true, ..select(Some(eq("id", 1_i64))) }));
    let page = |limit, offset| Select { limit: Some(limit), offset: Some(offset), ..select(None) };
    assert_eq!(shape(page(20, 20)), shape(page(20, 40)));
    assert_ne!(shape(page(20, 20)), shape(page(10, 20)), "a small limit stands in the text");
    assert_eq!(shape(page(2_000, 20)), shape(page(3_000, 20)));
    assert_ne!(shape(page(20, 0)), shape(page(20, 20)));
    assert_eq!(shape(list(0..3)), shape(list(5..9)), "both have four places");
    assert_ne!(shape(list(0..2)), shape(list(0..3)));
    assert_eq!(shape(list(0..9)), shape(list(0..500)), "both are one text");
    assert_ne!(shape(list(0..0)), shape(list(0..1)));
}

#[test]
fn what_contradicts_itself_has_no_shape() {
    let of = |filter| Shape::of(&select(Some(filter)).into(), &Standard, &mut Compiled::default()).is_some();
    assert!(of(eq("id", 1_i64)));
    assert!(!of(Expr::Fault("a mistake".into())));
    let deep = (0..2_000).fold(value(true), |inner, _| Expr::Not(Box::new(inner)));
    assert!(!of(deep), "it is too deep to be compiled");
}
