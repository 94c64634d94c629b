//! What is read of the rows, and how many.

use std::collections::BTreeSet;

use atlas_core::{
    schema::Name,
    statement::{ColumnRef, CompareOp, Expr, From, Select, Statement, TableRef},
    value::{
        ColumnType::{I64, Text},
        Value,
    },
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, bare, count, named, value},
    sink::{Collected, Overreaching},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    columns_come_in_the_order_asked_for,
    rows_name_their_columns,
    all_columns_by_a_star,
    columns_that_are_not_there_are_refused,
    expressions_and_their_aliases,
    constants,
    an_empty_table_has_no_rows,
    distinct_rows,
    limit_and_offset,
    limits_of_any_size,
    from_a_select,
    aliased_tables,
    the_same_shape_with_other_values,
    many_columns,
    plans,
}

/// Rows 1 to 5, with a text and a number that repeat.
async fn five(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("s", Text), column("n", I64).nullable()]).await?;
    let row =
        |id: i64, s: &str, n: Option<i64>| vec![id.into(), s.into(), n.map_or(Value::Null, Value::from)];
    let rows = [
        row(1, "a", Some(1)),
        row(2, "b", None),
        row(3, "a", Some(1)),
        row(4, "a", Some(2)),
        row(5, "b", None),
    ];
    db.run(table.insert(&["id", "s", "n"], rows)).await?;
    Ok(table)
}

