//! Changes of rows.

use atlas_core::{
    ConstraintKind,
    statement::{ArithmeticOp, ColumnRef, Expr, Found, JsonChange, JsonStep, Scope, Update},
    value::{
        ColumnType::{I64, Json, Text},
        Value,
    },
};

use crate::{
    case::{Verdict, cases},
    expect::{same, violates},
    expression::{Operators, Refine, any, ascending, bare, descending, named, value},
    sink::Collected,
    subject::Subject,
    table::{Table, column, id, names},
};

cases! {
    some_rows_and_all,
    found_rows_count_though_nothing_changes,
    to_an_expression,
    to_null,
    the_first_few_in_an_order,
    a_limit_on_a_composite_key,
    what_a_select_finds_and_reads,
    changed_rows_come_back needs UpdateReturning,
    all_columns_of_changed_rows_come_back_by_a_star needs UpdateReturning,
    a_violation_changes_nothing,
    inside_of_json,
}

/// Rows 1 to 5 with `n` ten times the key.
async fn five(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64).nullable(), column("s", Text).nullable()]).await?;
    db.run(table.insert(&["id", "n"], (1..=5).map(|id| vec![Value::I64(id), Value::I64(id * 10)]))).await?;
    Ok(table)
}

async fn holds(db: &Subject, table: &Table, expected: &[Option<i64>]) -> Verdict {
    let found: Vec<Option<i64>> = db.column(table.select(&["n"]).order([ascending(table.get("id"))])).await?;
    same("the numbers by key", expected, found.as_slice())
}

async fn some_rows_and_all(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let update = || table.update([("n", value(0)), ("s", value("it's"))]);
    same("the affected rows of none", &0, &db.run(update().filter(table.get("id").is(9))).await?)?;
    same("the affected rows of no condition's", &0, &db.run(update().filter(any([]))).await?)?;
    same("the affected rows of two", &2, &db.run(update().filter(table.get("id").gt(3))).await?)?;
    holds(&db, &table, &[Some(10), Some(20), Some(30), Some(0), Some(0)]).await?;
    let one = table.update([("n", value(7))]).filter(table.get("id").is(1));
    let one = Update { scope: atlas_core::statement::Scope { one: true, ..one.scope }, ..one };
    same("the affected rows by key", &1, &db.run(one).await?)?;
    same("the affected rows of all", &5, &db.run(update()).await?)?;
    holds(&db, &table, &[Some(0); 5]).await?;
    same("the texts", &vec!["it's".to_owned(); 5], &db.column::<String>(table.select(&["s"])).await?)
}

async fn what_a_select_finds_and_reads(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let double = table.get("n").calculate(ArithmeticOp::Mul, value(2));
    let rows = table.read_named([named(table.get("id"), "found_id"), named(double, "found_n")]);
    let rows = rows.filter(table.get("n").gt(10)).order([descending(table.get("n"))]).limit(3);
    let read = Expr::Column(ColumnRef { table: Some("found".into()), ..bare("found_n") });
    let update = table.update([("n", read), ("s", value("x"))]);
    let found = Found { select: rows, name: "found".into(), key: names(&["found_id"]) };
    let scope = Scope { found: Some(Box::new(found)), ..update.scope };
    same("the affected rows", &3, &db.run(Update { scope, ..update }).await?)?;
    holds(&db, &table, &[Some(10), Some(20), Some(60), Some(80), Some(100)]).await
}

async fn found_rows_count_though_nothing_changes(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let update = || table.update([("n", value(10))]).filter(table.get("id").is(1));
    same("the affected rows of an update to the same value", &1, &db.run(update()).await?)?;
    same("the affected rows of the same update again", &1, &db.run(update()).await?)
}

async fn to_an_expression(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let more = table.get("n").calculate(ArithmeticOp::Add, table.get("id"));
    db.run(table.update([("n", more)]).filter(table.get("id").lt(4))).await?;
    holds(&db, &table, &[Some(11), Some(22), Some(33), Some(40), Some(50)]).await
}

async fn to_null(db: Subject) -> Verdict {
    let table = five(&db).await?;
    db.run(table.update([("n", value(Value::Null))]).filter(table.get("id").gt(2))).await?;
    holds(&db, &table, &[Some(10), Some(20), None, None, None]).await
}

async fn the_first_few_in_an_order(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let update = |n: i64| table.update([("n", value(n))]);
    let last_two = update(1).order([descending(table.get("n"))]).limit(2);
    same("the affected rows of the last two", &2, &db.run(last_two).await?)?;
    holds(&db, &table, &[Some(10), Some(20), Some(30), Some(1), Some(1)]).await?;
    let second = update(2).filter(table.get("n").gt(5)).order([ascending(table.get("n"))]).limit(1).offset(1);
    same("the affected rows of the second above 5", &1, &db.run(second).await?)?;
    holds(&db, &table, &[Some(10), Some(2), Some(30), Some(1), Some(1)]).await?;
    same("the affected rows with limit 0", &0, &db.run(update(3).limit(0)).await?)?;
    let all_but_one = update(4).order([ascending(table.get("id"))]).offset(1);
    same("the affected rows after the first", &4, &db.run(all_but_one).await?)?;
    holds(&db, &table, &[Some(10), Some(4), Some(4), Some(4), Some(4)]).await?;
    same("the affected rows with a limit beyond them", &5, &db.run(update(5).limit(9)).await?)
}

