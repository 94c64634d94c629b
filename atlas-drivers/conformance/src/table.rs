//! Tables, written shortly.

use atlas_core::{
    schema::{self, Action, ColumnDefault, ForeignKey, Index, IndexKind, Name},
    statement::{
        ColumnRef, Delete, Expr, Insert, OnConflict, Projection, Scope, Select, Selected, TableRef, Update,
    },
    value::{ColumnType, Value},
};

/// A column of a table to be.
pub(crate) struct Column(schema::Column);

/// A column that is not NULL.
pub(crate) fn column(name: &'static str, ty: ColumnType) -> Column {
    Column(schema::Column::new(name, ty))
}

/// The key `id`, which the program gives.
pub(crate) fn id() -> Column {
    column("id", ColumnType::I64)
}

/// The key `id`, which the database counts up.
pub(crate) fn generated_id() -> Column {
    let Column(column) = id();
    Column(schema::Column { generated: true, ..column })
}

impl Column {
    /// Takes NULL.
    pub(crate) fn nullable(self) -> Self {
        Self(schema::Column { nullable: true, ..self.0 })
    }

    /// Has a value where an insert leaves it out.
    pub(crate) fn default(self, value: impl Into<Value>) -> Self {
        Self(schema::Column { default: Some(ColumnDefault::Value(value.into())), ..self.0 })
    }

    /// Has the value of an expression of the database's where an insert leaves it out.
    pub(crate) fn default_expression(self, expression: &'static str) -> Self {
        Self(schema::Column {
            default: Some(ColumnDefault::Expression(Name::Borrowed(expression))),
            ..self.0
        })
    }
}

/// A table: what is created, and what statements of the cases are made from.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) schema: schema::Table,
}

impl Table {
    /// A table with these columns, whose key is the column `id`, where there is one.
    pub(crate) fn new(name: impl Into<Name>, columns: impl IntoIterator<Item = Column>) -> Self {
        let columns: Vec<schema::Column> = columns.into_iter().map(|Column(column)| column).collect();
        let primary_key =
            columns.iter().map(|column| column.name.clone()).filter(|name| name == "id").collect();
        Self { schema: schema::Table { columns, primary_key, ..schema::Table::new(name) } }
    }

    /// The same with another key.
    pub(crate) fn key(mut self, columns: &[&'static str]) -> Self {
        self.schema.primary_key = names(columns);
        self
    }

    /// The same with a unique index.
    pub(crate) fn unique(self, columns: &[&'static str]) -> Self {
        self.index(columns, true)
    }

    /// The same with an index.
    pub(crate) fn index(mut self, columns: &[&'static str], unique: bool) -> Self {
        // Index names are the database's, not the table's, in some databases.
        let name = Name::Owned(format!("{}_{}", self.schema.name, self.schema.indexes.len()));
        let kind = if unique { IndexKind::Unique } else { IndexKind::Plain };
        self.schema.indexes.push(Index { name, columns: names(columns), kind, ..Index::default() });
        self
    }

    /// The same with a column that refers to another table's `id`.
    pub(crate) fn references(mut self, column: &'static str, table: &str, action: Action) -> Self {
        self.schema.foreign_keys.push(ForeignKey {
            columns: names(&[column]),
            table: Name::Owned(table.to_owned()),
            references: names(&["id"]),
            on_delete: action,
            on_update: action,
            ..ForeignKey::default()
        });
        self
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.schema.name
    }

    /// The table in a statement.
    pub(crate) fn table(&self) -> TableRef {
        TableRef::new(self.schema.name.clone())
    }

    /// One of its columns in a statement.
    pub(crate) fn column(&self, name: &'static str) -> ColumnRef {
        let ty = self.schema.columns.iter().find(|column| column.name == name).map(|column| column.ty);
        ColumnRef { table: None, name: Name::Borrowed(name), ty }
    }

    /// One of its columns in an expression.
    pub(crate) fn get(&self, name: &'static str) -> Expr {
        Expr::Column(self.column(name))
    }

    /// Reads columns of every row.
    pub(crate) fn select(&self, columns: &'static [&'static str]) -> Select {
        Select::new(self.table(), columns)
    }

    /// Reads expressions of every row.
    pub(crate) fn read(&self, expressions: impl IntoIterator<Item = Expr>) -> Select {
        let selected = |expr| Selected { expr, alias: None };
        self.read_named(expressions.into_iter().map(selected))
    }

    /// Reads named expressions of every row.
    pub(crate) fn read_named(&self, expressions: impl IntoIterator<Item = Selected>) -> Select {
        let columns = Projection::Expressions(expressions.into_iter().collect());
        Select { columns, ..self.select(&[]) }
    }

    /// Writes rows.
    pub(crate) fn insert(
        &self,
        columns: &[&'static str],
        rows: impl IntoIterator<Item = Vec<Value>>,
    ) -> Insert {
        let mut count = 0;
        let values = rows.into_iter().inspect(|_| count += 1).flatten().collect();
        Insert {
            table: self.table(),
            columns: columns.iter().map(|name| self.column(name)).collect(),
            rows: count,
            values,
            on_conflict: OnConflict::Fail,
            returning: Vec::new(),
            key: Vec::new(),
        }
    }

    /// Changes every row.
    pub(crate) fn update(&self, set: impl IntoIterator<Item = (&'static str, Expr)>) -> Update {
        Update {
            table: self.table(),
            set: set.into_iter().map(|(name, to)| (self.column(name), to)).collect(),
            scope: self.scope(),
            returning: Vec::new(),
        }
    }

    /// Removes every row.
    pub(crate) fn delete(&self) -> Delete {
        Delete { table: self.table(), scope: self.scope(), returning: Vec::new() }
    }

    fn scope(&self) -> Scope {
        Scope { key: self.schema.primary_key.clone(), ..Scope::default() }
    }
}

/// Names that the program knows.
pub(crate) fn names(of: &[&'static str]) -> Vec<Name> {
    of.iter().map(|name| Name::Borrowed(*name)).collect()
}
