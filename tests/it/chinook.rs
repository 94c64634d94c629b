//! The Chinook database: a music shop whose tables were not made by Atlas. Every database gets it from the
//! script or file that Chinook has for it, with names and types of its own; the answers are the same.

use std::{fs, path::PathBuf};

use atlas::{Attribute, prelude::*, value::Value};

use crate::support::{Folder, databases};

#[macro_use]
mod models;
#[allow(clippy::duplicate_mod, reason = "the questions are asked of other models")]
mod pascal;
mod snake;

/// Asks a question of every database.
macro_rules! asked {
    ($($kind:ident: $($question:ident)*;)*) => { $($(
        #[tokio::test]
        async fn $question() {
            for db in databases().await {
                let Some((db, _folder)) = shop(db, stringify!($question)).await else { return };
                match db.driver_name() {
                    "postgres" => snake::$kind::$question(&db).await,
                    _ => pascal::$kind::$question(&db).await,
                }
            }
        }
    )*)* };
}
asked!(
    questions: known_answers
        every_table_is_read
        text_is_found_and_ordered
        numbers_are_summed
        an_invoice_is_written_changed_and_deleted;
    relations: from_artists_to_what_was_sold
        lists_and_their_tracks
        who_reports_to_whom
        customers_and_who_helps_them
        rows_by_what_they_lead_to
        lists_are_changed;
    reports: rows_beside_rows
        groups_and_what_they_add_up_to
        places_within_windows
        the_way_up_a_tree
        queries_in_queries;
);

/// A copy of the shop, to be changed at will: in the database that is given, or in a file that is removed
/// with the folder. `None`, said plainly, where it is not on this machine.
pub async fn shop(db: Db, test: &str) -> Option<(Db, Option<Folder>)> {
    let name = match db.driver_name() {
        "sqlite" => "chinook.sqlite",
        "postgres" => "chinook.postgres.sql",
        _ => "chinook.mysql.sql",
    };
    let folder = std::env::var_os("ATLAS_CHINOOK").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chinook"),
        PathBuf::from,
    );
    let Ok(content) = fs::read(folder.join(name)) else {
        println!("skipped: there is no {name} in {}; set ATLAS_CHINOOK to its folder", folder.display());
        return None;
    };
    if name == "chinook.sqlite" {
        let copy = Folder::new(&format!("chinook-{test}"));
        fs::write(copy.path("chinook.db"), content).unwrap();
        return Some((Db::connect(&copy.url("chinook.db")).await.unwrap(), Some(copy)));
    }
    for statement in statements(&String::from_utf8(content).unwrap()) {
        db.execute(statement, ()).await.unwrap();
    }
    Some((db, None))
}

/// What plain SQL says, in numbers: it is written as the tables are called in Chinook itself. Of PostgreSQL's
/// script, the names are written small.
async fn plain(db: &Db, sql: &str) -> Vec<Vec<i64>> {
    let mut own = String::new();
    for letter in sql.chars() {
        let small = db.driver_name() == "postgres" && letter.is_ascii_uppercase();
        if small && own.ends_with(|before: char| before.is_ascii_lowercase()) {
            own.push('_');
        }
        own.push(if small { letter.to_ascii_lowercase() } else { letter });
    }
    let rows = db.raw(own, ()).get().await.unwrap();
    let number = |value: &Value| match value {
        Value::Null => -1,
        value => i64::decode(value.as_ref()).unwrap(),
    };
    rows.iter().map(|row| row.iter().map(|(_, value)| number(value)).collect()).collect()
}

/// The statements of a script, each of which ends with a line; without those that choose a database.
fn statements(script: &str) -> impl Iterator<Item = &str> {
    script.split(";\n").map(str::trim_start).filter(|statement| {
        let first = statement.lines().find(|line| !line.starts_with(['/', ' ', '*']) && !line.is_empty());
        let starts = ["CREATE TABLE", "CREATE INDEX", "ALTER", "INSERT"];
        first.is_some_and(|first| starts.iter().any(|start| first.starts_with(start)))
    })
}
