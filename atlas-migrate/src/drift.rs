//! In what schemas differ that should be the same: the models, the last snapshot, and the database.

use std::fmt;

use atlas_core::{
    Db, Error, Pending, Result,
    schema::{Action, Column, ColumnDefault, ForeignKey, Index, IndexKind, Name, Storage, Table},
};

use crate::{
    Snapshot,
    diff::{columns_alike, of},
    snapshot::describe,
};

/// What [`check`] finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// In what the models differ from the last snapshot, in sentences: a migration was not generated.
    pub models: Vec<String>,
    /// In what the database differs from the models, in sentences: a migration has not run, or somebody changed the
    /// database by hand.
    pub database: Vec<String>,
    /// Tables of the database that no model is of. They may be somebody else's, and are no drift.
    pub unknown: Vec<String>,
}

impl Drift {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty() && self.database.is_empty()
    }

    /// An error that says all of it, for a program that is to fail.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is drift.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::config(self.to_string())) }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sentence in self.models.iter().chain(&self.database) {
            writeln!(f, "{sentence}")?;
        }
        Ok(())
    }
}

/// Compares models, the last snapshot and a database: what CI fails on.
///
/// What models cannot say is not compared: how long a text may be, how an index is called, comments, checks, and indexes
/// of some rows or over expressions. What a migration made by hand of these is nobody's drift.
///
/// ```
/// # use atlas_tests::guide::*;
/// # use atlas::migrate::{Snapshot, check};
/// # atlas::block_on(async {
/// let db = Db::connect("sqlite::memory:").await?;
/// db.create_tables(models![User]).await?;
/// let models = Snapshot::of(models![User, Post])?;
/// let drift = check(&db, &models, &models).await?;
/// assert_eq!(drift.database, ["the database has no table `posts`, which the models have"]);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// What the database reports.
pub fn check<'a>(db: &'a Db, models: &'a Snapshot, last: &'a Snapshot) -> Pending<'a, Drift> {
    Pending::new(async move {
        let mut drift = Drift { models: between(last, models), ..Drift::default() };
        let driver = db.driver()?;
        for table in models.tables() {
            match db.inspect(&table.name).await? {
                None => drift
                    .database
                    .push(format!("the database has no table `{}`, which the models have", table.name)),
                Some(found) => {
                    let wanted = driver.normalize(table);
                    let mut found = as_said(&wanted, driver.normalize(&found));
                    if db.driver_name() == "sqlite" {
                        counts_by_itself(&mut found);
                    }
                    compare(&DATABASE, &found, &wanted, &mut drift.database);
                }
            }
        }
        for entry in db.entries().await? {
            let known = |table: &Table| table.name.eq_ignore_ascii_case(&entry.name);
            if !entry.view && !models.tables().iter().any(known) {
                drift.unknown.push(entry.name.into_owned());
            }
        }
        Ok(drift)
    })
}

/// What two schemas are called.
struct Sides {
    first: &'static str,
    second: &'static str,
    /// Whether indexes and keys are the same under other names.
    by_content: bool,
}

const SNAPSHOT: Sides = Sides { first: "the snapshot", second: "the models", by_content: false };
const DATABASE: Sides = Sides { first: "the database", second: "the models", by_content: true };

/// In what the models differ from the snapshot.
fn between(last: &Snapshot, models: &Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    for table in models.tables() {
        match of(last.tables(), &table.name) {
            None => all.push(format!("the snapshot has no table `{}`, which the models have", table.name)),
            Some(before) => compare(&SNAPSHOT, before, table, &mut all),
        }
    }
    let gone = last.tables().iter().filter(|table| of(models.tables(), &table.name).is_none());
    all.extend(
        gone.map(|table| format!("the snapshot has a table `{}`, which the models have not", table.name)),
    );
    all
}

/// What was found, without what the models do not say.
fn as_said(models: &Table, mut found: Table) -> Table {
    for column in &mut found.columns {
        let Some(said) = models.column(&column.name) else { continue };
        column.storage = match (&said.storage, column.ty == said.ty) {
            // Of a type that is not said more exactly, any way to store it will do.
            (_, true) if is_loose(&said.storage) => said.storage.clone(),
            _ => column.storage.clone(),
        };
        column.comment.clone_from(&said.comment);
        column.collation.clone_from(&said.collation);
        column.touched = said.touched;
        column.starts_at = said.starts_at;
        if said.computed.is_none() && column.computed.is_some() {
            column.computed = None;
            column.nullable = said.nullable;
        }
        if said.default.is_none() && !matches!(column.default, Some(ColumnDefault::Value(_))) {
            column.default = None;
        }
    }
    found.indexes.retain(|index| {
        let plain = matches!(index.kind, IndexKind::Plain | IndexKind::Unique);
        let meant = index.filter.is_none() || models.index(&index.name).is_some();
        plain && index.expression.is_none() && meant && index.method.is_none()
    });
    found.checks.clear();
    found.options = models.options.clone();
    found
}

/// A key of one integer is SQLite's rowid, which it counts up where an insert leaves it out, whether it was told to or not.
fn counts_by_itself(found: &mut Table) {
    let [key] = found.primary_key.as_slice() else { return };
    let column = found.columns.iter_mut().find(|column| column.name == *key);
    if let Some(column) = column.filter(|column| column.ty.is_integer()) {
        column.generated = true;
    }
}

/// Whether a column may be stored in any way that its type has. A text that is a key has a length on MySQL.
fn is_loose(storage: &Storage) -> bool {
    matches!(storage, Storage::Usual | Storage::Varchar(255) | Storage::Varbinary(255))
}

