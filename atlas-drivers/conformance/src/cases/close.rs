//! The end. It is the last module: there is no driver after it.

use atlas_core::{
    Error,
    schema::{Name, SchemaChange},
    statement::Statement,
    value::Value,
};

use crate::{
    abandon::after_polls,
    case::{Failure, Verdict, cases},
    expect::{ensure, same},
    subject::Subject,
    table::id,
};

cases! { close_lets_statements_finish_and_refuses_new_ones }

async fn close_lets_statements_finish_and_refuses_new_ones(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], (0..1_000).map(|id| vec![Value::I64(id)]))).await?;
    same("the rows before the end", &1_000, &db.rows(table.select(&["id"])).await?.len())?;

    // The statement that runs when the end comes is the one that tidies up.
    let drop_table = Statement::Schema(SchemaChange::DropTable(Name::Owned(table.name().to_owned())));
    let mut link = db.link().await?;
    let mut running = Box::pin(async move { link.send(&drop_table, ()).await.map(|_| ()) });
    let early = after_polls(1, &mut running).await;
    let closing = {
        let driver = db.driver().clone();
        tokio::spawn(async move { driver.close().await })
    };
    match early {
        Some(answer) => answer?,
        None => running
            .as_mut()
            .await
            .map_err(|error| Failure::from(error).during("a statement that ran when the end came"))?,
    }
    drop(running);
    closing.await.map_err(|panicked| Failure::broken(format_args!("close panicked: {panicked}")))?;

    match db.driver().acquire().await {
        Err(Error::Closed { .. }) => {}
        Err(error) => {
            return Err(Failure::broken(format_args!(
                "acquire after close: expected Closed, found {error:?}"
            )));
        }
        Ok(_) => return Err(Failure::broken("acquire after close: expected Closed, found a connection")),
    }
    match db.driver().server_version().await {
        Err(Error::Closed { .. }) => {}
        answer => {
            return Err(Failure::broken(format_args!(
                "server_version after close: expected Closed, found {answer:?}"
            )));
        }
    }
    let figures = db.driver().pool();
    same("the open connections after close", &(0, 0), &(figures.open, figures.idle))?;
    db.driver().close().await;
    let again = db.driver().acquire().await;
    ensure(again.is_err(), || {
        "acquire after the second close: expected Closed, found a connection".to_owned()
    })?;
    db.forget();
    Ok(())
}
