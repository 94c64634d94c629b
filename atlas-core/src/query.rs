//! Queries of a model: built by value, sent by a terminal that takes the handle.

mod aggregate;
mod cache;
mod change;
mod chunk;
mod condition;
mod create;
mod cursor;
mod deferred;
mod fetch_or_create;
mod filter;
mod first_of_each;
mod first_or_create;
mod global;
mod group;
mod hint;
mod insert_using;
mod inspect;
mod join;
mod keyset;
mod lock;
mod one;
mod order;
mod page;
mod paginate;
mod places;
mod prune;
mod raw;
mod reached;
mod read;
mod relations;
mod returning;
mod row;
mod scopes;
mod select;
mod select_as;
mod set;
mod source;
mod subquery;
mod token;
mod told;
mod walk;
mod with;
mod write;

use std::{marker::PhantomData, sync::Arc};

use aggregate::numbered;
pub(crate) use change::together;
pub use chunk::IntoFlow;
pub use condition::Given;
pub(crate) use create::{create, create_many, insert, truncate, upsert};
pub use cursor::Cursor;
pub(crate) use deferred::leave_out;
pub(crate) use fetch_or_create::{fetch_or_create_many, fetch_or_new_many, update_or_create_many};
pub(crate) use filter::either;
pub(crate) use first_or_create::{
    first_or_create, first_or_new, new_of, restore_or_create, update_or_create, update_or_create_with,
};
pub use global::{NamesScope, ScopeOf, scope_condition, scope_id};
pub(crate) use insert_using::insert_using;
pub use insert_using::{Fits, Takes};
pub use page::{CursorPage, Page, PageUrl, SimplePage};
pub(crate) use places::by_name;
pub use places::{PlaceField, Places, place_fields};
pub use prune::Prunable;
pub(crate) use raw::raw;
pub use raw::{Sql, SqlList, SqlValue};
pub(crate) use reached::Reached;
pub(crate) use read::load_all;
pub(crate) use relations::{count_for, load_extras};
pub use returning::{Returned, Returning, ReturningQuery};
pub(crate) use row::{Beside, Lines};
pub use row::{FromRow, Part, Rooted};
pub(crate) use scopes::Unscoped;
pub use select::{Selection, Whole, record};
pub use select_as::{Filled, Filling, Fills, SelectAs, Within, fields, read_field, select_field};
pub use set::RowOf;
pub(crate) use source::{Finish, check_size, window};
pub use subquery::{Inner, ScopePart, exists};
pub use told::Retrieved;
pub(crate) use told::retrieved;

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::{Column, Model, ModelMeta},
    record::Record,
    statement::{ColumnRef, CompareOp, Expr, Projection, Select, TableRef},
    value::{Attribute, Value},
};

/// A query that starts at the model `M`, whose rows are `Out` and which may mention the models in
/// `Scope`.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let adults = User::query()
///     .filter(User::active.eq(true).and(User::age.ge(18)))
///     .order_by(User::name.asc())
///     .limit(10)
///     .get(&db)
///     .await?;
/// assert_eq!(adults[0].name, "Ann");
/// # Ok(())
/// # });
/// ```
#[must_use = "a query does nothing until a terminal such as `get` is called"]
pub struct Query<M, Out = Record<M>, Scope = M>
where
    M: Model,
{
    select: Unscoped,
    /// What is loaded for the rows once they are there.
    loaders: Vec<Loader<Record<M>>>,
    /// Where in a row the record is that they are loaded for.
    root: Option<Root<M, Out>>,
    of: PhantomData<fn() -> (M, Out, Scope)>,
}

/// Where in a row the record is of the model that the query starts at.
type Root<M, Out> = fn(&mut Out) -> &mut Record<M>;

/// Something that is loaded for all rows of a result together: takes what it needs of the rows, loads, and
/// gives what puts it into the rows.
pub struct Loader<Out> {
    /// The relation.
    pub(crate) name: &'static str,
    pub(crate) load: Arc<Load<Out>>,
    loaded: Arc<dyn Fn(&mut Out) -> bool + Send + Sync>,
}

/// No relation has this name.
const AFTER: &str = "after query";

/// See [`Loader`].
pub(crate) type Load<Out> = dyn for<'a> Fn(&'a Db, &[&Out]) -> BoxFuture<'a, Result<Put<Out>>> + Send + Sync;

impl<Out> Loader<Out> {
    pub(crate) fn new(
        name: &'static str,
        load: Arc<Load<Out>>,
        loaded: Arc<dyn Fn(&mut Out) -> bool + Send + Sync>,
    ) -> Self {
        Self { name, load, loaded }
    }

