//! Models out of a database. `names` finds names that Rust takes, `plan` what the models and their relations are, `write` puts
//! them down.

mod names;
mod plan;
mod write;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use atlas_core::{Db, Error, Pending, Result, schema::Table};

use crate::{Schema, files};

/// What stands first in a file that is written anew each time.
const MARK: &str = "// Written by Atlas from the database, and written again by the next pull: nothing of yours belongs here.\n";

/// Writes models out of the tables of a database.
///
/// ```
/// # use atlas_tests::guide::*;
/// # use atlas::migrate::Pull;
/// # atlas::block_on(async {
/// let db = Db::connect("sqlite::memory:").await?;
/// db.execute("CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL)", ()).await?;
/// db.execute("CREATE TABLE albums (id INTEGER PRIMARY KEY, artist_id INTEGER NOT NULL REFERENCES artists (id))", ()).await?;
/// let pulled = Pull::new(&db).models().await?;
/// assert!(pulled.files["album.rs"].contains("pub artist: BelongsTo<Artist>,"));
/// assert!(pulled.files["artist.rs"].contains("pub albums: HasMany<Album>,"));
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Pull<'d> {
    db: &'d Db,
    only: Vec<String>,
    except: Vec<String>,
}

/// What was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// The texts of the files, by name.
    pub files: BTreeMap<String, String>,
    /// What models could not be made of, in sentences.
    pub notes: Vec<String>,
}

impl<'d> Pull<'d> {
    /// All tables of a database, but for the record of migrations.
    pub fn new(db: &'d Db) -> Self {
        Self { db, only: Vec::new(), except: vec!["migrations".to_owned()] }
    }

    /// These tables alone.
    #[must_use]
    pub fn only<'t>(mut self, tables: impl IntoIterator<Item = &'t str>) -> Self {
        self.only.extend(tables.into_iter().map(str::to_owned));
        self
    }

    /// Not these tables either.
    #[must_use]
    pub fn except<'t>(mut self, tables: impl IntoIterator<Item = &'t str>) -> Self {
        self.except.extend(tables.into_iter().map(str::to_owned));
        self
    }

    /// The models, as the texts of files.
    ///
    /// # Errors
    ///
    /// [`Error::MissingTable`] for one of [`only`](Self::only) that is not there; what the database reports.
    pub fn models(&self) -> Pending<'_, Pulled> {
        Pending::new(async move {
            let (mut tables, texts) = (self.tables().await?, Texts::of(self.db).await?);
            for table in &mut tables {
                texts.put_into(table);
            }
            let counted = self.counted(&tables).await?;
            let plan = plan::Plan::of(&tables, &counted);
            Ok(Pulled { files: write::files(&plan), notes: plan.notes })
        })
    }

    /// Writes the models into `generated` of a folder, and a `mod.rs` beside it where there is none: what is yours goes
    /// into files of its own there. Gives the files that were written.
    ///
    /// Files of models whose tables are gone are removed.
    ///
    /// # Errors
    ///
    /// As [`models`](Self::models); [`Error::Config`] for a file in `generated` that Atlas did not write, and one that cannot
    /// be written.
    pub fn write<'a>(&'a self, folder: impl AsRef<Path> + Send + 'a) -> Pending<'a, (Pulled, Vec<PathBuf>)> {
        Pending::new(async move {
            let folder = folder.as_ref();
            let pulled = self.models().await?;
            let generated = folder.join("generated");
            remove_old(&generated)?;
            let mut written = Vec::new();
            for (name, text) in &pulled.files {
                let path = generated.join(name);
                files::write(&path, text)?;
                written.push(path);
            }
            let own = folder.join("mod.rs");
            if !own.exists() {
                files::write(&own, write::OWN)?;
                written.push(own);
            }
            Ok((pulled, written))
        })
    }

    async fn tables(&self) -> Result<Vec<Table>> {
        let names = match self.only.is_empty() {
            true => Schema::tables(self.db).await?,
            false => self.only.clone(),
        };
        let mut tables = Vec::with_capacity(names.len());
        for name in names.iter().filter(|name| !self.except.contains(name)) {
            tables.push(Schema::inspect(self.db, name).await?);
        }
        Ok(tables)
    }

    /// The tables whose key SQLite counts up, though they do not say so: an `INTEGER PRIMARY KEY` is its rowid.
    async fn counted(&self, tables: &[Table]) -> Result<Vec<String>> {
        let mut counted = Vec::new();
        if self.db.driver_name() != "sqlite" {
            return Ok(counted);
        }
        for table in tables.iter().filter(|table| table.primary_key.len() == 1) {
            let question =
                "SELECT COUNT(*) AS n FROM pragma_table_info(?) WHERE pk = 1 AND UPPER(type) = 'INTEGER'";
            let row = self.db.raw(question, [table.name.as_ref()]).first().await?;
            if row.map(|row| row.get::<i64>("n")).transpose()?.is_some_and(|count| count > 0) {
                counted.push(table.name.to_string());
            }
        }
        Ok(counted)
    }
}

/// Removes what an earlier pull has written.
fn remove_old(folder: &Path) -> Result<()> {
    let cannot = |reason: std::io::Error| {
        Error::config(format!("the folder `{}` cannot be emptied: {reason}", folder.display()))
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(reason) => return Err(cannot(reason)),
    };
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(cannot)?;
    for path in &paths {
        if !files::read(path)?.is_some_and(|text| text.starts_with(MARK)) {
            return Err(Error::config(format!(
                "`{}` was not written by Atlas, and everything in this folder is written again: move it out of it",
                path.display()
            )));
        }
    }
    paths.iter().try_for_each(|path| fs::remove_file(path).map_err(cannot))
}

/// The texts of PostgreSQL's own enums, by the name of the type.
#[derive(Default)]
struct Texts(Vec<(String, String)>);

impl Texts {
    async fn of(db: &Db) -> Result<Self> {
        if db.driver_name() != "postgres" {
            return Ok(Self::default());
        }
        let question = "SELECT pg_catalog.format_type(t.oid, NULL) AS ty, e.enumlabel::text AS label \
            FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid ORDER BY t.oid, e.enumsortorder";
        let rows = db.raw(question, ()).get().await?;
        let pair = |row: &atlas_core::DynRow| Ok((row.get("ty")?, row.get("label")?));
        rows.iter().map(pair).collect::<Result<_>>().map(Self)
    }

    fn put_into(&self, table: &mut Table) {
        for column in &mut table.columns {
            let atlas_core::schema::Storage::Native(ty) = &column.storage else { continue };
            let labels = self.0.iter().filter(|(own, _)| own == ty).map(|(_, label)| label.clone().into());
            let labels: Vec<_> = labels.collect();
            if !labels.is_empty() {
                column.storage = atlas_core::schema::Storage::Enum(labels);
            }
        }
    }
}
