//! Tables are created and dropped as they are described.

use atlas_core::{
    ConstraintKind, Error,
    schema::{Action, Name, SchemaChange, Truncate},
    statement::Statement,
    value::{
        ColumnType::{self, I64, Text},
        Value,
    },
};

use crate::{
    case::{Failure, Verdict, cases},
    expect::{ensure, same, violates, violates_one_of},
    expression::{Operators, Refine, ascending, value},
    subject::Subject,
    table::{Table, column, generated_id, id},
};

cases! {
    a_table_may_be_created_twice,
    a_table_that_is_there_stays_as_it_is,
    every_index_of_a_new_table_is_made,
    a_table_is_made_with_its_indexes_or_not_at_all needs TransactionalSchema,
    a_table_may_be_dropped_twice,
    a_dropped_table_is_gone,
    composite_keys_are_held,
    indexes_hold_what_they_say,
    defaults_of_every_type,
    default_expressions needs Raw,
    deleting_a_parent_acts_as_declared needs ForeignKeys,
    changing_a_parents_key_acts_as_declared needs ForeignKeys,
    a_table_may_refer_to_itself needs ForeignKeys,
    a_table_is_emptied,
    a_table_is_emptied_with_those_that_refer_to_it needs ForeignKeys,
    a_rolled_back_table_is_gone needs TransactionalSchema Transactions,
}

fn drop(table: &Table) -> Statement {
    Statement::Schema(SchemaChange::DropTable(table.schema.name.clone()))
}

async fn a_table_may_be_created_twice(db: Subject) -> Verdict {
    let table = db.create(db.plan([id(), column("v", Text).nullable()]).unique(&["v"])).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    let table = db.create(table).await?;
    same(
        "the rows of a table that was created again",
        &vec![1],
        &db.column::<i64>(table.select(&["id"])).await?,
    )
}

/// The program has gone on, the table not yet: nothing is added to it, and nothing fails.
async fn a_table_that_is_there_stays_as_it_is(db: Subject) -> Verdict {
    let old = db.table([id(), column("v", I64).nullable()]).await?;
    let new = Table::new(old.schema.name.clone(), [id(), column("v", I64).nullable(), column("w", I64)]);
    db.create(new.unique(&["w"]).unique(&["v"])).await?;
    db.run(old.insert(&["id", "v"], [vec![1.into(), 1.into()], vec![2.into(), 1.into()]])).await?;
    same("the rows of the old table", &2, &db.rows(old.select(&["id", "v"])).await?.len())
}

/// A name that is taken is an error where the database has it once for all tables; it is never a reason
/// to leave the index out.
async fn every_index_of_a_new_table_is_made(db: Subject) -> Verdict {
    let first = db.create(db.plan([id(), column("v", I64)]).unique(&["v"])).await?;
    let name = first.schema.indexes.first().map(|index| index.name.clone()).unwrap_or_default();
    let mut second = db.plan([id(), column("v", I64)]).unique(&["v"]);
    for index in &mut second.schema.indexes {
        index.name = name.clone();
    }
    let create = Statement::Schema(SchemaChange::CreateTable(second.schema.clone()));
    match db.link().await?.send(&create, ()).await {
        Ok(_) => {
            let row = |id: i64| second.insert(&["id", "v"], [vec![id.into(), 1.into()]]);
            db.run(row(1)).await?;
            violates(&db.fails(row(2)).await?, ConstraintKind::Unique, second.name(), &["v"])
        }
        Err(Error::Config { message }) => {
            ensure(message.contains(&*name) && message.contains(second.name()), || {
                format!("expected the index `{name}` and the table `{}`, found {message}", second.name())
            })?;
            ensure(message.contains(first.name()), || {
                format!("expected the table `{}` that has the name, found {message}", first.name())
            })
        }
        Err(error) => Err(Failure::broken(format_args!("expected Config, found {error:?}"))),
    }
}

async fn a_table_is_made_with_its_indexes_or_not_at_all(db: Subject) -> Verdict {
    let table = db.plan([id(), column("v", I64)]).unique(&["nowhere"]);
    db.fails(Statement::Schema(SchemaChange::CreateTable(table.schema.clone()))).await?;
    let error = db.fails(table.select(&["id"])).await?;
    ensure(matches!(error, Error::MissingTable { .. }), || format!("expected MissingTable, found {error:?}"))
}

async fn a_table_may_be_dropped_twice(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    same("the rows of a new table", &1, &db.rows(table.select(&["id"])).await?.len())?;
    db.run(drop(&table)).await?;
    db.run(drop(&table)).await?;
    db.run(Statement::Schema(SchemaChange::DropTable(Name::Owned(db.fresh_name())))).await?;
    Ok(())
}

async fn a_dropped_table_is_gone(db: Subject) -> Verdict {
    let table = db.table([id()]).await?;
    // A statement that is prepared already must notice too.
    db.rows(table.select(&["id"])).await?;
    db.run(drop(&table)).await?;
    let error = db.fails(table.select(&["id"])).await?;
    ensure(matches!(error, Error::MissingTable { .. }), || {
        format!("expected MissingTable, found {error:?}")
    })?;
    let table = db.create(Table::new(table.schema.name.clone(), [id(), column("v", Text)])).await?;
    db.run(table.insert(&["id", "v"], [vec![1.into(), "x".into()]])).await?;
    same("a table that was made anew", &"x".to_owned(), &db.one::<String>(table.select(&["v"])).await?)
}

