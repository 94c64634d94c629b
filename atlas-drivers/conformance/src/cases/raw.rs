//! Statements in the database's own language.

use atlas_core::value::{
    ColumnType::{I64, Text},
    Value,
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, raw},
    sink::Collected,
    subject::Subject,
    table::{Table, column, id},
};

cases! {
    values_are_bound needs Raw,
    places_are_found_outside_quotes_and_comments needs Raw,
    a_doubled_question_mark_is_one needs Raw,
    too_few_or_too_many_values needs Raw,
    writes_tell_how_many_rows needs Raw,
    values_never_become_text needs Raw,
}

async fn stored(db: &Subject) -> Verdict<Table> {
    let table = db.table([id(), column("s", Text), column("n", I64).nullable()]).await?;
    let rows = [vec![1.into(), "what?".into(), 10.into()], vec![2.into(), "it's".into(), Value::Null]];
    db.run(table.insert(&["id", "s", "n"], rows)).await?;
    Ok(table)
}

async fn values_are_bound(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let text = format!("SELECT id, s AS name FROM {} WHERE s = ? AND id < ?", table.name());
    let sink = db.link().await?.fill(raw(text, ["it's".into(), 5.into()]), Collected::default()).await?;
    same("the names of the columns", &vec!["id".to_owned(), "name".to_owned()], &sink.names)?;
    let found: Verdict<Vec<(i64, String)>> =
        sink.rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect();
    same("the rows", &vec![(2, "it's".to_owned())], &found?)
}

async fn places_are_found_outside_quotes_and_comments(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let name = table.name();
    for text in [
        format!("SELECT id FROM {name} WHERE s = 'what?' AND id = ?"),
        format!("SELECT id FROM {name} WHERE s <> 'it''s ?' AND id = ?"),
        format!("SELECT id /* who? */ FROM {name} WHERE id = ?"),
        format!("SELECT id -- who?\nFROM {name} WHERE id = ?"),
    ] {
        same(&text, &vec![1], &db.column::<i64>(raw(text.clone(), [1.into()])).await?)?;
    }
    Ok(())
}

/// Some databases have operators with one, others have not: what would be sent is looked at.
async fn a_doubled_question_mark_is_one(db: Subject) -> Verdict {
    for (text, expected) in [("a ?? b", "a ? b"), ("a ??| b ??& c", "a ?| b ?& c"), ("'??' ?? b", "'??' ? b")]
    {
        let rendered = db.driver().render(&raw(text, []).into())?;
        same(format!("what is sent of {text:?}"), expected, rendered.text.as_str())?;
    }
    let rendered = db.driver().render(&raw("a ?? b = ?", [Value::I64(5)]).into())?;
    same("the values of a text with one place", &vec![Value::I64(5)], &rendered.binds)?;
    ensure(rendered.text.starts_with("a ? b = "), || {
        format!("expected \"a ? b = …\", found {:?}", rendered.text)
    })?;
    // Within quotes there is nothing to double.
    let table = stored(&db).await?;
    db.run(table.insert(&["id", "s"], [vec![3.into(), "what??".into()]])).await?;
    let text = format!("SELECT id FROM {} WHERE s = 'what??' AND id < ?", table.name());
    same(&text, &vec![3], &db.column::<i64>(raw(text.clone(), [9.into()])).await?)
}

async fn too_few_or_too_many_values(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let text = format!("SELECT id FROM {} WHERE id = ?", table.name());
    for binds in [vec![], vec![1.into(), 2.into()]] {
        let count = binds.len();
        let answer = db.link().await?.send(&raw(text.clone(), binds).into(), ()).await;
        ensure(answer.is_err(), || {
            format!("one place and {count} values: expected an error, found success")
        })?;
    }
    same("the rows afterwards", &1, &db.rows(raw(text, [1.into()])).await?.len())
}

async fn writes_tell_how_many_rows(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let name = table.name();
    same(
        "the affected rows of an insert",
        &1,
        &db.run(raw(format!("INSERT INTO {name} (id, s) VALUES (?, ?)"), [3.into(), "x".into()])).await?,
    )?;
    same(
        "the affected rows of an update",
        &3,
        &db.run(raw(format!("UPDATE {name} SET n = ?"), [1.into()])).await?,
    )?;
    same(
        "the affected rows of a delete",
        &2,
        &db.run(raw(format!("DELETE FROM {name} WHERE id < ?"), [3.into()])).await?,
    )?;
    same(
        "the rows left",
        &vec![3],
        &db.column::<i64>(table.select(&["id"]).filter(table.get("n").is(1))).await?,
    )
}

async fn values_never_become_text(db: Subject) -> Verdict {
    let table = stored(&db).await?;
    let attack = format!("x' OR '1'='1'; DROP TABLE {}; --", table.name());
    let text = format!("SELECT id FROM {} WHERE s = ?", table.name());
    same("the rows", &0, &db.rows(raw(text, [attack.into()])).await?.len())?;
    same("the rows of the table", &2, &db.rows(table.select(&["id"])).await?.len())
}
