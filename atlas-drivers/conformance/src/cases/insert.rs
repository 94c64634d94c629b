//! New rows.

use std::collections::BTreeSet;

use atlas_core::{
    Error,
    statement::Insert,
    value::{
        ColumnType::{I64, Text},
        Value,
    },
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Refine, ascending},
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
    columns_in_any_order,
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
            .column::<String>(
                table
                    .select(&["name"])
                    .filter(crate::expression::Operators::is(table.get("id"), row.get::<i64>(1)?)),
            )
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
