//! `erd`: tables and what refers to what, as Mermaid or SVG.

use std::fs;

use atlas_core::{model::tables_of, schema::Table};
use atlas_migrate::{MigrationsRepository, Schema};
use clap::ArgMatches;

use super::{Context, database::type_of};
use crate::{
    failure::{Failure, Outcome},
    output::{note, say},
};

pub(super) async fn erd(context: &Context, given: &ArgMatches) -> Outcome {
    let tables = match context.app.models.is_empty() {
        false => tables_of(context.app.models.iter().copied())?,
        true => of_database(context).await?,
    };
    let drawn = match given.get_one::<String>("format").map(String::as_str) {
        Some("svg") => svg(&tables),
        _ => mermaid(&tables),
    };
    let Some(file) = given.get_one::<String>("output") else {
        say(drawn.trim_end());
        return Ok(());
    };
    fs::write(file, drawn).map_err(|error| Failure::of("written", file.as_ref(), &error))?;
    note(format!("{} tables are drawn in `{file}`", tables.len()));
    Ok(())
}

async fn of_database(context: &Context) -> Outcome<Vec<Table>> {
    let db = context.db().await?;
    let mut tables = Vec::new();
    let record = MigrationsRepository::default();
    for name in Schema::tables(&db).await?.into_iter().filter(|name| name != record.table()) {
        tables.extend(db.inspect(&name).await?);
    }
    Ok(tables)
}

/// What a column is to its table, and others.
fn marks(table: &Table, column: &str) -> String {
    let key = table.primary_key.iter().any(|name| *name == column);
    let refers = table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| *name == column));
    [(key, "PK"), (refers, "FK")]
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, mark)| *mark)
        .collect::<Vec<_>>()
        .join(", ")
}

fn mermaid(tables: &[Table]) -> String {
    let mut lines = vec!["erDiagram".to_owned()];
    for table in tables {
        lines.push(format!("    {} {{", word(&table.name)));
        for column in &table.columns {
            let line = format!(
                "        {} {} {}",
                word(&type_of(column)),
                word(&column.name),
                marks(table, &column.name)
            );
            lines.push(line.trim_end().to_owned());
        }
        lines.push("    }".to_owned());
    }
    for table in tables {
        for key in &table.foreign_keys {
            let optional =
                key.columns.iter().filter_map(|name| table.column(name)).any(|column| column.nullable);
            let one = if optional { "|o" } else { "||" };
            let (to, from) = (word(&key.table), word(&table.name));
            lines.push(format!("    {to} {one}--o{{ {from} : \"{}\"", key.columns.join(", ")));
        }
    }
    lines.join("\n") + "\n"
}

/// What Mermaid takes for a name.
fn word(text: &str) -> String {
    text.chars().map(|one| if one.is_alphanumeric() || one == '_' { one } else { '_' }).collect()
}

const WIDTH: usize = 260;
const LINE: usize = 20;
const GAP: usize = 80;

/// Boxes in columns, the shortest first, and a line for each foreign key.
fn svg(tables: &[Table]) -> String {
    let across = (1..).find(|side| side * side >= tables.len()).unwrap_or(1);
    let mut below = vec![GAP / 2; across];
    let mut places = Vec::with_capacity(tables.len());
    for table in tables {
        let (column, top) = below.iter().copied().enumerate().min_by_key(|(_, top)| *top).unwrap_or_default();
        let height = (table.columns.len() + 1) * LINE + LINE / 2;
        places.push((GAP / 2 + column * (WIDTH + GAP), top));
        if let Some(below) = below.get_mut(column) {
            *below += height + GAP / 2;
        }
    }
    let (wide, high) = (across * (WIDTH + GAP), below.iter().copied().max().unwrap_or_default());
    let mut parts = vec![format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    )];
    for (table, (left, top)) in tables.iter().zip(&places) {
        for key in &table.foreign_keys {
            let row = key
                .columns
                .first()
                .and_then(|name| table.columns.iter().position(|column| column.name == *name));
            let target =
                tables.iter().position(|other| other.name == key.table).and_then(|place| places.get(place));
            let (Some(row), Some((to_left, to_top))) = (row, target) else { continue };
            let y = top + (row + 1) * LINE + LINE / 2;
            let to_y = to_top + LINE / 2;
            let (x, to_x) = if left < to_left {
                (left + WIDTH, *to_left)
            } else {
                (*left, to_left + if left == to_left { 0 } else { WIDTH })
            };
            let bend = (GAP / 2) as i64 * if left < to_left { 1 } else { -1 };
            let back = if left == to_left { bend } else { -bend };
            parts.push(format!(
                "<path d=\"M{x} {y} C{} {y} {} {to_y} {to_x} {to_y}\" fill=\"none\" stroke=\"#888\"/>\n<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"#888\"/>",
                x as i64 + bend,
                to_x as i64 + back
            ));
        }
    }
    for (table, (left, top)) in tables.iter().zip(&places) {
        let height = (table.columns.len() + 1) * LINE + LINE / 4;
        parts.push(format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\" stroke=\"#444\"/>\n<rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{LINE}\" fill=\"#e8eef7\" stroke=\"#444\"/>\n<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>",
            left + 8,
            top + 15,
            escaped(&table.name)
        ));
        for (row, column) in table.columns.iter().enumerate() {
            let y = top + (row + 1) * LINE + 15;
            let null = if column.nullable { "?" } else { "" };
            parts.push(format!(
                "<text x=\"{}\" y=\"{y}\">{}</text><text x=\"{}\" y=\"{y}\" fill=\"#666\" text-anchor=\"end\">{}{null} {}</text>",
                left + 8,
                escaped(&column.name),
                left + WIDTH - 8,
                escaped(&type_of(column)),
                marks(table, &column.name)
            ));
        }
    }
    parts.join("\n") + "\n</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
