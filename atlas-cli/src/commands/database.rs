//! `db:show`, `db:table` and `db:wipe`.

use atlas_core::schema::{Action, Column, ColumnDefault, ForeignKey, Index, IndexKind, Storage, Table};
use atlas_migrate::Schema;
use clap::ArgMatches;
use serde_json::{Value, json};

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::{say, table as as_table},
    settings::without_password,
};

pub(super) async fn show(context: &Context, given: &ArgMatches) -> Outcome {
    let db = context.db().await?;
    let health = db.health().await;
    let (tables, views) = (Schema::tables(&db).await?, Schema::views(&db).await?);
    let url = without_password(&context.settings.url()?);
    let version = health.server_version.unwrap_or_default();
    let mut listed = Vec::with_capacity(tables.len());
    for name in &tables {
        let columns = Schema::columns(&db, name).await?.len();
        let rows = match given.get_flag("counts") {
            true => Some(db.table(name.clone()).count().await?),
            false => None,
        };
        listed.push((name, columns, rows));
    }
    if given.get_flag("json") {
        let tables = listed.iter().map(|(name, columns, rows)| match rows {
            Some(rows) => json!({ "name": name, "columns": columns, "rows": rows }),
            None => json!({ "name": name, "columns": columns }),
        });
        let tables: Vec<Value> = tables.collect();
        let shown = json!({ "url": url, "driver": health.driver, "version": version, "tables": tables, "views": views });
        say(shown.to_string());
        return Ok(());
    }
    say(format!("{url}\n{version}\n"));
    let head: &[&str] =
        if given.get_flag("counts") { &["table", "columns", "rows"] } else { &["table", "columns"] };
    let row = |(name, columns, rows): &(&String, usize, Option<u64>)| {
        let mut row = vec![(*name).clone(), columns.to_string()];
        row.extend(rows.map(|rows| rows.to_string()));
        row
    };
    match listed.is_empty() {
        true => say("There are no tables."),
        false => say(as_table(head, &listed.iter().map(row).collect::<Vec<_>>())),
    }
    if !views.is_empty() {
        say(format!("\nviews: {}", views.join(", ")));
    }
    Ok(())
}

pub(super) async fn table(context: &Context, given: &ArgMatches) -> Outcome {
    let db = context.db().await?;
    let name = given.get_one::<String>("table").cloned().unwrap_or_default();
    let Some(table) = db.inspect(&name).await? else {
        let there = Schema::tables(&db).await?;
        let there = if there.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are `{}`", there.join("`, `"))
        };
        return Err(Failure::new(format!("the database has no table `{name}`: {there}")));
    };
    if given.get_flag("json") {
        say(as_json(&table).to_string());
        return Ok(());
    }
    let row = |column: &Column| {
        let key = table.primary_key.contains(&column.name);
        let mut notes = Vec::new();
        notes.extend(key.then(|| "primary key".to_owned()));
        notes.extend(column.generated.then(|| "generated".to_owned()));
        notes.extend(column.default.as_ref().map(|default| format!("default {}", default_of(default))));
        vec![
            column.name.to_string(),
            type_of(column),
            if column.nullable { "yes" } else { "" }.to_owned(),
            notes.join(", "),
        ]
    };
    say(as_table(&["column", "type", "null", ""], &table.columns.iter().map(row).collect::<Vec<_>>()));
    if !table.indexes.is_empty() {
        let row = |index: &Index| vec![index.name.to_string(), over(index), kind_of(index).to_owned()];
        say(format!(
            "\n{}",
            as_table(&["index", "columns", ""], &table.indexes.iter().map(row).collect::<Vec<_>>())
        ));
    }
    if !table.foreign_keys.is_empty() {
        let row = |key: &ForeignKey| {
            vec![
                key.columns.join(", "),
                format!("{} ({})", key.table, key.references.join(", ")),
                action_of(key.on_delete).to_owned(),
            ]
        };
        let rows: Vec<_> = table.foreign_keys.iter().map(row).collect();
        say(format!("\n{}", as_table(&["foreign key", "refers to", "on delete"], &rows)));
    }
    Ok(())
}

fn as_json(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| {
        json!({ "name": &*column.name, "type": type_of(column), "nullable": column.nullable, "generated": column.generated,
                "default": column.default.as_ref().map(default_of) })
    });
    let indexes = table.indexes.iter().map(|index| {
        let columns: Vec<&str> = index.columns.iter().map(|name| &**name).collect();
        json!({ "name": &*index.name, "columns": columns, "unique": index.kind == IndexKind::Unique })
    });
    let keys = table.foreign_keys.iter().map(|key| {
        let names =
            |names: &[atlas_core::schema::Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        json!({ "columns": names(&key.columns), "table": &*key.table, "references": names(&key.references),
                "on_delete": action_of(key.on_delete) })
    });
    let key: Vec<&str> = table.primary_key.iter().map(|name| &**name).collect();
    json!({ "name": &*table.name, "columns": columns.collect::<Vec<_>>(), "primary_key": key,
            "indexes": indexes.collect::<Vec<_>>(), "foreign_keys": keys.collect::<Vec<_>>() })
}

/// What a column stores, in a word or two.
pub(super) fn type_of(column: &Column) -> String {
    match &column.storage {
        Storage::Usual => format!("{:?}", column.ty).to_lowercase(),
        Storage::Native(name) => name.to_string(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn default_of(default: &ColumnDefault) -> String {
    match default {
        ColumnDefault::Value(value) => value.plain(),
        ColumnDefault::Now => "now".to_owned(),
        ColumnDefault::Expression(text) => text.to_string(),
    }
}

fn over(index: &Index) -> String {
    index.expression.as_ref().map_or_else(|| index.columns.join(", "), ToString::to_string)
}

fn kind_of(index: &Index) -> &'static str {
    match index.kind {
        IndexKind::Unique => "unique",
        IndexKind::Spatial => "spatial",
        _ => "",
    }
}

fn action_of(action: Action) -> &'static str {
    match action {
        Action::NoAction => "no action",
        Action::Restrict => "restrict",
        Action::Cascade => "cascade",
        Action::SetNull => "set null",
        Action::SetDefault => "set default",
    }
}

pub(super) async fn wipe(context: &Context, given: &ArgMatches) -> Outcome {
    if context.settings.environment().eq_ignore_ascii_case("production") && !given.get_flag("force") {
        return Err(Failure::new(
            "this is production, where dropping every table is refused, since it loses data: add `--force` if you mean it",
        ));
    }
    let db = context.db().await?;
    Schema::drop_all_views(&db).await?;
    Schema::drop_all_tables(&db).await?;
    say("Every table and view is dropped.");
    Ok(())
}
