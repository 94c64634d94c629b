//! What the derive says of how a model's records are serialized.

use std::any::Any;

use serde::Serialize;

/// Reads something of a model, whatever it is, as it is serialized.
pub type Read = fn(&dyn Any) -> serde_json::Result<serde_json::Value>;

/// A method of a model that is read by its name.
#[derive(Clone, Copy, Debug)]
pub struct Accessor {
    /// The method's name.
    pub name: &'static str,
    /// What it is called where a record is serialized.
    pub serialized: &'static str,
    /// Whether it is serialized with every record.
    pub appended: bool,
    /// Calls it.
    pub read: Read,
}

/// For the derive: what a function gives of a model of the type `M`.
///
/// # Errors
///
/// What serde says where it cannot be written.
pub fn read<M: 'static>(
    model: &dyn Any,
    with: fn(&M) -> serde_json::Result<serde_json::Value>,
) -> serde_json::Result<serde_json::Value> {
    model.downcast_ref().map_or(Ok(serde_json::Value::Null), with)
}

/// For the derive: what an accessor gives, as it is serialized.
///
/// # Errors
///
/// What serde says where it cannot be written.
pub fn written<T: Serialize>(value: T) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(value)
}

/// How names are made of those in snake case, as serde does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameCase {
    /// `lowercase`
    Lower,
    /// `UPPERCASE`
    Upper,
    /// `PascalCase`
    Pascal,
    /// `camelCase`
    Camel,
    /// `snake_case`
    Snake,
    /// `SCREAMING_SNAKE_CASE`
    ScreamingSnake,
    /// `kebab-case`
    Kebab,
    /// `SCREAMING-KEBAB-CASE`
    ScreamingKebab,
}

impl NameCase {
    /// The name that it makes of one in snake case.
    pub(crate) fn apply(self, snake: &str) -> String {
        match self {
            Self::Lower => snake.replace('_', ""),
            Self::Upper => snake.replace('_', "").to_uppercase(),
            Self::Pascal => snake.split('_').map(capitalized).collect(),
            Self::Camel => {
                let mut words = snake.split('_').filter(|word| !word.is_empty());
                let first = words.next().unwrap_or_default().to_owned();
                words.map(capitalized).fold(first, |name, word| name + &word)
            }
            Self::Snake => snake.to_owned(),
            Self::ScreamingSnake => snake.to_uppercase(),
            Self::Kebab => snake.replace('_', "-"),
            Self::ScreamingKebab => snake.replace('_', "-").to_uppercase(),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
