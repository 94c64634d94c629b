//! Migrations out of models: what changed since the last one was generated.
//!
//! `rust` and `sql` write a migration's text, `advice` says what a change costs and loses, `folder` where files go.

mod advice;
mod folder;
mod rust;
mod sql;

use atlas_core::{
    Db, Error, Pending, Result,
    schema::{Alteration, SchemaChange, Table},
};

pub use folder::MigrationFolder;
pub(crate) use sql::script;

use crate::{
    Rename, Schema, Snapshot,
    diff::{diff, of, resembles},
};

/// Compares two schemas, and plans the migration from one to the other.
///
/// ```
/// # use atlas_tests::guide::*;
/// # use atlas::migrate::{Generate, Snapshot};
/// let before = Snapshot::of(models![User])?;                   // or `Snapshot::read("migrations/schema.json")?`
/// let models = Snapshot::of(models![User, Post])?;
/// let plan = Generate::new(&before, &models).plan()?;
/// assert_eq!(plan.name(), "create_posts");
/// assert!(plan.rust("2026_01_31_120000_create_posts").contains(r#"Schema::create(db, "posts", |t| {"#));
/// # Ok::<(), Error>(())
/// ```
pub struct Generate<'s> {
    from: &'s Snapshot,
    to: &'s Snapshot,
    renames: Vec<Rename>,
    ask: Option<Ask<'s>>,
    lose_data: bool,
}

type Ask<'s> = Box<dyn FnMut(&Rename) -> bool + 's>;

/// A migration that was planned: what it does, and what takes it back.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The changes, in order.
    pub up: Vec<SchemaChange>,
    /// What takes them back. Data that is lost stays lost.
    pub down: Vec<SchemaChange>,
    /// What is lost, in sentences.
    pub losses: Vec<String>,
    /// What may fail where there are rows, or takes its time in large tables, in sentences.
    pub warnings: Vec<String>,
}

impl<'s> Generate<'s> {
    /// From one schema to another: from the last snapshot to the models.
    pub fn new(from: &'s Snapshot, to: &'s Snapshot) -> Self {
        Self { from, to, renames: Vec::new(), ask: None, lose_data: false }
    }

    /// What has another name now.
    #[must_use]
    pub fn rename(mut self, rename: Rename) -> Self {
        self.renames.push(rename);
        self
    }

    /// Asks about each pair of names of which one may have become the other. Where nobody answers, the one is dropped, and
    /// the other new.
    #[must_use]
    pub fn ask(mut self, answer: impl FnMut(&Rename) -> bool + 's) -> Self {
        self.ask = Some(Box::new(answer));
        self
    }

    /// Whether tables, columns and digits may be dropped that hold data.
    #[must_use]
    pub fn lose_data(mut self, may: bool) -> Self {
        self.lose_data = may;
        self
    }

    /// Plans the migration.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for one that loses data, which it names, unless [`lose_data`](Self::lose_data) says that it may;
    /// for a rename that does not fit.
    pub fn plan(mut self) -> Result<Plan> {
        self.ask_about_tables();
        self.ask_about_columns();
        let up = diff(&self.from.tables, &self.to.tables, &self.renames)?;
        let back: Vec<Rename> = self.renames.iter().rev().map(|rename| self.reversed(rename)).collect();
        let down = diff(&self.to.tables, &self.from.tables, &back)?;
        let losses = advice::losses(&up);
        if !losses.is_empty() && !self.lose_data {
            return Err(Error::config(format!(
                "this migration would lose data: {}. If something only has another name, say so with a rename; if the data \
                 may go, allow it to be lost",
                losses.join("; ")
            )));
        }
        let warnings = advice::warnings(&up);
        Ok(Plan { up, down, losses, warnings })
    }

    fn reversed(&self, rename: &Rename) -> Rename {
        match rename {
            Rename::Table { from, to } => Rename::Table { from: to.clone(), to: from.clone() },
            Rename::Column { table, from, to } => {
                let mut tables = self.renames.iter().filter_map(Rename::table);
                let before = tables.find(|(_, to)| to == table).map_or(table.as_str(), |(from, _)| from);
                Rename::Column { table: before.to_owned(), from: to.clone(), to: from.clone() }
            }
        }
    }

    /// Whether one may have become the other; what was said is not asked again.
    fn answer(&mut self, rename: Rename) {
        let known = self.renames.iter().any(|own| match (own, &rename) {
            (Rename::Table { from, to }, Rename::Table { from: a, to: b }) => from == a || to == b,
            (Rename::Column { table, from, to }, Rename::Column { table: of, from: a, to: b }) => {
                table == of && (from == a || to == b)
            }
            _ => false,
        });
        if !known && self.ask.as_mut().is_some_and(|ask| ask(&rename)) {
            self.renames.push(rename);
        }
    }

