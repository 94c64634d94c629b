//! `init`: a project that runs.

use std::{fs, path::Path};

use clap::ArgMatches;

use super::make::{FACTORIES, MODELS, SEEDERS, add_in, free_stamp, write, write_migration};
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
    let down = fill(templates::CREATE.1, &[("table", "users")]);
    write_migration(folder, &free_stamp(&[]), "create_users", templates::FIRST_MIGRATION_UP, &down)?;
    say(format!(
        "\nIt runs: cd {0} && cargo run\nIts command: atlas migrate:status, or cargo run --bin atlas -- migrate:status",
        folder.display()
    ));
    Ok(())
}
