//! Which rows a condition lets through.

use std::cmp::Ordering;

use atlas_core::{
    statement::{Aggregate, ArithmeticOp, CompareOp, Expr, Select},
    value::{
        ColumnType::{self, F64, I64, Numeric, Text},
        Value,
    },
};
use rust_decimal::Decimal;

use crate::{
    case::{Failure, Verdict, cases},
    expect::same,
    expression::{Operators, Refine, aggregate, all, any, ascending, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    comparisons,
    comparisons_with_null_let_nothing_through,
    null_tests,
    lists,
    empty_lists,
    long_lists,
    long_lists_of_what_few_formats_hold,
    long_lists_of_texts_with_a_nul,
    long_chains,
    many_pairs,
    ranges,
    connectives,
    columns_with_columns,
    arithmetic,
    division_of_integers_is_cut_towards_zero,
    a_remainder_has_the_sign_of_the_dividend,
    arithmetic_of_decimals_is_exact,
    membership_in_a_select,
    membership_of_pairs_in_a_select,
    random_conditions,
}

/// Rows 1 to 6, with NULLs.
async fn six(db: &Subject) -> Verdict<Table> {
    let table = db
        .table([id(), column("a", I64).nullable(), column("b", I64).nullable(), column("s", Text).nullable()])
        .await?;
    let rows = SIX.map(|(id, a, b, s)| {
        vec![
            id.into(),
            a.map_or(Value::Null, Value::from),
            b.map_or(Value::Null, Value::from),
            s.map_or(Value::Null, Value::from),
        ]
    });
    db.run(table.insert(&["id", "a", "b", "s"], rows)).await?;
    Ok(table)
}

type SixRow = (i64, Option<i64>, Option<i64>, Option<&'static str>);
const SIX: [SixRow; 6] = [
    (1, Some(-7), Some(2), Some("x")),
    (2, Some(0), Some(0), Some("")),
    (3, Some(5), Some(9), Some("it's")),
    (4, Some(9), Some(5), None),
    (5, None, Some(5), Some("x")),
    (6, None, None, None),
];

/// Holds that conditions let through these rows and no others.
async fn hold(
    db: &Subject,
    table: &Table,
    conditions: impl IntoIterator<Item = (&'static str, Expr, &[i64])>,
) -> Verdict {
    for (what, condition, expected) in conditions {
        let select = table.select(&["id"]).filter(condition).order([ascending(table.get("id"))]);
        same(format!("the rows where {what}"), expected, db.column::<i64>(select).await?.as_slice())?;
    }
    Ok(())
}

async fn comparisons(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let a = |op, n: i64| t.get("a").compare(op, value(n));
    let conditions: [(_, _, &[i64]); 9] = [
        ("a = 5", a(CompareOp::Eq, 5), &[3]),
        ("a <> 5", a(CompareOp::Ne, 5), &[1, 2, 4]),
        ("a > 5", a(CompareOp::Gt, 5), &[4]),
        ("a >= 5", a(CompareOp::Ge, 5), &[3, 4]),
        ("a < 5", a(CompareOp::Lt, 5), &[1, 2]),
        ("a <= 5", a(CompareOp::Le, 5), &[1, 2, 3]),
        ("s = 'it''s'", t.get("s").is("it's"), &[3]),
        ("s = ''", t.get("s").is(""), &[2]),
        ("5 = a, the value first", value(5).compare(CompareOp::Eq, t.get("a")), &[3]),
    ];
    hold(&db, &t, conditions).await
}

async fn comparisons_with_null_let_nothing_through(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let conditions: [(_, _, &[i64]); 5] = [
        ("not (a = 5)", t.get("a").is(5).negated(), &[1, 2, 4]),
        ("not (a <> 5)", t.get("a").differs(5).negated(), &[3]),
        ("a = b", t.get("a").compare(CompareOp::Eq, t.get("b")), &[2]),
        ("not (a = b)", t.get("a").compare(CompareOp::Eq, t.get("b")).negated(), &[1, 3, 4]),
        ("not (a in (5, 9))", t.get("a").within([5, 9]).negated(), &[1, 2]),
    ];
    hold(&db, &t, conditions).await
}

async fn null_tests(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let sum = t.get("a").calculate(ArithmeticOp::Add, t.get("b"));
    let conditions: [(_, _, &[i64]); 4] = [
        ("a is null", t.get("a").null(), &[5, 6]),
        ("a is not null", t.get("a").null().negated(), &[1, 2, 3, 4]),
        ("s is null", t.get("s").null(), &[4, 6]),
        ("a + b is null", sum.null(), &[5, 6]),
    ];
    hold(&db, &t, conditions).await
}

async fn lists(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let conditions: [(_, _, &[i64]); 5] = [
        ("a in (5)", t.get("a").within([5]), &[3]),
        ("a in (5, -7, 5, 100)", t.get("a").within([5, -7, 5, 100]), &[1, 3]),
        ("s in ('x', '')", t.get("s").within(["x", ""]), &[1, 2, 5]),
        ("s in (\"it's\", \"' OR 1=1\")", t.get("s").within(["it's", "' OR 1=1"]), &[3]),
        ("a + 1 in (6)", t.get("a").calculate(ArithmeticOp::Add, value(1)).within([6]), &[3]),
    ];
    hold(&db, &t, conditions).await
}

async fn empty_lists(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let none = || t.get("a").within(Vec::<i64>::new());
    let conditions: [(_, _, &[i64]); 4] = [
        ("a in ()", none(), &[]),
        ("not (a in ())", none().negated(), &[1, 2, 3, 4, 5, 6]),
        ("a in () or b = 5", none().or(t.get("b").is(5)), &[4, 5]),
        ("not (a in ()) and b = 5", none().negated().and(t.get("b").is(5)), &[4, 5]),
    ];
    hold(&db, &t, conditions).await
}

/// Lists grow beyond what a database takes in one statement.
async fn long_lists(db: Subject) -> Verdict {
    let t = six(&db).await?;
    for length in [1_000i64, 70_000] {
        let list = t.get("a").within((5..5 + length).chain([-7]));
        let select = t.select(&["id"]).filter(list).order([ascending(t.get("id"))]);
        same(format!("the rows in a list of {length}"), &vec![1, 3, 4], &db.column::<i64>(select).await?)?;
    }
    let texts = t.get("s").within((0..70_000).map(|n| format!("s{n}")).chain(["x".to_owned()]));
    let select = t.select(&["id"]).filter(texts).order([ascending(t.get("id"))]);
    same("the rows in a list of 70000 texts", &vec![1, 5], &db.column::<i64>(select).await?)
}

/// How many values a long list has.
const LENGTH: u32 = 40_000;

/// Holds that a column is in lists of its own first two values and others, and not in others.
async fn long_list(
    db: &Subject,
    ty: ColumnType,
    own: [Value; 3],
    list: impl Iterator<Item = Value>,
) -> Verdict {
    let table = db.table([id(), column("v", ty).nullable()]).await?;
    let [first, second, other] = own;
    let rows = [
        vec![1.into(), first.clone()],
        vec![2.into(), second.clone()],
        vec![3.into(), other],
        vec![4.into(), Value::Null],
    ];
    db.run(table.insert(&["id", "v"], rows)).await?;
    let list: Vec<Value> = list.chain([first, second]).collect();
    for length in [2, 30, list.len()] {
        let short = list.iter().skip(list.len() - length).cloned();
        let condition = table.get("v").within(short);
        let select = |condition| table.select(&["id"]).filter(condition).order([ascending(table.get("id"))]);
        let found = db.column::<i64>(select(condition.clone())).await?;
        same(format!("the rows in a list of {length} of {ty:?}"), &vec![1, 2], &found)?;
        let found = db.column::<i64>(select(condition.negated())).await?;
        same(format!("the rows not in a list of {length} of {ty:?}"), &vec![3], &found)?;
    }
    Ok(())
}

async fn long_lists_of_what_few_formats_hold(db: Subject) -> Verdict {
    let floats = (1..LENGTH).map(|n| Value::F64(f64::from(n) / 3.0 + 1e9));
    long_list(&db, F64, [Value::F64(0.1), Value::F64(f64::MIN_POSITIVE), Value::F64(0.3)], floats).await?;
    let bytes = (1..LENGTH).map(|n| Value::Bytes(n.to_be_bytes().to_vec()));
    let own = [vec![0, 0xff, b'"'], Vec::new(), vec![0]].map(Value::Bytes);
    long_list(&db, ColumnType::Bytes, own, bytes).await
}

/// Some databases store none.
async fn long_lists_of_texts_with_a_nul(db: Subject) -> Verdict {
    let texts = (1..LENGTH).map(|n| Value::from(format!("{n}\0")));
    long_list(&db, Text, ["a\0b".into(), "\0".into(), "a".into()], texts).await
}

async fn long_chains(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let a = |n: i64| t.get("a").is(n);
    let each = || (5..3_005).map(a).chain([a(-7)]);
    let chained =
        |join: fn(Expr, Expr) -> Expr| each().map(Expr::negated).reduce(join).unwrap_or_else(|| all([]));
    let either = each().reduce(Expr::or).unwrap_or_else(|| any([]));
    let conditions: [(_, _, &[i64]); 5] = [
        ("any of 3001", any(each().collect::<Vec<_>>()), &[1, 3, 4]),
        ("not any of 3001", any(each().collect::<Vec<_>>()).negated(), &[2]),
        ("3001 with or between them", either.clone(), &[1, 3, 4]),
        ("none of 3001", chained(Expr::and), &[2]),
        ("any of 3001 and b = 5", either.and(t.get("b").is(5)), &[4]),
    ];
    hold(&db, &t, conditions).await
}

/// The keys of as many rows with a composite key.
async fn many_pairs(db: Subject) -> Verdict {
    let plan = db.plan([column("a", I64), column("b", I64)]).key(&["a", "b"]);
    let table = db.create(plan).await?;
    let pairs = || (0..5_000i64).map(|n| (n % 70, n));
    db.run(table.insert(&["a", "b"], pairs().map(|(a, b)| vec![a.into(), b.into()]))).await?;
    let keys = pairs().step_by(2).map(|(a, b)| all([table.get("a").is(a), table.get("b").is(b)]));
    let others = pairs().step_by(2).map(|(a, b)| all([table.get("a").is(a), table.get("b").is(b + 5_000)]));
    let condition = any(keys.chain(others).collect::<Vec<_>>());
    let found = db.rows(table.select(&["a", "b"]).filter(condition.clone())).await?.len();
    same("the rows of 5000 pairs", &2_500, &found)?;
    same("the deleted rows of 5000 pairs", &2_500, &db.run(table.delete().filter(condition)).await?)
}

async fn ranges(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let a = |low: i64, high: i64| t.get("a").between(value(low), value(high));
    let conditions: [(_, _, &[i64]); 7] = [
        ("a between 0 and 5", a(0, 5), &[2, 3]),
        ("a between 5 and 5", a(5, 5), &[3]),
        ("a between 5 and 0", a(5, 0), &[]),
        ("not (a between 0 and 5)", a(0, 5).negated(), &[1, 4]),
        ("a between 0 and b", t.get("a").between(value(0), t.get("b")), &[2, 3]),
        ("5 between a and b", value(5).between(t.get("a"), t.get("b")), &[3]),
        ("a between 0 and 5 and b = 9", a(0, 5).and(t.get("b").is(9)), &[3]),
    ];
    hold(&db, &t, conditions).await
}

async fn connectives(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let a = |n: i64| t.get("a").is(n);
    let b = |n: i64| t.get("b").is(n);
    let conditions: [(_, _, &[i64]); 13] = [
        ("nothing is asked", all([]), &[1, 2, 3, 4, 5, 6]),
        ("one of nothing", any([]), &[]),
        ("not nothing", all([]).negated(), &[]),
        ("not one of nothing", any([]).negated(), &[1, 2, 3, 4, 5, 6]),
        ("all of one", all([a(5)]), &[3]),
        ("any of one", any([a(5)]), &[3]),
        ("a = 5 or a = 9 and b = 2", any([a(5), all([a(9), b(2)])]), &[3]),
        ("(a = 5 or a = 9) and b = 5", all([any([a(5), a(9)]), b(5)]), &[4]),
        ("not (a = 5 or a = 9)", any([a(5), a(9)]).negated(), &[1, 2]),
        ("not (a = 5 and b = 9)", all([a(5), b(9)]).negated(), &[1, 2, 4, 5]),
        ("not a = 5 and b = 5", all([a(5).negated(), b(5)]), &[4]),
        ("not not a = 5", a(5).negated().negated(), &[3]),
        ("nothing is asked, and a = 5", all([all([]), a(5)]), &[3]),
    ];
    hold(&db, &t, conditions).await
}

async fn columns_with_columns(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let conditions: [(_, _, &[i64]); 3] = [
        ("a < b", t.get("a").compare(CompareOp::Lt, t.get("b")), &[1, 3]),
        ("a >= b", t.get("a").compare(CompareOp::Ge, t.get("b")), &[2, 4]),
        ("id = b", t.get("id").compare(CompareOp::Eq, t.get("b")), &[5]),
    ];
    hold(&db, &t, conditions).await
}

async fn arithmetic(db: Subject) -> Verdict {
    use ArithmeticOp::{Add, Div, Mul, Rem, Sub};
    let table = db.table([id(), column("a", I64), column("f", F64)]).await?;
    db.run(table.insert(&["id", "a", "f"], [vec![1.into(), 7.into(), 7.0.into()]])).await?;
    let (a, f) = (|| table.get("a"), || table.get("f"));
    for (what, expression, expected) in [
        ("a + 3", a().calculate(Add, value(3)), 10),
        ("a - 10", a().calculate(Sub, value(10)), -3),
        ("a * -3", a().calculate(Mul, value(-3)), -21),
        ("a % 4", a().calculate(Rem, value(4)), 3),
        ("(a + 1) * 2", a().calculate(Add, value(1)).calculate(Mul, value(2)), 16),
        ("a + 1 * 2", a().calculate(Add, value(1).calculate(Mul, value(2))), 9),
        ("a - (a - 1)", a().calculate(Sub, a().calculate(Sub, value(1))), 1),
        ("a - a - 1", a().calculate(Sub, a()).calculate(Sub, value(1)), -1),
        ("a - -1", a().calculate(Sub, value(-1)), 8),
        ("20 / (a / 2)", value(20).calculate(Div, a().calculate(Div, value(2))), 6),
    ] {
        same(what, &expected, &db.one::<i64>(table.read([expression.clone()])).await?)?;
        let found = db.rows(table.select(&["id"]).filter(expression.is(expected))).await?.len();
        same(format!("the rows where {what} is {expected}"), &1, &found)?;
    }
    same("7.0 / 2", &3.5, &db.one::<f64>(table.read([f().calculate(Div, value(2.0))])).await?)?;
    same(
        "7.0 * 0.5 + 1",
        &4.5,
        &db.one::<f64>(table.read([f().calculate(Mul, value(0.5)).calculate(Add, value(1.0))])).await?,
    )
}

async fn division_of_integers_is_cut_towards_zero(db: Subject) -> Verdict {
    let table = db.table([id(), column("a", I64)]).await?;
    for (id, (a, by, expected)) in
        (1i64..).zip([(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (1, 2, 0), (6, 3, 2)])
    {
        db.run(table.insert(&["id", "a"], [vec![id.into(), Value::I64(a)]])).await?;
        let quotient = table.get("a").calculate(ArithmeticOp::Div, value(by));
        let found: i64 = db.one(table.read([quotient]).filter(table.get("id").is(id))).await?;
        same(format!("{a} / {by}"), &expected, &found)?;
    }
    Ok(())
}

async fn a_remainder_has_the_sign_of_the_dividend(db: Subject) -> Verdict {
    use ArithmeticOp::{Add, Rem};
    let table = db.table([id(), column("a", I64), column("f", F64)]).await?;
    for (id, (a, by)) in (1i64..).zip([(7, 4), (-7, 4), (7, -4), (-7, -4), (8, 4)]) {
        let f = f64::from(a) + 0.5;
        db.run(table.insert(&["id", "a", "f"], [vec![id.into(), a.into(), f.into()]])).await?;
        let read = |expr| table.read([expr]).filter(table.get("id").is(id));
        let remainder: i64 = db.one(read(table.get("a").calculate(Rem, value(by)))).await?;
        same(format!("{a} % {by}"), &i64::from(a % by), &remainder)?;
        let (half, quarter) = (f64::from(by) / 2.0, f64::from(by) + 0.25);
        let remainder: f64 = db.one(read(table.get("f").calculate(Rem, value(half)))).await?;
        same(format!("{f} % {half}"), &(f % half), &remainder)?;
        let remainder: f64 = db.one(read(table.get("f").calculate(Rem, table.get("f")))).await?;
        same(format!("{f} % {f}"), &0.0, &remainder.abs())?;
        let sum = table.get("f").calculate(Add, value(0.25)).calculate(Rem, value(quarter));
        same(format!("({f} + 0.25) % {quarter}"), &((f + 0.25) % quarter), &db.one::<f64>(read(sum)).await?)?;
    }
    Ok(())
}

async fn arithmetic_of_decimals_is_exact(db: Subject) -> Verdict {
    use ArithmeticOp::{Add, Mul, Sub};
    let decimal = |text: &str| text.parse::<Decimal>().map_err(Failure::broken);
    let encoded = |text: &str| -> Verdict<Expr> { Ok(value(atlas_core::Attribute::encode(&decimal(text)?))) };
    let table = db.table([id(), column("v", Numeric)]).await?;
    db.run(table.insert(&["id", "v"], [vec![1.into(), atlas_core::Attribute::encode(&decimal("0.1")?)]]))
        .await?;
    for (what, op, by, expected) in [
        ("0.1 + 0.2", Add, "0.2", "0.3"),
        ("0.1 - 0.3", Sub, "0.3", "-0.2"),
        ("0.1 * 0.1", Mul, "0.1", "0.01"),
        ("0.1 + 12345678901234567890.01", Add, "12345678901234567890.01", "12345678901234567890.11"),
    ] {
        let result = table.get("v").calculate(op, encoded(by)?);
        same(what, &decimal(expected)?, &db.one(table.read([result.clone()])).await?)?;
        let equal = result.compare(CompareOp::Eq, encoded(expected)?);
        same(
            format!("the rows where {what} is {expected}"),
            &1,
            &db.rows(table.select(&["id"]).filter(equal)).await?.len(),
        )?;
    }
    Ok(())
}

async fn membership_in_a_select(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let is_in = |of: &'static str, select: Select| Expr::InSelect(vec![t.get(of)], Box::new(select));
    let not_null = |name| t.get(name).null().negated();
    let bs = || t.select(&["b"]).filter(not_null("b"));
    let conditions: [(_, _, &[i64]); 5] = [
        ("a in (select b)", is_in("a", bs()), &[2, 3, 4]),
        ("not (a in (select b))", is_in("a", bs()).negated(), &[1]),
        ("id in (select a where false)", is_in("id", t.select(&["a"]).filter(any([]))), &[]),
        (
            "not (id in (select a where false))",
            is_in("id", t.select(&["a"]).filter(any([]))).negated(),
            &[1, 2, 3, 4, 5, 6],
        ),
        ("id in (select max(b))", is_in("a", t.read([aggregate(Aggregate::Max, t.get("b"))])), &[4]),
    ];
    hold(&db, &t, conditions).await
}

async fn membership_of_pairs_in_a_select(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let pairs = t.select(&["b", "a"]).filter(t.get("a").null().negated());
    let condition = Expr::InSelect(vec![t.get("a"), t.get("b")], Box::new(pairs));
    hold(&db, &t, [("(a, b) in (select b, a)", condition, [2i64, 3, 4].as_slice())]).await
}

/// A few hundred nested conditions, each judged here too: the driver must group them as they are.
async fn random_conditions(db: Subject) -> Verdict {
    let t = six(&db).await?;
    let mut random = Random(0x5eed);
    let mut link = db.link().await?;
    for _ in 0..300 {
        let (condition, truths) = random.condition(&t, 4);
        let expected: Vec<i64> =
            SIX.iter().zip(truths).filter(|(_, truth)| *truth == Some(true)).map(|(row, _)| row.0).collect();
        let select = t.select(&["id"]).filter(condition.clone()).order([ascending(t.get("id"))]);
        same(format!("the rows where {condition:?}"), &expected, &link.column::<i64>(select).await?)?;
    }
    Ok(())
}

/// A small generator of numbers that look random, the same every time.
struct Random(u64);

/// What a condition is for each of the six rows: `None` is neither true nor false.
type Truths = [Option<bool>; 6];

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn condition(&mut self, t: &Table, depth: u64) -> (Expr, Truths) {
        if depth == 0 || self.below(5) == 0 {
            return self.leaf(t);
        }
        match self.below(5) {
            0 => {
                let (inner, truths) = self.condition(t, depth - 1);
                (inner.negated(), truths.map(|truth| truth.map(|truth| !truth)))
            }
            1 | 2 => {
                let parts = self.parts(t, depth);
                let truths =
                    std::array::from_fn(|row| conjunction(parts.iter().map(|(_, truths)| truths[row])));
                (all(parts.into_iter().map(|(part, _)| part).collect::<Vec<_>>()), truths)
            }
            _ => {
                let parts = self.parts(t, depth);
                let negated = |truth: Option<bool>| truth.map(|truth| !truth);
                let truths = std::array::from_fn(|row| {
                    negated(conjunction(parts.iter().map(|(_, truths)| negated(truths[row]))))
                });
                (any(parts.into_iter().map(|(part, _)| part).collect::<Vec<_>>()), truths)
            }
        }
    }

    fn parts(&mut self, t: &Table, depth: u64) -> Vec<(Expr, Truths)> {
        (0..self.below(4)).map(|_| self.condition(t, depth - 1)).collect()
    }

    fn leaf(&mut self, t: &Table) -> (Expr, Truths) {
        let (name, column): (_, fn(&SixRow) -> Option<i64>) =
            if self.below(2) == 0 { ("a", |row| row.1) } else { ("b", |row| row.2) };
        let of = |test: &dyn Fn(i64) -> bool| SIX.map(|row| column(&row).map(test));
        let numbers = [-7, 0, 2, 5, 9];
        let number = numbers[usize::try_from(self.below(5)).unwrap_or(0)];
        let compared = |op, wanted: [Ordering; 2]| {
            (t.get(name).compare(op, value(number)), of(&|n: i64| wanted.contains(&n.cmp(&number))))
        };
        match self.below(6) {
            0 => compared(CompareOp::Eq, [Ordering::Equal; 2]),
            1 => compared(CompareOp::Ne, [Ordering::Less, Ordering::Greater]),
            2 => compared(CompareOp::Le, [Ordering::Less, Ordering::Equal]),
            3 => (t.get(name).null(), SIX.map(|row| Some(column(&row).is_none()))),
            4 => (t.get(name).within([number, 5]), of(&|n| n == number || n == 5)),
            _ => (t.get(name).between(value(0), value(number)), of(&|n| (0..=number).contains(&n))),
        }
    }
}

/// True of all, false where one is false, and otherwise neither.
fn conjunction(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for truth in truths {
        match truth {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}