async fn columns_come_in_the_order_asked_for(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let rows = db.rows(table.select(&["n", "id", "s", "id"]).filter(table.get("id").is(4))).await?;
    let row = rows
        .first()
        .map(|row| Ok::<_, crate::case::Failure>((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    same("n, id, s, id of row 4", &Some((2i64, 4i64, "a".to_owned(), 4i64)), &row.transpose()?)
}

async fn rows_name_their_columns(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let sink = db.link().await?.fill(table.select(&["s", "id"]), Collected::default()).await?;
    same("the names of the columns", &vec!["s".to_owned(), "id".to_owned()], &sink.names)
}

/// In the order of the table, under their names.
async fn all_columns_by_a_star(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let star = |of: Option<Name>| Expr::Column(ColumnRef { table: of, ..bare("*") });
    let first = |select: Select| select.filter(table.get("id").is(4));
    let aliased = TableRef { alias: Some(Name::Borrowed("part")), ..table.table() };
    let inner = Box::new(first(table.read([star(None)])));
    let part = Name::Borrowed("part");
    for (what, select) in [
        ("*", first(table.read([star(None)]))),
        ("* of the table", first(table.read([star(Some(table.schema.name.clone()))]))),
        (
            "* of an alias",
            first(Select { from: From::Table(aliased), ..table.read([star(Some(part.clone()))]) }),
        ),
        (
            "* of a select",
            Select { from: From::Select(inner, part.clone()), ..table.read([star(Some(part))]) },
        ),
    ] {
        let sink = db.link().await?.fill(select, Collected::default()).await?;
        let columns = ["id", "s", "n"].map(str::to_owned).to_vec();
        same(format!("the names of the columns by {what}"), &columns, &sink.names)?;
        let row: Verdict<Vec<(i64, String, i64)>> =
            sink.rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect();
        same(format!("the rows by {what}"), &vec![(4, "a".to_owned(), 2)], &row?)?;
    }
    Ok(())
}

async fn columns_that_are_not_there_are_refused(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let sink = db.link().await?.fill(table.select(&["s", "id"]), Overreaching::default()).await?;
    same("the rows that refused a column beyond their last", &sink.rows, &sink.refused)?;
    same("the number of rows", &5, &sink.rows)
}

async fn expressions_and_their_aliases(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let sum = table.get("id").calculate(atlas_core::statement::ArithmeticOp::Add, value(10));
    let select = table
        .read_named([named(sum, "sum"), named(table.get("s"), "se\"lect")])
        .filter(table.get("id").is(2));
    let sink = db.link().await?.fill(select, Collected::default()).await?;
    same("the aliases", &vec!["sum".to_owned(), "se\"lect".to_owned()], &sink.names)?;
    same("id + 10", &Some(12i64), &sink.rows.first().map(|row| row.get(0)).transpose()?)
}

async fn constants(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let select = table.read([value(1), value("it's"), value(Value::Null)]).limit(1);
    let rows = db.rows(select).await?;
    let Some(row) = rows.first() else { return same("the number of rows", &1, &0) };
    same("a selected integer", &1i64, &row.get(0)?)?;
    same("a selected text", "it's", row.get::<String>(1)?.as_str())?;
    same("a selected NULL", &None::<i64>, &row.get(2)?)
}

async fn an_empty_table_has_no_rows(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    same("the rows of an empty table", &0, &db.rows(table.select(&["id"])).await?.len())?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    same("the rows of a table of one", &1, &db.rows(table.select(&["id"])).await?.len())
}

async fn distinct_rows(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let distinct = Select { distinct: true, ..table.select(&["s", "n"]) };
    let found: Verdict<BTreeSet<(String, Option<i64>)>> =
        db.rows(distinct.clone()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    let expected = [("a", Some(1)), ("a", Some(2)), ("b", None)].map(|(s, n)| (s.to_owned(), n));
    same("the distinct pairs", &BTreeSet::from(expected), &found?)?;
    same("the number of distinct pairs", &3, &db.rows(distinct.clone()).await?.len())?;
    let two = distinct.order([ascending(table.get("s")), ascending(table.get("n"))]).limit(2);
    same("the first two distinct texts", &vec!["a".to_owned(); 2], &db.column::<String>(two).await?)
}

async fn limit_and_offset(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let all = || table.select(&["id"]).order([ascending(table.get("id"))]);
    for (what, select, expected) in [
        ("limit 0", all().limit(0), vec![]),
        ("limit 2", all().limit(2), vec![1, 2]),
        ("limit 9", all().limit(9), vec![1, 2, 3, 4, 5]),
        ("limit 2 offset 2", all().limit(2).offset(2), vec![3, 4]),
        ("limit 0 offset 2", all().limit(0).offset(2), vec![]),
        ("limit 3 offset 4", all().limit(3).offset(4), vec![5]),
        ("offset 3", all().offset(3), vec![4, 5]),
        ("offset 0", all().offset(0), vec![1, 2, 3, 4, 5]),
        ("offset 5", all().offset(5), vec![]),
        ("offset 3 with a filter", all().filter(table.get("s").is("a")).offset(1), vec![3, 4]),
    ] {
        same(what, &expected, &db.column::<i64>(select).await?)?;
    }
    Ok(())
}

async fn limits_of_any_size(db: Subject) -> Verdict {
    let table = five(&db).await?;
    for large in [i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1, u64::MAX] {
        let found = db.rows(table.select(&["id"]).limit(large)).await?.len();
        same(format!("the number of rows with limit {large}"), &5, &found)?;
        let found = db.rows(table.select(&["id"]).offset(large)).await?.len();
        same(format!("the number of rows with offset {large}"), &0, &found)?;
        let found = db.rows(table.select(&["id"]).limit(large).offset(3)).await?.len();
        same(format!("the number of rows with limit {large} and offset 3"), &2, &found)?;
    }
    Ok(())
}

async fn from_a_select(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let of = |inner: Select, outer: Select| Select {
        from: From::Select(Box::new(inner), Name::Borrowed("part")),
        ..outer
    };
    let part = |name| Expr::Column(ColumnRef { table: Some(Name::Borrowed("part")), ..bare(name) });

    let distinct = Select { distinct: true, ..table.select(&["s"]) };
    same("the number of distinct texts", &2, &db.one::<i64>(of(distinct, table.read([count()]))).await?)?;
    let three = table.select(&["id"]).order([ascending(table.get("id"))]).limit(3).offset(1);
    same(
        "the number of the limited rows",
        &3,
        &db.one::<i64>(of(three.clone(), table.read([count()]))).await?,
    )?;

    let outer = table.read([part("id")]).filter(part("id").gt(2)).order([ascending(part("id"))]);
    same(
        "the ids above 2 among the limited rows",
        &vec![3, 4],
        &db.column::<i64>(of(three.clone(), outer)).await?,
    )?;
    let names = table.select(&["id"]).filter(Expr::Column(bare("id")).lt(3));
    same("the ids below 3, read by name", &vec![2], &db.column::<i64>(of(three, names)).await?)
}

async fn aliased_tables(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let aliased = TableRef { alias: Some(Name::Borrowed("order")), ..table.table() };
    let of =
        |name| Expr::Column(ColumnRef { table: Some(aliased.qualifier().clone()), ..table.column(name) });
    let select = Select { from: From::Table(aliased.clone()), ..table.read([of("id")]) };
    let select = select.filter(of("s").is("b")).order([ascending(of("id"))]);
    same("the rows of an aliased table", &vec![2, 5], &db.column::<i64>(select).await?)?;

    // A table's own name qualifies its columns.
    let own = |name| Expr::Column(ColumnRef { table: Some(table.schema.name.clone()), ..table.column(name) });
    let select = table.read([own("id")]).filter(own("n").compare(CompareOp::Le, value(1)));
    same(
        "the rows by qualified columns",
        &vec![1, 3],
        &db.column::<i64>(select.order([ascending(own("id"))])).await?,
    )
}

/// What a driver keeps for a shape of statement is not kept for its values.
async fn the_same_shape_with_other_values(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let mut link = db.link().await?;
    for round in 0..3 {
        for id in 1..=5i64 {
            let found: Vec<i64> = link.column(table.select(&["id"]).filter(table.get("id").is(id))).await?;
            same(format!("the row found by its key, in round {round}"), &vec![id], &found)?;
            let limit = id.unsigned_abs();
            let found: Vec<i64> = link.column(table.select(&["id"]).limit(limit)).await?;
            same(format!("the number of rows with limit {limit}"), &limit, &(found.len() as u64))?;
        }
    }
    Ok(())
}

async fn many_columns(db: Subject) -> Verdict {
    const COLUMNS: usize = 128;
    // Names in statements are static: these few stay for the life of the program.
    let names: Vec<&'static str> =
        (0..COLUMNS).map(|n| &*Box::leak(format!("c{n}").into_boxed_str())).collect();
    let table = db.table(std::iter::once(id()).chain(names.iter().map(|name| column(name, I64)))).await?;
    let row: Vec<Value> = (0i64..).take(COLUMNS).map(Value::from).collect();
    let with_id: Vec<&'static str> = std::iter::once("id").chain(names.iter().copied()).collect();
    db.run(table.insert(&with_id, [std::iter::once(Value::from(1)).chain(row).collect()])).await?;
    let rows = db.rows(table.select(Box::leak(names.into_boxed_slice()))).await?;
    let Some(row) = rows.first() else { return same("the number of rows", &1, &0) };
    for index in 0..COLUMNS {
        same("a column among many", &(index as i64), &row.get(index)?)?;
    }
    Ok(())
}

async fn plans(db: Subject) -> Verdict {
    let table = five(&db).await?;
    let select = table.select(&["id"]).filter(table.get("id").is(1));
    let rows = db.rows(Statement::Explain { of: Box::new(select.into()), analyze: false }).await?;
    ensure(!rows.is_empty(), || "expected a plan, found no rows".to_owned())?;
    for row in rows {
        row.get::<String>(row.0.len().saturating_sub(1))?;
    }
    // It is a plan: nothing is done. To analyze is to run, which is not for writes.
    let delete = table.delete();
    let analyzed = Statement::Explain { of: Box::new(delete.clone().into()), analyze: true };
    ensure(db.rows(analyzed).await.is_err(), || "a delete was analyzed".to_owned())?;
    db.rows(Statement::Explain { of: Box::new(delete.into()), analyze: false }).await?;
    same("the rows after the plan of a delete", &5, &db.rows(table.select(&["id"])).await?.len())
}
