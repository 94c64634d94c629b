//! Which records go together: those whose columns hold the same key.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{Hash, Hasher},
};

use crate::{
    model::Model,
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
    keys: Vec<Key>,
    places: HashMap<Key, usize>,
}

impl Groups {
    /// No groups yet, with room for so many.
    pub(crate) fn with_capacity(groups: usize) -> Self {
        Self { keys: Vec::with_capacity(groups), places: HashMap::with_capacity(groups) }
    }

    /// The group of a key, made where there is none yet; `None` where a part of the key is NULL.
    pub(crate) fn expect(&mut self, key: impl Into<Key>) -> Option<usize> {
        let key = key.into();
        if key.parts().iter().any(Value::is_null) {
            return None;
        }
        Some(match self.places.entry(key) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                self.keys.push(place.key().clone());
                *place.insert(self.keys.len() - 1)
            }
        })
    }

    /// The group of a key, where there is one.
    pub(crate) fn of(&self, key: &Key) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// The first group whose key is one of these.
    pub(crate) fn position(&self, is_one: impl FnMut(&Key) -> bool) -> Option<usize> {
        self.keys.iter().position(is_one)
    }

    /// The first part of each key, in the order of the groups.
    pub(super) fn firsts(&self) -> Vec<Value> {
        self.keys.iter().filter_map(Key::first).collect()
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
                    let keys = keys.iter().filter_map(Key::first).collect();
                    Expr::In(Box::new(Expr::Column(column.clone())), keys)
                })
                .collect(),
            _ => self
                .keys
                .chunks(TUPLES_PER_STATEMENT)
                .map(|keys| Expr::Or(keys.iter().map(|key| equal(columns, key.parts())).collect()))
                .collect(),
        }
    }
}

/// Whether columns hold a key.
pub(crate) fn equal(columns: &[ColumnRef], key: &[Value]) -> Expr {
    let parts = columns.iter().zip(key).map(|(column, value)| {
        let column = Box::new(Expr::Column(column.clone()));
        Expr::Compare(CompareOp::Eq, column, Box::new(Expr::Value(value.clone())))
    });
    parts.reduce(Expr::and).unwrap_or(Expr::And(Vec::new()))
}

/// The values of the columns by which rows lead to others.
///
/// Numbers are the same key where the database takes them for equal: `1.0` and `1.00`.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// Of one column: without memory of its own.
    One(Value),
    /// Of several.
    Several(Vec<Value>),
}

impl Key {
    /// The values of a record's columns, by index.
    #[inline]
    pub(crate) fn of<M: Model>(record: &M, columns: &[usize]) -> Self {
        match columns {
            [only] => Self::One(record.encode(*only)),
            several => Self::Several(several.iter().map(|column| record.encode(*column)).collect()),
        }
    }

    pub(crate) fn parts(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }

    fn first(&self) -> Option<Value> {
        self.parts().first().cloned()
    }
}

impl From<Vec<Value>> for Key {
    fn from(values: Vec<Value>) -> Self {
        Self::Several(values)
    }
}

impl FromIterator<Value> for Key {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(only), None) => Self::One(only),
            (first, second) => Self::Several(first.into_iter().chain(second).chain(values).collect()),
        }
    }
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        if let (Self::One(Value::I64(one)), Self::One(Value::I64(other))) = (self, other) {
            return one == other;
        }
        let same = |(one, other): (&Value, &Value)| match (one, other) {
            (Value::Numeric(one), Value::Numeric(other)) => one.normalized() == other.normalized(),
            (one, other) => one == other,
        };
        let (these, those) = (self.parts(), other.parts());
        these.len() == those.len() && these.iter().zip(those).all(same)
    }
}

impl Eq for Key {}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in self.parts() {
            match value {
                Value::I64(number) => number.hash(state),
                Value::U64(number) => number.hash(state),
                Value::Text(text) => text.hash(state),
                Value::Uuid(bytes) => bytes.hash(state),
                Value::Bytes(bytes) => bytes.hash(state),
                Value::Numeric(number) => number.normalized().hash(state),
                // Keys of any other type are rare: they meet in one bucket.
                _ => {}
            }
        }
    }
}
