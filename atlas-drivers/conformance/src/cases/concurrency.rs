//! Many tasks at once.

use atlas_core::{
    Error,
    driver::TransactionOptions,
    statement::ArithmeticOp,
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::same,
    expression::{Operators, Refine, aggregate, count, value},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    tasks_write_and_read,
    tasks_add_to_one_row,
    transactions_take_their_turn needs Transactions,
    readers_go_on_beside_a_writer,
}

const TASKS: i64 = 32;
const ROUNDS: i64 = 10;

/// Runs the same for each number in a task of its own, and gives their first failure.
async fn in_tasks<F, Fut>(task: F) -> Verdict
where
    F: Fn(i64) -> Fut,
    Fut: Future<Output = Verdict> + Send + 'static,
{
    let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(task(number))).collect();
    for task in tasks {
        task.await.map_err(|panicked| Failure::broken(format_args!("a task panicked: {panicked}")))??;
    }
    Ok(())
}

async fn numbers(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    db.run(table.insert(&["id", "n"], [vec![Value::I64(-1), Value::I64(0)]])).await?;
    Ok(table)
}

async fn tasks_write_and_read(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    in_tasks(|task| {
        let (db, table) = (db.clone(), table.clone());
        async move {
            for round in 0..ROUNDS {
                let id = task * ROUNDS + round;
                db.run(table.insert(&["id", "n"], [vec![id.into(), task.into()]])).await?;
                let found: i64 = db.one(table.select(&["n"]).filter(table.get("id").is(id))).await?;
                same("a task's own row", &task, &found)?;
            }
            Ok(())
        }
    })
    .await?;
    same("the rows of all tasks", &(TASKS * ROUNDS + 1), &db.one::<i64>(table.read([count()])).await?)
}

async fn tasks_add_to_one_row(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    in_tasks(|_| {
        let (db, table) = (db.clone(), table.clone());
        async move {
            for _ in 0..ROUNDS {
                let more = table.get("n").calculate(ArithmeticOp::Add, value(1));
                same("the affected rows", &1, &db.run(table.update([("n", more)])).await?)?;
            }
            Ok(())
        }
    })
    .await?;
    same("the sum of all tasks", &(TASKS * ROUNDS), &db.one::<i64>(table.select(&["n"])).await?)
}

/// Each reads what it will write within one transaction that writes first; what the database cannot
/// order it says, and is asked again.
async fn transactions_take_their_turn(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    in_tasks(|task| {
        let (db, table) = (db.clone(), table.clone());
        async move {
            for round in 0..ROUNDS {
                let mut tries = 0;
                while let Err(error) = turn(&db, &table, task * ROUNDS + round).await? {
                    tries += 1;
                    if !error.is_retryable() || tries > 200 {
                        return Err(
                            Failure::from(error).during(format_args!("a transaction, after {tries} tries"))
                        );
                    }
                }
            }
            Ok(())
        }
    })
    .await?;
    let rows = db
        .rows(table.read([aggregate(atlas_core::statement::Aggregate::Max, table.get("n")), count()]))
        .await?;
    let Some(row) = rows.first() else { return same("the number of rows", &1, &0) };
    same("the counter", &(TASKS * ROUNDS), &row.get(0)?)?;
    same("the rows of all transactions", &(TASKS * ROUNDS + 1), &row.get(1)?)
}

/// One transaction: counts up, and writes a row. The driver's error is an answer, the rest is not.
async fn turn(db: &Subject, table: &Table, id: i64) -> Verdict<Result<(), Error>> {
    let mut link = db.link().await?;
    let more = table.get("n").calculate(ArithmeticOp::Add, value(1));
    let steps = [
        table.update([("n", more)]).filter(table.get("id").is(-1)).into(),
        table.insert(&["id", "n"], [vec![id.into(), Value::I64(0)]]).into(),
    ];
    if let Err(error) = link.connection.begin(&TransactionOptions::default()).await {
        return Ok(Err(error));
    }
    for step in &steps {
        if let Err(error) = link.send(step, ()).await {
            return Ok(Err(error));
        }
        tokio::task::yield_now().await;
    }
    Ok(link.connection.commit().await)
}

async fn readers_go_on_beside_a_writer(db: Subject) -> Verdict {
    let table = numbers(&db).await?;
    in_tasks(|task| {
        let (db, table) = (db.clone(), table.clone());
        async move {
            for round in 0..ROUNDS {
                if task == 0 {
                    let rows = (0..500).map(|n| vec![Value::I64(round * 500 + n), Value::I64(1)]);
                    db.run(table.insert(&["id", "n"], rows)).await?;
                } else {
                    // A statement's rows are there together or not at all.
                    let found: i64 = db.one(table.read([count()])).await?;
                    same("the rows beyond whole statements", &0, &((found - 1) % 500))?;
                }
            }
            Ok(())
        }
    })
    .await
}
