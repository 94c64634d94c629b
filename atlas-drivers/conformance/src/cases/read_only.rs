//! Transactions that may only read.

use atlas_core::{
    Error,
    driver::{Isolation, TransactionOptions},
    schema::SchemaChange,
    statement::{Insert, Statement},
    value::{ColumnType::I64, Value},
};

use crate::{
    abandon::after_polls,
    case::{Verdict, cases},
    expect::same,
    expression::{Operators, Refine, count, raw, value},
    subject::{Link, Subject},
    table::{Table, column, id},
};

cases! {
    read_only_transactions needs Transactions,
    every_write_is_refused needs Transactions,
    changes_of_the_schema_are_refused needs Transactions,
    raw_writes_are_refused needs Transactions Raw,
    savepoints_inside_are_read_only_too needs Transactions Savepoints,
    the_next_one_writes_again needs Transactions,
    a_dropped_one_leaves_nothing_read_only needs Transactions,
    with_every_isolation needs Transactions,
    deferrable_transactions needs Transactions,
}

fn read_only() -> TransactionOptions {
    let mut options = TransactionOptions::default();
    options.read_only = true;
    options
}

async fn one(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    db.run(row(&table, 1)).await?;
    Ok(table)
}

fn row(table: &Table, id: i64) -> Insert {
    table.insert(&["id", "n"], [vec![Value::I64(id), Value::I64(0)]])
}

async fn rows(link: &mut Link, table: &Table) -> Verdict<i64> {
    link.one(table.read([count()])).await
}

async fn read_only_transactions(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut link = db.link().await?;
    link.begin_with(&read_only()).await?;
    same("the rows that it sees", &1, &rows(&mut link, &table).await?)?;
    link.commit().await?;
    link.begin_with(&read_only()).await?;
    same("the rows that it sees", &1, &rows(&mut link, &table).await?)?;
    link.rollback().await
}

async fn refuses(db: &Subject, what: &str, write: Statement) -> Verdict {
    let mut link = db.link().await?;
    link.begin_with(&read_only()).await?;
    link.is_refused(&format!("{what} in a read-only transaction"), write).await?;
    link.rollback().await
}

async fn every_write_is_refused(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let many = (2..2_000).map(|id| vec![Value::I64(id), Value::I64(0)]);
    let writes: [(_, Statement); 6] = [
        ("an insert", row(&table, 2).into()),
        ("an insert of many rows", table.insert(&["id", "n"], many).into()),
        ("an update", table.update([("n", value(7))]).into()),
        ("an update by key", table.update([("n", value(7))]).filter(table.get("id").is(1)).into()),
        ("a delete", table.delete().into()),
        ("a limited delete", table.delete().limit(1).into()),
    ];
    for (what, write) in writes {
        refuses(&db, what, write).await?;
    }
    same("the rows afterwards", &vec![0], &db.column::<i64>(table.select(&["n"])).await?)
}

async fn changes_of_the_schema_are_refused(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let new = db.plan([id()]);
    refuses(&db, "a new table", Statement::Schema(SchemaChange::CreateTable(new.schema.clone()))).await?;
    let drop_table = SchemaChange::DropTable(table.schema.name.clone());
    refuses(&db, "a dropped table", Statement::Schema(drop_table)).await?;
    same("the rows afterwards", &1, &rows(&mut db.link().await?, &table).await?)?;
    db.link().await?.is_refused("a select from the table that was not made", new.select(&["id"])).await
}

async fn raw_writes_are_refused(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let name = table.name();
    for text in [
        format!("UPDATE {name} SET n = 7"),
        format!("DELETE FROM {name}"),
        format!("INSERT INTO {name} VALUES (2, 0)"),
    ] {
        refuses(&db, &text, raw(text.clone(), []).into()).await?;
    }
    same("the rows afterwards", &vec![0], &db.column::<i64>(table.select(&["n"])).await?)
}

async fn savepoints_inside_are_read_only_too(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut link = db.link().await?;
    link.begin_with(&read_only()).await?;
    link.begin().await?;
    same("the rows that it sees", &1, &rows(&mut link, &table).await?)?;
    link.is_refused("an insert in a savepoint of a read-only transaction", row(&table, 2)).await?;
    link.rollback().await?;
    same("the rows that it sees after the savepoint", &1, &rows(&mut link, &table).await?)?;
    link.commit().await?;
    link.run(row(&table, 2)).await?;
    drop(link);
    same("the rows in the end", &2, &rows(&mut db.link().await?, &table).await?)
}

/// On the same connection, and on every other one; within a transaction, and without.
async fn the_next_one_writes_again(db: Subject) -> Verdict {
    let table = one(&db).await?;
    for round in 0..20 {
        let first = 10 * (round + 1);
        let mut link = db.link().await?;
        link.begin_with(&read_only()).await?;
        rows(&mut link, &table).await?;
        if round % 2 == 0 {
            link.commit().await?
        } else {
            link.rollback().await?
        }
        let failed = |failure: crate::case::Failure| failure.during("after a read-only transaction");
        link.run(row(&table, first)).await.map_err(failed)?;
        link.begin().await?;
        link.run(row(&table, first + 1)).await.map_err(failed)?;
        link.commit().await?;
        drop(link);
        db.run(row(&table, first + 2)).await.map_err(failed)?;
    }
    same("the rows in the end", &61, &rows(&mut db.link().await?, &table).await?)
}

async fn a_dropped_one_leaves_nothing_read_only(db: Subject) -> Verdict {
    let table = one(&db).await?;
    for round in 0..20 {
        let mut link = db.link().await?;
        // Also one whose beginning nobody waited for.
        let begun = after_polls(round % 5, link.begin_with(&read_only())).await.transpose()?.is_some();
        if begun {
            link.is_refused("an insert in a read-only transaction", row(&table, -1)).await?;
        }
        drop(link);
        let failed = |failure: crate::case::Failure| {
            failure.during("after a read-only transaction whose connection was dropped")
        };
        let mut link = db.link().await?;
        link.run(row(&table, 10 + round as i64)).await.map_err(failed)?;
    }
    same("the rows in the end", &21, &rows(&mut db.link().await?, &table).await?)
}

async fn with_every_isolation(db: Subject) -> Verdict {
    let table = one(&db).await?;
    for level in [
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::RepeatableRead,
        Isolation::Serializable,
    ] {
        let mut options = read_only();
        options.isolation = Some(level);
        let mut link = db.link().await?;
        match link.connection.begin(&options).await {
            Err(Error::Unsupported { .. }) => continue,
            begun => begun?,
        }
        same(format!("the rows that it sees at {level}"), &1, &rows(&mut link, &table).await?)?;
        link.is_refused(&format!("an insert in a read-only transaction at {level}"), row(&table, 2)).await?;
        link.rollback().await?;
        drop(link);
    }
    same("the rows in the end", &1, &rows(&mut db.link().await?, &table).await?)
}

async fn deferrable_transactions(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut options = read_only();
    options.isolation = Some(Isolation::Serializable);
    options.deferrable = true;
    let mut link = db.link().await?;
    link.begin_with(&options).await?;
    same("the rows that it sees", &1, &rows(&mut link, &table).await?)?;
    link.commit().await?;
    link.run(row(&table, 2)).await?;
    same("the rows in the end", &2, &rows(&mut link, &table).await?)
}
