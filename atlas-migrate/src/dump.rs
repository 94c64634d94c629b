//! The tables of a database as a file of SQL, with the names of the migrations that have made them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use atlas_core::{Db, Error, Result};

use crate::{
    Schema,
    diff::diff,
    generate::script,
    repository::{Applied, MigrationsRepository},
    split::statements,
};

/// What stands first, with the kind of database behind it.
const MARK: &str = "-- atlas: the schema of ";

/// What stands before the name of a migration, and its sum.
const MIGRATED: &str = "-- atlas: migrated ";

pub(crate) async fn text(db: &Db, repository: &MigrationsRepository, applied: &[Applied]) -> Result<String> {
    let views = Schema::views(db).await?;
    if !views.is_empty() {
        return Err(Error::Unsupported {
            driver: db.driver_name(),
            operation: format!("a file of this schema, which has views: `{}`", views.join("`, `")),
            instead: "drop them first, and make them again in a migration".to_owned(),
        });
    }
    let mut tables = Vec::new();
    for name in Schema::tables(db).await? {
        if name != repository.table() {
            tables.push(Schema::inspect(db, &name).await?);
        }
    }
    let mut text = format!("{MARK}{}\n", db.driver_name());
    for own in applied {
        let sum = own.checksum.as_deref().map(|sum| format!(" {sum}")).unwrap_or_default();
        text.push_str(&format!("{MIGRATED}{}{sum}\n", own.name));
    }
    text.push_str(&script(&diff(&[], &tables, &[])?, db)?);
    Ok(text)
}

/// What a file says.
pub(crate) struct Dumped {
    pub(crate) statements: Vec<String>,
    /// Names, and sums.
    pub(crate) migrations: Vec<(String, Option<String>)>,
}

pub(crate) fn read(text: &str, driver: &str) -> Result<Dumped> {
    match text.lines().next().and_then(|line| line.strip_prefix(MARK)) {
        Some(own) if own.trim() == driver => {}
        Some(own) => {
            return Err(Error::config(format!(
                "it is of {}, and this is {driver}: dump one of this database, or leave it out",
                own.trim()
            )));
        }
        None => return Err(Error::config("it is not what `dump` writes")),
    }
    let names = text.lines().filter_map(|line| line.strip_prefix(MIGRATED));
    let migrations = names.map(|line| match line.trim().split_once(' ') {
        Some((name, sum)) => (name.to_owned(), Some(sum.to_owned())),
        None => (line.trim().to_owned(), None),
    });
    Ok(Dumped { statements: statements(text, driver), migrations: migrations.collect() })
}

/// Removes the SQL files of migrations that have run.
pub(crate) fn prune(folders: &[PathBuf], applied: &[Applied]) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for folder in folders {
        remove(folder, applied, &mut removed)?;
    }
    Ok(removed)
}

fn remove(folder: &Path, applied: &[Applied], removed: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = |path: &Path, reason: std::io::Error| {
        Error::config(format!("`{}` cannot be removed: {reason}", path.display()))
    };
    for entry in fs::read_dir(folder).map_err(|reason| cannot(folder, reason))? {
        let path = entry.map_err(|reason| cannot(folder, reason))?.path();
        if path.is_dir() {
            remove(&path, applied, removed)?;
            continue;
        }
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = file.strip_suffix(".up.sql").or_else(|| file.strip_suffix(".down.sql"));
        if applied.iter().any(|own| Some(own.name.as_str()) == name) {
            fs::remove_file(&path).map_err(|reason| cannot(&path, reason))?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(())
}
