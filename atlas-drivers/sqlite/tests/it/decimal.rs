use std::sync::Arc;

use atlas_core::{
    driver::Driver,
    statement::{
        Aggregate, ArithmeticOp, ColumnRef, CompareOp, Expr, From, OrderTerm, Projection, Select, TableRef,
    },
    value::{ColumnType, Value},
};
use atlas_sqlite::Sqlite;

use crate::support::{execute, run};

fn price() -> Expr {
    Expr::Column(ColumnRef { table: None, name: "price".into(), ty: Some(ColumnType::Numeric) })
}

fn number(text: &str) -> Value {
    Value::Numeric(text.parse().unwrap())
}

fn compared(op: CompareOp, to: &str) -> Expr {
    Expr::Compare(op, Box::new(price()), Box::new(number(to).into()))
}

async fn read(driver: &Arc<dyn Driver>, expr: Expr, filter: Option<Expr>, ordered: bool) -> Vec<Value> {
    let order =
        if ordered { vec![OrderTerm { expr: price(), descending: false, nulls: None }] } else { Vec::new() };
    let columns = Projection::Expressions(vec![expr.into()]);
    let select = Select { filter, order, ..Select::of(From::Table(TableRef::new("t")), columns) };
    let (rows, _) = run(&mut *driver.acquire().await.unwrap(), &select.into()).await.unwrap();
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

/// Our own tables hold decimals as text; those of others as SQLite's NUMERIC, which is mostly REAL.
async fn tables() -> [Arc<dyn Driver>; 2] {
    let mut made = Vec::new();
    for ty in ["TEXT", "NUMERIC(10,2)"] {
        let driver = Sqlite::memory().open().await.unwrap();
        execute(&driver, &format!("CREATE TABLE t (id INTEGER PRIMARY KEY, price {ty})")).await.unwrap();
        execute(
            &driver,
            "INSERT INTO t (price) VALUES ('10.5'), ('9.99'), ('0.1'), ('0.2'), ('-3'), ('100'), (NULL)",
        )
        .await
        .unwrap();
        made.push(driver);
    }
    made.try_into().unwrap_or_else(|_| panic!("two"))
}

fn texts(values: Vec<Value>) -> Vec<String> {
    let text = |value| match value {
        Value::Text(text) => text,
        Value::F64(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    values.into_iter().map(text).collect()
}

#[tokio::test]
async fn they_compare_by_number() {
    for driver in tables().await {
        for (filter, expected) in [
            (compared(CompareOp::Gt, "9.99"), vec!["10.5", "100"]),
            (compared(CompareOp::Eq, "10.50"), vec!["10.5"]),
            (compared(CompareOp::Lt, "0.15"), vec!["-3", "0.1"]),
            (Expr::In(Box::new(price()), vec![number("0.10"), number("100.00")]), vec!["0.1", "100"]),
            (
                Expr::Between(
                    Box::new(price()),
                    Box::new(number("0.2").into()),
                    Box::new(number("10.5").into()),
                ),
                vec!["0.2", "9.99", "10.5"],
            ),
        ] {
            assert_eq!(
                texts(read(&driver, price(), Some(filter.clone()), true).await),
                expected,
                "{filter:?}"
            );
        }
    }
}

#[tokio::test]
async fn they_are_put_in_order_by_number() {
    for driver in tables().await {
        let ordered = texts(read(&driver, price(), None, true).await);
        assert_eq!(ordered, ["Null", "-3", "0.1", "0.2", "9.99", "10.5", "100"]);
    }
}

#[tokio::test]
async fn they_add_up_exactly() {
    for driver in tables().await {
        for (aggregate, expected) in [
            (Aggregate::Sum, "117.79"),
            (Aggregate::Avg, "19.63166666666666666666666667"),
            (Aggregate::Min, "-3"),
            (Aggregate::Max, "100"),
            (Aggregate::Count, "6"),
        ] {
            let all = Expr::aggregate(aggregate, Some(price()));
            assert_eq!(texts(read(&driver, all, None, false).await), [expected]);
        }
        let none = Expr::aggregate(Aggregate::Sum, Some(price()));
        assert_eq!(read(&driver, none, Some(compared(CompareOp::Gt, "1000")), false).await, [Value::Null]);
    }
}

#[tokio::test]
async fn they_are_reckoned_exactly() {
    use ArithmeticOp::{Add, Div, Mul, Rem, Sub};
    for driver in tables().await {
        for (op, expected) in [(Add, "0.3"), (Sub, "-0.1"), (Mul, "0.02"), (Div, "0.5"), (Rem, "0.1")] {
            let reckoned = Expr::Arithmetic(op, Box::new(price()), Box::new(number("0.2").into()));
            let read = read(&driver, reckoned, Some(compared(CompareOp::Eq, "0.1")), false).await;
            assert_eq!(texts(read), [expected], "{op:?}");
        }
    }
}
