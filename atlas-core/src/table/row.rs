use std::{
    collections::BTreeSet,
    fmt,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{
    db::Decode,
    driver::{Row, RowSink},
    error::{Error, Result},
    value::{Attribute, Plain, Serialized, Value},
};

/// A row without a model.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let ann = db.table("users").find(1).await?.expect("she is there");
/// assert_eq!(ann.get::<String>("name")?, "Ann");
/// assert_eq!(ann.get::<Option<i32>>("age")?, Some(34));
/// assert!(ann.get::<i32>("nmae").unwrap_err().to_string().contains("no column `nmae`: there are `id`, `name`"));
/// # Ok(())
/// # });
/// ```
#[derive(Clone, PartialEq)]
pub struct DynRow {
    /// Shared by the rows of a result.
    names: Arc<[Box<str>]>,
    values: Vec<Value>,
    related: Vec<(&'static str, Nested)>,
}

/// The rows of a relation, shared by those that lead to the same.
#[derive(Clone, PartialEq)]
pub(super) struct Nested {
    /// Whether the relation leads to many.
    pub(super) many: bool,
    pub(super) rows: Arc<Vec<DynRow>>,
}

impl DynRow {
    /// The rows that a relation leads to, of those that [`with`](super::Table::with) named; at most one where it
    /// leads to one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = db.find_by_id_with("users", 1, "posts").await?.expect("she is there");
    /// assert_eq!(ann.related("posts")?.len(), 2);
    /// assert!(ann.related("comments").unwrap_err().to_string().contains("`comments`"));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it was not loaded: what was not loaded is never an empty list.
    pub fn related(&self, relation: &str) -> Result<&[Self]> {
        let found = self.related.iter().find(|(name, _)| *name == relation);
        found.map(|(_, nested)| nested.rows.as_slice()).ok_or_else(|| self.not_loaded(relation))
    }

    /// Takes what was loaded of a relation.
    pub(super) fn put(&mut self, relation: &'static str, nested: Nested) {
        self.related.retain(|(name, _)| *name != relation);
        self.related.push((relation, nested));
    }

    /// Keeps the first columns of the rows of a result.
    pub(super) fn keep_first(rows: &mut [Self], columns: usize) {
        let Some(first) = rows.first().filter(|row| row.names.len() > columns) else { return };
        let names: Arc<[Box<str>]> = first.names.iter().take(columns).cloned().collect();
        for row in rows {
            row.names = Arc::clone(&names);
            row.values.truncate(columns);
        }
    }

    /// The value of a column, as a Rust type; of the first one, where several have the name.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where there is no such column, [`Error::Decode`] where the value does not fit.
    pub fn get<T: Attribute>(&self, column: &str) -> Result<T> {
        let value = self.value(column).ok_or_else(|| self.no_column(column))?;
        T::decode(value.as_ref()).map_err(|error| error.at("DynRow", interned(column)))
    }

    /// The value of a column by its place, from 0.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn at<T: Attribute>(&self, index: usize) -> Result<T> {
        let (Some(value), Some(name)) = (self.values.get(index), self.names.get(index)) else {
            let columns = self.values.len();
            return Err(Error::config(format!("the row has no column {index}: it has {columns}, from 0")));
        };
        T::decode(value.as_ref()).map_err(|error| error.at("DynRow", interned(name)))
    }

    /// The value of a column as the database gave it.
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.names.iter().position(|name| **name == *column).and_then(|index| self.values.get(index))
    }

    /// The columns' names, in their order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The columns and their values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.columns().zip(&self.values)
    }

    #[cold]
    fn not_loaded(&self, relation: &str) -> Error {
        let names: Vec<String> = self.related.iter().map(|(name, _)| format!("`{name}`")).collect();
        let there = if names.is_empty() { "no relation".to_owned() } else { names.join(", ") };
        Error::config(format!(
            "`{relation}` was not loaded with the row, only {there}: name it in `.with(..)`"
        ))
    }

    #[cold]
    fn no_column(&self, column: &str) -> Error {
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        Error::config(format!("the row has no column `{column}`: there are {}", names.join(", ")))
    }
}

/// A name for an error, which keeps it for ever: each name once, and no more names than a program has.
#[cold]
fn interned(name: &str) -> &'static str {
    const MOST: usize = 10_000;
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.get(name) {
        Some(name) => name,
        None if names.len() < MOST => {
            let name: &'static str = Box::leak(Box::from(name));
            names.insert(name);
            name
        }
        None => "?",
    }
}

impl fmt::Debug for DynRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_map();
        shown.entries(self.iter().map(|(name, value)| (name, Plain(value))));
        shown.entries(self.related.iter().map(|(name, nested)| (name, &nested.rows))).finish()
    }
}

/// A map from names to values: numbers and truth values as they are, JSON as what it says, bytes as a
/// list, everything else as text. A relation is a list of maps, or a map or nothing where it leads to one.
impl Serialize for DynRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len() + self.related.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &Serialized(value))?;
        }
        for (name, nested) in &self.related {
            if nested.many {
                map.serialize_entry(name, &*nested.rows)?;
            } else {
                map.serialize_entry(name, &nested.rows.first())?;
            }
        }
        map.end()
    }
}

/// What makes the rows of a result.
pub(super) fn dyn_rows() -> Decode<DynRow> {
    let mut reader = Reader::default();
    Box::new(move |row| reader.read(row))
}

/// Reads the rows of a result.
#[derive(Default)]
pub(super) struct Reader {
    names: Option<Arc<[Box<str>]>>,
}

impl Reader {
    pub(super) fn read(&mut self, row: &dyn Row) -> Result<DynRow> {
        let names = || (0..row.len()).map(|index| row.name(index).into()).collect();
        let names = Arc::clone(self.names.get_or_insert_with(names));
        let values = (0..row.len()).map(|index| row.get(index).map(|value| value.to_owned()));
        Ok(DynRow { names, values: values.collect::<Result<_>>()?, related: Vec::new() })
    }
}

/// Every row of a result.
#[derive(Default)]
pub(super) struct Rows {
    reader: Reader,
    pub(super) rows: Vec<DynRow>,
}

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        self.rows.push(self.reader.read(row)?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.rows.clear();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}