async fn composite_keys_are_held(db: Subject) -> Verdict {
    let table = db.create(db.plan([column("a", I64), column("b", I64)]).key(&["a", "b"])).await?;
    let pair = |a: i64, b: i64| table.insert(&["a", "b"], [vec![a.into(), b.into()]]);
    db.run(pair(1, 1)).await?;
    db.run(pair(1, 2)).await?;
    db.run(pair(2, 1)).await?;
    violates(&db.fails(pair(1, 2)).await?, ConstraintKind::Unique, table.name(), &["a", "b"])
}

async fn indexes_hold_what_they_say(db: Subject) -> Verdict {
    let columns =
        [id(), column("a", I64).nullable(), column("b", I64).nullable(), column("c", I64).nullable()];
    let table =
        db.create(db.plan(columns).unique(&["a", "b"]).index(&["c"], false).unique(&["c", "a"])).await?;
    let row = |id: i64, a: Option<i64>, b: i64| {
        table.insert(&["id", "a", "b"], [vec![id.into(), a.map_or(Value::Null, Value::from), b.into()]])
    };
    db.run(row(1, Some(1), 1)).await?;
    db.run(row(2, Some(1), 2)).await?;
    // NULL is equal to nothing, not even to NULL.
    db.run(row(3, None, 1)).await?;
    db.run(row(4, None, 1)).await?;
    violates(&db.fails(row(5, Some(1), 2)).await?, ConstraintKind::Unique, table.name(), &["a", "b"])
}

async fn defaults_of_every_type(db: Subject) -> Verdict {
    let text = "it's \\ \"?\" -- ä😀";
    let table = db
        .table([
            id(),
            column("truth", ColumnType::Bool).default(true),
            column("lie", ColumnType::Bool).default(false),
            column("integer", I64).default(i64::MIN + 1),
            column("small", ColumnType::I8).default(-1),
            column("float", ColumnType::F64).default(-0.125),
            column("text", Text).default(text),
            column("empty", Text).default(""),
            column("bytes", ColumnType::Bytes).default(vec![0u8, 0xff, b'\'']),
            column("null", Text).nullable().default(Value::Null),
            column("none", Text).nullable(),
        ])
        .await?;
    db.run(table.insert(&["id"], [vec![1.into()], vec![2.into()]])).await?;
    let columns = &["truth", "lie", "integer", "small", "float", "text", "empty", "bytes", "null", "none"];
    let rows = db.rows(table.select(columns)).await?;
    same("the number of rows", &2, &rows.len())?;
    for row in rows {
        same("the default of a bool", &true, &row.get(0)?)?;
        same("the default of a bool", &false, &row.get(1)?)?;
        same("the default of an integer", &(i64::MIN + 1), &row.get(2)?)?;
        same("the default of an integer", &-1i8, &row.get(3)?)?;
        same("the default of a float", &-0.125, &row.get(4)?)?;
        same("the default of a text", text, row.get::<String>(5)?.as_str())?;
        same("the default of a text", "", row.get::<String>(6)?.as_str())?;
        same("the default of bytes", &vec![0u8, 0xff, b'\''], &row.get(7)?)?;
        same("a default of NULL", &None::<String>, &row.get(8)?)?;
        same("no default", &None::<String>, &row.get(9)?)?;
    }
    Ok(())
}

async fn default_expressions(db: Subject) -> Verdict {
    let table = db.table([id(), column("v", I64).default_expression("1 + 1")]).await?;
    db.run(table.insert(&["id"], [vec![1.into()]])).await?;
    same("a default of `1 + 1`", &2, &db.one::<i64>(table.select(&["v"])).await?)
}

/// Parents 1 and 2, and a child of each, 10 and 20.
async fn family(db: &Subject, action: Action) -> Verdict<(Table, Table)> {
    let parents = db.table([id()]).await?;
    let plan = db.plan([id(), column("parent", I64).nullable()]).references("parent", parents.name(), action);
    let children = db.create(plan).await?;
    db.run(parents.insert(&["id"], [vec![1.into()], vec![2.into()]])).await?;
    db.run(children.insert(&["id", "parent"], [vec![10.into(), 1.into()], vec![20.into(), 2.into()]]))
        .await?;
    Ok((parents, children))
}

