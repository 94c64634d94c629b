//! `make:..`: new files, and the lists that they are in.
//!
//! Files of a kind are a folder, `src/models`, and the file beside it lists them, `src/models.rs`: it is written anew from
//! what is in the folder, so that nothing has to be entered by hand.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use atlas_migrate::MigrationFolder;
use clap::ArgMatches;

use crate::{
    failure::{Failure, Outcome},
    names::{About, about, is_name, pascal, plural, snake},
    output::{note, say},
    settings::Settings,
    templates::{self, fill},
};

pub(super) fn make(kind: &str, given: &ArgMatches, settings: &Settings) -> Outcome {
    let name = given.get_one::<String>("name").map(String::as_str).unwrap_or_default();
    if !is_name(name) {
        return Err(Failure::new(format!(
            "`{name}` is no name: letters, digits and `_`, of which the first is a letter"
        )));
    }
    let anywhere = kind == "migration" && given.get_flag("sql");
    if !anywhere && !Path::new("src").is_dir() {
        return Err(Failure::new(
            "there is no folder `src` here: go to a project's folder, or make one with `atlas init`; migrations as SQL files are made anywhere, with `--sql`",
        ));
    }
    let says = |flag| given.try_get_one::<bool>(flag).ok().flatten().copied().unwrap_or_default();
    match kind {
        "migration" => {
            let table = |option: &str| given.get_one::<String>(option).cloned();
            let of = table("create").map(About::Create).or_else(|| table("table").map(About::Change));
            let of = of.or_else(|| about(&snake(name)));
            migration(&snake(name), of, says("sql"), settings)
        }
        "model" => {
            model(name)?;
            if says("migration") {
                let table = plural(&snake(name));
                migration(&format!("create_{table}"), Some(About::Create(table)), false, settings)?;
            }
            if says("factory") {
                factory(name)?;
            }
            if says("seeder") {
                seeder(&format!("{}Seeder", pascal(name)))?;
            }
            if says("observer") {
                observer(name)?;
            }
            Ok(())
        }
        "seeder" => seeder(name),
        "factory" => factory(name),
        _ => observer(name),
    }
}

fn model(name: &str) -> Outcome {
    let table = plural(&snake(name));
    let text = fill(templates::MODEL, &[("Name", &pascal(name)), ("table", &table)]);
    add(&MODELS, &snake(name), &text)
}

fn seeder(name: &str) -> Outcome {
    add(&SEEDERS, &snake(name), &fill(templates::SEEDER, &[("Name", &pascal(name))]))
}

fn factory(name: &str) -> Outcome {
    let model = model_of(name, "Factory");
    add(&FACTORIES, &snake(&model), &fill(templates::FACTORY, &[("Model", &model)]))
}

fn observer(name: &str) -> Outcome {
    let model = model_of(name, "Observer");
    add(&OBSERVERS, &snake(&model), &fill(templates::OBSERVER, &[("Model", &model)]))
}

/// The model that is meant by its own name, or by what is made for it.
fn model_of(name: &str, made: &str) -> String {
    let name = pascal(name);
    name.strip_suffix(made).filter(|model| !model.is_empty()).unwrap_or(&name).to_owned()
}

fn migration(name: &str, of: Option<About>, sql: bool, settings: &Settings) -> Outcome {
    let stamp = free_stamp(&[settings.migrations(), PathBuf::from(MIGRATIONS)]);
    if sql {
        let folder = settings.migrations();
        fs::create_dir_all(&folder).map_err(|error| Failure::of("made", &folder, &error))?;
        let (up, down) = in_sql(of.as_ref());
        write(&folder.join(format!("{stamp}_{name}.up.sql")), &up)?;
        return write(&folder.join(format!("{stamp}_{name}.down.sql")), &down);
    }
    let (up, down) = in_rust(of.as_ref());
    write_migration(Path::new(""), &stamp, name, &up, &down)
}

fn in_rust(of: Option<&About>) -> (String, String) {
    let both = |up: &str, down: &str, table: &str, column: &str| {
        let names = [("table", table), ("column", column)];
        (fill(up, &names), fill(down, &names))
    };
    match of {
        Some(About::Create(table)) => both(templates::CREATE.0, templates::CREATE.1, table, ""),
        Some(About::Add(column, table)) => both(templates::ADD, templates::DROP, table, column),
        Some(About::Drop(column, table)) => both(templates::DROP, templates::ADD, table, column),
        Some(About::Change(table)) => both(templates::CHANGE, templates::CHANGE, table, ""),
        None => both(templates::CHANGE, templates::CHANGE, "table", ""),
    }
}

