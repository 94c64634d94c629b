//! The rows that a write of a query reaches, and how the write is sent.

use std::ops::ControlFlow;

use crate::{
    db::{About, Db},
    driver::{Row, RowSink},
    error::{Error, Result},
    query::any_of,
    schema::Name,
    statement::{
        ColumnRef, Delete, Expr, Found, From, Lock, LockStrength, LockWait, Projection, Scope, Select,
        Selected, Statement, TableRef, Update,
    },
    value::Value,
};

/// Rows of a table, and what becomes of them.
pub(crate) struct Reached {
    /// What errors call the table.
    pub(crate) called: Name,
    pub(crate) table: Name,
    /// The columns of its primary key.
    pub(crate) key: Vec<ColumnRef>,
    /// The model that it is about.
    pub(crate) about: Option<About>,
    /// Which rows.
    pub(crate) select: Select,
    /// What their columns become; `None` where the rows are removed.
    pub(crate) set: Option<Vec<(ColumnRef, Expr)>>,
}

impl Reached {
    /// Writes them: how many there were.
    pub(crate) async fn write(self, db: &Db) -> Result<u64> {
        let about = self.about;
        Ok(db.run(about, &self.into_statement(Vec::new()), Box::new(())).await?.1.affected)
    }

    /// Writes them, and hands these columns of them to the sink: as they are then, or were where they are removed.
    pub(crate) async fn give_back(
        self,
        db: &Db,
        columns: Vec<Name>,
        sink: Box<dyn RowSink>,
    ) -> Result<Box<dyn RowSink>> {
        let (about, capabilities) = (self.about, db.capabilities());
        let removes = self.set.is_none();
        if if removes { capabilities.delete_returning } else { capabilities.update_returning } {
            return Ok(db.run(about, &self.into_statement(columns), sink).await?.0);
        }
        let tx = db.begin_own().await?;
        let sink = self.by_keys(&tx, columns, sink).await?;
        tx.commit().await?;
        Ok(sink)
    }

    fn into_statement(self, returning: Vec<Name>) -> Statement {
        let table = self.written();
        let (scope, set) = self.into_scope();
        match set {
            Some(set) => Update { table, set, scope, returning }.into(),
            None => Delete { table, scope, returning }.into(),
        }
    }

    /// The same where the database does not give changed rows back, in a transaction: the rows are locked, changed
    /// by their keys, and read by them.
    async fn by_keys(
        mut self,
        tx: &Db,
        columns: Vec<Name>,
        sink: Box<dyn RowSink>,
    ) -> Result<Box<dyn RowSink>> {
        let becomes = self.new_key(tx)?;
        let (about, own) = (self.about, self.select.from.qualifier().clone());
        let mut keys = self.found(self.select.clone(), &mut []).select;
        keys.lock = Some(Lock { strength: LockStrength::Update, wait: LockWait::Wait });
        let sink_of_keys = Keys { width: self.key.len(), keys: Vec::new() };
        let mut keys = tx.fetch(about, &keys.into(), sink_of_keys).await?.0.keys;
        if keys.is_empty() {
            return Ok(sink);
        }
        let these = any_of(&self.key, keys.clone());
        for (index, value) in becomes {
            keys.iter_mut().filter_map(|key| key.get_mut(index)).for_each(|old| old.clone_from(&value));
        }
        let read =
            columns.into_iter().map(|name| Expr::Column(ColumnRef { table: None, name, ty: None }).into());
        let table = From::Table(TableRef::new(self.table.clone()));
        let mut rows = Select::of(table, Projection::Expressions(read.collect()));
        rows.filter = Some(any_of(&self.key, keys));
        rows.time_limit = self.select.time_limit;
        let rows = rows.into();
        self.select.and_where(these.renamed(&self.table, &own));
        (self.select.limit, self.select.offset) = (None, None);
        self.select.order.clear();
        let removes = self.set.is_none();
        let change = self.into_statement(Vec::new());
        if removes {
            let sink = tx.run(about, &rows, sink).await?.0;
            tx.run(about, &change, Box::new(())).await?;
            Ok(sink)
        } else {
            tx.run(about, &change, Box::new(())).await?;
            Ok(tx.run(about, &rows, sink).await?.0)
        }
    }

