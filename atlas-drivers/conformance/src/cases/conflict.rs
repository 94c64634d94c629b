//! New rows whose unique columns are taken.

use atlas_core::{
    ConstraintKind, Error,
    statement::{ArithmeticOp, ColumnRef, CompareOp, Expr, Insert, OnConflict},
    value::{
        ColumnType::{I64, Text},
        Value,
    },
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same, violates},
    expression::{Operators, Refine, ascending, value},
    subject::Subject,
    table::{Table, column, generated_id, names},
};

cases! {
    ignored_rows_are_left_out,
    only_conflicts_are_ignored,
    a_conflict_within_the_rows_is_ignored,
    ignored_rows_do_not_come_back needs Returning,
    taken_rows_are_changed,
    further_changes_see_the_row_that_is_there,
    further_changes_see_the_row_that_was_to_be_written,
    changes_see_the_row_as_it_was,
    a_condition_says_which_rows_are_changed,
    rows_left_as_they_are_do_not_come_back needs Returning,
    changed_rows_come_back_in_their_order needs Returning,
    a_conflict_of_other_columns_fails,
    changing_nothing_leaves_the_row,
    by_several_columns,
    a_row_that_differs_where_it_must_not_is_left,
    by_columns_that_are_not_unique,
}

/// Words `a` (1 hit, rank 10) and `b` (2 hits, rank 20); words and ranks are unique.
async fn words(db: &Subject) -> Verdict<Table> {
    let columns = [
        generated_id(),
        column("word", Text),
        column("hits", I64).default(0),
        column("rank", I64).nullable(),
    ];
    let table = db.create(db.plan(columns).unique(&["word"]).unique(&["rank"])).await?;
    let rows = [vec!["a".into(), 1.into(), 10.into()], vec!["b".into(), 2.into(), 20.into()]];
    db.run(table.insert(&["word", "hits", "rank"], rows)).await?;
    Ok(table)
}

fn hits(table: &Table, rows: &[(&str, i64)], on_conflict: OnConflict) -> Insert {
    let rows = rows.iter().map(|(word, hits)| vec![Value::from(*word), Value::I64(*hits)]);
    Insert { on_conflict, ..table.insert(&["word", "hits"], rows) }
}

fn update(by: &[&'static str], columns: &[&'static str]) -> OnConflict {
    OnConflict::Update {
        by: names(by),
        columns: names(columns),
        set: Vec::new(),
        same: Vec::new(),
        filter: None,
    }
}

async fn holds(db: &Subject, table: &Table, expected: &[(&str, i64)]) -> Verdict {
    let rows = db.rows(table.select(&["word", "hits"]).order([ascending(table.get("word"))])).await?;
    let found: Verdict<Vec<(String, i64)>> = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    let expected: Vec<_> = expected.iter().map(|(word, hits)| ((*word).to_owned(), *hits)).collect();
    same("the words and their hits", &expected, &found?)
}

async fn ignored_rows_are_left_out(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let affected = db.run(hits(&table, &[("a", 9), ("c", 3), ("b", 9)], OnConflict::Ignore)).await?;
    same("the affected rows", &1, &affected)?;
    same(
        "the affected rows when all are there",
        &0,
        &db.run(hits(&table, &[("a", 9)], OnConflict::Ignore)).await?,
    )?;
    holds(&db, &table, &[("a", 1), ("b", 2), ("c", 3)]).await?;
    let taken = Insert {
        on_conflict: OnConflict::Ignore,
        ..table.insert(&["word", "rank"], [vec!["x".into(), 10.into()]])
    };
    same("the affected rows when another unique column is taken", &0, &db.run(taken).await?)
}

/// NULL where none is taken is a mistake still.
async fn only_conflicts_are_ignored(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let null = Insert { on_conflict: OnConflict::Ignore, ..table.insert(&["word"], [vec![Value::Null]]) };
    violates(&db.fails(null).await?, ConstraintKind::NotNull, table.name(), &["word"])
}

async fn a_conflict_within_the_rows_is_ignored(db: Subject) -> Verdict {
    let table = words(&db).await?;
    same("the affected rows", &1, &db.run(hits(&table, &[("c", 3), ("c", 4)], OnConflict::Ignore)).await?)?;
    holds(&db, &table, &[("a", 1), ("b", 2), ("c", 3)]).await
}

