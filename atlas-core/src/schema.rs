//! Tables, columns, indexes and foreign keys as data: what a driver is asked to create.

use std::borrow::Cow;

use crate::value::{ColumnType, Value};

/// A name in the database: static where it comes from a model, owned where it was computed.
pub type Name = Cow<'static, str>;

/// A table.
#[derive(Clone, Debug, PartialEq)]
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
}

/// An index by which words are found in texts.
#[derive(Clone, Debug, PartialEq)]
pub struct FullTextIndex {
    /// Its name.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<Name>,
    /// The language whose forms of a word are taken for one: `simple` for none. From the program's source.
    pub language: &'static str,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// What it stores.
    pub ty: ColumnType,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Whether the database counts its values up: the key of most tables.
    pub generated: bool,
    /// What the database fills in where an insert leaves it out.
    pub default: Option<ColumnDefault>,
}

/// What the database fills in.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnDefault {
    /// A constant.
    Value(Value),
    /// An expression in the database's own language, from the program's source, never from data.
    Expression(Name),
}

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<Name>,
    /// Whether two rows may not share the same values.
    pub unique: bool,
}

/// A reference to another table's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// The columns that refer.
    pub columns: Vec<Name>,
    /// The table that is referred to.
    pub table: Name,
    /// Its columns.
    pub references: Vec<Name>,
    /// What happens to the rows that refer when the row that they refer to is deleted.
    pub on_delete: Action,
    /// What happens to them when its key changes.
    pub on_update: Action,
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

/// A change of the database's schema.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SchemaChange {
    /// Creates a table, with its indexes, unless there is one of that name.
    CreateTable(Table),
    /// Drops a table, if there is one.
    DropTable(Name),
    /// Removes all rows of a table, all or none. A driver whose database commits with it MUST refuse it inside of a
    /// transaction.
    Truncate(Name, Truncate),
}

/// How all rows of a table are removed: see [`Model::truncate`](crate::Model::truncate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Truncate {
    /// Whether all rows of the tables that refer to it are removed, too, and of those that refer to them. Without, a
    /// table that others refer to is refused.
    pub cascade: bool,
    /// Whether generated keys begin at 1 again. Without, they go on.
    pub restart_identity: bool,
}
