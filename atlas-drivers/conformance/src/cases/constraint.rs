//! Writes that the database refuses.

use atlas_core::{
    ConstraintKind, Error,
    schema::Action,
    statement::ArithmeticOp,
    value::{
        ColumnType::{self, I64, Text},
        Value,
    },
};

use crate::{
    case::{Verdict, cases},
    expect::{ensure, same, violates},
    expression::{Operators, Refine, raw, value},
    subject::Subject,
    table::{column, id},
};

cases! {
    a_taken_key,
    a_taken_unique_value,
    a_taken_unique_pair,
    null_where_none_is_taken,
    a_left_out_column_without_a_default,
    a_parent_that_is_not_there needs ForeignKeys,
    a_check needs Raw,
    what_a_column_cannot_hold,
    the_connection_goes_on,
}

async fn a_taken_key(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    let error = db.fails(table.insert(&["id"], [vec![1.into()]])).await?;
    violates(&error, ConstraintKind::Unique, table.name(), &["id"])?;
    ensure(error.is_unique_violation(), || format!("expected a unique violation, found {error:?}"))
}

async fn a_taken_unique_value(db: Subject) -> Verdict {
    let table = db.create(db.plan([id(), column("email", Text)]).unique(&["email"])).await?;
    let row = |id: i64, email: &str| table.insert(&["id", "email"], [vec![id.into(), email.into()]]);
    db.run(row(1, "a@b")).await?;
    violates(&db.fails(row(2, "a@b")).await?, ConstraintKind::Unique, table.name(), &["email"])?;
    db.run(row(2, "c@d")).await?;
    let update = table.update([("email", value("a@b"))]).filter(table.get("id").is(2));
    violates(&db.fails(update).await?, ConstraintKind::Unique, table.name(), &["email"])
}

async fn a_taken_unique_pair(db: Subject) -> Verdict {
    let table = db
        .create(db.plan([id(), column("first name", Text), column("b", I64)]).unique(&["first name", "b"]))
        .await?;
    let row =
        |id: i64, b: i64| table.insert(&["id", "first name", "b"], [vec![id.into(), "x".into(), b.into()]]);
    db.run(row(1, 1)).await?;
    db.run(row(2, 2)).await?;
    violates(&db.fails(row(3, 2)).await?, ConstraintKind::Unique, table.name(), &["first name", "b"])
}

async fn null_where_none_is_taken(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64)]).await?;
    let error = db.fails(table.insert(&["id", "n"], [vec![1.into(), Value::Null]])).await?;
    violates(&error, ConstraintKind::NotNull, table.name(), &["n"])?;
    let Error::Constraint { columns, .. } = &error else { return Ok(()) };
    same("the column that is named", &vec!["n".to_owned()], columns)
}

async fn a_left_out_column_without_a_default(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64)]).await?;
    let error = db.fails(table.insert(&["id"], [vec![1.into()]])).await?;
    violates(&error, ConstraintKind::NotNull, table.name(), &["n"])
}

async fn a_parent_that_is_not_there(db: Subject) -> Verdict {
    let parents = db.table([id()]).await?;
    let plan = db.plan([id(), column("parent", I64).nullable()]).references(
        "parent",
        parents.name(),
        Action::NoAction,
    );
    let children = db.create(plan).await?;
    let child = |id: i64, parent: Value| children.insert(&["id", "parent"], [vec![id.into(), parent]]);
    violates(&db.fails(child(1, 7.into())).await?, ConstraintKind::ForeignKey, children.name(), &["parent"])?;
    db.run(child(1, Value::Null)).await?;
    db.run(parents.insert(&["id"], [vec![7.into()]])).await?;
    db.run(child(2, 7.into())).await?;
    let update = children.update([("parent", value(8))]).filter(children.get("id").is(2));
    violates(&db.fails(update).await?, ConstraintKind::ForeignKey, children.name(), &["parent"])
}

async fn a_check(db: Subject) -> Verdict {
    let name = db.fresh_name();
    db.run(raw(format!("CREATE TABLE {name} (n INTEGER CHECK (n > 0))"), [])).await?;
    let error = db.fails(raw(format!("INSERT INTO {name} (n) VALUES (?)"), [Value::I64(-1)])).await?;
    let kind = match &error {
        Error::Constraint { kind, .. } => Some(*kind),
        _ => None,
    };
    ensure(kind == Some(ConstraintKind::Check), || {
        format!("expected a check constraint error, found {error:?}")
    })
}

/// A column takes no value that its field could not read back, also where the database itself reckons it.
async fn what_a_column_cannot_hold(db: Subject) -> Verdict {
    use ArithmeticOp::{Add, Mul, Sub};
    let cases: [(ColumnType, i64, ArithmeticOp); 17] = [
        (ColumnType::U8, 0, Sub),
        (ColumnType::U16, 0, Sub),
        (ColumnType::U32, 0, Sub),
        (ColumnType::U64, 0, Sub),
        (ColumnType::U8, u8::MAX.into(), Add),
        (ColumnType::U16, u16::MAX.into(), Add),
        (ColumnType::U32, u32::MAX.into(), Add),
        (ColumnType::I8, i8::MIN.into(), Sub),
        (ColumnType::I16, i16::MIN.into(), Sub),
        (ColumnType::I32, i32::MIN.into(), Sub),
        (ColumnType::I64, i64::MIN, Sub),
        (ColumnType::I8, i8::MAX.into(), Add),
        (ColumnType::I16, i16::MAX.into(), Add),
        (ColumnType::I32, i32::MAX.into(), Add),
        (ColumnType::I64, i64::MAX, Add),
        (ColumnType::I32, i32::MAX.into(), Mul),
        (ColumnType::I64, i64::MAX, Mul),
    ];
    for (ty, edge, op) in cases {
        let table = db.table([id(), column("n", ty), column("m", ty).nullable()]).await?;
        db.run(table.insert(&["id", "n"], [vec![1.into(), edge.into()]])).await?;
        let by = if op == Mul { value(2) } else { value(1) };
        let update = table.update([("n", table.get("n").calculate(op, by))]);
        let error = db.fails(update.filter(table.get("id").is(1))).await?;
        violates(&error, ConstraintKind::Check, table.name(), &["n"])?;
        let found = db.one::<i64>(table.select(&["n"])).await?;
        same(format!("the {ty:?} after a change that it cannot hold"), &edge, &found)?;
    }
    Ok(())
}

/// An error of a statement is not an error of its connection.
async fn the_connection_goes_on(db: Subject) -> Verdict {
    let table = db.table([id(), column("n", I64)]).await?;
    let mut link = db.link().await?;
    for id in 0..20i64 {
        link.fails(table.insert(&["id", "n"], [vec![id.into(), Value::Null]])).await?;
        link.run(table.insert(&["id", "n"], [vec![id.into(), 1.into()]])).await?;
        link.fails(table.insert(&["id", "n"], [vec![id.into(), 1.into()]])).await?;
    }
    same("the rows of the statements that did not fail", &20, &link.rows(table.select(&["id"])).await?.len())
}