async fn rows_of(db: &Subject, children: &Table) -> Verdict<Vec<(i64, Option<i64>)>> {
    let rows = db.rows(children.select(&["id", "parent"]).order([ascending(children.get("id"))])).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

async fn deleting_a_parent_acts_as_declared(db: Subject) -> Verdict {
    for (action, expected) in [
        (Action::NoAction, None),
        (Action::Restrict, None),
        (Action::Cascade, Some(vec![(20, Some(2))])),
        (Action::SetNull, Some(vec![(10, None), (20, Some(2))])),
    ] {
        let (parents, children) = family(&db, action).await?;
        let delete = parents.delete().filter(parents.get("id").is(1));
        let Some(expected) = expected else {
            let ends = [parents.name(), children.name()];
            violates_one_of(&db.fails(delete).await?, ConstraintKind::ForeignKey, &ends, &["parent"])?;
            continue;
        };
        same(format!("the parents deleted ({action:?})"), &1, &db.run(delete).await?)?;
        same(format!("the children ({action:?})"), &expected, &rows_of(&db, &children).await?)?;
    }
    Ok(())
}

async fn changing_a_parents_key_acts_as_declared(db: Subject) -> Verdict {
    for (action, expected) in [
        (Action::NoAction, None),
        (Action::Cascade, Some(vec![(10, Some(3)), (20, Some(2))])),
        (Action::SetNull, Some(vec![(10, None), (20, Some(2))])),
    ] {
        let (parents, children) = family(&db, action).await?;
        let update = parents.update([("id", value(3))]).filter(parents.get("id").is(1));
        let Some(expected) = expected else {
            let ends = [parents.name(), children.name()];
            violates_one_of(&db.fails(update).await?, ConstraintKind::ForeignKey, &ends, &["parent"])?;
            continue;
        };
        db.run(update).await?;
        same(format!("the children ({action:?})"), &expected, &rows_of(&db, &children).await?)?;
    }
    Ok(())
}

async fn a_table_may_refer_to_itself(db: Subject) -> Verdict {
    let plan = db.plan([generated_id(), column("parent", I64).nullable()]);
    let name = plan.name().to_owned();
    let table = db.create(plan.references("parent", &name, Action::Cascade)).await?;
    db.run(table.insert(&["id", "parent"], [vec![1.into(), Value::Null], vec![2.into(), 1.into()]])).await?;
    let orphan = table.insert(&["id", "parent"], [vec![3.into(), 9.into()]]);
    violates(&db.fails(orphan).await?, ConstraintKind::ForeignKey, table.name(), &["parent"])?;
    db.run(table.delete().filter(table.get("id").is(1))).await?;
    same("the rows left of a tree whose root was deleted", &0, &db.rows(table.select(&["id"])).await?.len())
}

async fn a_rolled_back_table_is_gone(db: Subject) -> Verdict {
    let table = db.plan([id()]);
    let mut link = db.link().await?;
    link.begin().await?;
    link.run(Statement::Schema(SchemaChange::CreateTable(table.schema.clone()))).await?;
    link.run(table.insert(&["id"], [vec![1.into()]])).await?;
    link.rollback().await?;
    let error = link.fails(table.select(&["id"])).await?;
    ensure(matches!(error, Error::MissingTable { .. }), || format!("expected MissingTable, found {error:?}"))
}

fn truncate(table: &Table, how: Truncate) -> Statement {
    Statement::Schema(SchemaChange::Truncate(table.schema.name.clone(), how))
}

async fn keys(db: &Subject, table: &Table) -> Verdict<Vec<i64>> {
    db.column(table.select(&["id"]).order([ascending(table.get("id"))])).await
}

async fn a_table_is_emptied(db: Subject) -> Verdict {
    let table = db.table([generated_id(), column("n", I64)]).await?;
    let insert = || table.insert(&["n"], [vec![1.into()], vec![2.into()]]);
    db.run(insert()).await?;
    db.run(truncate(&table, Truncate::default())).await?;
    same("the rows", &Vec::<i64>::new(), &keys(&db, &table).await?)?;
    db.run(insert()).await?;
    same("the keys, which go on", &vec![3, 4], &keys(&db, &table).await?)?;
    db.run(truncate(&table, Truncate { restart_identity: true, cascade: false })).await?;
    db.run(insert()).await?;
    same("the keys, which begin again", &vec![1, 2], &keys(&db, &table).await?)
}

async fn a_table_is_emptied_with_those_that_refer_to_it(db: Subject) -> Verdict {
    let parent = db.table([generated_id(), column("n", I64)]).await?;
    let plan = db.plan([generated_id(), column("parent", I64)]);
    let child = db.create(plan.references("parent", parent.name(), Action::NoAction)).await?;
    let fill = async || {
        db.run(parent.insert(&["n"], [vec![7.into()]])).await?;
        let key = keys(&db, &parent).await?.pop().unwrap_or_default();
        db.run(child.insert(&["parent"], [vec![key.into()]])).await
    };
    fill().await?;
    let alone = db.fails(truncate(&parent, Truncate::default())).await?;
    violates(&alone, ConstraintKind::ForeignKey, parent.name(), &[])?;
    same("the rows of a refused truncate", &1, &keys(&db, &child).await?.len())?;
    db.run(truncate(&parent, Truncate { cascade: true, restart_identity: true })).await?;
    same("the rows that referred to it", &0, &keys(&db, &child).await?.len())?;
    fill().await?;
    same(
        "the keys, which begin again",
        &(vec![1], vec![1]),
        &(keys(&db, &parent).await?, keys(&db, &child).await?),
    )
}