fn compare(sides: &Sides, one: &Table, other: &Table, all: &mut Vec<String>) {
    let Sides { first, second, by_content } = sides;
    let table = &other.name;
    let mut say = |sentence: String| all.push(sentence);
    for column in &other.columns {
        match one.column(&column.name) {
            None => say(format!("{first} has no column `{table}.{}`, which {second} have", column.name)),
            Some(own) if columns_alike(own, column) => {}
            Some(own) => {
                let (was, is) = difference(own, column);
                say(format!(
                    "the column `{table}.{}` is {was} in {first}, and {is} in {second}",
                    column.name
                ));
            }
        }
    }
    for column in one.columns.iter().filter(|column| other.column(&column.name).is_none()) {
        say(format!("{first} has a column `{table}.{}`, which {second} have not", column.name));
    }
    if one.primary_key != other.primary_key {
        let key = |table: &Table| match table.primary_key.as_slice() {
            [] => "nothing".to_owned(),
            columns => list(columns),
        };
        say(format!(
            "the primary key of `{table}` is {} in {first}, and {} in {second}",
            key(one),
            key(other)
        ));
    }
    let index = |index: &Index| {
        let kind = if index.unique() { "a unique index" } else { "an index" };
        match index.columns.is_empty() {
            true => format!("{kind} `{}` of `{table}`", index.name),
            false => format!("{kind} over {} of `{table}`", list(&index.columns)),
        }
    };
    let same = |one: &Index, other: &Index| {
        let named = *by_content || one.name == other.name;
        let nameless = |index: &Index| Index { name: Name::default(), ..index.clone() };
        named && nameless(one) == nameless(other)
    };
    each_way(sides, &one.indexes, &other.indexes, same, index, &mut say);
    let key = |key: &ForeignKey| {
        let action = |event: &str, action: Action| match action {
            Action::NoAction => String::new(),
            Action::Restrict => format!(", restricting {event}s"),
            Action::Cascade => format!(", cascading {event}s"),
            Action::SetNull => format!(", set to NULL by a {event}"),
            Action::SetDefault => format!(", set to its default by a {event}"),
        };
        format!(
            "a foreign key over {} of `{table}` to {} of `{}`{}{}",
            list(&key.columns),
            list(&key.references),
            key.table,
            action("delete", key.on_delete),
            action("update", key.on_update),
        )
    };
    let same = |one: &ForeignKey, other: &ForeignKey| {
        let named = *by_content || one.name == other.name;
        let nameless = |key: &ForeignKey| ForeignKey { name: None, ..key.clone() };
        named && nameless(one) == nameless(other)
    };
    each_way(sides, &one.foreign_keys, &other.foreign_keys, same, key, &mut say);
    let same = |one: &crate::FullTextIndex, other: &crate::FullTextIndex| {
        one.columns == other.columns && one.language == other.language
    };
    let words = |index: &crate::FullTextIndex| {
        format!("a full-text index over {} of `{table}`", list(&index.columns))
    };
    each_way(sides, &one.full_text, &other.full_text, same, words, &mut say);
}

/// What is on one side and not on the other.
fn each_way<T>(
    Sides { first, second, .. }: &Sides,
    one: &[T],
    other: &[T],
    same: impl Fn(&T, &T) -> bool,
    name: impl Fn(&T) -> String,
    mut say: impl FnMut(String),
) {
    for missing in other.iter().filter(|item| !one.iter().any(|own| same(own, item))) {
        say(format!("{first} has not {}, which {second} have", name(missing)));
    }
    for more in one.iter().filter(|item| !other.iter().any(|own| same(item, own))) {
        say(format!("{first} has {}, which {second} have not", name(more)));
    }
}

fn list(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// In what two columns differ, each in its own words.
fn difference(one: &Column, other: &Column) -> (String, String) {
    let (mut was, mut is) = (Vec::new(), Vec::new());
    let mut say = |one: String, other: String| {
        if one != other {
            was.push(one);
            is.push(other);
        }
    };
    let ty = |column: &Column| {
        let storage =
            describe::storage(&column.storage).map(|own| format!(" stored as {own}")).unwrap_or_default();
        format!("of type {}{storage}", describe::type_name(column.ty))
    };
    say(ty(one), ty(other));
    let null = |column: &Column| if column.nullable { "nullable" } else { "not nullable" }.to_owned();
    say(null(one), null(other));
    let default = |column: &Column| match &column.default {
        None => "without a default".to_owned(),
        Some(ColumnDefault::Value(value)) => format!("with {} as its default", value.as_ref()),
        Some(ColumnDefault::Now) => "with the time as its default".to_owned(),
        Some(ColumnDefault::Expression(own)) => format!("with `{own}` as its default"),
    };
    say(default(one), default(other));
    let counted = |column: &Column| if column.generated { "counted up" } else { "not counted up" }.to_owned();
    say(counted(one), counted(other));
    let words = |said: &Option<Name>| said.as_deref().unwrap_or("none").to_owned();
    let collation = |column: &Column| format!("of the collation {}", words(&column.collation));
    say(collation(one), collation(other));
    let comment = |column: &Column| format!("with the comment {:?}", words(&column.comment));
    say(comment(one), comment(other));
    let made = |column: &Column| match &column.computed {
        None => "not computed".to_owned(),
        Some(computed) => format!("computed as {}", computed.expression),
    };
    say(made(one), made(other));
    if was.is_empty() {
        was.push("another".to_owned());
        is.push("another".to_owned());
    }
    (was.join(" and "), is.join(" and "))
}
