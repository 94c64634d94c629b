use std::{
    collections::BTreeSet,
    fmt,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{
    driver::{Row, RowSink},
    error::{Error, Result},
    value::{Attribute, Plain, Value},
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
}

impl DynRow {
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
        f.debug_map().entries(self.iter().map(|(name, value)| (name, Plain(value)))).finish()
    }
}

/// A map from names to values: numbers and truth values as they are, JSON as what it says, bytes as a
/// list, everything else as text.
impl Serialize for DynRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &Serialized(value))?;
        }
        map.end()
    }
}

struct Serialized<'a>(&'a Value);

impl Serialize for Serialized<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::I64(number) => serializer.serialize_i64(*number),
            Value::U64(number) => serializer.serialize_u64(*number),
            Value::F64(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => serializer.collect_seq(bytes),
            Value::Json(text) => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(json) => json.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
            Value::Uuid(bytes) => serializer.collect_str(&Hyphenated(bytes)),
            Value::Numeric(number) => serializer.collect_str(number),
            Value::Date(date) => serializer.collect_str(date),
            Value::Time(time) => serializer.collect_str(time),
            Value::DateTime(moment) => serializer.collect_str(moment),
            Value::Timestamp(moment) => serializer.collect_str(&format_args!("{moment}Z")),
        }
    }
}

struct Hyphenated<'a>(&'a [u8; 16]);

impl fmt::Display for Hyphenated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Every row of a result.
#[derive(Default)]
pub(super) struct Rows {
    names: Option<Arc<[Box<str>]>>,
    pub(super) rows: Vec<DynRow>,
}

impl RowSink for Rows {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let names = || (0..row.len()).map(|index| row.name(index).into()).collect();
        let names = Arc::clone(self.names.get_or_insert_with(names));
        let values = (0..row.len()).map(|index| row.get(index).map(|value| value.to_owned()));
        self.rows.push(DynRow { names, values: values.collect::<Result<_>>()? });
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
