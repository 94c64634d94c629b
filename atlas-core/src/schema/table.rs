use super::{Check, Column, ForeignKey, FullTextIndex, Index, Name};

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The columns of the primary key; empty where there is none.
    pub primary_key: Vec<Name>,
    /// Indexes and unique constraints.
    pub indexes: Vec<Index>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes by which words are found in texts.
    pub full_text: Vec<FullTextIndex>,
    /// Conditions that every row has to meet.
    pub checks: Vec<Check>,
    /// What else is said of it.
    pub options: TableOptions,
}

/// What is said of a table beside its columns. A database that has no such thing passes over it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableOptions {
    /// What it is for.
    pub comment: Option<Name>,
    /// Who stores it: MySQL's `InnoDB`.
    pub engine: Option<Name>,
    /// How its texts are compared, where that is not how they are compared everywhere.
    pub collation: Option<Name>,
    /// Whether it is the connection's own, and gone with it.
    pub temporary: bool,
}

/// Something of the database's that has rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Name,
    /// Whether it is a view, whose rows are those of a select.
    pub view: bool,
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The index of a name.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Whether a key, an index or a foreign key is over a column.
    pub fn has_key_over(&self, column: &str) -> bool {
        self.primary_key.iter().any(|own| own == column)
            || self.indexes.iter().any(|index| index.columns.iter().any(|own| own == column))
            || self.foreign_keys.iter().any(|key| key.columns.iter().any(|own| own == column))
    }
}
