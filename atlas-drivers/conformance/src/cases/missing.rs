//! Tables and columns that are not there.

use atlas_core::{
    Error,
    statement::{Expr, Statement},
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, ascending, bare, raw, value},
    subject::Subject,
    table::{Table, id},
};

cases! { tables, columns, nonsense needs Raw }

async fn tables(db: Subject) -> Verdict {
    let table = db.plan([id()]);
    let statements: [(_, Statement); 5] = [
        ("select", table.select(&["id"]).into()),
        ("insert", table.insert(&["id"], [vec![1.into()]]).into()),
        ("update", table.update([("id", value(1))]).into()),
        ("delete", table.delete().into()),
        ("a limited delete", table.delete().order([ascending(table.get("id"))]).limit(1).into()),
    ];
    for (what, statement) in statements {
        match db.fails(statement).await? {
            Error::MissingTable { table: named, .. } => {
                same(format!("the table that {what} names"), table.name(), &named)?
            }
            error => ensure(false, || format!("{what}: expected MissingTable, found {error:?}"))?,
        }
    }
    Ok(())
}

/// Some databases read a quoted name that is no column as a text: it must be an error all the same.
async fn columns(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    let nowhere = || Expr::Column(bare("nowhere"));
    let statements: [(_, Statement); 8] = [
        ("select", table.select(&["id", "nowhere"]).into()),
        ("select of an expression", table.read([nowhere()]).into()),
        ("filter", table.select(&["id"]).filter(nowhere().is("nowhere")).into()),
        ("order", table.select(&["id"]).order([ascending(nowhere())]).into()),
        (
            "insert",
            Table::new(table.schema.name.clone(), [id()])
                .insert(&["id", "nowhere"], [vec![2.into(), 1.into()]])
                .into(),
        ),
        ("update", table.update([("nowhere", value(1))]).into()),
        ("update to it", table.update([("id", nowhere())]).into()),
        ("delete", table.delete().filter(nowhere().null().negated()).into()),
    ];
    for (what, statement) in statements {
        match db.fails(statement).await? {
            Error::MissingColumn { column, .. } => {
                ensure(column.contains("nowhere"), || {
                    format!("{what}: expected the column `nowhere`, found `{column}`")
                })?;
            }
            error => ensure(false, || format!("{what}: expected MissingColumn, found {error:?}"))?,
        }
    }
    same("the rows after all of it", &vec![1], &db.column::<i64>(table.select(&["id"])).await?)
}

async fn nonsense(db: Subject) -> Verdict {
    for text in ["this is no statement", "", "SELECT FROM", "SELECT (", "'"] {
        let error = db.fails(raw(text, [])).await?;
        ensure(matches!(error, Error::Driver { .. } | Error::Config { .. }), || {
            format!("{text:?}: expected Driver or Config, found {error:?}")
        })?;
    }
    let table = db.table([id()]).await?;
    same(
        "the affected rows of a statement afterwards",
        &1,
        &db.run(table.insert(&["id"], [vec![1.into()]])).await?,
    )
}
