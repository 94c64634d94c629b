//! Which records go together: those whose columns hold the same key.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{Hash, Hasher},
};

use crate::{
    statement::{ColumnRef, CompareOp, Expr},
    value::Value,
};

/// How many keys go into one statement: less than the most that a database takes.
const KEYS_PER_STATEMENT: usize = 50_000;

/// The same for keys of several columns, each of which is a condition of its own.
const TUPLES_PER_STATEMENT: usize = 5_000;

/// Groups of records, by their keys.
#[derive(Default)]
pub(crate) struct Groups {
    keys: Vec<Vec<Value>>,
    places: HashMap<Key, usize>,
}

impl Groups {
    /// The group of a key, made where there is none yet; `None` where a part of the key is NULL.
    pub(crate) fn expect(&mut self, key: Vec<Value>) -> Option<usize> {
        if key.iter().any(Value::is_null) {
            return None;
        }
        Some(match self.places.entry(Key::new(&key)) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                self.keys.push(key);
                *place.insert(self.keys.len() - 1)
            }
        })
    }

    /// The group of a key, where there is one.
    pub(crate) fn of(&self, key: &[Value]) -> Option<usize> {
        self.places.get(&Key::new(key)).copied()
    }

    /// The first part of each key, in the order of the groups.
    pub(super) fn firsts(&self) -> Vec<Value> {
        self.keys.iter().filter_map(|key| key.first().cloned()).collect()
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Conditions under which the columns hold one of the keys, one for each statement.
    pub(crate) fn conditions(&self, columns: &[ColumnRef]) -> Vec<Expr> {
        match columns {
            [column] => self
                .keys
                .chunks(KEYS_PER_STATEMENT)
                .map(|keys| {
                    let keys = keys.iter().filter_map(|key| key.first().cloned()).collect();
                    Expr::In(Box::new(Expr::Column(column.clone())), keys)
                })
                .collect(),
            _ => self
                .keys
                .chunks(TUPLES_PER_STATEMENT)
                .map(|keys| Expr::Or(keys.iter().map(|key| equal(columns, key)).collect()))
                .collect(),
        }
    }
}

/// Whether columns hold a key.
pub(super) fn equal(columns: &[ColumnRef], key: &[Value]) -> Expr {
    let parts = columns.iter().zip(key).map(|(column, value)| {
        let column = Box::new(Expr::Column(column.clone()));
        Expr::Compare(CompareOp::Eq, column, Box::new(Expr::Value(value.clone())))
    });
    parts.reduce(Expr::and).unwrap_or(Expr::And(Vec::new()))
}

/// A key of a map.
struct Key(Vec<Value>);

impl Key {
    /// Numbers are the same key where the database takes them for equal: `1.0` and `1.00`.
    fn new(values: &[Value]) -> Self {
        let same = |value: &Value| match value {
            Value::Numeric(number) => Value::Numeric(number.normalized()),
            value => value.clone(),
        };
        Self(values.iter().map(same).collect())
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in &self.0 {
            match value {
                Value::I64(number) => number.hash(state),
                Value::U64(number) => number.hash(state),
                Value::Text(text) => text.hash(state),
                Value::Uuid(bytes) => bytes.hash(state),
                Value::Bytes(bytes) => bytes.hash(state),
                Value::Numeric(number) => number.hash(state),
                // Keys of any other type are rare: they meet in one bucket.
                _ => {}
            }
        }
    }
}
