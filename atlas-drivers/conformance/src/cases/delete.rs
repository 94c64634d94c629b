//! Removal of rows.

use atlas_core::{
    statement::{Delete, Found, Scope},
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Verdict, cases},
    expect::same,
    expression::{Operators, Refine, any, ascending, descending, named},
    sink::Collected,
    subject::Subject,
    table::{Table, column, id, names},
};

cases! {
    some_rows_and_all,
    the_first_few_in_an_order,
    a_limit_on_a_composite_key,
    what_a_select_finds,
    removed_rows_come_back needs DeleteReturning,
}

async fn five(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    db.run(table.insert(&["id", "n"], (1..=5).map(|id| vec![Value::I64(id), Value::I64(id * 10)]))).await?;
    Ok(table)
}

async fn holds(db: &Subject, table: &Table, expected: &[i64]) -> Verdict {
    let found: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("id"))])).await?;
    same("the rows that are left", expected, found.as_slice())
}

async fn some_rows_and_all(db: Subject) -> Verdict {
    let table = five(&db).await?;
    same("the affected rows of none", &0, &db.run(table.delete().filter(table.get("id").is(9))).await?)?;
    same("the affected rows of no condition's", &0, &db.run(table.delete().filter(any([]))).await?)?;
    same("the affected rows of two", &2, &db.run(table.delete().filter(table.get("n").gt(30))).await?)?;
    holds(&db, &table, &[1, 2, 3]).await?;
    let one = table.delete().filter(table.get("id").is(2));
    let one = Delete { scope: atlas_core::statement::Scope { one: true, ..one.scope }, ..one };
    same("the affected rows by key", &1, &db.run(one.clone()).await?)?;
    same("the affected rows by key, again", &0, &db.run(one).await?)?;
    holds(&db, &table, &[1, 3]).await?;
    same("the affected rows of all", &2, &db.run(table.delete()).await?)?;
    holds(&db, &table, &[]).await
}

async fn what_a_select_finds(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let rows = table.read_named([named(table.get("id"), "found_id")]);
    let rows = rows.filter(table.get("n").gt(10)).order([descending(table.get("n"))]).limit(3);
    let found = Found { select: rows, name: "found".into(), key: names(&["found_id"]) };
    let delete = table.delete();
    let scope = Scope { found: Some(Box::new(found)), ..delete.scope };
    same("the affected rows", &3, &db.run(Delete { scope, ..delete }).await?)?;
    holds(&db, &table, &[1, 2]).await
}

async fn removed_rows_come_back(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let some = Delete { returning: names(&["n", "id"]), ..table.delete().filter(table.get("id").gt(3)) };
    let (sink, outcome) = db.link().await?.send(&some.into(), Collected::default()).await?;
    let found: Verdict<Vec<(i64, i64)>> =
        sink.rows.iter().map(|row| Ok((row.get(1)?, row.get(0)?))).collect();
    let mut found = found?;
    found.sort_unstable();
    same("the rows that come back, as they were", &vec![(4, 40), (5, 50)], &found)?;
    same("the affected rows", &2, &outcome.affected)?;
    let last = table.delete().order([descending(table.get("n"))]).limit(1);
    let last = Delete { returning: names(&["*"]), ..last };
    let sink = db.link().await?.fill(last, Collected::default()).await?;
    same("the names of the columns", &["id", "n"].map(str::to_owned).to_vec(), &sink.names)?;
    let found: Verdict<Vec<i64>> = sink.rows.iter().map(|row| row.get(0)).collect();
    same("the row that comes back of the last", &vec![3], &found?)?;
    holds(&db, &table, &[1, 2]).await
}

async fn the_first_few_in_an_order(db: Subject) -> Verdict {
    let table = five(&db).await?;
    same("the affected rows with limit 0", &0, &db.run(table.delete().limit(0)).await?)?;
    let largest = table.delete().order([descending(table.get("n"))]).limit(1);
    same("the affected rows of the largest", &1, &db.run(largest).await?)?;
    holds(&db, &table, &[1, 2, 3, 4]).await?;
    let second =
        table.delete().filter(table.get("n").gt(10)).order([ascending(table.get("n"))]).limit(1).offset(1);
    same("the affected rows of the second above 10", &1, &db.run(second).await?)?;
    holds(&db, &table, &[1, 2, 4]).await?;
    let rest = table.delete().order([ascending(table.get("id"))]).offset(1);
    same("the affected rows after the first", &2, &db.run(rest).await?)?;
    holds(&db, &table, &[1]).await
}

async fn a_limit_on_a_composite_key(db: Subject) -> Verdict {
    let table = db.create(db.plan([column("a", I64), column("b", I64)]).key(&["a", "b"])).await?;
    let rows = [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(a, b)| vec![Value::I64(a), Value::I64(b)]);
    db.run(table.insert(&["a", "b"], rows)).await?;
    let delete = table.delete().order([ascending(table.get("b")), descending(table.get("a"))]).limit(3);
    same("the affected rows", &3, &db.run(delete).await?)?;
    let left = db.rows(table.select(&["a", "b"])).await?;
    let left: Verdict<Vec<(i64, i64)>> = left.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    same("the row that is left", &vec![(1, 2)], &left?)
}
