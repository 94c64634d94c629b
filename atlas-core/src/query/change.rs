//! A change of all rows of a query, and how it is sent.

use std::ops::ControlFlow;

use crate::{
    db::{Db, Pending},
    driver::{Row, RowSink},
    error::{Error, Result},
    model::ModelMeta,
    query::{any_key, column_ref},
    schema::Name,
    statement::{
        ColumnRef, Delete, Expr, Found, From, JsonChange, Lock, LockStrength, LockWait, Projection, Scope,
        Select, Selected, Statement, TableRef, Update,
    },
    value::{Moment, Value},
};

/// A change of all rows of a query.
pub(super) struct Change {
    meta: &'static ModelMeta,
    select: Select,
    what: What,
}

/// What becomes of the rows.
pub(super) enum What {
    /// They are removed.
    Remove,
    /// Their columns become these.
    Set(Vec<(ColumnRef, Expr)>),
    /// This column says when they were deleted, or that they were not.
    Mark(usize, Option<Moment>),
}

impl Change {
    pub(super) fn new(meta: &'static ModelMeta, select: Select, what: What) -> Self {
        Self { meta, select, what }
    }

    /// Sends it: how many rows there were.
    pub(super) fn run(self, db: &Db) -> Pending<'_, u64> {
        Pending::new(async move {
            let set = self.set(db)?;
            let statement = statement(self.meta, self.select, set, Vec::new());
            Ok(db.run(Some(self.meta.about()), &statement, Box::new(())).await?.1.affected)
        })
    }

    /// Sends it, and hands these columns of the changed rows to the sink.
    pub(super) async fn give_back(
        self,
        db: &Db,
        columns: Vec<Name>,
        sink: Box<dyn RowSink>,
    ) -> Result<Box<dyn RowSink>> {
        let db = &*db.of(self.meta.about())?;
        let set = self.set(db)?;
        let capabilities = db.capabilities();
        let can = if set.is_some() { capabilities.update_returning } else { capabilities.delete_returning };
        if can {
            let statement = statement(self.meta, self.select, set, columns);
            return Ok(db.run(Some(self.meta.about()), &statement, sink).await?.0);
        }
        let tx = db.begin_own().await?;
        let sink = by_keys(&tx, self.meta, self.select, set, columns, sink).await?;
        tx.commit().await?;
        Ok(sink)
    }

    /// What the columns become, where the rows are not removed.
    fn set(&self, db: &Db) -> Result<Option<Vec<(ColumnRef, Expr)>>> {
        let meta = self.meta;
        let mut set = match &self.what {
            What::Remove => return Ok(None),
            What::Mark(column, at) => {
                vec![(meta.column(*column)?.target(), meta.deletion(*column, *at)?.into())]
            }
            What::Set(set) => together(set.clone())?,
        };
        if set.is_empty() {
            return Err(Error::config(format!(
                "an update of `{}` sets no column: name at least one",
                meta.name
            )));
        }
        meta.check_all(db, &set)?;
        meta.maintain(&mut set, db.now())?;
        Ok(Some(set))
    }
}

/// Several changes inside of one document as one; a column that is set twice is an error.
pub(super) fn together(set: Vec<(ColumnRef, Expr)>) -> Result<Vec<(ColumnRef, Expr)>> {
    let mut all: Vec<(ColumnRef, Expr)> = Vec::with_capacity(set.len());
    for (column, value) in set {
        let Some((_, standing)) = all.iter_mut().find(|(other, _)| other.name == column.name) else {
            all.push((column, value));
            continue;
        };
        let Expr::JsonChange(change) = value else {
            return Err(Error::config(format!("an update sets `{}` twice: once is enough", column.name)));
        };
        let of = std::mem::replace(standing, Expr::And(Vec::new()));
        *standing = Expr::JsonChange(Box::new(JsonChange { of, ..*change }));
    }
    Ok(all)
}

fn statement(
    meta: &'static ModelMeta,
    select: Select,
    set: Option<Vec<(ColumnRef, Expr)>>,
    returning: Vec<Name>,
) -> Statement {
    let table = table(meta, &select);
    match set {
        Some(mut set) => {
            let scope = scope(meta, select, &mut set);
            Update { table, set, scope, returning }.into()
        }
        None => Delete { table, scope: scope(meta, select, &mut []), returning }.into(),
    }
}

