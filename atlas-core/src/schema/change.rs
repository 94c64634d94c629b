use super::{Check, Column, ForeignKey, FullTextIndex, Index, Name, Table};

/// A change of the database's schema.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SchemaChange {
    /// Creates a table, with its indexes, unless there is one of that name.
    CreateTable(Table),
    /// Drops a table, if there is one.
    DropTable(Name),
    /// Drops tables together, whatever refers to them.
    DropTables(Vec<Name>),
    /// Drops a view, if there is one.
    DropView(Name),
    /// Removes all rows of a table, all or none. A driver whose database commits with it MUST refuse it inside of a
    /// transaction.
    Truncate(Name, Truncate),
    /// Makes a database on the server. Never in a transaction.
    CreateDatabase(Name),
    /// Drops a database of the server, if there is one. Never in a transaction.
    DropDatabase(Name),
    /// Makes sure that what extends the database is there: PostgreSQL's `CREATE EXTENSION`.
    CreateExtension(Name),
    /// Gives a table another name.
    RenameTable {
        /// The table as it is.
        before: Table,
        /// Its new name.
        to: Name,
    },
    /// Changes a table, all of it or nothing where the database can undo changes of its schema.
    AlterTable {
        /// The table as it is.
        before: Table,
        /// What is changed, in order.
        changes: Vec<Alteration>,
    },
}

impl SchemaChange {
    /// Whether it cannot be a part of a transaction, on databases that have such changes.
    pub fn is_apart(&self) -> bool {
        match self {
            Self::CreateDatabase(_) | Self::DropDatabase(_) => true,
            Self::AlterTable { changes, .. } => changes
                .iter()
                .any(|change| matches!(change, Alteration::AddIndex(index) if index.concurrently)),
            _ => false,
        }
    }
}

/// A change of a table.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Alteration {
    /// Adds a column.
    AddColumn(Column, Place),
    /// Makes the column of that name what is given: what is not said again is dropped, but for keys and indexes.
    ChangeColumn(Column),
    /// Gives a column another name.
    RenameColumn {
        /// Its name.
        from: Name,
        /// Its new name.
        to: Name,
    },
    /// Drops a column, with the keys, indexes and foreign keys that are over it.
    DropColumn(Name),
    /// Makes columns the primary key; none leaves the table without one.
    SetPrimaryKey(Vec<Name>),
    /// Adds an index.
    AddIndex(Index),
    /// Adds an index by which words are found in texts.
    AddFullText(FullTextIndex),
    /// Drops an index by which words are found.
    DropFullText(Name),
    /// Gives an index another name.
    RenameIndex {
        /// Its name.
        from: Name,
        /// Its new name.
        to: Name,
    },
    /// Drops an index.
    DropIndex(Name),
    /// Adds a foreign key. Rows that refer to nothing are an error.
    AddForeignKey(ForeignKey),
    /// Drops a foreign key.
    DropForeignKey(Name),
    /// Adds a condition. Rows that do not meet it are an error.
    AddCheck(Check),
    /// Drops a condition.
    DropCheck(Name),
    /// Says what the table is for.
    SetComment(Option<Name>),
}

/// Where a new column goes. A database that adds columns at the end alone does that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At the end.
    #[default]
    Last,
    /// Before all others.
    First,
    /// After this one.
    After(Name),
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
