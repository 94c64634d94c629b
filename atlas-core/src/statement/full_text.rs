use crate::{schema::Name, statement::Expr};

/// Whether the columns of a full-text index contain words, or how well they do.
#[derive(Clone, Debug, PartialEq)]
pub struct FullText {
    /// The columns, in the order of the index.
    pub columns: Vec<Expr>,
    /// The index over them, as [`Table::full_text`](crate::schema::Table::full_text) names it.
    pub index: Name,
    /// The language of the index, from the program's source.
    pub language: &'static str,
    /// What has to be there, and what must not. Without a term that has to be there, nothing is found.
    pub terms: Vec<FullTextTerm>,
    /// Whether a number is asked for, which is the larger the better it fits, and zero where nothing does.
    pub rank: bool,
}

/// A part of what is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTextTerm {
    /// Phrases of which one is enough: words, of letters and digits alone, that stand one after the other.
    pub any: Vec<Vec<String>>,
    /// Whether none of them may be there.
    pub excluded: bool,
}
