//! Transactions inside of others.

use atlas_core::{
    statement::Insert,
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Verdict, cases},
    expect::same,
    expression::{Refine, ascending},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    inner_rollback_keeps_the_outer needs Transactions Savepoints,
    inner_commit_is_undone_with_the_outer needs Transactions Savepoints,
    several_deep needs Transactions Savepoints,
    a_failed_statement_is_undone_alone needs Transactions Savepoints,
    dropping_the_connection_undoes_all needs Transactions Savepoints,
}

async fn numbers(db: &Subject) -> Verdict<Table> {
    db.create(db.plan([id(), column("n", I64)]).unique(&["n"])).await
}

fn row(table: &Table, id: i64) -> Insert {
    table.insert(&["id", "n"], [vec![Value::I64(id), Value::I64(id)]])
}

async fn holds(db: &Subject, table: &Table, expected: &[i64]) -> Verdict {
    let found: Vec<i64> = db.column(table.select(&["id"]).order([ascending(table.get("id"))])).await?;
    same("the rows in the end", expected, found.as_slice())
}

async fn inner_rollback_keeps_the_outer(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 1)).await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    link.rollback().await?;
    link.begin().await?;
    link.run(row(&table, 3)).await?;
    link.commit().await?;
    link.run(row(&table, 4)).await?;
    link.commit().await?;
    drop(link);
    holds(&db, &table, &[1, 3, 4]).await
}

async fn inner_commit_is_undone_with_the_outer(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.begin().await?;
    link.run(row(&table, 1)).await?;
    link.commit().await?;
    link.rollback().await?;
    link.run(row(&table, 2)).await?;
    drop(link);
    holds(&db, &table, &[2]).await
}

/// Levels 0 to 7, of which the odd ones are undone; what is inside of an undone one goes with it.
async fn several_deep(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    for level in 0..8 {
        link.begin().await?;
        link.run(row(&table, level)).await?;
    }
    for level in (0..8).rev() {
        if level == 7 || level == 3 {
            link.rollback().await?
        } else {
            link.commit().await?
        }
        link.run(row(&table, 100 + level)).await?;
    }
    drop(link);
    holds(&db, &table, &[0, 1, 2, 100, 101, 102, 103]).await
}

async fn a_failed_statement_is_undone_alone(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 1)).await?;
    for _ in 0..3 {
        link.begin().await?;
        link.run(row(&table, 2)).await?;
        let many =
            table.insert(&["id", "n"], (10..10_000).chain([1]).map(|n| vec![Value::I64(n), Value::I64(n)]));
        link.fails(many).await?;
        link.rollback().await?;
    }
    link.run(row(&table, 3)).await?;
    link.commit().await?;
    drop(link);
    holds(&db, &table, &[1, 3]).await
}

async fn dropping_the_connection_undoes_all(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    for _ in 0..10 {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(row(&table, 1)).await?;
        link.begin().await?;
        link.run(row(&table, 2)).await?;
        link.commit().await?;
        link.begin().await?;
        link.run(row(&table, 3)).await?;
    }
    holds(&db, &table, &[]).await?;
    db.run(row(&table, 4)).await?;
    holds(&db, &table, &[4]).await
}
