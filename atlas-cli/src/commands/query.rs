//! `query`.

use std::io::Read;

use atlas_core::{DynRow, value::Value};
use clap::ArgMatches;

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::{note, say, table},
};

pub(super) async fn query(context: &Context, given: &ArgMatches) -> Outcome {
    let mut text = given.get_one::<String>("sql").cloned().unwrap_or_default();
    if text == "-" {
        text.clear();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?;
    }
    let text = text.trim().trim_end_matches(';');
    if text.is_empty() {
        return Err(Failure::new("there is no statement: write one, as in `atlas query 'select 1'`"));
    }
    let db = context.db().await?;
    if !gives_rows(text) {
        let affected = db.raw(text, ()).execute().await?;
        note(format!("{affected} {}", if affected == 1 { "row" } else { "rows" }));
        return Ok(());
    }
    let rows = db.raw(text, ()).get().await?;
    if given.get_flag("json") {
        let json = serde_json::to_string_pretty(&rows);
        say(json.map_err(|error| Failure::new(format!("the rows are no JSON: {error}")))?);
        return Ok(());
    }
    if let Some(first) = rows.first() {
        let head: Vec<&str> = first.columns().collect();
        say(table(&head, &rows.iter().map(cells).collect::<Vec<_>>()));
    }
    note(format!("{} {}", rows.len(), if rows.len() == 1 { "row" } else { "rows" }));
    Ok(())
}

/// Whether a statement gives rows, by its first word.
fn gives_rows(text: &str) -> bool {
    let lower = text.to_lowercase();
    let word: String =
        lower.chars().skip_while(|first| *first == '(').take_while(char::is_ascii_alphabetic).collect();
    let reads = ["select", "with", "values", "show", "explain", "pragma", "describe", "desc", "table"];
    reads.contains(&&*word) || lower.split_whitespace().any(|word| word == "returning")
}

fn cells(row: &DynRow) -> Vec<String> {
    row.iter().map(|(_, value)| cell(value)).collect()
}

/// A value in a line of its own: what would break the line is written as `\n`.
fn cell(value: &Value) -> String {
    let escaped = |one: char| match one.is_control() {
        true => one.escape_default().to_string(),
        false => one.to_string(),
    };
    value.plain().chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn statements_that_give_rows_are_known() {
        for text in [
            "select 1",
            "SELECT\n1",
            "(select 1)",
            "with a as (select 1) select * from a",
            "insert into a values (1) returning id",
        ] {
            assert!(super::gives_rows(text), "{text}");
        }
        assert!(
            !super::gives_rows("insert into a values (1)")
                && !super::gives_rows("create table selects (a int)")
        );
    }
}
