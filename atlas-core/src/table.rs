//! Tables without a model: `db.table("users")`, `db.raw(..)`, and the calls on a handle that take a table's
//! name.
//!
//! Names are checked against nothing, and quoted always; values are bound. Rows are [`DynRow`]s.

mod cache;
mod filter;
mod insert;
mod inspect;
mod join;
mod raw;
mod read;
mod row;
mod service;
mod tree;
mod values;
mod with;
mod write;

pub use join::col;
pub use raw::RawQuery;
pub use row::DynRow;
pub use tree::Relations;
pub use values::Values;

use crate::{
    db::Db,
    schema::Name,
    statement::{ColumnRef, Expr, From, Projection, Select, TableRef},
};

/// A table, or some of its rows, without a model: see [`Db::table`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until a call such as `get` or `update`"]
pub struct Table<'a> {
    db: &'a Db,
    name: Name,
    key: Name,
    select: Select,
    relations: Relations,
    /// What an update makes of columns.
    set: Vec<(ColumnRef, Expr)>,
}

impl Db {
    /// The rows of a table, without a model: the same builder, with names for columns.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let adults = db.table("users").where_ge("age", 18).order_by("name").get().await?;
    /// assert_eq!(adults[0].get::<String>("name")?, "Ann");
    /// # Ok(())
    /// # });
    /// ```
    pub fn table(&self, name: impl Into<Name>) -> Table<'_> {
        let name = name.into();
        let columns = Projection::Expressions(vec![Expr::Column(column("*".into())).into()]);
        let select = Select::of(From::Table(TableRef::new(name.clone())), columns);
        Table { db: self, name, key: "id".into(), select, relations: Relations::new(), set: Vec::new() }
    }
}

impl Table<'_> {
    /// The primary key, where it is not `id`: for [`find`](Self::find), and to find written rows again.
    pub fn key(mut self, column: impl Into<Name>) -> Self {
        self.key = column.into();
        self
    }
}

/// A column by its name, which may have the table's before it: `users.name`.
fn column(name: Name) -> ColumnRef {
    match name.rsplit_once('.') {
        Some((table, column)) => {
            ColumnRef { table: Some(table.to_owned().into()), name: column.to_owned().into(), ty: None }
        }
        None => ColumnRef { table: None, name, ty: None },
    }
}

/// A column by its name, as an expression.
fn column_expr(name: impl Into<Name>) -> Expr {
    Expr::Column(column(name.into()))
}
