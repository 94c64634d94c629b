//! What transactions see of each other. A database may be stricter than it was asked to be, also by
//! letting one wait for the other.

use std::time::Duration;

use atlas_core::{
    Error,
    driver::{Isolation, TransactionOptions},
    statement::{Aggregate, Insert},
    value::{ColumnType::I64, Value},
};
use tokio::{sync::watch, time::timeout};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, aggregate, count, value},
    patience::Step,
    subject::{Link, Subject},
    table::{Table, column, id},
};

cases! {
    read_uncommitted needs Transactions,
    read_committed needs Transactions,
    repeatable_read needs Transactions,
    serializable needs Transactions,
    a_level_is_for_one_transaction needs Transactions,
}

fn at(level: Isolation) -> TransactionOptions {
    let mut options = TransactionOptions::default();
    options.isolation = Some(level);
    options
}

/// Rows 1 and 2, each with the number 0.
async fn zeros(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    db.run(row(&table, 1)).await?;
    db.run(row(&table, 2)).await?;
    Ok(table)
}

fn row(table: &Table, id: i64) -> Insert {
    table.insert(&["id", "n"], [vec![Value::I64(id), Value::I64(0)]])
}

async fn number(link: &mut Link, table: &Table) -> Verdict<i64> {
    link.one(table.select(&["n"]).filter(table.get("id").is(1))).await
}

async fn set(link: &mut Link, table: &Table, to: i64) -> Verdict<u64> {
    link.run(table.update([("n", value(to))]).filter(table.get("id").is(1))).await
}

async fn read_uncommitted(db: Subject) -> Verdict {
    keeps_and_undoes(&db, Isolation::ReadUncommitted).await
}

async fn read_committed(db: Subject) -> Verdict {
    keeps_and_undoes(&db, Isolation::ReadCommitted).await?;
    sees_nothing_uncommitted(&db, Isolation::ReadCommitted).await
}

async fn repeatable_read(db: Subject) -> Verdict {
    keeps_and_undoes(&db, Isolation::RepeatableRead).await?;
    sees_nothing_uncommitted(&db, Isolation::RepeatableRead).await?;
    sees_the_same_again(&db, Isolation::RepeatableRead).await
}

async fn serializable(db: Subject) -> Verdict {
    keeps_and_undoes(&db, Isolation::Serializable).await?;
    sees_nothing_uncommitted(&db, Isolation::Serializable).await?;
    sees_the_same_again(&db, Isolation::Serializable).await?;
    cannot_skew(&db).await
}

/// It is a transaction like any other.
async fn keeps_and_undoes(db: &Subject, level: Isolation) -> Verdict {
    let table = zeros(db).await?;
    let mut link = db.link().await?;
    link.begin_with(&at(level)).await?;
    link.run(row(&table, 3)).await?;
    link.commit().await?;
    link.begin_with(&at(level)).await?;
    link.run(row(&table, 4)).await?;
    link.rollback().await?;
    link.begin_with(&at(level)).await?;
    link.run(row(&table, 5)).await?;
    drop(link);
    same(format!("the rows after transactions at {level}"), &3, &db.one::<i64>(table.read([count()])).await?)
}

/// What others have not committed is not there.
async fn sees_nothing_uncommitted(db: &Subject, level: Isolation) -> Verdict {
    let table = zeros(db).await?;
    let mut writer = db.link().await?;
    writer.begin().await?;
    set(&mut writer, &table, 7).await?;
    let reader = {
        let (db, table) = (db.clone(), table.clone());
        Step::start(async move {
            let mut link = db.link().await?;
            link.begin_with(&at(level)).await?;
            let seen = number(&mut link, &table).await?;
            link.commit().await?;
            Ok(seen)
        })
        .await?
    };
    let waited = reader.done().is_none();
    writer.rollback().await?;
    drop(writer);
    let seen = reader.end().await?;
    same(format!("a number that was never committed, read at {level} (waited: {waited})"), &0, &seen)
}

/// What it has seen once it sees again, whatever others commit.
async fn sees_the_same_again(db: &Subject, level: Isolation) -> Verdict {
    let table = zeros(db).await?;
    let again = reads_twice(db, &table, &mut db.link().await?, &at(level)).await?;
    ensure(again, || {
        format!("a transaction at {level} saw what others committed after it had begun to read")
    })?;
    let mut link = db.link().await?;
    same("the number in the end", &7, &number(&mut link, &table).await?)?;
    same("the rows in the end", &3, &link.one::<i64>(table.read([count()])).await?)
}