    /// The columns of the key that get other values, by their places in it.
    fn new_key(&self, db: &Db) -> Result<Vec<(usize, Value)>> {
        let mut becomes = Vec::new();
        let mut known = !self.key.is_empty();
        for (column, value) in self.set.iter().flatten() {
            if let Some(index) = self.key.iter().position(|key| key.name == column.name) {
                match value {
                    Expr::Value(value) => becomes.push((index, value.clone())),
                    _ => known = false,
                }
            }
        }
        if known {
            return Ok(becomes);
        }
        Err(Error::Unsupported {
            driver: db.driver_name(),
            operation: format!("giving back changed rows of `{}` whose key is not known", self.called),
            instead: "change the rows, and read them by a condition, in one transaction".to_owned(),
        })
    }

    /// The table that is written. The model's scopes hold of its rows, unless a select finds them, in which they do
    /// already.
    fn written(&self) -> TableRef {
        match &self.select.from {
            From::Table(table) if !is_found(&self.select) => table.clone(),
            _ => TableRef::new(self.table.clone()),
        }
    }

    /// The rows of the select, as an update or a delete names them, and what it sets.
    fn into_scope(mut self) -> (Scope, Option<Vec<(ColumnRef, Expr)>>) {
        let key = self.key.iter().map(|column| column.name.clone()).collect();
        let time_limit = self.select.time_limit;
        if is_found(&self.select) {
            let mut set = self.set.take();
            let found = self.found(self.select.clone(), set.as_deref_mut().unwrap_or_default());
            return (Scope { found: Some(Box::new(found)), key, time_limit, ..Scope::default() }, set);
        }
        let others = self.of_others();
        let select = self.select;
        let scope = Scope {
            filter: others.into_iter().chain(select.filter).reduce(Expr::and),
            one: false,
            order: select.order,
            limit: select.limit,
            offset: select.offset,
            key,
            found: None,
            time_limit,
        };
        (scope, self.set)
    }

    /// What is wrong with a select whose rows are not those of the table.
    fn of_others(&self) -> Option<Expr> {
        let select = &self.select;
        let of_others =
            !matches!(select.from, From::Table(_)) || !select.with.is_empty() || !select.group.is_empty();
        of_others.then(|| {
            Expr::Fault(format!(
                "a query that reads `{}` out of other queries, or in groups, cannot change or delete its rows: say which \
                 rows in a filter",
                self.called
            ))
        })
    }

    /// What finds the rows of a select. Values that come of other tables are read along with the keys; those that do
    /// not stay where they are, so that a counter counts from what is there when the row is changed.
    fn found(&self, mut select: Select, set: &mut [(ColumnRef, Expr)]) -> Found {
        let own = select.from.qualifier().clone();
        let mut read = Vec::with_capacity(self.key.len());
        for (place, column) in (1..).zip(&self.key) {
            let column = ColumnRef { table: Some(own.clone()), ..column.clone() };
            read.push(Selected {
                expr: Expr::Column(column),
                alias: Some(format!("atlas_key_{place}").into()),
            });
        }
        let key = read.iter().filter_map(|selected| selected.alias.clone()).collect();
        let mut is_of_others = |part: &Expr| match part {
            Expr::Column(column) => column.table.as_ref().is_some_and(|table| *table != own),
            Expr::Raw(_) => true,
            part => part.inner_select().is_some(),
        };
        for (place, (_, value)) in (1..).zip(set) {
            let expr = std::mem::replace(value, Expr::And(Vec::new()));
            *value = if expr.any(&mut is_of_others) {
                let name: Name = format!("atlas_value_{place}").into();
                let column = ColumnRef { table: Some(FOUND.into()), name: name.clone(), ty: expr.ty() };
                read.push(Selected { expr, alias: Some(name) });
                Expr::Column(column)
            } else {
                expr.renamed(&own, &self.table)
            };
        }
        if let Some(fault) = self.of_others() {
            select.and_where(fault);
        }
        select.columns = Projection::Expressions(read);
        select.lock = None;
        Found { select, name: FOUND.into(), key }
    }
}

/// What a statement calls the rows that were found.
const FOUND: &str = "atlas_found";

/// Whether it takes a select to find the rows.
fn is_found(select: &Select) -> bool {
    !select.joins.is_empty() || select.distinct
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
