//! In which order rows come.

use atlas_core::{
    statement::{ArithmeticOp, Nulls},
    value::{
        ColumnType::{I64, Text},
        Value,
    },
};

use crate::{
    case::{Verdict, cases},
    expect::same,
    expression::{Operators, Refine, ascending, descending, value, with_nulls},
    subject::Subject,
    table::{Table, column, id},
};

cases! { by_one_and_by_several, nulls_where_they_are_wanted, by_an_expression, numbers_are_not_texts }

async fn stored(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("g", Text), column("n", I64).nullable()]).await?;
    let rows = [(1, "b", Some(2)), (2, "a", None), (3, "b", Some(10)), (4, "a", Some(-1)), (5, "a", Some(3))];
    let rows = rows.map(|(id, g, n)| vec![id.into(), g.into(), n.map_or(Value::Null, Value::from)]);
    db.run(table.insert(&["id", "g", "n"], rows)).await?;
    Ok(table)
}

async fn by_one_and_by_several(db: Subject) -> Verdict {
    let t = stored(&db).await?;
    let (up, down) = (|name| ascending(t.get(name)), |name| descending(t.get(name)));
    for (what, terms, expected) in [
        ("id", vec![up("id")], [1, 2, 3, 4, 5]),
        ("id descending", vec![down("id")], [5, 4, 3, 2, 1]),
        ("g, id", vec![up("g"), up("id")], [2, 4, 5, 1, 3]),
        ("g, id descending", vec![up("g"), down("id")], [5, 4, 2, 3, 1]),
        ("g descending, id", vec![down("g"), up("id")], [1, 3, 2, 4, 5]),
    ] {
        let found: Vec<i64> = db.column(t.select(&["id"]).order(terms)).await?;
        same(format!("the rows by {what}"), expected.as_slice(), found.as_slice())?;
    }
    Ok(())
}

async fn nulls_where_they_are_wanted(db: Subject) -> Verdict {
    let t = stored(&db).await?;
    let (up, down) = (|| ascending(t.get("n")), || descending(t.get("n")));
    for (what, term, expected) in [
        ("n, NULL first", with_nulls(up(), Nulls::First), [2, 4, 1, 5, 3]),
        ("n, NULL last", with_nulls(up(), Nulls::Last), [4, 1, 5, 3, 2]),
        ("n descending, NULL first", with_nulls(down(), Nulls::First), [2, 3, 5, 1, 4]),
        ("n descending, NULL last", with_nulls(down(), Nulls::Last), [3, 5, 1, 4, 2]),
    ] {
        let found: Vec<i64> = db.column(t.select(&["id"]).order([term])).await?;
        same(format!("the rows by {what}"), expected.as_slice(), found.as_slice())?;
    }
    let grouped = [ascending(t.get("g")), with_nulls(ascending(t.get("n")), Nulls::Last)];
    let found: Vec<i64> = db.column(t.select(&["id"]).order(grouped)).await?;
    same("the rows by g, and n with NULL last", &vec![4, 5, 2, 1, 3], &found)
}

async fn by_an_expression(db: Subject) -> Verdict {
    let t = stored(&db).await?;
    let distance = t.get("id").calculate(ArithmeticOp::Sub, value(3));
    let squared = distance.clone().calculate(ArithmeticOp::Mul, distance);
    let found: Vec<i64> =
        db.column(t.select(&["id"]).order([ascending(squared), ascending(t.get("id"))])).await?;
    same("the rows by (id - 3) * (id - 3), id", &vec![3, 2, 4, 1, 5], &found)
}

async fn numbers_are_not_texts(db: Subject) -> Verdict {
    let t = db.table([id()]).await?;
    db.run(t.insert(&["id"], [10, 9, -1, 100, 2].map(|id| vec![Value::I64(id)]))).await?;
    let found: Vec<i64> = db.column(t.select(&["id"]).order([ascending(t.get("id"))])).await?;
    same("the numbers in order", &vec![-1, 2, 9, 10, 100], &found)
}
