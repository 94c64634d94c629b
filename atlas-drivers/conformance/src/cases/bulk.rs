//! More rows and values than one statement takes.

use atlas_core::{
    ConstraintKind,
    statement::{Insert, OnConflict},
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same, violates},
    expression::{Operators, Refine, aggregate, ascending, count},
    subject::Subject,
    table::{Table, column, generated_id, id, names},
};

cases! {
    ten_thousand_rows,
    ten_thousand_rows_come_back_in_their_order needs Returning,
    a_hundred_thousand_values,
    all_rows_or_none,
    all_rows_or_none_within_a_transaction needs Transactions,
    many_rows_with_conflicts,
    many_rows_without_columns,
    reading_many_rows,
}

const MANY: i64 = 10_000;

fn numbered(table: &Table, range: impl IntoIterator<Item = i64>) -> Insert {
    table.insert(&["n"], range.into_iter().map(|n| vec![Value::I64(n)]))
}

async fn ten_thousand_rows(db: Subject) -> Verdict {
    let table = db.table([generated_id(), column("n", I64)]).await?;
    same("the affected rows", &10_000, &db.run(numbered(&table, 0..MANY)).await?)?;
    let sum = aggregate(atlas_core::statement::Aggregate::Sum, table.get("n"));
    same("the sum of the rows", &(MANY * (MANY - 1) / 2), &db.one::<i64>(table.read([sum])).await?)
}

async fn ten_thousand_rows_come_back_in_their_order(db: Subject) -> Verdict {
    let table = db.table([generated_id(), column("n", I64)]).await?;
    // Downwards, so that the order of the keys is not the order of the values.
    let insert = Insert { returning: names(&["n"]), ..numbered(&table, (0..MANY).rev()) };
    let found: Vec<i64> = db.column(insert).await?;
    same("the rows that come back", &(0..MANY).rev().collect::<Vec<_>>(), &found)
}

async fn a_hundred_thousand_values(db: Subject) -> Verdict {
    let columns = ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
    let table = db.table([id()].into_iter().chain(columns.map(|name| column(name, I64)))).await?;
    let with_id: Vec<&'static str> = ["id"].into_iter().chain(columns).collect();
    let rows = (0..MANY)
        .map(|id| (0..10).map(|n| Value::I64(id * 10 + n - if n == 0 { id * 9 } else { 0 })).collect());
    same("the affected rows", &10_000, &db.run(table.insert(&with_id, rows)).await?)?;
    for id in [0, 1, 4_999, MANY - 1] {
        let last: i64 = db.one(table.select(&["c8"]).filter(table.get("id").is(id))).await?;
        same(format!("the last value of row {id}"), &(id * 10 + 9), &last)?;
    }
    Ok(())
}

async fn all_rows_or_none(db: Subject) -> Verdict {
    let table = db.create(db.plan([generated_id(), column("n", I64)]).unique(&["n"])).await?;
    db.run(numbered(&table, [-1])).await?;
    for (what, insert) in [
        ("the last row is taken", numbered(&table, (0..MANY).chain([-1]))),
        ("the last row repeats the first", numbered(&table, (0..MANY).chain([0]))),
        ("a row in the middle is taken", numbered(&table, (0..MANY / 2).chain([-1]).chain(MANY / 2..MANY))),
    ] {
        violates(&db.fails(insert).await?, ConstraintKind::Unique, table.name(), &["n"])?;
        let left: i64 = db.one(table.read([count()])).await?;
        same(format!("the rows after an insert of which {what}"), &1, &left)?;
    }
    same("the affected rows of one without conflict", &10_000, &db.run(numbered(&table, 0..MANY)).await?)
}

/// The transaction goes on where the database lets it; the rows of the failed insert are in none.
async fn all_rows_or_none_within_a_transaction(db: Subject) -> Verdict {
    let table = db.create(db.plan([generated_id(), column("n", I64)]).unique(&["n"])).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(numbered(&table, [-1])).await?;
    link.fails(numbered(&table, (0..MANY).chain([-1]))).await?;
    let Ok(left) = link.one::<i64>(table.read([count()])).await else { return link.rollback().await };
    same("the rows in the transaction after the failed insert", &1, &left)?;
    link.commit().await?;
    drop(link);
    same("the rows after the commit", &1, &db.one::<i64>(table.read([count()])).await?)
}

async fn many_rows_with_conflicts(db: Subject) -> Verdict {
    let plan = db.plan([generated_id(), column("n", I64), column("hits", I64).default(0)]).unique(&["n"]);
    let table = db.create(plan).await?;
    db.run(numbered(&table, (0..MANY).step_by(2))).await?;
    let ignore = Insert { on_conflict: OnConflict::Ignore, ..numbered(&table, 0..MANY) };
    same("the affected rows, half of them there", &5_000, &db.run(ignore).await?)?;
    let on_conflict = OnConflict::Update {
        by: names(&["n"]),
        columns: names(&["hits"]),
        set: Vec::new(),
        same: Vec::new(),
        filter: None,
    };
    let rows = (0..MANY).map(|n| vec![Value::I64(n), Value::I64(n * 2)]);
    let upsert = Insert { on_conflict, ..table.insert(&["n", "hits"], rows) };
    same("the affected rows, all of them there", &10_000, &db.run(upsert).await?)?;
    let hits: Vec<i64> = db.column(table.select(&["hits"]).order([ascending(table.get("n"))])).await?;
    same("the changed rows", &(0..MANY).map(|n| n * 2).collect::<Vec<_>>(), &hits)
}

async fn many_rows_without_columns(db: Subject) -> Verdict {
    let table = db.table([generated_id(), column("n", I64).default(3)]).await?;
    same("the affected rows", &1_000, &db.run(Insert { rows: 1_000, ..table.insert(&[], []) }).await?)?;
    same("the rows stored", &1_000, &db.one::<i64>(table.read([count()])).await?)
}

async fn reading_many_rows(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], (0..50_000).map(|id| vec![Value::I64(id)]))).await?;
    let found: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("id"))])).await?;
    ensure(found.iter().copied().eq(0..50_000), || {
        format!("expected 50000 rows in order, each once, found {} rows", found.len())
    })
}