async fn ignored_rows_do_not_come_back(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let insert = hits(&table, &[("c", 3), ("a", 9), ("d", 4)], OnConflict::Ignore);
    let found: Vec<String> = db.column(Insert { returning: names(&["word"]), ..insert }).await?;
    same("the rows that come back", &vec!["c".to_owned(), "d".to_owned()], &found)
}

async fn taken_rows_are_changed(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let affected = db.run(hits(&table, &[("a", 9), ("c", 3)], update(&["word"], &["hits"]))).await?;
    same("the affected rows: one new, one changed", &2, &affected)?;
    holds(&db, &table, &[("a", 9), ("b", 2), ("c", 3)]).await?;
    // What is not named stays.
    let ranks: Vec<Option<i64>> =
        db.column(table.select(&["rank"]).filter(table.get("word").is("a"))).await?;
    same("a column that was not to change", &vec![Some(10)], &ranks)
}

async fn further_changes_see_the_row_that_is_there(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let more = table.get("hits").calculate(ArithmeticOp::Add, value(100));
    let set: Vec<(_, Expr)> = vec![(table.column("hits"), more)];
    let on_conflict =
        OnConflict::Update { by: names(&["word"]), columns: Vec::new(), set, same: Vec::new(), filter: None };
    db.run(hits(&table, &[("b", 7), ("c", 3)], on_conflict)).await?;
    holds(&db, &table, &[("a", 1), ("b", 102), ("c", 3)]).await
}