/// Whether a transaction reads the same before and after others commit a change and a new row.
async fn reads_twice(
    db: &Subject,
    table: &Table,
    link: &mut Link,
    options: &TransactionOptions,
) -> Verdict<bool> {
    let read = async |link: &mut Link| -> Verdict<(i64, i64)> {
        Ok((number(link, table).await?, link.one::<i64>(table.read([count()])).await?))
    };
    link.begin_with(options).await?;
    let before = read(link).await?;
    let writer = {
        let (db, table) = (db.clone(), table.clone());
        Step::start(async move {
            let mut link = db.link().await?;
            set(&mut link, &table, 7).await?;
            link.run(row(&table, 3)).await
        })
        .await?
    };
    let after = read(link).await?;
    link.commit().await?;
    writer.end().await?;
    Ok(before == after)
}

/// Two transactions that each write what the other has read to be different: one after the other, the
/// second would not.
async fn cannot_skew(db: &Subject) -> Verdict {
    // Both may fail, and are run again.
    for _ in 0..5 {
        let table = zeros(db).await?;
        let (has_read, _) = watch::channel(0);
        let both = [1, 2].map(|id| {
            let (db, table, has_read) = (db.clone(), table.clone(), has_read.clone());
            tokio::spawn(async move { claim(&db, &table, id, &has_read).await })
        });
        for claimed in both {
            let claimed = claimed.await;
            match claimed.map_err(|panicked| Failure::broken(format_args!("panicked: {panicked}")))?? {
                Err(error) if !error.is_retryable() => {
                    return Err(Failure::broken(format_args!(
                        "a serializable transaction: expected Serialization or Deadlock, found {error:?}"
                    )));
                }
                _ => {}
            }
        }
        let claimed: i64 = db.one(table.read([aggregate(Aggregate::Sum, table.get("n"))])).await?;
        ensure(claimed < 2, || {
            "two serializable transactions each wrote what the other had read to be different, and both were kept"
                .to_owned()
        })?;
        if claimed == 1 {
            return Ok(());
        }
    }
    Err(Failure::broken(
        "two serializable transactions: expected one of them to be kept, found none in 5 rounds",
    ))
}

/// Writes a 1 to a row where no row has one. The driver's error is an answer, the rest is not.
async fn claim(
    db: &Subject,
    table: &Table,
    id: i64,
    has_read: &watch::Sender<u8>,
) -> Verdict<Result<(), Error>> {
    let mut link = db.link().await?;
    if let Err(error) = link.connection.begin(&at(Isolation::Serializable)).await {
        return Ok(Err(error));
    }
    let sum = table.read([aggregate(Aggregate::Sum, table.get("n"))]).into();
    let claimed: i64 = match link.send(&sum, crate::sink::Collected::default()).await {
        Ok((sink, _)) => sink.rows.first().map_or(Ok(0), |row| row.get(0))?,
        Err(error) => return Ok(Err(error)),
    };
    has_read.send_modify(|readers| *readers += 1);
    // Until the other has read too, where it need not wait for this one.
    let mut readers = has_read.subscribe();
    let _ = timeout(Duration::from_millis(500), readers.wait_for(|readers| *readers >= 2)).await;
    if claimed == 0 {
        let write = table.update([("n", value(1))]).filter(table.get("id").is(id)).into();
        if let Err(error) = link.send(&write, ()).await {
            return Ok(Err(error));
        }
    }
    Ok(link.connection.commit().await)
}

/// The next one has the database's own level, whatever that is.
async fn a_level_is_for_one_transaction(db: Subject) -> Verdict {
    let own = {
        let table = zeros(&db).await?;
        reads_twice(&db, &table, &mut db.link().await?, &TransactionOptions::default()).await?
    };
    for level in [Isolation::ReadCommitted, Isolation::Serializable] {
        let table = zeros(&db).await?;
        let mut link = db.link().await?;
        match link.connection.begin(&at(level)).await {
            Err(Error::Unsupported { .. }) => continue,
            begun => begun?,
        }
        number(&mut link, &table).await?;
        link.commit().await?;
        let next = reads_twice(&db, &table, &mut link, &TransactionOptions::default()).await?;
        same(
            format!(
                "whether a transaction of the database's own level, after one at {level}, sees the same again"
            ),
            &own,
            &next,
        )?;
    }
    Ok(())
}