/// The same where the database does not give changed rows back, in a transaction: the rows are locked, changed by
/// their keys, and read by them.
async fn by_keys(
    tx: &Db,
    meta: &'static ModelMeta,
    mut select: Select,
    set: Option<Vec<(ColumnRef, Expr)>>,
    columns: Vec<Name>,
    sink: Box<dyn RowSink>,
) -> Result<Box<dyn RowSink>> {
    let changes = |index: &usize| {
        let name = meta.names.get(*index);
        set.iter().flatten().any(|(column, _)| Some(&&*column.name) == name)
    };
    if meta.key.is_empty() || meta.key.iter().any(changes) {
        return Err(Error::Unsupported {
            driver: tx.driver_name(),
            operation: format!(
                "giving back changed rows of `{}` without a key that stays the same",
                meta.name
            ),
            instead: "change the rows, and read them by a condition, in one transaction".to_owned(),
        });
    }
    let own = select.from.qualifier().clone();
    let mut keys = found(meta, select.clone(), &mut []).select;
    keys.lock = Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait });
    let sink_of_keys = Keys { width: meta.key.len(), keys: Vec::new() };
    let keys = tx.fetch(Some(meta.about()), &keys.into(), sink_of_keys).await?.0.keys;
    if keys.is_empty() {
        return Ok(sink);
    }
    let these = any_key(meta, keys);
    let read = columns.into_iter().map(|name| Expr::Column(ColumnRef { table: None, name, ty: None }).into());
    let table = From::Table(TableRef::new(meta.table));
    let mut rows = Select::of(table, Projection::Expressions(read.collect()));
    rows.filter = Some(these.clone());
    let rows = rows.into();
    select.and_where(these.renamed(&meta.table.into(), &own));
    (select.limit, select.offset) = (None, None);
    select.order.clear();
    let removes = set.is_none();
    let change = statement(meta, select, set, Vec::new());
    if removes {
        let sink = tx.run(Some(meta.about()), &rows, sink).await?.0;
        tx.run(Some(meta.about()), &change, Box::new(())).await?;
        Ok(sink)
    } else {
        tx.run(Some(meta.about()), &change, Box::new(())).await?;
        Ok(tx.run(Some(meta.about()), &rows, sink).await?.0)
    }
}

/// The keys of rows.
struct Keys {
    width: usize,
    keys: Vec<Vec<Value>>,
}

impl RowSink for Keys {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let key = (0..self.width).map(|index| Ok(row.get(index)?.to_owned()));
        self.keys.push(key.collect::<Result<_>>()?);
        Ok(ControlFlow::Continue(()))
    }
}

/// The table that is written. The model's scopes hold of its rows, unless a select finds them, in which they do already.
fn table(meta: &'static ModelMeta, select: &Select) -> TableRef {
    match &select.from {
        From::Table(table) if !is_found(select) => table.clone(),
        _ => TableRef::new(meta.table),
    }
}

/// Whether it takes a select to find the rows.
fn is_found(select: &Select) -> bool {
    !select.joins.is_empty() || select.distinct
}

/// The rows of a select, as an update or a delete names them.
fn scope(meta: &'static ModelMeta, select: Select, set: &mut [(ColumnRef, Expr)]) -> Scope {
    let key = meta.key.iter().filter_map(|index| meta.names.get(*index)).map(|name| (*name).into()).collect();
    if is_found(&select) {
        return Scope { found: Some(Box::new(found(meta, select, set))), key, ..Scope::default() };
    }
    Scope {
        filter: of_others(meta, &select).into_iter().chain(select.filter).reduce(Expr::and),
        one: false,
        order: select.order,
        limit: select.limit,
        offset: select.offset,
        key,
        found: None,
    }
}

/// What is wrong with a select whose rows are not those of its model's table.
fn of_others(meta: &'static ModelMeta, select: &Select) -> Option<Expr> {
    let of_others =
        !matches!(select.from, From::Table(_)) || !select.with.is_empty() || !select.group.is_empty();
    of_others.then(|| {
        Expr::Fault(format!(
            "a query that reads `{}` out of other queries cannot change or delete its rows: say which rows in a filter",
            meta.name
        ))
    })
}

/// What a statement calls the rows that were found.
const FOUND: &str = "atlas_found";

/// What finds the rows of a select. Values that come of other tables are read along with the keys; those that do
/// not stay where they are, so that a counter counts from what is there when the row is changed.
fn found(meta: &'static ModelMeta, mut select: Select, set: &mut [(ColumnRef, Expr)]) -> Found {
    let own = select.from.qualifier().clone();
    let mut read = Vec::with_capacity(meta.key.len());
    for (place, index) in (1..).zip(meta.key) {
        let column = ColumnRef { table: Some(own.clone()), ..column_ref(meta, *index) };
        read.push(Selected { expr: Expr::Column(column), alias: Some(format!("atlas_key_{place}").into()) });
    }
    let key = read.iter().filter_map(|selected| selected.alias.clone()).collect();
    let mut is_of_others = |part: &Expr| match part {
        Expr::Column(column) => column.table.as_ref().is_some_and(|table| *table != own),
        Expr::Raw(_) => true,
        part => part.inner_select().is_some(),
    };
    for (place, (_, value)) in (1..).zip(set) {
        if value.any(&mut is_of_others) {
            let name: Name = format!("atlas_value_{place}").into();
            let column = ColumnRef { table: Some(FOUND.into()), name: name.clone(), ty: value.ty() };
            let expr = std::mem::replace(value, Expr::Column(column));
            read.push(Selected { expr, alias: Some(name) });
        }
    }
    if let Some(fault) = of_others(meta, &select) {
        select.and_where(fault);
    }
    select.columns = Projection::Expressions(read);
    select.lock = None;
    Found { select, name: FOUND.into(), key }
}
