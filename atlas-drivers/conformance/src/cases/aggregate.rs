//! What many rows are together.

use atlas_core::{
    Attribute,
    statement::{
        Aggregate::{Avg, Count, Max, Min, Sum},
        Aggregation, ArithmeticOp, Expr,
    },
    value::{ColumnType, Value},
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, aggregate, any, count, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    of_no_rows,
    of_some_rows,
    null_is_passed_over,
    of_decimals_are_exact,
    of_many_digits,
    averages_of_decimals,
    extremes_keep_their_type,
    a_sum_that_does_not_fit_is_no_other_number,
    of_an_expression,
    of_different_values,
    of_some_of_the_rows,
}

async fn stored<T: Attribute>(db: &Subject, values: impl IntoIterator<Item = T>) -> Verdict<Table> {
    let table = db.table([id(), column("v", T::TYPE).nullable()]).await?;
    let rows = (0i64..).zip(values).map(|(id, value)| vec![id.into(), value.encode()]);
    db.run(table.insert(&["id", "v"], rows)).await?;
    Ok(table)
}

fn decimal(text: &str) -> Verdict<Decimal> {
    text.parse().map_err(Failure::broken)
}

async fn of_no_rows(db: Subject) -> Verdict {
    let integers = stored(&db, [1i64, 2]).await?;
    let decimals = stored(&db, [Decimal::ONE]).await?;
    for table in [integers, decimals] {
        let none = |expr: Expr| table.read([expr]).filter(any([]));
        same("the count of no rows", &0, &db.one::<i64>(none(count())).await?)?;
        same("the count of no values", &0, &db.one::<i64>(none(aggregate(Count, table.get("v")))).await?)?;
        for how in [Sum, Avg, Min, Max] {
            let rows = db.rows(none(aggregate(how, table.get("v")))).await?;
            let found: Vec<Value> = rows.into_iter().flat_map(|row| row.0).collect();
            same(format!("the {how:?} of no rows"), &vec![Value::Null], &found)?;
        }
    }
    Ok(())
}

async fn of_some_rows(db: Subject) -> Verdict {
    let t = stored(&db, [3i64, 1, 4, 1, 5]).await?;
    let rows = db
        .rows(t.read([
            count(),
            aggregate(Sum, t.get("v")),
            aggregate(Min, t.get("v")),
            aggregate(Max, t.get("v")),
        ]))
        .await?;
    let Some(row) = rows.first() else { return same("the number of rows", &1, &0) };
    same(
        "count, sum, min, max",
        &[5, 14, 1, 5],
        &[row.get(0)?, row.get(1)?, row.get(2)?, row.get::<i64>(3)?],
    )?;
    same("the average of integers", &2.8, &db.one::<f64>(t.read([aggregate(Avg, t.get("v"))])).await?)?;
    let some = t.read([aggregate(Sum, t.get("v"))]).filter(t.get("v").gt(2));
    same("the sum of those above 2", &12, &db.one::<i64>(some).await?)?;
    let f = stored(&db, [0.5f64, 0.25]).await?;
    same("the sum of floats", &0.75, &db.one::<f64>(f.read([aggregate(Sum, f.get("v"))])).await?)?;
    same("the average of floats", &0.375, &db.one::<f64>(f.read([aggregate(Avg, f.get("v"))])).await?)
}

async fn null_is_passed_over(db: Subject) -> Verdict {
    let t = stored(&db, [Some(2i64), None, Some(4), None]).await?;
    same("the count of rows", &4, &db.one::<i64>(t.read([count()])).await?)?;
    for (how, expected) in [(Count, 2), (Sum, 6), (Min, 2), (Max, 4)] {
        same(format!("the {how:?}"), &expected, &db.one::<i64>(t.read([aggregate(how, t.get("v"))])).await?)?;
    }
    same("the average", &3.0, &db.one::<f64>(t.read([aggregate(Avg, t.get("v"))])).await?)?;
    let nulls = t.read([aggregate(Sum, t.get("v"))]).filter(t.get("v").null());
    same("the sum of NULLs alone", &None, &db.one::<Option<i64>>(nulls).await?)
}

async fn of_decimals_are_exact(db: Subject) -> Verdict {
    let prices: Verdict<Vec<Decimal>> = (0..1_000).map(|_| decimal("0.1")).collect();
    let t = stored(&db, prices?).await?;
    same(
        "the sum of a thousand times 0.1",
        &decimal("100.0")?,
        &db.one(t.read([aggregate(Sum, t.get("v"))])).await?,
    )?;
    let t = stored(&db, [decimal("10")?, decimal("9.99")?, decimal("-10")?, decimal("-9.5")?]).await?;
    same("the smallest decimal", &decimal("-10")?, &db.one(t.read([aggregate(Min, t.get("v"))])).await?)?;
    same("the largest decimal", &decimal("10")?, &db.one(t.read([aggregate(Max, t.get("v"))])).await?)?;
    same("the sum of decimals", &decimal("0.49")?, &db.one(t.read([aggregate(Sum, t.get("v"))])).await?)
}

async fn of_many_digits(db: Subject) -> Verdict {
    let t = stored(&db, [decimal("12345678901234567890.12345678")?, decimal("0.00000001")?]).await?;
    let found: Decimal = db.one(t.read([aggregate(Sum, t.get("v"))])).await?;
    same("the sum of 28 digits", &decimal("12345678901234567890.12345679")?, &found)
}

