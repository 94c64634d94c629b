//! What a statement would look like.

use atlas_core::{
    statement::{Insert, OnConflict, Statement},
    value::{ColumnType::Text, Value},
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, value},
    subject::Subject,
    table::{column, id},
};

cases! { values_are_not_in_the_text, nothing_is_done }

const SECRET: &str = "s3cret'; --";

async fn values_are_not_in_the_text(db: Subject) -> Verdict {
    let table = db.plan([id(), column("s", Text)]);
    let statements: [Statement; 5] = [
        table.select(&["id"]).filter(table.get("s").is(SECRET)).into(),
        table.select(&["id"]).filter(table.get("s").within([SECRET])).into(),
        Insert {
            on_conflict: OnConflict::Ignore,
            ..table.insert(&["id", "s"], [vec![1.into(), SECRET.into()]])
        }
        .into(),
        table.update([("s", value(SECRET))]).into(),
        table.delete().filter(table.get("s").like(SECRET)).into(),
    ];
    for statement in statements {
        let rendered = db.driver().render(&statement)?;
        ensure(!rendered.text.is_empty(), || format!("expected a text, found none for {statement:?}"))?;
        ensure(!rendered.text.contains("s3cret"), || format!("a value is in the text: {}", rendered.text))?;
        same("the text that is displayed", &rendered.text, &rendered.to_string())?;
        let bound = rendered.binds.iter().any(|bind| match bind {
            Value::Text(text) | Value::Json(text) => text.contains("s3cret"),
            _ => false,
        });
        ensure(bound, || format!("expected the value among the binds, found {:?}", rendered.binds))?;
    }
    Ok(())
}

async fn nothing_is_done(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    db.driver().render(&table.delete().into())?;
    same("the rows after a delete was rendered", &1, &db.rows(table.select(&["id"])).await?.len())
}