async fn a_limit_on_a_composite_key(db: Subject) -> Verdict {
    let plan = db.plan([column("a", I64), column("b", I64), column("n", I64)]).key(&["a", "b"]);
    let table = db.create(plan).await?;
    let rows =
        [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(a, b)| vec![Value::I64(a), Value::I64(b), Value::I64(0)]);
    db.run(table.insert(&["a", "b", "n"], rows)).await?;
    let update = table
        .update([("n", value(1))])
        .order([ascending(table.get("b")), descending(table.get("a"))])
        .limit(3);
    same("the affected rows", &3, &db.run(update).await?)?;
    let left = db.rows(table.select(&["a", "b"]).filter(table.get("n").is(0))).await?;
    let left: Verdict<Vec<(i64, i64)>> = left.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    same("the rows left as they were", &vec![(1, 2)], &left?)
}

async fn changed_rows_come_back(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let more = table.get("n").calculate(ArithmeticOp::Mul, value(2));
    let update = table.update([("n", more)]).filter(table.get("id").gt(3));
    let update = Update { returning: names(&["n", "id"]), ..update };
    let (sink, outcome) = db.link().await?.send(&update.into(), Collected::default()).await?;
    let found: Verdict<Vec<(i64, i64)>> =
        sink.rows.iter().map(|row| Ok((row.get(1)?, row.get(0)?))).collect();
    let mut found = found?;
    found.sort_unstable();
    same("the rows that come back, as they are now", &vec![(4, 80), (5, 100)], &found)?;
    same("the affected rows", &2, &outcome.affected)?;
    let none = table.update([("n", value(0))]).filter(table.get("id").is(9));
    same("the rows back of none", &0, &db.rows(Update { returning: names(&["n"]), ..none }).await?.len())
}

async fn all_columns_of_changed_rows_come_back_by_a_star(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let update = table.update([("s", value("new"))]).filter(table.get("id").gt(3));
    let update = Update { returning: names(&["*"]), ..update };
    let sink = db.link().await?.fill(update, Collected::default()).await?;
    same("the names of the columns", &["id", "n", "s"].map(str::to_owned).to_vec(), &sink.names)?;
    let found: Verdict<Vec<(i64, i64, String)>> =
        sink.rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect();
    let mut found = found?;
    found.sort_unstable();
    same("the rows that come back", &[(4, 40, "new".to_owned()), (5, 50, "new".to_owned())].to_vec(), &found)
}

async fn a_violation_changes_nothing(db: Subject) -> Verdict {
    let table = db.create(db.plan([id(), column("n", I64)]).unique(&["n"])).await?;
    db.run(table.insert(&["id", "n"], (1..=3).map(|id| vec![Value::I64(id), Value::I64(id * 10)]))).await?;
    let update = table.update([("n", value(99))]);
    violates(&db.fails(update).await?, ConstraintKind::Unique, table.name(), &["n"])?;
    holds(&db, &table, &[Some(10), Some(20), Some(30)]).await?;
    let update = table.update([("n", value(Value::Null))]).filter(table.get("id").is(1));
    violates(&db.fails(update).await?, ConstraintKind::NotNull, table.name(), &["n"])
}

async fn inside_of_json(db: Subject) -> Verdict {
    let table = db.table([id(), column("j", Json).nullable()]).await?;
    let first = r#"{"a":{"b":[1,2]},"c":true}"#;
    db.run(
        table.insert(
            &["id", "j"],
            [vec![1.into(), Value::Json(first.to_owned())], vec![2.into(), Value::Null]],
        ),
    )
    .await?;
    let key = |key: &str| JsonStep::Key(key.to_owned());
    let change = |path: Vec<JsonStep>, to: Option<&str>| {
        let change = JsonChange { of: table.get("j"), path, to: to.map(str::to_owned) };
        table.update([("j", Expr::JsonChange(Box::new(change)))])
    };
    let holds = async |id: i64, expected: Option<&str>| {
        let document = table.select(&["j"]).filter(table.get("id").is(id));
        let found: Vec<Option<serde_json::Value>> = db.column(document).await?;
        let found: Option<serde_json::Value> = found.into_iter().flatten().next();
        same("the document", &expected.and_then(|text| serde_json::from_str(text).ok()), &found)
    };
    let steps = [
        (vec![key("a"), key("b"), JsonStep::Index(1)], Some("\"x\""), r#"{"a":{"b":[1,"x"]},"c":true}"#),
        (vec![key("a"), key("b"), JsonStep::Index(7)], Some("null"), r#"{"a":{"b":[1,"x",null]},"c":true}"#),
        (vec![key("d.\"'")], Some("{\"n\":1.5}"), r#"{"a":{"b":[1,"x",null]},"c":true,"d.\"'":{"n":1.5}}"#),
        (vec![key("d.\"'")], None, r#"{"a":{"b":[1,"x",null]},"c":true}"#),
        (vec![key("a"), key("b"), JsonStep::Index(0)], None, r#"{"a":{"b":["x",null]},"c":true}"#),
        // Where a step does not lead into what it names, nothing changes.
        (vec![key("c"), key("x")], Some("1"), r#"{"a":{"b":["x",null]},"c":true}"#),
        (vec![key("z"), key("x")], Some("1"), r#"{"a":{"b":["x",null]},"c":true}"#),
        (vec![key("a"), JsonStep::Index(0)], Some("1"), r#"{"a":{"b":["x",null]},"c":true}"#),
        (vec![key("a"), key("b"), key("0")], None, r#"{"a":{"b":["x",null]},"c":true}"#),
    ];
    for (path, to, expected) in steps {
        let one = change(path, to).filter(table.get("id").is(1));
        same("the affected rows", &1, &db.run(one).await?)?;
        holds(1, Some(expected)).await?;
    }
    // NULL counts as an empty object, where something is put into it.
    db.run(change(vec![key("k")], None).filter(table.get("id").is(2))).await?;
    holds(2, None).await?;
    db.run(change(vec![key("k")], Some("false")).filter(table.get("id").is(2))).await?;
    holds(2, Some(r#"{"k":false}"#)).await
}
