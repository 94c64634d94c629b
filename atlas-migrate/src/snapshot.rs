//! A schema in a file of the repository: what the migrations that were generated so far make.

mod read;
mod write;

/// The words of the file, for messages.
pub(crate) mod describe {
    pub(crate) use super::write::{storage, type_name};
}

use std::{fs, io::ErrorKind, path::Path};

use atlas_core::{
    Error, Result,
    model::{ModelMeta, tables_of},
    schema::Table,
};

/// The schema that the migrations of a project make, as models say it: what [`Generate`](crate::Generate) compares the
/// models with. It is a JSON file in the repository, with a line for each column, so that two branches merge.
///
/// ```
/// # use atlas_tests::guide::*;
/// # use atlas::migrate::Snapshot;
/// let snapshot = Snapshot::of(models![User, Post])?;
/// assert!(snapshot.to_string().contains(r#"{"name":"email","type":"text"}"#));
/// assert_eq!(Snapshot::parse(&snapshot.to_string())?, snapshot);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub(crate) tables: Vec<Table>,
}

impl Snapshot {
    /// The name of the file, in the folder of the migrations.
    pub const FILE: &'static str = "schema.json";

    /// The schema of models: `Snapshot::of(models![User, Post])`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where models contradict each other, or one refers to a model that is not among them.
    pub fn of(models: impl IntoIterator<Item = &'static ModelMeta>) -> Result<Self> {
        let tables = tables_of(models)?;
        for table in &tables {
            for key in &table.foreign_keys {
                if !tables.iter().any(|other| other.name == key.table) {
                    return Err(Error::config(format!(
                        "the model of `{}` refers to `{}`, whose model is not among the models: add it",
                        table.name, key.table
                    )));
                }
            }
        }
        Ok(Self::of_tables(tables))
    }

    /// A schema of tables.
    pub fn of_tables(mut tables: Vec<Table>) -> Self {
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        Self { tables }
    }

    /// The tables, by name.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Reads a file. Where there is none, nothing was generated yet: a schema without tables.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a file that cannot be read or understood.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|error| {
                Error::config(format!("the snapshot `{}` cannot be used: {error}", path.display()))
            }),
            Err(reason) if reason.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(reason) => {
                Err(Error::config(format!("the snapshot `{}` cannot be read: {reason}", path.display())))
            }
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a text that is not understood: after a merge that left marks, or from a later version.
    pub fn parse(text: &str) -> Result<Self> {
        read::tables(text).map(Self::of_tables)
    }

    /// Writes a file, which [`read`](Self::read) reads.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a file that cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::files::write(path.as_ref(), &self.to_string())
    }
}

impl std::fmt::Display for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&write::tables(&self.tables))
    }
}
