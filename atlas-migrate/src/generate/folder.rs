use std::{
    fs,
    path::{Path, PathBuf},
};

use atlas_core::{Db, Error, Result, value::Moment};

use crate::{Plan, Snapshot, files};

/// What stands first in a list of migrations that Atlas keeps.
const MARK: &str = "//! The migrations of this folder, by their names. Atlas keeps this list.\n";

/// A folder of migrations: where files go, and the snapshot of what they make.
///
/// Migrations in Rust are modules of the program: the folder's `mod.rs`, which lists them, is kept by Atlas, and gives them
/// all as `migrations::all()`.
///
/// ```no_run
/// # use atlas_tests::guide::*;
/// # use atlas::migrate::{Generate, MigrationFolder, Snapshot};
/// let folder = MigrationFolder::new("src/migrations");
/// let (before, models) = (folder.snapshot()?, Snapshot::of(models![User, Post])?);
/// let plan = Generate::new(&before, &models).plan()?;
/// if !plan.is_empty() {
///     folder.write_rust(&MigrationFolder::name_now(&plan.name()), &plan, &models)?;
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MigrationFolder(PathBuf);

impl MigrationFolder {
    /// A folder, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the migrations that were generated so far make.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::read(self.0.join(Snapshot::FILE))
    }

    /// The name of a migration that is written now: `2026_01_31_120000_add_age`, in UTC.
    pub fn name_now(name: &str) -> String {
        let now = Moment::now().to_string();
        let digits =
            |from, to| now.get(from..to).unwrap_or_default().replace(['-', ' '], "_").replace(':', "");
        format!("{}_{}_{name}", digits(0, 10), digits(11, 19))
    }

    /// Writes a migration in Rust, the list, and the snapshot. Gives the files that were written.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a file that is there already, or cannot be written.
    pub fn write_rust(&self, name: &str, plan: &Plan, schema: &Snapshot) -> Result<Vec<PathBuf>> {
        let mut written = self.write(&[(format!("{name}.rs"), plan.rust(name))])?;
        written.extend(self.list()?);
        self.write_snapshot(schema, &mut written)?;
        Ok(written)
    }

    /// Writes a migration as SQL of a database, and the snapshot. Gives the files that were written.
    ///
    /// # Errors
    ///
    /// As [`write_rust`](Self::write_rust), and [`Plan::sql`].
    pub fn write_sql(&self, name: &str, plan: &Plan, schema: &Snapshot, db: &Db) -> Result<Vec<PathBuf>> {
        let (up, down) = plan.sql(db)?;
        let mut written =
            self.write(&[(format!("{name}.up.sql"), up), (format!("{name}.down.sql"), down)])?;
        self.write_snapshot(schema, &mut written)?;
        Ok(written)
    }

    fn write_snapshot(&self, schema: &Snapshot, written: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.0.join(Snapshot::FILE);
        schema.write(&path)?;
        written.push(path);
        Ok(())
    }

    fn write(&self, texts: &[(String, String)]) -> Result<Vec<PathBuf>> {
        let paths: Vec<PathBuf> = texts.iter().map(|(name, _)| self.0.join(name)).collect();
        if let Some(there) = paths.iter().find(|path| path.exists()) {
            return Err(Error::config(format!(
                "`{}` is there already: give the migration another name",
                there.display()
            )));
        }
        for (path, (_, text)) in paths.iter().zip(texts) {
            files::write(path, text)?;
        }
        Ok(paths)
    }

    /// Writes the list of the migrations in Rust, `mod.rs`, anew. Gives its path; `None` where somebody wrote one by hand,
    /// which stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a folder that cannot be read, or a file that cannot be written.
    pub fn list(&self) -> Result<Option<PathBuf>> {
        let path = self.0.join("mod.rs");
        if files::read(&path)?.is_some_and(|own| !own.starts_with(MARK)) {
            return Ok(None);
        }
        let cannot = |reason: std::io::Error| {
            Error::config(format!("the folder `{}` cannot be read: {reason}", self.0.display()))
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(cannot)? {
            let file = entry.map_err(cannot)?.file_name();
            let name = file.to_str().and_then(|name| name.strip_suffix(".rs")).filter(|name| *name != "mod");
            names.extend(name.map(str::to_owned));
        }
        names.sort();
        let modules: String =
            names.iter().map(|name| format!("#[path = \"{name}.rs\"]\nmod {};\n", module(name))).collect();
        let all: String =
            names.iter().map(|name| format!("        {}::{},\n", module(name), type_name(name))).collect();
        let text = format!(
            "{MARK}\nuse atlas::migrate::{{Migrations, migrations}};\n\n{modules}\n/// All of them.\npub fn all() -> Migrations {{\n    \
             migrations![\n{all}    ]\n}}\n"
        );
        files::write(&path, &text)?;
        Ok(Some(path))
    }
}

/// The name of the module that a migration is.
fn module(name: &str) -> String {
    let own = name.replace(|part: char| !part.is_alphanumeric(), "_").to_lowercase();
    format!("m{own}")
}

/// The name of the type that a migration is: what stands after the time of its name.
pub(crate) fn type_name(name: &str) -> String {
    let bare = name.trim_start_matches(|part: char| part.is_ascii_digit() || part == '_');
    match files::pascal(bare) {
        own if own.is_empty() => format!("M{}", name.replace('_', "")),
        own => own,
    }
}
