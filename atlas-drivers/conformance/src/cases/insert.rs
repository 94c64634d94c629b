//! New rows.

use std::collections::BTreeSet;

use atlas_core::{
    Error,
    statement::{Insert, InsertSelect, Select},
    value::{
        ColumnType::{I64, Text},
        Value,
    },
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending},
    sink::Collected,
    subject::Subject,
    table::{Table, column, generated_id, id, names},
};

cases! {
    affected_counts_the_rows,
    generated_keys_count_up,
    generated_keys_are_told,
    left_out_columns_get_their_defaults,
    no_columns_at_all,
    no_rows_at_all,
    written_rows_come_back_in_their_order needs Returning,
    written_rows_come_back_with_what_the_database_filled_in needs Returning,
    all_columns_come_back_by_a_star needs Returning,
    written_rows_are_found_by_their_key,
    written_rows_are_found_by_a_key_of_several_columns,
    columns_in_any_order,
    the_rows_of_a_select,
    the_rows_of_a_select_that_are_not_taken,
}

async fn people(db: &Subject) -> Verdict<Table> {
    db.table([
        generated_id(),
        column("name", Text),
        column("age", I64).nullable(),
        column("rank", I64).default(7),
    ])
    .await
}

fn named(table: &Table, people: &[&str]) -> Insert {
    table.insert(&["name"], people.iter().map(|name| vec![Value::from(*name)]))
}

async fn affected_counts_the_rows(db: Subject) -> Verdict {
    let table = people(&db).await?;
    same("the affected rows of one", &1, &db.run(named(&table, &["a"])).await?)?;
    same("the affected rows of three", &3, &db.run(named(&table, &["b", "c", "d"])).await?)?;
    same("the rows stored", &4, &db.rows(table.select(&["id"])).await?.len())
}