    /// Something that is done with the rows after everything was loaded.
    fn after(work: impl Fn(&mut [&mut Out]) + Send + Sync + 'static) -> Self
    where
        Out: 'static,
    {
        let work = Arc::new(work);
        let load: Arc<Load<Out>> = Arc::new(move |_, _| {
            let work = Arc::clone(&work);
            let put: Put<Out> = Box::new(move |rows| work(rows));
            Box::pin(std::future::ready(Ok(put)))
        });
        Self::new(AFTER, load, Arc::new(|_| false))
    }

    /// Whether it is done after everything was loaded.
    fn is_last(&self) -> bool {
        self.name == AFTER
    }

    /// Whether a row has it already.
    pub(crate) fn is_loaded(&self, row: &mut Out) -> bool {
        (self.loaded)(row)
    }
}

impl<Out> Clone for Loader<Out> {
    fn clone(&self) -> Self {
        Self { name: self.name, load: Arc::clone(&self.load), loaded: Arc::clone(&self.loaded) }
    }
}

/// What puts something that was loaded into the rows.
pub type Put<Out> = Box<dyn FnOnce(&mut [&mut Out]) + Send>;

impl<M: Model, Out, Scope> Clone for Query<M, Out, Scope> {
    fn clone(&self) -> Self {
        Self { select: self.select.clone(), loaders: self.loaders.clone(), root: self.root, of: PhantomData }
    }
}

impl<M: Model> Query<M> {
    /// Every row of the model.
    pub fn new() -> Self {
        let meta = M::meta();
        Self {
            select: Unscoped::new(Select::new(TableRef::new(meta.table), meta.names)),
            loaders: M::eager(),
            root: Some(Rooted::root),
            of: PhantomData,
        }
    }

    /// What tells this query from others of the model.
    pub(crate) fn shape(&self) -> &Unscoped {
        &self.select
    }

    pub(crate) fn loaders(&self) -> &[Loader<Record<M>>] {
        &self.loaders
    }

    /// Adds a condition that is data already.
    pub(crate) fn and_node(mut self, node: Expr) -> Self {
        self.select.and_where(node);
        self
    }

    /// Adds a condition that alternatives do not widen.
    pub(crate) fn bounded(mut self, node: Expr) -> Self {
        self.select.bind(node);
        self
    }

    /// Changes the select as a whole.
    pub(crate) fn reshaped(mut self, change: impl FnOnce(&mut Select)) -> Self {
        change(&mut self.select);
        self
    }

    /// Adds something that is loaded with the rows.
    pub(crate) fn loading(mut self, loader: Loader<Record<M>>) -> Self {
        self.loaders.push(loader);
        self
    }
}

impl<M: Model> Default for Query<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The select as it is sent, and what is loaded for its rows.
    pub(crate) fn into_parts(mut self) -> (Select, Vec<Loader<Record<M>>>) {
        let mut loaders = std::mem::take(&mut self.loaders);
        loaders.sort_by_key(Loader::is_last);
        (self.into_select(), loaders)
    }

    /// Adds an alternative to the whole filter that stands. What the query leaves out by itself stays out.
    fn or_node(mut self, node: Expr) -> Self {
        self.select.filter = either(self.select.filter.take(), Some(node));
        self
    }

    /// The select that reads one column of each row instead.
    fn selecting(self, projection: Projection) -> Select {
        Select { columns: projection, ..self.into_select() }
    }
}

/// The column of this index, as a statement has it.
pub(crate) fn column_ref(meta: &'static ModelMeta, index: usize) -> ColumnRef {
    let column = meta.columns.get(index);
    ColumnRef {
        table: Some(meta.table.into()),
        name: column.map_or("", |column| column.name).into(),
        ty: column.map(|column| column.ty),
    }
}

/// The columns of a primary key.
fn key_of(meta: &'static ModelMeta) -> impl ExactSizeIterator<Item = ColumnRef> {
    meta.key.iter().map(move |index| column_ref(meta, *index))
}

/// The rows of a primary key.
pub(crate) fn key_filter(meta: &'static ModelMeta, key: Vec<Value>) -> Expr {
    is_key(key_of(meta), key)
}

/// The rows of several primary keys.
fn any_key(meta: &'static ModelMeta, keys: Vec<Vec<Value>>) -> Expr {
    any_of(&key_of(meta).collect::<Vec<_>>(), keys)
}

/// The row whose columns have these values.
fn is_key(columns: impl ExactSizeIterator<Item = ColumnRef>, key: Vec<Value>) -> Expr {
    let width = columns.len();
    let mut parts = columns.zip(key).map(|(column, value)| {
        Expr::Compare(CompareOp::Eq, Box::new(Expr::Column(column)), Box::new(value.into()))
    });
    match (parts.next(), width) {
        (Some(only), 1) => only,
        (first, _) => Expr::And(first.into_iter().chain(parts).collect()),
    }
}

/// The rows whose columns have any of these values.
fn any_of(columns: &[ColumnRef], keys: Vec<Vec<Value>>) -> Expr {
    match columns {
        [single] => Expr::In(Box::new(Expr::Column(single.clone())), keys.into_iter().flatten().collect()),
        _ => Expr::Or(keys.into_iter().map(|key| is_key(columns.iter().cloned(), key)).collect()),
    }
}

/// One column, as what a select reads.
fn only<M: Model, T: Attribute, R>(column: Column<M, T, R>) -> Projection {
    Projection::Expressions(vec![column.expr().into()])
}
