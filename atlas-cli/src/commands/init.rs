//! `init`: a project that runs.

use std::{fs, path::Path};

use atlas_migrate::{Column, ColumnType, Generate, Index, IndexKind, MigrationFolder, Snapshot, Table};
use clap::ArgMatches;

use super::make::{FACTORIES, MIGRATIONS, MODELS, SEEDERS, add_in, free_stamp, write};
use crate::{
    failure::{Failure, Outcome},
    names::is_name,
    output::say,
    templates::{self, fill},
};

pub(super) fn init(given: &ArgMatches) -> Outcome {
    let folder = Path::new(given.get_one::<String>("name").map(String::as_str).unwrap_or_default());
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !is_name(name) {
        return Err(Failure::new(format!(
            "a program cannot be called `{name}`: letters, digits, `_` and `-`, of which the first is a letter"
        )));
    }
    if name == "atlas" {
        return Err(Failure::new(
            "a program cannot be called `atlas`, since its command is: choose another name",
        ));
    }
    let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken || folder.is_file() {
        return Err(Failure::new(format!(
            "`{}` is there already, and not empty: choose another name",
            folder.display()
        )));
    }
    let (atlas, cli) = match given.get_one::<String>("path") {
        None => ("version = \"0.1\", ".to_owned(), "version = \"0.1\", ".to_owned()),
        Some(path) => {
            let path = fs::canonicalize(path).map_err(|error| Failure::of("found", path.as_ref(), &error))?;
            if !path.join("atlas-cli").is_dir() {
                return Err(Failure::new(format!(
                    "`{}` is not the folder of Atlas's source",
                    path.display()
                )));
            }
            // Literal strings: a path of Windows has backslashes.
            (
                format!("path = '{}', ", path.display()),
                format!("path = '{}', ", path.join("atlas-cli").display()),
            )
        }
    };
    for below in ["src/bin", "migrations"] {
        let below = folder.join(below);
        fs::create_dir_all(&below).map_err(|error| Failure::of("made", &below, &error))?;
    }
    let crate_name = name.replace('-', "_");
    let names = [("name", name), ("crate", &*crate_name), ("atlas", &*atlas), ("cli", &*cli)];
    let files = [
        ("Cargo.toml", templates::CARGO),
        ("atlas.toml", templates::ATLAS_TOML),
        (".env", templates::ENV),
        (".gitignore", templates::GITIGNORE),
        ("migrations/.gitkeep", ""),
        ("src/lib.rs", templates::LIB),
        ("src/main.rs", templates::MAIN),
        ("src/bin/atlas.rs", templates::COMMAND),
    ];
    for (file, template) in files {
        write(&folder.join(file), &fill(template, &names))?;
    }
    add_in(folder, &MODELS, "user", templates::FIRST_MODEL)?;
    add_in(folder, &FACTORIES, "user", templates::FIRST_FACTORY)?;
    add_in(folder, &SEEDERS, "user_seeder", templates::FIRST_SEEDER)?;
    first_migration(folder)?;
    say(format!(
        "\nIt runs: cd {0} && cargo run\nIts command: atlas migrate:status, or cargo run --bin atlas -- migrate:status",
        folder.display()
    ));
    Ok(())
}

/// The migration that makes the first model's table, and the snapshot that the next ones are generated from.
fn first_migration(folder: &Path) -> Outcome {
    let table = Table {
        columns: vec![
            Column { generated: true, ..Column::new("id", ColumnType::I64) },
            Column::new("name", ColumnType::Text),
        ],
        primary_key: vec!["id".into()],
        indexes: vec![Index::new("users", vec!["name".into()], IndexKind::Unique)],
        ..Table::new("users")
    };
    let (nothing, users) = (Snapshot::default(), Snapshot::of_tables(vec![table]));
    let plan = Generate::new(&nothing, &users).plan()?;
    let migrations = MigrationFolder::new(folder.join(MIGRATIONS));
    let written = migrations.write_rust(&format!("{}_{}", free_stamp(&[]), plan.name()), &plan, &users)?;
    written.iter().for_each(|path| say(format!("wrote {}", path.display())));
    Ok(())
}
