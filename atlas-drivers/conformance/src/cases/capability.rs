//! What the driver says that its database can do, it can; what it says that it cannot, is refused with
//! what to do instead. These cases are the first rows of the table of capabilities.

use atlas_core::{
    Error,
    schema::{Action, SchemaChange},
    statement::{Delete, Insert, Statement, Update},
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Capability, Failure, Verdict, cases},
    expect::{ensure, same},
    expression::{raw, value},
    sink::Collected,
    subject::Subject,
    table::{Table, column, id, names},
};

cases! {
    returning,
    update_returning,
    delete_returning,
    transactions,
    savepoints,
    transactional_schema,
    foreign_keys,
    raw_statements,
}

async fn one(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("n", I64)]).await?;
    db.run(row(&table, 1)).await?;
    Ok(table)
}

fn row(table: &Table, id: i64) -> Insert {
    table.insert(&["id", "n"], [vec![Value::I64(id), Value::I64(0)]])
}

/// Whether the driver claims it. Where it does not, `answer` must be a refusal, which ends the case.
fn claimed<T>(db: &Subject, capability: Capability, answer: Result<T, Error>) -> Verdict<T> {
    let claims = capability.is_in(db.driver().capabilities());
    match answer {
        Ok(done) if claims => Ok(done),
        Ok(_) => Err(Failure::broken(format_args!(
            "`{capability}` is not among the capabilities: expected Unsupported, found success"
        ))),
        Err(unsupported @ Error::Unsupported { .. }) if claims => Err(Failure::broken(format_args!(
            "`{capability}` is among the capabilities: expected success, found {unsupported:?}"
        ))),
        Err(Error::Unsupported { instead, .. }) if instead.is_empty() => {
            Err(Failure::broken(format_args!("`{capability}`: Unsupported does not say what to do instead")))
        }
        Err(unsupported @ Error::Unsupported { .. }) => Err(unsupported.into()),
        Err(error) if claims => Err(error.into()),
        Err(error) => Err(Failure::broken(format_args!(
            "`{capability}` is not among the capabilities: expected Unsupported, found {error:?}"
        ))),
    }
}

/// Rows that are to come back from a write, where nothing says how to find them.
async fn returning(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let insert = Insert { returning: names(&["id"]), ..row(&table, 2) };
    let mut link = db.link().await?;
    let answer = link.send(&insert.into(), Collected::default()).await;
    let (sink, _) = claimed(&db, Capability::Returning, answer)?;
    same("the rows that come back", &1, &sink.rows.len())
}

async fn update_returning(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let update = Update { returning: names(&["n"]), ..table.update([("n", value(7))]) };
    let mut link = db.link().await?;
    let answer = link.send(&update.into(), Collected::default()).await;
    let refused = answer.is_err();
    let answer = claimed(&db, Capability::UpdateReturning, answer);
    let expected = if refused { 0 } else { 7 };
    same("the number after the update", &expected, &link.one::<i64>(table.select(&["n"])).await?)?;
    same("the rows that come back", &1, &answer?.0.rows.len())
}

async fn delete_returning(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let delete = Delete { returning: names(&["n"]), ..table.delete() };
    let mut link = db.link().await?;
    let answer = link.send(&delete.into(), Collected::default()).await;
    let refused = answer.is_err();
    let answer = claimed(&db, Capability::DeleteReturning, answer);
    let expected = usize::from(refused);
    same("the rows after the delete", &expected, &link.rows(table.select(&["n"])).await?.len())?;
    same("the rows that come back", &1, &answer?.0.rows.len())
}

async fn transactions(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut link = db.link().await?;
    let answer = link.connection.begin(&Default::default()).await;
    claimed(&db, Capability::Transactions, answer)?;
    link.run(row(&table, 2)).await?;
    link.rollback().await?;
    same("the rows after the rollback", &1, &link.rows(table.select(&["id"])).await?.len())
}

async fn savepoints(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut link = db.link().await?;
    if Capability::Transactions.is_in(db.driver().capabilities()) {
        link.begin().await?;
    }
    let answer = link.connection.begin(&Default::default()).await;
    claimed(&db, Capability::Savepoints, answer)?;
    link.run(row(&table, 2)).await?;
    link.rollback().await?;
    link.run(row(&table, 3)).await?;
    link.commit().await?;
    same("the rows in the end", &2, &link.rows(table.select(&["id"])).await?.len())
}

/// A change that would stay, and with it end the transaction that it was made in, is refused there.
async fn transactional_schema(db: Subject) -> Verdict {
    if !Capability::Transactions.is_in(db.driver().capabilities()) {
        return Ok(());
    }
    let table = one(&db).await?;
    let new = db.plan([id()]);
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(row(&table, 2)).await?;
    let create = Statement::Schema(SchemaChange::CreateTable(new.schema.clone()));
    let answer = link.send(&create, ()).await;
    let claimed = claimed(&db, Capability::TransactionalSchema, answer).map(drop);
    if let Err(Failure::Broken(_)) = claimed {
        return claimed;
    }
    // A refused change has changed nothing: the transaction is still there, and undone as a whole.
    link.rollback().await?;
    same("the rows after the rollback", &vec![1], &link.column::<i64>(table.select(&["id"])).await?)?;
    let error = link.fails(new.select(&["id"])).await?;
    ensure(matches!(error, Error::MissingTable { .. }), || {
        format!("expected MissingTable, found {error:?}")
    })?;
    claimed
}

async fn foreign_keys(db: Subject) -> Verdict {
    let parents = one(&db).await?;
    let plan = db.plan([id(), column("parent", I64)]);
    let children = plan.references("parent", parents.name(), Action::NoAction);
    let mut link = db.link().await?;
    let create = Statement::Schema(SchemaChange::CreateTable(children.schema.clone()));
    let answer = link.send(&create, ()).await;
    claimed(&db, Capability::ForeignKeys, answer)?;
    let orphan = children.insert(&["id", "parent"], [vec![1.into(), 9.into()]]);
    link.is_refused("a row whose parent is not there", orphan).await
}

async fn raw_statements(db: Subject) -> Verdict {
    let table = one(&db).await?;
    let mut link = db.link().await?;
    let text = raw(format!("SELECT id FROM {}", table.name()), []);
    let answer = link.send(&text.into(), Collected::default()).await;
    let (sink, _) = claimed(&db, Capability::Raw, answer)?;
    same("the rows", &1, &sink.rows.len())
}