async fn generated_keys_count_up(db: Subject) -> Verdict {
    let table = people(&db).await?;
    for name in ["a", "b", "c"] {
        db.run(named(&table, &[name])).await?;
    }
    db.run(named(&table, &["d", "e"])).await?;
    let rows = db.rows(table.select(&["id", "name"]).order([ascending(table.get("id"))])).await?;
    let found: Verdict<Vec<String>> = rows.iter().map(|row| row.get(1)).collect();
    same("the names by generated key", &["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(), &found?)?;
    let ids: Verdict<BTreeSet<i64>> = rows.iter().map(|row| row.get(0)).collect();
    let ids = ids?;
    same("the number of different keys", &5, &ids.len())?;
    ensure(ids.iter().all(|id| *id > 0), || format!("expected keys above 0, found {ids:?}"))
}

/// By RETURNING, or by `last_insert_id`.
async fn generated_keys_are_told(db: Subject) -> Verdict {
    let table = people(&db).await?;
    let returning = db.driver().capabilities().returning;
    for name in ["a", "b"] {
        let mut insert = named(&table, &[name]);
        if returning {
            insert.returning = names(&["id"]);
        }
        let (sink, outcome) = db.link().await?.send(&insert.into(), Collected::default()).await?;
        let told: Option<i64> = match sink.rows.first() {
            Some(row) => Some(row.get(0)?),
            None => outcome.last_insert_id,
        };
        let stored: Vec<i64> =
            db.column(table.select(&["id"]).order([crate::expression::descending(table.get("id"))])).await?;
        ensure(told.is_some(), || "expected to be told the key of the new row, found none".to_owned())?;
        same("the key of the new row, as it was told", &stored.first().copied(), &told)?;
    }
    Ok(())
}

async fn left_out_columns_get_their_defaults(db: Subject) -> Verdict {
    let table = people(&db).await?;
    db.run(named(&table, &["a", "b"])).await?;
    let rows = db.rows(table.select(&["age", "rank"])).await?;
    same("the number of rows", &2, &rows.len())?;
    for row in rows {
        same("a left-out column without a default", &None::<i64>, &row.get(0)?)?;
        same("a left-out column with a default", &7i64, &row.get(1)?)?;
    }
    Ok(())
}

async fn no_columns_at_all(db: Subject) -> Verdict {
    let table =
        db.table([generated_id(), column("age", I64).nullable(), column("rank", I64).default(7)]).await?;
    let empty = |rows| Insert { rows, ..table.insert(&[], []) };
    same("the affected rows of one without columns", &1, &db.run(empty(1)).await?)?;
    same("the affected rows of three without columns", &3, &db.run(empty(3)).await?)?;
    same("the defaults", &vec![7; 4], &db.column::<i64>(table.select(&["rank"])).await?)?;
    if db.driver().capabilities().returning {
        let insert = Insert { returning: names(&["id", "rank"]), ..empty(2) };
        same("the rows that come back", &2, &db.rows(insert).await?.len())?;
    }
    Ok(())
}

/// There is nothing to do, which is no mistake.
async fn no_rows_at_all(db: Subject) -> Verdict {
    let table = people(&db).await?;
    same("the affected rows of none", &0, &db.run(named(&table, &[])).await?)?;
    same("the rows stored", &0, &db.rows(table.select(&["id"])).await?.len())?;
    same("the affected rows of one afterwards", &1, &db.run(named(&table, &["a"])).await?)
}

async fn written_rows_come_back_in_their_order(db: Subject) -> Verdict {
    let table = people(&db).await?;
    let wanted = ["m", "a", "z", "it's", "b"];
    let insert = Insert { returning: names(&["name", "id"]), ..named(&table, &wanted) };
    let (sink, outcome) = db.link().await?.send(&insert.into(), Collected::default()).await?;
    same("the affected rows", &5, &outcome.affected)?;
    same("the names of the columns", &vec!["name".to_owned(), "id".to_owned()], &sink.names)?;
    let found: Verdict<Vec<String>> = sink.rows.iter().map(|row| row.get(0)).collect();
    same("the rows that come back", &wanted.map(str::to_owned).to_vec(), &found?)?;
    for row in &sink.rows {
        let stored = db
            .column::<String>(table.select(&["name"]).filter(table.get("id").is(row.get::<i64>(1)?)))
            .await?;
        same("the name at the key that came back", &vec![row.get::<String>(0)?], &stored)?;
    }
    Ok(())
}

async fn written_rows_come_back_with_what_the_database_filled_in(db: Subject) -> Verdict {
    let table = people(&db).await?;
    let insert = Insert { returning: names(&["rank", "age", "id"]), ..named(&table, &["a"]) };
    let rows = db.rows(insert).await?;
    let row = rows.first().ok_or_else(|| Failure::broken("expected one row back, found none"))?;
    same("the default that came back", &7i64, &row.get(0)?)?;
    same("the NULL that came back", &None::<i64>, &row.get(1)?)?;
    row.get::<i64>(2)?;
    let insert = Insert { returning: names(&["nowhere"]), ..named(&table, &["b"]) };
    let error = db.fails(insert).await?;
    ensure(matches!(error, Error::MissingColumn { .. }), || {
        format!("expected MissingColumn, found {error:?}")
    })?;
    same("the rows after an insert that failed", &1, &db.rows(table.select(&["id"])).await?.len())
}

/// In the order of the table, under their names.
async fn all_columns_come_back_by_a_star(db: Subject) -> Verdict {
    let table = people(&db).await?;
    let star = |people: &[&str]| Insert { returning: names(&["*"]), ..named(&table, people) };
    let wanted = ["m", "a", "z", "it's", "b"];
    let sink = db.link().await?.fill(star(&wanted), Collected::default()).await?;
    same(
        "the names of the columns",
        &["id", "name", "age", "rank"].map(str::to_owned).to_vec(),
        &sink.names,
    )?;
    holds_people(&db, &table, &wanted, &sink).await?;
    // More than one statement takes.
    let many: Vec<String> = (0..5_000).rev().map(|number| format!("p{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let sink = db.link().await?.fill(star(&many), Collected::default()).await?;
    let found: Verdict<Vec<String>> = sink.rows.iter().map(|row| row.get(1)).collect();
    same("the names that come back of many rows", &many, &found?.iter().map(String::as_str).collect())
}

/// Holds that rows of all columns are those of these people, in their order, and as they are stored.
async fn holds_people(db: &Subject, table: &Table, people: &[&str], sink: &Collected) -> Verdict {
    let found: Verdict<Vec<(String, Option<i64>, i64)>> =
        sink.rows.iter().map(|row| Ok((row.get(1)?, row.get(2)?, row.get(3)?))).collect();
    let expected: Vec<_> = people.iter().map(|name| ((*name).to_owned(), None, 7)).collect();
    same("the rows that come back", &expected, &found?)?;
    for row in &sink.rows {
        let by_key = table.select(&["name"]).filter(table.get("id").is(row.get::<i64>(0)?));
        same("the name at the key that came back", &row.get(1)?, &db.one::<String>(by_key).await?)?;
    }
    Ok(())
}

/// A driver whose database gives no rows back finds them by the key that it generated.
async fn written_rows_are_found_by_their_key(db: Subject) -> Verdict {
    let table = people(&db).await?;
    let keyed = |returning: &[&'static str], people: &[&str]| Insert {
        returning: names(returning),
        key: names(&["id"]),
        ..named(&table, people)
    };
    let mut link = db.link().await?;
    let rows = link.rows(keyed(&["rank", "name"], &["first"])).await?;
    let found: Verdict<Vec<(i64, String)>> = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    same("the row that comes back", &vec![(7, "first".to_owned())], &found?)?;
    let wanted = ["m", "a", "z", "it's", "b"];
    let sink = link.fill(keyed(&["id", "name", "age", "rank"], &wanted), Collected::default()).await?;
    holds_people(&db, &table, &wanted, &sink).await?;
    let sink = link.fill(keyed(&["*"], &wanted), Collected::default()).await?;
    same(
        "the names of the columns",
        &["id", "name", "age", "rank"].map(str::to_owned).to_vec(),
        &sink.names,
    )?;
    holds_people(&db, &table, &wanted, &sink).await?;
    // Keys that the program gives, downwards.
    let rows = (100..105).rev().map(|id: i64| vec![id.into(), format!("n{id}").into()]);
    let insert = Insert {
        returning: names(&["rank", "id"]),
        key: names(&["id"]),
        ..table.insert(&["id", "name"], rows)
    };
    let rows = link.rows(insert).await?;
    let found: Verdict<Vec<i64>> = rows.iter().map(|row| row.get(1)).collect();
    same("the given keys that come back", &(100..105).rev().collect::<Vec<i64>>(), &found?)
}

async fn written_rows_are_found_by_a_key_of_several_columns(db: Subject) -> Verdict {
    let columns = [column("a", I64), column("b", Text), column("rank", I64).default(7)];
    let table = db.create(db.plan(columns).key(&["a", "b"])).await?;
    let pairs = [(2, "y"), (1, "x"), (2, "x"), (1, "it's")];
    let rows = pairs.map(|(a, b)| vec![Value::I64(a), b.into()]);
    let insert = Insert {
        returning: names(&["rank", "b", "a"]),
        key: names(&["a", "b"]),
        ..table.insert(&["a", "b"], rows)
    };
    let rows = db.rows(insert).await?;
    let found: Verdict<Vec<(i64, String, i64)>> =
        rows.iter().map(|row| Ok((row.get(2)?, row.get(1)?, row.get(0)?))).collect();
    same("the rows that come back", &pairs.map(|(a, b)| (a, b.to_owned(), 7)).to_vec(), &found?)
}

async fn columns_in_any_order(db: Subject) -> Verdict {
    let table = db.table([id(), column("a", I64), column("b", Text)]).await?;
    db.run(table.insert(
        &["b", "id", "a"],
        [vec!["x".into(), 1.into(), 2.into()], vec!["y".into(), 3.into(), 4.into()]],
    ))
    .await?;
    let rows = db.rows(table.select(&["id", "a", "b"]).order([ascending(table.get("id"))])).await?;
    let found: Verdict<Vec<(i64, i64, String)>> =
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect();
    same("the rows", &vec![(1, 2, "x".to_owned()), (3, 4, "y".to_owned())], &found?)
}

/// Ids 1 to 3 with `n` ten times the id.
async fn three(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    let rows = (1..=3).map(|id| vec![Value::I64(id), Value::I64(id * 10)]);
    db.run(table.insert(&["id", "n"], rows)).await?;
    Ok(table)
}

fn copy(table: &Table, columns: &[&'static str], select: Select, ignores: bool) -> InsertSelect {
    let columns = columns.iter().map(|name| table.column(name)).collect();
    InsertSelect { table: table.table(), columns, select: Box::new(select), ignores, returning: Vec::new() }
}

async fn the_rows_of_a_select(db: Subject) -> Verdict {
    let (from, to) = (three(&db).await?, three(&db).await?);
    let read = from.select(&["n", "id"]).filter(from.get("id").gt(1)).order([ascending(from.get("n"))]);
    same("the affected rows", &2, &db.run(copy(&to, &["id", "n"], read.limit(2), false)).await?)?;
    let none = from.select(&["n", "id"]).filter(from.get("id").gt(9));
    same("the affected rows of none", &0, &db.run(copy(&to, &["id", "n"], none, false)).await?)?;
    let ids: Vec<i64> = db.column(to.select(&["id"]).order([ascending(to.get("id"))])).await?;
    same("the keys", &vec![1, 2, 3, 20, 30], &ids)?;
    // Of the table that is written to, all or none.
    let own = to.select(&["n", "id"]);
    let taken = db.fails(copy(&to, &["id", "n"], own, false)).await?;
    ensure(taken.is_unique_violation(), || format!("another error: {taken}"))?;
    same("the rows after an error", &5, &db.rows(to.select(&["id"])).await?.len())
}

async fn the_rows_of_a_select_that_are_not_taken(db: Subject) -> Verdict {
    let (from, to) = (three(&db).await?, three(&db).await?);
    db.run(from.insert(&["id", "n"], [vec![4.into(), 40.into()]])).await?;
    let all = || from.select(&["id", "n"]);
    same("the affected rows", &1, &db.run(copy(&to, &["id", "n"], all(), true)).await?)?;
    same("the affected rows, again", &0, &db.run(copy(&to, &["id", "n"], all(), true)).await?)?;
    same("the rows", &4, &db.rows(to.select(&["id"])).await?.len())?;
    let nothing = db.table([id(), column("n", I64).nullable()]).await?;
    db.run(nothing.insert(&["id"], [vec![9.into()]])).await?;
    let bad = copy(&to, &["id", "n"], nothing.select(&["id", "n"]), true);
    let refused = db.fails(bad).await?;
    ensure(matches!(refused, Error::Constraint { .. }), || {
        format!("expected an error for NULL where none is taken, found {refused:?}")
    })?;
    same("the rows after an error", &4, &db.rows(to.select(&["id"])).await?.len())
}
