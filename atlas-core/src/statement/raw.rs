use crate::{schema::Name, statement::Statement, value::Value};

/// A statement in the database's own language, from the program's source.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// The text, with `?` for each value, and `??` for a question mark of its own.
    pub text: String,
    /// The values, in the order of their places.
    pub binds: Vec<Value>,
    /// Names, in the order of their places, each of which is quoted.
    pub names: Vec<Name>,
    /// Whether the text has [`Raw::VALUE`] for each value and [`Raw::NAME`] for each name: a question mark is a
    /// question mark then.
    pub marked: bool,
    /// Something that the program got wrong: the statement is [`Error::Config`](crate::Error::Config) with this
    /// sentence.
    pub fault: Option<String>,
    /// Whether the values are secrets, which are not shown to listeners.
    pub sensitive: bool,
}

impl Raw {
    /// The place of a value in a marked text.
    pub const VALUE: char = '\u{1}';
    /// The place of a name in a marked text.
    pub const NAME: char = '\u{2}';

    /// A statement and its values.
    pub fn new(text: impl Into<String>, binds: impl Into<Vec<Value>>) -> Self {
        Self {
            text: text.into(),
            binds: binds.into(),
            names: Vec::new(),
            marked: false,
            fault: None,
            sensitive: false,
        }
    }
}

impl From<Raw> for Statement {
    fn from(raw: Raw) -> Self {
        Self::Raw(raw)
    }
}