fn with(set: Vec<(ColumnRef, Expr)>, columns: &[&'static str], filter: Option<Expr>) -> OnConflict {
    OnConflict::Update { by: names(&["word"]), columns: names(columns), set, same: Vec::new(), filter }
}

fn excluded(table: &Table, name: &'static str) -> Expr {
    Expr::Excluded(table.column(name))
}

async fn further_changes_see_the_row_that_was_to_be_written(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let both = table.get("hits").calculate(ArithmeticOp::Add, excluded(&table, "hits"));
    let set = || vec![(table.column("hits"), both.clone())];
    same(
        "the affected rows",
        &2,
        &db.run(hits(&table, &[("b", 7), ("c", 3)], with(set(), &[], None))).await?,
    )?;
    holds(&db, &table, &[("a", 1), ("b", 9), ("c", 3)]).await?;
    // Outside of a conflict there is no such row.
    let update = table.update([("hits", excluded(&table, "hits"))]);
    let refused = db.fails(update).await?;
    ensure(matches!(refused, Error::Config { .. }), || format!("expected Config, found {refused:?}"))
}

async fn changes_see_the_row_as_it_was(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let set = vec![(table.column("rank"), table.get("hits"))];
    db.run(hits(&table, &[("b", 7)], with(set, &["hits"], None))).await?;
    let ranks: Vec<i64> = db.column(table.select(&["rank"]).filter(table.get("word").is("b"))).await?;
    same("a column that got what another one was", &vec![2], &ranks)?;
    holds(&db, &table, &[("a", 1), ("b", 7)]).await
}

async fn a_condition_says_which_rows_are_changed(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let more = || Some(table.get("hits").compare(CompareOp::Lt, excluded(&table, "hits")));
    let rows = [("a", 5), ("b", 1), ("c", 3)];
    let upsert = || hits(&table, &rows, with(Vec::new(), &["hits"], more()));
    same("the affected rows: one changed, one new", &2, &db.run(upsert()).await?)?;
    holds(&db, &table, &[("a", 5), ("b", 2), ("c", 3)]).await?;
    same("the affected rows, again", &0, &db.run(upsert()).await?)?;
    // Another unique column that is taken is an error, whatever the condition.
    let row = vec!["d".into(), 9.into(), 20.into()];
    let insert = table.insert(&["word", "hits", "rank"], [row]);
    let insert = Insert { on_conflict: with(Vec::new(), &["hits"], more()), ..insert };
    violates(&db.fails(insert).await?, ConstraintKind::Unique, table.name(), &["rank"])
}

async fn rows_left_as_they_are_do_not_come_back(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let more = Some(table.get("hits").compare(CompareOp::Lt, excluded(&table, "hits")));
    let insert = hits(&table, &[("b", 1), ("a", 5), ("c", 3)], with(Vec::new(), &["hits"], more));
    let rows = db.rows(Insert { returning: names(&["word", "hits"]), ..insert }).await?;
    let found: Verdict<Vec<(String, i64)>> = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    same("the rows that come back", &vec![("a".to_owned(), 5), ("c".to_owned(), 3)], &found?)
}

async fn changed_rows_come_back_in_their_order(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let insert = hits(&table, &[("c", 3), ("a", 9), ("d", 4)], update(&["word"], &["hits"]));
    let rows = db.rows(Insert { returning: names(&["word", "hits", "rank"]), ..insert }).await?;
    let found: Verdict<Vec<(String, i64, Option<i64>)>> =
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect();
    let expected = [("c", 3, None), ("a", 9, Some(10)), ("d", 4, None)]
        .map(|(word, hits, rank)| (word.to_owned(), hits, rank));
    same("the rows that come back", &expected.to_vec(), &found?)
}

async fn a_conflict_of_other_columns_fails(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let rows = [vec!["c".into(), 20.into()]];
    let insert =
        Insert { on_conflict: update(&["word"], &["rank"]), ..table.insert(&["word", "rank"], rows) };
    violates(&db.fails(insert).await?, ConstraintKind::Unique, table.name(), &["rank"])?;
    holds(&db, &table, &[("a", 1), ("b", 2)]).await
}

async fn changing_nothing_leaves_the_row(db: Subject) -> Verdict {
    let table = words(&db).await?;
    db.run(hits(&table, &[("a", 9), ("c", 3)], update(&["word"], &[]))).await?;
    holds(&db, &table, &[("a", 1), ("b", 2), ("c", 3)]).await
}

async fn by_several_columns(db: Subject) -> Verdict {
    let plan = db.plan([column("a", I64), column("b", I64), column("n", I64)]).key(&["a", "b"]);
    let table = db.create(plan).await?;
    let row = |a: i64, b: i64, n: i64| vec![Value::I64(a), Value::I64(b), Value::I64(n)];
    db.run(table.insert(&["a", "b", "n"], [row(1, 1, 0), row(1, 2, 0)])).await?;
    let insert = table.insert(&["a", "b", "n"], [row(1, 2, 5), row(2, 1, 6)]);
    db.run(Insert { on_conflict: update(&["a", "b"], &["n"]), ..insert }).await?;
    let found: Vec<i64> =
        db.column(table.select(&["n"]).order([ascending(table.get("a")), ascending(table.get("b"))])).await?;
    same("the rows", &vec![0, 5, 6], &found)
}

/// It counts as not written, or the statement fails as for a taken key.
async fn a_row_that_differs_where_it_must_not_is_left(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let upsert = |word: &str, rank: i64| {
        let row = vec![Value::from(word), Value::I64(9), Value::I64(rank)];
        let OnConflict::Update { by, columns, set, .. } = update(&["word"], &["hits"]) else {
            unreachable!()
        };
        let on_conflict = OnConflict::Update { by, columns, set, same: names(&["rank"]), filter: None };
        Insert { on_conflict, ..table.insert(&["word", "hits", "rank"], [row]) }
    };
    same("the affected rows", &1, &db.run(upsert("a", 10)).await?)?;
    let mut link = db.link().await?;
    match link.send(&upsert("b", 99).into(), ()).await {
        Ok((_, outcome)) => same("the affected rows", &0, &outcome.affected)?,
        Err(error) => ensure(error.is_unique_violation(), || format!("another error: {error}"))?,
    }
    holds(&db, &table, &[("a", 9), ("b", 2)]).await
}

/// An error, and nothing written: there is no telling which row was meant.
async fn by_columns_that_are_not_unique(db: Subject) -> Verdict {
    let table = words(&db).await?;
    let insert = hits(&table, &[("c", 1)], update(&["hits"], &["word"])).into();
    let answer = db.link().await?.send(&insert, ()).await;
    ensure(answer.is_err(), || {
        "expected an error: the columns `by` are not unique; found success".to_owned()
    })?;
    holds(&db, &table, &[("a", 1), ("b", 2)]).await
}
