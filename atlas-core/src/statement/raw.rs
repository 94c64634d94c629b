use crate::{statement::Statement, value::Value};

/// A statement in the database's own language, from the program's source.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// The text, with `?` for each value, and `??` for a question mark of its own.
    pub text: String,
    /// The values, in the order of their places.
    pub binds: Vec<Value>,
    /// Whether the values are secrets, which are not shown to listeners.
    pub sensitive: bool,
}

impl Raw {
    /// A statement and its values.
    pub fn new(text: impl Into<String>, binds: impl Into<Vec<Value>>) -> Self {
        Self { text: text.into(), binds: binds.into(), sensitive: false }
    }
}

impl From<Raw> for Statement {
    fn from(raw: Raw) -> Self {
        Self::Raw(raw)
    }
}
