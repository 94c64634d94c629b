use atlas_core::value::Value;

use crate::compiler::quote_name;

/// A statement's text and what it binds. Kept and used again, it allocates nothing.
#[derive(Debug, Default, PartialEq)]
pub struct Compiled<'s> {
    /// The text.
    pub text: String,
    /// What its placeholders stand for, in their order.
    pub binds: Vec<Bind<'s>>,
    /// How many texts were written into this memory: not those of statements that were found by their
    /// `Shape`.
    pub texts: u64,
    pub(crate) lists: NameLists,
}

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind<'s> {
    /// A value of the statement, lent.
    Value(&'s Value),
    /// A text of the statement, lent: a pattern.
    Str(&'s str),
    /// A text that the compiler made: a list.
    Text(String),
    /// A number that the compiler made: a limit or an offset.
    I64(i64),
    /// A list of the statement, lent, which is one value.
    List(&'s [Value]),
}

impl Bind<'_> {
    /// A limit or an offset.
    pub(crate) fn number(number: u64) -> Self {
        Self::I64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Whether both are the same part of a statement.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => std::ptr::eq(*one, *other),
            (Self::Str(one), Self::Str(other)) => std::ptr::eq(*one, *other),
            (Self::List(one), Self::List(other)) => std::ptr::eq(*one, *other),
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::I64(one), Self::I64(other)) => one == other,
            _ => false,
        }
    }

    /// Copies the value out of the statement.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => (*value).clone(),
            Self::Str(text) => Value::Text((*text).to_owned()),
            Self::Text(text) => Value::Text(text.clone()),
            Self::I64(number) => Value::I64(*number),
            // There is no value that is a list: this is for showing it.
            Self::List(values) => Value::Text(shown(values)),
        }
    }
}

/// A list as one would write it.
fn shown(values: &[Value]) -> String {
    let mut text = String::from("{");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        match value {
            Value::Text(own) | Value::Json(own) => text.push_str(own),
            other => text.push_str(&other.as_ref().to_string()),
        }
    }
    text.push('}');
    text
}

impl Compiled<'_> {
    /// Forgets what it holds, and keeps its memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.binds.clear();
    }

    /// The same memory, empty, for a statement of another lifetime.
    #[must_use]
    pub fn recycle<'t>(mut self) -> Compiled<'t> {
        self.clear();
        // Collecting a vector's own iterator keeps its allocation; there is nothing in it to map.
        let binds = self.binds.into_iter().map_while(|_| None).collect();
        Compiled { text: self.text, binds, texts: self.texts, lists: self.lists }
    }

    /// Copies the values out of the statement.
    pub fn values(&self) -> Vec<Value> {
        self.binds.iter().map(Bind::to_value).collect()
    }
}

/// How many lists of names are kept.
const LISTS: usize = 32;

/// The columns of models as they were written before: the same few lists stand in most statements.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct NameLists(Vec<NameList>);

#[derive(Debug, PartialEq)]
struct NameList {
    names: &'static [&'static str],
    quote: char,
    written: String,
}

impl NameLists {
    /// Writes the names, quoted, with commas between them.
    pub(crate) fn push(&mut self, names: &'static [&'static str], quote: char, out: &mut String) {
        let is_same = |kept: &NameList| std::ptr::eq(kept.names, names) && kept.quote == quote;
        if let Some(at) = self.0.iter().position(is_same) {
            self.0.swap(0, at);
        } else {
            let mut written = String::new();
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    written.push_str(", ");
                }
                quote_name(quote, name, &mut written);
            }
            self.0.truncate(LISTS - 1);
            self.0.insert(0, NameList { names, quote, written });
        }
        if let Some(list) = self.0.first() {
            out.push_str(&list.written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bind, Compiled};

    #[test]
    fn recycling_keeps_the_memory() {
        let mut first = Compiled::default();
        first.text.push_str("SELECT 1");
        first.binds.extend((0..10).map(Bind::I64));
        let (text, binds) = (first.text.as_ptr(), first.binds.as_ptr());
        let second = first.recycle();
        assert!(second.text.is_empty() && second.binds.is_empty());
        assert_eq!((second.text.as_ptr(), second.binds.as_ptr().cast()), (text, binds));
        assert!(second.binds.capacity() >= 10);
    }
}
