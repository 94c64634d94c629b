//! Migrations as SQL files: `2026_01_31_120000_create_users.up.sql`, and `.down.sql` beside it.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use atlas_core::{Db, Error, Result, driver::BoxFuture};

use crate::{
    migration::{Step, Work},
    split::{normalized, statements},
};

/// What a file says in a line of its own where its statements cannot run in a transaction.
const NO_TRANSACTION: &str = "-- atlas: no transaction";

/// A SQL file that is part of the program: its name, and its text.
pub type Embedded = (&'static str, &'static str);

/// A migration as SQL.
struct InSql {
    up: String,
    down: Option<String>,
}

impl Work for InSql {
    fn up<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(run(db, &self.up))
    }

    fn down<'a>(&'a self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match &self.down {
                Some(down) => run(db, down).await,
                None => Err(Error::config(
                    "it has no `.down.sql`, so that it cannot be taken back: write one, or go on with a new migration",
                )),
            }
        })
    }

    fn should_run<'a>(&'a self, _: &'a Db) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(true) })
    }
}

async fn run(db: &Db, text: &str) -> Result<()> {
    for statement in statements(text, db.driver_name()) {
        db.execute(statement, ()).await?;
    }
    Ok(())
}

/// The migrations of a folder, and of those inside it.
pub(crate) fn in_folder(folder: &Path) -> Result<Vec<Step>> {
    let mut files = Vec::new();
    gather(folder, &mut files)?;
    of_files(files)
}

fn gather(folder: &Path, files: &mut Vec<(String, String)>) -> Result<()> {
    let cannot = |what: &Path, reason: std::io::Error| {
        Error::config(format!("migrations cannot be read from `{}`: {reason}", what.display()))
    };
    for entry in fs::read_dir(folder).map_err(|reason| cannot(folder, reason))? {
        let path = entry.map_err(|reason| cannot(folder, reason))?.path();
        if path.is_dir() {
            gather(&path, files)?;
            continue;
        }
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".sql") {
            let text = fs::read_to_string(&path).map_err(|reason| cannot(&path, reason))?;
            files.push((name.to_owned(), text));
        }
    }
    Ok(())
}

/// The migrations out of files: their names and texts.
pub(crate) fn of_files(files: Vec<(String, String)>) -> Result<Vec<Step>> {
    let mut found: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (file, text) in files {
        let (name, place) = if let Some(name) = file.strip_suffix(".up.sql") {
            (name, true)
        } else if let Some(name) = file.strip_suffix(".down.sql") {
            (name, false)
        } else {
            return Err(Error::config(format!(
                "the migration `{file}` says not which way it goes: call it `{0}.up.sql`, and what takes it back `{0}.down.sql`",
                file.trim_end_matches(".sql")
            )));
        };
        let both = found.entry(name.to_owned()).or_default();
        let one = if place { &mut both.0 } else { &mut both.1 };
        if one.replace(text).is_some() {
            return Err(Error::config(format!("there are two migrations `{file}`: rename one of them")));
        }
    }
    found
        .into_iter()
        .map(|(name, (up, down))| {
            let up = up.ok_or_else(|| {
                Error::config(format!(
                    "the migration `{name}` has a `.down.sql` and no `.up.sql`: write that too"
                ))
            })?;
            let says =
                |text: &String| text.lines().any(|line| line.trim().eq_ignore_ascii_case(NO_TRANSACTION));
            Ok(Step {
                name,
                within_transaction: !says(&up) && !down.as_ref().is_some_and(says),
                checksum: Some(checksum(&up)),
                work: Arc::new(InSql { up, down }),
            })
        })
        .collect()
}

/// A sum over the words of a text: line ends, indentation and comments do not count.
pub(crate) fn checksum(text: &str) -> String {
    // FNV-1a, of 128 bits: it has to be the same in every version, and nobody makes two texts alike by purpose.
    let sum = normalized(text).bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{sum:032x}")
}
