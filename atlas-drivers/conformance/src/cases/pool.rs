//! What the driver says of its server and its connections.

use std::time::{Duration, Instant};

use atlas_core::{
    driver::PoolFigures,
    value::{ColumnType::I64, Value},
};
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    expression::count,
    patience::{AT_ONCE, at_once},
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    the_server_has_a_version,
    figures_add_up_at_any_time,
    a_held_transaction_is_in_use needs Transactions,
    who_waits_is_counted needs Transactions,
}

async fn the_server_has_a_version(db: Subject) -> Verdict {
    let asked = async || {
        let version = db.driver().server_version().await;
        version.map_err(|error| Failure::from(error).during("server_version"))
    };
    let version = asked().await?;
    ensure(version.contains(|character: char| character.is_ascii_digit()), || {
        format!("expected a version with a number in it, found {version:?}")
    })?;
    same("the version, asked for again", &version, &asked().await?)
}

fn adds_up(figures: &PoolFigures) -> Verdict {
    let PoolFigures { max, open, idle, .. } = figures;
    ensure(*max > 0 && max >= open && open >= idle, || {
        format!("expected max >= open >= idle, and max above 0, found {figures:?}")
    })
}

/// Waits until nothing is in use: a connection may be cleaned after its last user has gone.
async fn at_rest(db: &Subject) -> Verdict {
    let since = Instant::now();
    loop {
        let figures = db.driver().pool();
        adds_up(&figures)?;
        if figures.in_use() == 0 && figures.oldest_use.is_none() && figures.waiting == 0 {
            return Ok(());
        }
        ensure(since.elapsed() < AT_ONCE, || {
            format!("expected nothing in use and nobody waiting after all have gone, found {figures:?}")
        })?;
        sleep(Duration::from_millis(5)).await;
    }
}

async fn figures_add_up_at_any_time(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64)]).await?;
    at_rest(&db).await?;
    let work: Vec<JoinHandle<Verdict>> = (0..16i64)
        .map(|task| {
            let (db, table) = (db.clone(), table.clone());
            tokio::spawn(async move {
                for round in 0..5 {
                    db.run(table.insert(&["id", "n"], [vec![Value::I64(task * 5 + round), Value::I64(0)]]))
                        .await?;
                    db.one::<i64>(table.read([count()])).await?;
                }
                Ok(())
            })
        })
        .collect();
    for task in work {
        while !task.is_finished() {
            adds_up(&db.driver().pool())?;
            tokio::task::yield_now().await;
        }
        task.await.map_err(|panicked| Failure::broken(format_args!("a task panicked: {panicked}")))??;
    }
    at_rest(&db).await
}

async fn a_held_transaction_is_in_use(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    at_rest(&db).await?;
    for round in 0..3i64 {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(table.insert(&["id"], [vec![Value::I64(round)]])).await?;
        let held = Duration::from_millis(20);
        sleep(held).await;
        let figures = db.driver().pool();
        adds_up(&figures)?;
        ensure(figures.in_use() > 0, || {
            format!("a transaction is held: expected a connection in use, found {figures:?}")
        })?;
        // Clocks of servers and timers are not this exact.
        ensure(figures.oldest_use.is_some_and(|oldest| oldest >= held / 2 && oldest < AT_ONCE), || {
            format!(
                "a transaction has been held for {held:?}: expected `oldest_use` to say so, found {figures:?}"
            )
        })?;
        match round {
            0 => link.commit().await?,
            1 => link.rollback().await?,
            _ => {}
        }
        drop(link);
        at_rest(&db).await?;
    }
    Ok(())
}

/// Transactions are begun until one has to wait.
async fn who_waits_is_counted(db: Subject) -> Verdict {
    const MANY: u32 = 50;
    let table = db.table([id()]).await?;
    at_rest(&db).await?;
    let max = db.driver().pool().max;
    if max > MANY {
        return Ok(());
    }
    let holders = (0..=max).map(|holder| hold(&db, &table, holder.into())).collect::<Vec<_>>();
    let waits = async {
        while db.driver().pool().waiting == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        adds_up(&db.driver().pool())
    };
    let counted = at_once("more transactions than connections: to see one in `waiting`", waits).await;
    for holder in &holders {
        holder.abort();
    }
    for holder in holders {
        drop(holder.await);
    }
    counted?;
    at_rest(&db).await
}

/// A transaction that is held until its task is ended.
fn hold(db: &Subject, table: &Table, id: i64) -> JoinHandle<Verdict> {
    let (db, table) = (db.clone(), table.clone());
    tokio::spawn(async move {
        let mut link = db.link().await?;
        link.begin().await?;
        link.run(table.insert(&["id"], [vec![Value::I64(id)]])).await?;
        std::future::pending().await
    })
}