fn in_sql(of: Option<&About>) -> (String, String) {
    let add = |column: &str, table: &str| format!("ALTER TABLE {table} ADD COLUMN {column} VARCHAR(255);\n");
    let drop = |column: &str, table: &str| format!("ALTER TABLE {table} DROP COLUMN {column};\n");
    match of {
        Some(About::Create(table)) => (
            format!("CREATE TABLE {table} (\n    id BIGINT PRIMARY KEY\n);\n"),
            format!("DROP TABLE {table};\n"),
        ),
        Some(About::Add(column, table)) => (add(column, table), drop(column, table)),
        Some(About::Drop(column, table)) => (drop(column, table), add(column, table)),
        Some(About::Change(table)) => {
            (format!("-- what is changed of {table}\n"), format!("-- what takes it back of {table}\n"))
        }
        None => ("-- what is to be done\n".to_owned(), "-- what takes it back\n".to_owned()),
    }
}

/// A migration in Rust, in the project in a folder, and the list that it is in.
pub(super) fn write_migration(project: &Path, stamp: &str, name: &str, up: &str, down: &str) -> Outcome {
    let folder = project.join(MIGRATIONS);
    let is_new = !folder.is_dir();
    fs::create_dir_all(&folder).map_err(|error| Failure::of("made", &folder, &error))?;
    let names = [("Name", &*pascal(name)), ("stamp", stamp), ("name", name), ("up", up), ("down", down)];
    write(&folder.join(format!("{stamp}_{name}.rs")), &fill(templates::MIGRATION, &names))?;
    if MigrationFolder::new(&folder).list()?.is_none() {
        return Err(by_hand(&folder.join("mod.rs")));
    }
    if is_new {
        tell_of_module(project, "migrations");
    }
    Ok(())
}

/// A time that no migration of these folders begins with: the order in which they were made is that of their names.
pub(super) fn free_stamp(folders: &[PathBuf]) -> String {
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
    let taken =
        |stamp: &String| names.iter().any(|name| name.trim_start_matches('m').starts_with(stamp.as_str()));
    (now..now + 1_000).map(stamp).find(|stamp| !taken(stamp)).unwrap_or_else(|| stamp(now))
}

/// A time, in seconds since 1970, as names of migrations begin with it.
fn stamp(seconds: u64) -> String {
    let (days, of_day) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days since 1970 as a date, after Howard Hinnant's `civil_from_days`.
    let from = days + 719_468;
    let era = from.div_euclid(146_097);
    let of_era = from.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}_{month:02}_{day:02}_{hour:02}{minute:02}{second:02}")
}

/// Files of a kind, and how they are listed.
pub(super) struct Kind {
    /// The folder below `src`, and the file beside it.
    folder: &'static str,
    /// What the list begins with.
    doc: &'static str,
    /// What everybody may use.
    uses: bool,
    /// What a list of all of them is: the trait that they implement, and the lines around their names.
    all: Option<All>,
}

struct All {
    /// What a file has of them.
    found: fn(&str) -> Vec<String>,
    head: &'static str,
    list: &'static str,
}

pub(super) const MODELS: Kind = Kind {
    folder: "models",
    doc: "The models.",
    uses: true,
    all: Some(All {
        found: models,
        head: "use atlas::{ModelMeta, models};",
        list: "pub fn all() -> Vec<&'static ModelMeta> {\n    models![{all}].to_vec()\n}",
    }),
};
pub(super) const FACTORIES: Kind = Kind {
    folder: "factories",
    doc: "What rows of the models are like, where they are made up.",
    uses: false,
    all: None,
};
pub(super) const OBSERVERS: Kind =
    Kind { folder: "observers", doc: "Who is told of what happens to records.", uses: true, all: None };
pub(super) const SEEDERS: Kind = Kind {
    folder: "seeders",
    doc: "The seeders. Without a `DatabaseSeeder`, which calls others, all run in this order.",
    uses: true,
    all: Some(All {
        found: |text| implemented(text, "impl Seeder for "),
        head: "use atlas::migrate::{Seeders, seeders};",
        list: "pub fn all() -> Seeders {\n    seeders![{all}]\n}",
    }),
};
/// The folder of the migrations in Rust, whose list is kept by `atlas_migrate::MigrationFolder`.
pub(super) const MIGRATIONS: &str = "src/migrations";

fn add(kind: &Kind, module: &str, text: &str) -> Outcome {
    add_in(Path::new(""), kind, module, text)
}

