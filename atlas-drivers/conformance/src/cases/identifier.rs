//! Names that are words of the language, or no words at all.

use atlas_core::{
    ConstraintKind,
    statement::{Insert, OnConflict, Update},
    value::{ColumnType::I64, Value},
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{same, violates},
    expression::{Operators, Refine, ascending, value},
    sink::Collected,
    subject::Subject,
    table::{Table, column, id, names},
};

cases! { of_columns, of_tables, that_would_end_the_statement }

async fn of_columns(db: Subject) -> Verdict {
    const NAMES: [&str; 18] = [
        "select",
        "order",
        "group",
        "from",
        "key",
        "default",
        "or\"der",
        "back`tick",
        "it's",
        "two words",
        "a.b",
        "a?b",
        "$1",
        ":name",
        "ünï",
        "UPPER",
        "back\\slash",
        "[x]",
    ];
    for name in NAMES {
        let failure = async { one_column(&db, name).await };
        failure.await.map_err(|failure| failure.during(format_args!("a column named {name:?}")))?;
    }
    Ok(())
}

async fn one_column(db: &Subject, name: &'static str) -> Verdict {
    let table = db.create(db.plan([id(), column(name, I64)]).unique(&[name])).await?;
    let row = |id: i64, n: i64| table.insert(&["id", name], [vec![id.into(), n.into()]]);
    db.run(row(1, 10)).await?;
    let rows = Insert { on_conflict: OnConflict::Ignore, ..row(2, 10) };
    same("the affected rows of an ignored insert", &0, &db.run(rows).await?)?;
    let on_conflict = OnConflict::Update {
        by: names(&[name]),
        columns: names(&["id"]),
        set: Vec::new(),
        same: Vec::new(),
        filter: None,
    };
    db.run(Insert { on_conflict, ..row(3, 10) }).await?;
    let select =
        table.read([table.get(name)]).filter(table.get(name).is(10)).order([ascending(table.get(name))]);
    same("the value", &10, &db.one::<i64>(select).await?)?;
    // The projection by names needs a static list, and gives the row its names.
    let list: &'static [&'static str] = Box::leak(Box::new([name]));
    let sink = db.link().await?.fill(table.select(list), Collected::default()).await?;
    same("the name in the row", &vec![name.to_owned()], &sink.names)?;
    let update = table.update([(name, value(20))]).filter(table.get(name).is(10));
    // Some databases give back the rows of inserts alone.
    let returning = Update { returning: names(&[name]), ..update.clone() };
    let affected = match db.run(returning).await {
        Err(Failure::Unsupported { .. }) => db.run(update).await,
        affected => affected,
    };
    same("the affected rows of an update", &1, &affected?)?;
    violates(&db.fails(row(4, 20)).await?, ConstraintKind::Unique, table.name(), &[name])?;
    same("the affected rows of a delete", &1, &db.run(table.delete().filter(table.get(name).is(20))).await?)
}

async fn of_tables(db: Subject) -> Verdict {
    for characters in
        ["or\"der", "back`tick", "it's", "two words", "ünï", "a?b", "UPPER", "[x]", "--", "order by"]
    {
        let name = db.fresh_name_with(characters);
        let used = one_table(&db, Table::new(name, [id(), column("n", I64)]).unique(&["n"])).await;
        used.map_err(|failure| failure.during(format_args!("a table with {characters:?} in its name")))?;
    }
    Ok(())
}

async fn one_table(db: &Subject, table: Table) -> Verdict {
    let table = db.create(table).await?;
    db.run(table.insert(&["id", "n"], [vec![1.into(), 10.into()]])).await?;
    same("the row", &10, &db.one::<i64>(table.select(&["n"])).await?)?;
    let taken = table.insert(&["id", "n"], [vec![2.into(), 10.into()]]);
    violates(&db.fails(taken).await?, ConstraintKind::Unique, table.name(), &["n"])?;
    same("the affected rows of an update", &1, &db.run(table.update([("n", value(11))])).await?)?;
    same("the affected rows of a delete", &1, &db.run(table.delete().limit(1)).await?)
}

async fn that_would_end_the_statement(db: Subject) -> Verdict {
    let victim = db.table([id()]).await?;
    db.run(victim.insert(&["id"], [vec![Value::I64(1)]])).await?;
    let attack: &'static str = Box::leak(format!("x\"; DROP TABLE {}; --", victim.name()).into_boxed_str());
    let answer = db.link().await?.send(&victim.select(Box::leak(Box::new([attack]))).into(), ()).await;
    same("whether a column of that name was found", &false, &answer.is_ok())?;
    let texts = [attack, "'; DELETE FROM x; --", "1 OR 1=1"];
    for text in texts {
        let found = db
            .link()
            .await?
            .send(&victim.select(&["id"]).filter(value(text).is("x")).into(), Collected::default())
            .await?;
        same("the rows of a condition that does not hold", &0, &found.0.rows.len())?;
    }
    same("the rows of the victim", &vec![1], &db.column::<i64>(victim.select(&["id"])).await?)
}
