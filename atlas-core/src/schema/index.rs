use super::{Name, default_name};

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// Its columns, in order; none where it is over an expression.
    pub columns: Vec<Name>,
    /// What it is over, where that is not columns: a list of expressions in the database's own language, from the
    /// program's source, never from data.
    pub expression: Option<Name>,
    /// What it is good for.
    pub kind: IndexKind,
    /// Which rows are in it, where not all: a condition in the database's own language, from the program's source,
    /// never from data.
    pub filter: Option<Name>,
    /// A column that is NULL in the rows that are in it: of rows that may be deleted softly, those that are not.
    pub where_null: Option<Name>,
    /// How it is built, where the database has several ways: PostgreSQL's `gin`, MySQL's `hash`.
    pub method: Option<Name>,
    /// Whether two rows may not share NULL either, where it is unique: PostgreSQL's `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// Whether it is made while others write, outside of a transaction: PostgreSQL's `CONCURRENTLY`. A new table has
    /// nobody who writes, and other databases pass over it.
    pub concurrently: bool,
}

/// An index by which words are found in texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTextIndex {
    /// Its name.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<Name>,
    /// The language whose forms of a word are taken for one: `simple` for none. From the program's source.
    pub language: Name,
}

/// What an index is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IndexKind {
    /// Finding and ordering rows.
    #[default]
    Plain,
    /// That, and no two rows share the same values.
    Unique,
    /// Finding places.
    Spatial,
}

impl Index {
    /// An index over columns, with its default name.
    pub fn new(table: &str, columns: Vec<Name>, kind: IndexKind) -> Self {
        let name = default_name(table, &columns, kind.word());
        Self { name, columns, kind, ..Self::default() }
    }

    /// Whether two rows may not share the same values.
    pub fn unique(&self) -> bool {
        self.kind == IndexKind::Unique
    }
}

impl FullTextIndex {
    /// An index of words, with its default name.
    pub fn new(table: &str, columns: Vec<Name>, language: impl Into<Name>) -> Self {
        Self { name: default_name(table, &columns, "fulltext"), columns, language: language.into() }
    }
}

impl IndexKind {
    /// The end of a default name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plain => "index",
            Self::Unique => "unique",
            Self::Spatial => "spatialindex",
        }
    }
}