/// Writes a file of a kind, and the list that it is in.
pub(super) fn add_in(project: &Path, kind: &Kind, module: &str, text: &str) -> Outcome {
    let folder = project.join("src").join(kind.folder);
    fs::create_dir_all(&folder).map_err(|error| Failure::of("made", &folder, &error))?;
    write(&folder.join(format!("{module}.rs")), text)?;
    let list = folder.with_extension("rs");
    let is_new = !list.exists();
    let listed = listing(kind, &folder)?;
    fs::write(&list, listed).map_err(|error| Failure::of("written", &list, &error))?;
    if is_new {
        tell_of_module(project, kind.folder);
    }
    Ok(())
}

/// Says what is still to be done by hand, where a program does not know of a module.
fn tell_of_module(project: &Path, name: &str) {
    let root = fs::read_to_string(project.join("src/lib.rs"));
    if !root.is_ok_and(|text| text.contains(&format!("mod {name};"))) {
        note(format!("Add `mod {name};` to your program's first file."));
    }
}

#[cold]
fn by_hand(list: &Path) -> Failure {
    Failure::new(format!(
        "`{}` was written by hand, so that the new file was not entered there: do it yourself, or remove the list, and the next `atlas make` writes it",
        list.display()
    ))
}

/// The structs that implement a trait.
fn implemented(text: &str, head: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.trim().strip_prefix(head)).map(word).collect()
}

/// The structs that derive `Model`.
fn models(text: &str) -> Vec<String> {
    let (mut names, mut derived) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(of) = line.strip_prefix("#[derive(") {
            derived = of.split(|end: char| !end.is_alphanumeric()).any(|word| word == "Model");
        } else if let Some(name) = line.strip_prefix("pub struct ") {
            names.extend(derived.then(|| word(name)));
            derived = false;
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|part| part.is_alphanumeric() || *part == '_').collect()
}

const MARK: &str =
    "// Written by `atlas make`, from the files in the folder: what is changed here by hand is lost.";

fn listing(kind: &Kind, folder: &Path) -> Outcome<String> {
    let list = folder.with_extension("rs");
    match fs::read_to_string(&list) {
        Ok(text) if !text.contains(MARK) => return Err(by_hand(&list)),
        _ => {}
    }
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| Failure::of("read", folder, &error))? {
        let path: PathBuf = entry.map_err(|error| Failure::of("read", folder, &error))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
        if let Some(module) = stem.filter(|_| path.extension().is_some_and(|extension| extension == "rs")) {
            let text = fs::read_to_string(&path).map_err(|error| Failure::of("read", &path, &error))?;
            modules.push((module, text));
        }
    }
    modules.sort();
    let mut text = format!("//! {}\n{MARK}\n\n", kind.doc);
    if let Some(all) = &kind.all {
        text += &format!("{}\n\n", all.head);
    }
    text += &modules.iter().map(|(module, _)| format!("mod {module};\n")).collect::<String>();
    if kind.uses && !modules.is_empty() {
        text += &format!(
            "\n{}",
            modules.iter().map(|(module, _)| format!("pub use {module}::*;\n")).collect::<String>()
        );
    }
    if let Some(all) = &kind.all {
        let named = modules.iter().flat_map(|(module, text)| {
            let names = (all.found)(text).into_iter();
            names.map(move |name| if kind.uses { name } else { format!("{module}::{name}") })
        });
        let named: Vec<String> = named.collect();
        let line = named.join(", ");
        let all_of_them = match line.len() {
            0..=70 => line,
            _ => format!("\n        {},\n    ", named.join(",\n        ")),
        };
        text += &format!("\n/// All of them.\n{}\n", all.list.replace("{all}", &all_of_them));
    }
    Ok(text)
}

/// Writes a new file, and says so.
pub(super) fn write(path: &Path, text: &str) -> Outcome {
    if path.exists() {
        return Err(Failure::new(format!(
            "`{}` is there already: choose another name, or remove it first",
            path.display()
        )));
    }
    fs::write(path, text).map_err(|error| Failure::of("written", path, &error))?;
    say(format!("wrote {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_stamp_is_a_time() {
        assert_eq!(super::stamp(0), "1970_01_01_000000");
        assert_eq!(super::stamp(951_782_399), "2000_02_28_235959");
        assert_eq!(super::stamp(951_782_400), "2000_02_29_000000");
        assert_eq!(super::stamp(1_769_860_800), "2026_01_31_120000");
    }
}
