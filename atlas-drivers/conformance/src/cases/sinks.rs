//! How rows are handed over.

use atlas_core::{
    Error,
    driver::RowSink,
    statement::{Insert, Statement},
    value::Value,
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending},
    sink::{Collected, Irrevocable, Slow, Stopping, same_sink},
    subject::{Link, Subject},
    table::{Table, id, names},
};

cases! {
    break_stops_the_rows,
    break_does_not_undo_a_write needs Returning,
    an_error_ends_the_statement,
    an_error_leaves_the_transaction_open needs Transactions,
    a_sink_without_room_is_waited_for,
    rows_in_order_whether_they_can_be_forgotten_or_not,
    a_batch_gives_every_sink_back,
    a_batch_ends_at_its_first_error,
}

const ROWS: i64 = 5_000;

async fn stored(db: &Subject) -> Verdict<Table> {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], (0..ROWS).map(|id| vec![Value::I64(id)]))).await?;
    Ok(table)
}

fn in_order(table: &Table) -> Statement {
    table.select(&["id"]).order([ascending(table.get("id"))]).into()
}

async fn works(link: &mut Link, table: &Table) -> Verdict {
    let found: i64 = link.one(table.select(&["id"]).filter(table.get("id").is(42))).await?;
    same("a row, on the same connection afterwards", &42, &found)
}

async fn break_stops_the_rows(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let mut link = db.link().await?;
    for after in [1, 2, 100] {
        let stopping = Stopping { after, with_error: false, seen: Vec::new() };
        let sink = link.fill(in_order(&table), stopping).await?;
        same("the rows handed over before the break", &after, &sink.seen.len())?;
        works(&mut link, &table).await?;
    }
    Ok(())
}

/// Whoever wants one row back still wrote all.
async fn break_does_not_undo_a_write(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    let insert =
        Insert { returning: names(&["id"]), ..table.insert(&["id"], (0..3).map(|id| vec![Value::I64(id)])) };
    let stopping = Stopping { after: 1, with_error: false, seen: Vec::new() };
    let sink = db.link().await?.fill(insert, stopping).await?;
    same("the rows handed over before the break", &vec![0], &sink.seen)?;
    same("the rows written", &3, &db.rows(table.select(&["id"])).await?.len())
}

fn is_the_sinks_own(error: &Error) -> bool {
    matches!(error, Error::Aborted { reason, .. } if reason == "the sink had enough")
}

async fn an_error_ends_the_statement(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let mut link = db.link().await?;
    for after in [1, 2, 100] {
        let failing = Stopping { after, with_error: true, seen: Vec::new() };
        match link.send(&in_order(&table), failing).await {
            Err(error) if is_the_sinks_own(&error) => {}
            Err(error) => {
                return Err(Failure::broken(format_args!("expected the sink's own error, found {error:?}")));
            }
            Ok(_) => return Err(Failure::broken("expected the sink's own error, found success")),
        }
        works(&mut link, &table).await?;
    }
    Ok(())
}

async fn an_error_leaves_the_transaction_open(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let row = |id: i64| table.insert(&["id"], [vec![id.into()]]);
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(-1)).await?;
    let failing = Stopping { after: 1, with_error: true, seen: Vec::new() };
    let failed = link.send(&in_order(&table), failing).await;
    ensure(failed.is_err(), || "expected the sink's own error, found success".to_owned())?;
    link.run(row(-2)).await?;
    link.commit().await?;
    drop(link);
    let kept: Vec<i64> = db
        .column(table.select(&["id"]).filter(table.get("id").lt(0)).order([ascending(table.get("id"))]))
        .await?;
    same("the rows of the transaction", &vec![-2, -1], &kept)
}

async fn a_sink_without_room_is_waited_for(db: Subject) -> Verdict {
    const FEW_DOZEN: usize = 100;
    let table = stored(&db).await?;
    let mut link = db.link().await?;
    let sink = link.fill(in_order(&table), Slow::default()).await?;
    ensure(sink.seen.iter().copied().eq(0..ROWS), || {
        format!("expected {ROWS} rows in order, found {}", sink.seen.len())
    })?;
    ensure(sink.longest_batch <= FEW_DOZEN, || {
        format!(
            "expected a question for room every few dozen rows, found {} rows without one",
            sink.longest_batch
        )
    })?;
    same("the rows handed over while there was no room", &0, &sink.intrusions)?;
    ensure(sink.pauses > 0, || {
        "expected the driver to wait for room, found that it never had to".to_owned()
    })?;
    works(&mut link, &table).await
}

/// A driver may send rows again, to a sink that forgets them; to another it goes on where it was.
async fn rows_in_order_whether_they_can_be_forgotten_or_not(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    let rows = 60_000;
    db.run(table.insert(&["id"], (0..rows).map(|id| vec![Value::I64(id)]))).await?;
    let mut link = db.link().await?;
    let sink = link.fill(in_order(&table), Collected::default()).await?;
    let found: Verdict<Vec<i64>> = sink.rows.iter().map(|row| row.get(0)).collect();
    let found = found?;
    ensure(found.iter().copied().eq(0..rows), || {
        format!("a sink that forgets: expected {rows} rows in order, each once, found {}", found.len())
    })?;
    let sink = link.fill(in_order(&table), Irrevocable::default()).await?;
    ensure(sink.seen.iter().copied().eq(0..rows), || {
        format!(
            "a sink that cannot forget: expected {rows} rows in order, each once, found {}",
            sink.seen.len()
        )
    })
}

async fn a_batch_gives_every_sink_back(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let by_key = |id: i64| -> Statement { table.select(&["id"]).filter(table.get("id").is(id)).into() };
    let statements = [by_key(3), table.insert(&["id"], [vec![Value::I64(-5)]]).into(), by_key(1), by_key(-9)];
    let mut link = db.link().await?;
    let batch = statements.iter().map(|statement| {
        let sink: Box<dyn RowSink> = Box::new(Collected::default());
        (statement, sink)
    });
    let answers = link.connection.run_many(batch.collect()).await?;
    same("the number of answers", &4, &answers.len())?;
    let mut found = Vec::new();
    for (sink, outcome) in answers {
        let ids: Verdict<Vec<i64>> =
            same_sink::<Collected>(sink)?.rows.iter().map(|row| row.get(0)).collect();
        found.push((ids?, outcome.affected));
    }
    let ids: Vec<Vec<i64>> = found.iter().map(|(ids, _)| ids.clone()).collect();
    same("the rows of each statement", &vec![vec![3], vec![], vec![1], vec![]], &ids)?;
    same("the affected rows of the insert", &Some(1), &found.get(1).map(|(_, affected)| *affected))?;
    let none = link.connection.run_many(Vec::new()).await?;
    same("the number of answers to no statements", &0, &none.len())?;
    works(&mut link, &table).await
}

async fn a_batch_ends_at_its_first_error(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let insert = |id: i64| -> Statement { table.insert(&["id"], [vec![id.into()]]).into() };
    let statements = [insert(-1), insert(7), insert(-2)];
    let mut link = db.link().await?;
    let batch =
        statements.iter().map(|statement| -> (_, Box<dyn RowSink>) { (statement, Box::new(())) }).collect();
    let answer = link.connection.run_many(batch).await;
    match answer {
        Err(error) if error.is_unique_violation() => {}
        Err(error) => {
            return Err(Failure::broken(format_args!("expected a unique violation, found {error:?}")));
        }
        Ok(_) => return Err(Failure::broken("expected a unique violation, found success")),
    }
    works(&mut link, &table).await
}
