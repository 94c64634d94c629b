use crate::{statement::Expr, value::ColumnType};

/// A question to something inside of a JSON document.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonAt {
    /// What is asked.
    pub question: JsonQuestion,
    /// The document.
    pub of: Expr,
    /// The way to what is asked about.
    pub path: Vec<JsonStep>,
    /// The JSON, as text, that a question compares with.
    pub with: Option<String>,
}

/// A JSON document with a change inside of it. Each step of the path leads into what it names: a key into an object,
/// an index into an array. Where one does not, the document stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonChange {
    /// The document.
    pub of: Expr,
    /// The way to what is changed; at least one step.
    pub path: Vec<JsonStep>,
    /// The JSON, as text, that stands there then: a new key is added to its object, what is behind the last element
    /// of an array becomes its last, and a document that is NULL counts as an empty object. `None`: what is there is
    /// removed.
    pub to: Option<String>,
}

/// A step into a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// Into an object: the value of a key.
    Key(String),
    /// Into an array: an element, from 0.
    Index(u32),
}

/// What is asked of something in a JSON document. Where there is no such thing, the answer is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonQuestion {
    /// The text that it is; NULL where it is no text.
    Text,
    /// The number that it is, cut towards zero; NULL where it is no number.
    Integer,
    /// The number that it is, as a float; NULL where it is no number.
    Float,
    /// The truth value that it is; NULL where it is none.
    Bool,
    /// How many elements the array has; NULL where it is no array.
    Length,
    /// Whether there is such a thing, if only a `null`.
    Exists,
    /// Whether it is this JSON: numbers by their value, objects in any order.
    Equals,
    /// Whether it has this JSON in it: an array an element, an object keys and values.
    Contains,
}

impl JsonQuestion {
    /// What the answer is.
    pub fn ty(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::Text,
            Self::Integer | Self::Length => ColumnType::I64,
            Self::Float => ColumnType::F64,
            Self::Bool | Self::Exists | Self::Equals | Self::Contains => ColumnType::Bool,
        }
    }
}