    fn ask_about_tables(&mut self) {
        let (from, to) = (&self.from.tables, &self.to.tables);
        let gone = || from.iter().filter(|table| of(to, &table.name).is_none());
        let new = || to.iter().filter(|table| of(from, &table.name).is_none());
        let pairs: Vec<Rename> = gone()
            .flat_map(|one| new().filter(move |other| share(one, other)).map(move |other| (one, other)))
            .map(|(one, other)| Rename::Table { from: one.name.to_string(), to: other.name.to_string() })
            .collect();
        pairs.into_iter().for_each(|pair| self.answer(pair));
    }

    fn ask_about_columns(&mut self) {
        let mut pairs = Vec::new();
        for then in &self.to.tables {
            let mut tables = self.renames.iter().filter_map(Rename::table);
            let before = tables.find(|(_, to)| *to == then.name).map_or(&*then.name, |(from, _)| from);
            let Some(now) = of(&self.from.tables, before) else { continue };
            for one in now.columns.iter().filter(|column| then.column(&column.name).is_none()) {
                let new = then.columns.iter().filter(|column| now.column(&column.name).is_none());
                for other in new.filter(|other| resembles(one, other)) {
                    pairs.push(Rename::Column {
                        table: then.name.to_string(),
                        from: one.name.to_string(),
                        to: other.name.to_string(),
                    });
                }
            }
        }
        pairs.into_iter().for_each(|pair| self.answer(pair));
    }
}

/// Whether two tables have at least half of their columns in common.
fn share(one: &Table, other: &Table) -> bool {
    let common = one.columns.iter().filter(|column| other.column(&column.name).is_some()).count();
    common * 2 >= one.columns.len().max(other.columns.len())
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }

    /// What the migration may be called: `create_posts`, `add_age_to_users`.
    pub fn name(&self) -> String {
        let word = |name: &str| name.replace(|part: char| !part.is_ascii_alphanumeric(), "_").to_lowercase();
        let of = |change: &SchemaChange| match change {
            SchemaChange::CreateTable(table) => {
                Some((format!("create_{}", word(&table.name)), table.name.clone()))
            }
            SchemaChange::DropTable(name) => Some((format!("drop_{}", word(name)), name.clone())),
            SchemaChange::RenameTable { before, to } => {
                Some((format!("rename_{}_to_{}", word(&before.name), word(to)), to.clone()))
            }
            SchemaChange::AlterTable { before, changes } => {
                let table = word(&before.name);
                let name = match changes.as_slice() {
                    [Alteration::AddColumn(column, _), ..] => {
                        format!("add_{}_to_{table}", word(&column.name))
                    }
                    [Alteration::DropColumn(column)] => format!("drop_{}_of_{table}", word(column)),
                    [Alteration::RenameColumn { from, to }] => {
                        format!("rename_{}_to_{}_of_{table}", word(from), word(to))
                    }
                    _ => format!("change_{table}"),
                };
                Some((name, before.name.clone()))
            }
            _ => None,
        };
        let all: Vec<_> = self.up.iter().filter_map(of).collect();
        let creates: Vec<&str> =
            all.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("create_")).collect();
        match all.as_slice() {
            [] => "nothing".to_owned(),
            [(only, _)] => only.clone(),
            [(_, first), rest @ ..] if rest.iter().all(|(_, table)| table == first) => {
                format!("change_{}", word(first))
            }
            _ if creates.len() == all.len() && creates.len() <= 3 => {
                let tables: Vec<&str> =
                    creates.iter().filter_map(|name| name.strip_prefix("create_")).collect();
                format!("create_{}", tables.join("_and_"))
            }
            _ if creates.len() == all.len() => "create_tables".to_owned(),
            _ => "change_schema".to_owned(),
        }
    }

    /// The migration in Rust, by the schema builder: it is the same on every database.
    pub fn rust(&self, name: &str) -> String {
        rust::migration(self, name)
    }

    /// The migration as SQL of a database: the texts of its `.up.sql` and `.down.sql`.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for what SQLite has to make a table anew for, which a text of SQL cannot do without a loss:
    /// write it in [`rust`](Self::rust).
    pub fn sql(&self, db: &Db) -> Result<(String, String)> {
        Ok((sql::script(&self.up, db)?, sql::script(&self.down, db)?))
    }

    /// Makes the changes at once, without a file: for prototypes and tests.
    ///
    /// # Errors
    ///
    /// As the calls of [`Schema`].
    pub fn up<'a>(&'a self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(make(db, &self.up))
    }

    /// Takes the changes back.
    ///
    /// # Errors
    ///
    /// As the calls of [`Schema`].
    pub fn down<'a>(&'a self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(make(db, &self.down))
    }
}

/// Makes changes, each of the table as it is in the database, as a migration does.
async fn make(db: &Db, changes: &[SchemaChange]) -> Result<()> {
    for change in changes {
        match change {
            SchemaChange::AlterTable { before, changes } => {
                let before = Schema::inspect(db, &before.name).await?;
                db.change_schema(SchemaChange::AlterTable { before, changes: changes.clone() }).await?;
            }
            SchemaChange::RenameTable { before, to } => Schema::rename(db, &before.name, to).await?,
            other => db.change_schema(other.clone()).await?,
        }
    }
    Ok(())
}
