use super::{Name, default_name};

/// A reference to another table's columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name; the database gives it one where there is none.
    pub name: Option<Name>,
    /// The columns that refer.
    pub columns: Vec<Name>,
    /// The table that is referred to.
    pub table: Name,
    /// Its columns; its primary key where there are none.
    pub references: Vec<Name>,
    /// What happens to the rows that refer when the row that they refer to is deleted.
    pub on_delete: Action,
    /// What happens to them when its key changes.
    pub on_update: Action,
    /// When the database looks.
    pub deferral: Deferral,
}

/// What the database does to rows whose foreign key loses its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Action {
    /// Refuses the change at the end of the statement.
    #[default]
    NoAction,
    /// Refuses the change at once.
    Restrict,
    /// Makes the same change to the rows that refer.
    Cascade,
    /// Sets their columns to NULL.
    SetNull,
    /// Sets their columns to their default.
    SetDefault,
}

/// When the database looks whether a constraint is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Deferral {
    /// With each statement.
    #[default]
    Never,
    /// With each statement, unless the transaction says that it is to be at its end.
    Possible,
    /// At the end of the transaction.
    Always,
}

/// A condition that every row has to meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name; the database gives it one where there is none.
    pub name: Option<Name>,
    /// The condition in the database's own language, from the program's source, never from data.
    pub expression: Name,
}

impl ForeignKey {
    /// A foreign key to columns of a table, with its default name and no actions.
    pub fn new(of: &str, columns: Vec<Name>, table: impl Into<Name>, references: Vec<Name>) -> Self {
        let name = Some(default_name(of, &columns, "foreign"));
        Self { name, columns, table: table.into(), references, ..Self::default() }
    }
}