async fn averages_of_decimals(db: Subject) -> Verdict {
    let t = stored(&db, [decimal("0.1")?, decimal("0.2")?]).await?;
    same(
        "the average of 0.1 and 0.2",
        &decimal("0.15")?,
        &db.one(t.read([aggregate(Avg, t.get("v"))])).await?,
    )?;
    let t = stored(&db, [Decimal::ONE, Decimal::ZERO, Decimal::ZERO]).await?;
    let found: Decimal = db.one(t.read([aggregate(Avg, t.get("v"))])).await?;
    let off = (found - decimal("0.3333333333333333333333333333")?).abs();
    ensure(off <= decimal("0.000000000000000000000000001")?, || {
        format!("the average of 1, 0 and 0: expected 1/3, found {found}")
    })
}

async fn extremes_keep_their_type(db: Subject) -> Verdict {
    let days: Vec<NaiveDate> = [(2021, 1, 1), (2025, 12, 22), (2023, 6, 1)]
        .iter()
        .filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(*y, *m, *d))
        .collect();
    let t = stored(&db, days.clone()).await?;
    same("the first day", &days[0], &db.one(t.read([aggregate(Min, t.get("v"))])).await?)?;
    same("the last day", &days[1], &db.one(t.read([aggregate(Max, t.get("v"))])).await?)?;
    let t = stored(&db, ["b", "a", "c"].map(str::to_owned)).await?;
    same("the first text", "a", db.one::<String>(t.read([aggregate(Min, t.get("v"))])).await?.as_str())?;
    let t = stored(&db, [i64::MIN, i64::MAX]).await?;
    same("the smallest integer", &i64::MIN, &db.one(t.read([aggregate(Min, t.get("v"))])).await?)?;
    same("the largest integer", &i64::MAX, &db.one(t.read([aggregate(Max, t.get("v"))])).await?)
}

async fn a_sum_that_does_not_fit_is_no_other_number(db: Subject) -> Verdict {
    let t = stored(&db, [i64::MAX, i64::MAX]).await?;
    let select = t.read([aggregate(Sum, t.get("v"))]).into();
    let Ok((sink, _)) = db.link().await?.send(&select, crate::sink::Collected::default()).await else {
        return Ok(());
    };
    let exact = Decimal::from(i64::MAX) + Decimal::from(i64::MAX);
    match sink.rows.first().and_then(|row| row.0.first()) {
        Some(Value::F64(_)) | None => {
            Err(Failure::broken(format_args!("expected {exact} or an error, found {:?}", sink.rows)))
        }
        Some(value) => {
            same("a sum above the integers", &exact, &Decimal::decode(value.as_ref()).unwrap_or_default())
        }
    }
}

async fn of_an_expression(db: Subject) -> Verdict {
    let t = db.table([id(), column("price", ColumnType::I64), column("amount", ColumnType::I64)]).await?;
    db.run(t.insert(
        &["id", "price", "amount"],
        [vec![1.into(), 5.into(), 2.into()], vec![2.into(), 7.into(), 3.into()]],
    ))
    .await?;
    let total = t.get("price").calculate(ArithmeticOp::Mul, t.get("amount"));
    same("the sum of price * amount", &31, &db.one::<i64>(t.read([aggregate(Sum, total)])).await?)?;
    let plus = aggregate(Max, t.get("price")).calculate(ArithmeticOp::Add, value(1));
    same("the largest price + 1", &8, &db.one::<i64>(t.read([plus])).await?)
}

async fn of_different_values(db: Subject) -> Verdict {
    let distinct = |aggregate, of| {
        Expr::Aggregate(Box::new(Aggregation { aggregate, of: Some(of), distinct: true, filter: None }))
    };
    let t = stored(&db, [Some(3i64), Some(1), Some(3), None, None]).await?;
    for (how, expected) in [(Count, 2), (Sum, 4)] {
        let found: i64 = db.one(t.read([distinct(how, t.get("v"))])).await?;
        same(format!("the {how:?} of different values"), &expected, &found)?;
    }
    let t = stored(&db, [decimal("1.0")?, decimal("1.00")?, decimal("2.5")?]).await?;
    let different: i64 = db.one(t.read([distinct(Count, t.get("v"))])).await?;
    same("how many different decimals there are", &2, &different)?;
    same("their sum", &decimal("3.5")?, &db.one(t.read([distinct(Sum, t.get("v"))])).await?)?;
    same("their average", &decimal("1.75")?, &db.one(t.read([distinct(Avg, t.get("v"))])).await?)
}

async fn of_some_of_the_rows(db: Subject) -> Verdict {
    let some = |aggregate, of, filter| {
        Expr::Aggregate(Box::new(Aggregation { aggregate, of, distinct: false, filter: Some(filter) }))
    };
    let t = stored(&db, [Some(3i64), Some(1), Some(5), None]).await?;
    let large = || t.get("v").gt(2);
    same("the count of rows", &2, &db.one::<i64>(t.read([some(Count, None, large())])).await?)?;
    for (how, expected) in [(Count, 2), (Sum, 8), (Min, 3), (Max, 5)] {
        let found: i64 = db.one(t.read([some(how, Some(t.get("v")), large())])).await?;
        same(format!("the {how:?} of those above 2"), &expected, &found)?;
    }
    same(
        "the sum of none",
        &None,
        &db.one::<Option<i64>>(t.read([some(Sum, Some(t.get("v")), any([]))])).await?,
    )?;
    same("the count of none", &0, &db.one::<i64>(t.read([some(Count, None, any([]))])).await?)?;
    let t = stored(&db, [decimal("0.1")?, decimal("0.2")?, decimal("9")?]).await?;
    let small = some(Avg, Some(t.get("v")), t.get("v").lt(decimal("1")?.encode()));
    same("the average of some decimals", &decimal("0.15")?, &db.one(t.read([small])).await?)
}
