//! What a statement would look like.

use atlas_core::{
    error::Error,
    statement::{Expr, Insert, OnConflict, Statement},
    value::{ColumnType::Text, Value},
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same},
    expression::{Operators, Refine, value},
    subject::Subject,
    table::{column, id},
};

cases! { values_are_not_in_the_text, values_are_in_the_text_for_people, nothing_is_done }

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

/// Where a driver does it.
async fn values_are_in_the_text_for_people(db: Subject) -> Verdict {
    let table = db.plan([id(), column("s", Text)]);
    let filter = Expr::Or(vec![table.get("s").is("plain"), table.get("s").is(SECRET)]);
    let select = table.select(&["id"]).filter(filter);
    let statement = select.into();
    // What cannot be written for people can be written for the database.
    let text = db.driver().render(&statement)?.text;
    ensure(!text.is_empty(), || format!("expected a text, found none for {statement:?}"))?;
    match db.driver().show(&statement, &|value| *value == SECRET.into()) {
        Ok(text) => {
            ensure(text.contains("plain"), || format!("a value is not in the text: {text}"))?;
            ensure(!text.contains("s3cret"), || format!("what is to be hidden is in the text: {text}"))
        }
        Err(Error::Unsupported { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

async fn nothing_is_done(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    db.driver().render(&table.delete().into())?;
    same("the rows after a delete was rendered", &1, &db.rows(table.select(&["id"])).await?.len())
}
