//! A query whose rows are read in parts: streams, chunks and pages.

use std::{ops::ControlFlow, sync::Arc};

use crate::{
    db::{About, Db, Decode},
    driver::{BoxFuture, Row, RowSink},
    error::{Error, Result},
    model::{Model, ModelMeta},
    query::{
        FromRow, Loader, Query, column_ref, leave_out, load_all,
        read::Reading,
        told::{have_read, retrieved},
    },
    record::Read,
    statement::{ColumnRef, Expr, Projection, Select},
    value::Value,
};

/// Where rows come from, and what is done with them once they are there.
pub(super) struct Source<T> {
    pub(super) meta: &'static ModelMeta,
    pub(super) select: Select,
    /// The keys of the records in a row.
    pub(super) keys: Vec<Expr>,
    pub(super) finish: Finish<T>,
    /// The columns of the model's records that are not read, by index.
    left_out: Vec<usize>,
}

/// What is done with rows that came together.
pub(crate) struct Finish<T> {
    /// Whether something is loaded for them.
    pub(super) loads: bool,
    work: Arc<Work<T>>,
}

type Work<T> = dyn for<'a> Fn(&'a Db, &'a mut Vec<T>) -> BoxFuture<'a, Result<()>> + Send + Sync;

impl<T> Clone for Finish<T> {
    fn clone(&self) -> Self {
        Self { loads: self.loads, work: Arc::clone(&self.work) }
    }
}

impl<T: Send + 'static> Finish<T> {
    /// Loads what these load.
    pub(crate) fn loading(loaders: Vec<Loader<T>>) -> Self {
        let (loads, loaders) = (!loaders.is_empty(), Arc::new(loaders));
        let work: Arc<Work<T>> = Arc::new(move |db, rows| {
            let loaders = Arc::clone(&loaders);
            Box::pin(async move { load_all(db, &mut Vec::from_iter(rows), &loaders).await })
        });
        Self { loads, work }
    }

    /// Does it.
    pub(super) async fn apply(&self, db: &Db, rows: &mut Vec<T>) -> Result<()> {
        (self.work)(db, rows).await
    }
}

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// What it reads, after what observers make of it.
    pub(super) fn source(self, db: &Db) -> Result<Source<Out>> {
        let Reading { select, loaders, root, left_out } = self.reading(db, Read::Fetch)?;
        let (loads, loaders) = (root.is_some() && !loaders.is_empty(), Arc::new(loaders));
        let work: Arc<Work<Out>> = Arc::new(move |db, rows| {
            if rows.len() > 1 && db.batches_lazy_loading() {
                Out::introduce(rows, &|row| Some(row));
            }
            let loaders = Arc::clone(&loaders);
            Box::pin(async move {
                if let Some(told) = retrieved(db, rows) {
                    told.await?;
                }
                if let Some(root) = root.filter(|_| !loaders.is_empty()) {
                    load_all(db, &mut rows.iter_mut().map(root).collect::<Vec<_>>(), &loaders).await?;
                }
                match have_read(db, Read::Fetch, root, rows) {
                    Some(told) => told.await,
                    None => Ok(()),
                }
            })
        });
        let keys = keys(M::meta(), &select.columns, &Out::keys(0));
        Ok(Source { meta: M::meta(), select, keys, finish: Finish { loads, work }, left_out })
    }
}

/// The model's key, and the columns at these places of a row.
fn keys(meta: &'static ModelMeta, columns: &Projection, places: &[usize]) -> Vec<Expr> {
    let mut all: Vec<Option<Expr>> = meta.names.iter().map(|_| None).collect();
    if let Projection::NamesAnd(_, selected) = columns {
        for selected in selected {
            match &selected.expr {
                Expr::Columns(table, names) => all.extend(names.iter().map(|name| {
                    let column = ColumnRef { table: Some(table.clone()), name: (*name).into(), ty: None };
                    Some(Expr::Column(column))
                })),
                _ => all.push(None),
            }
        }
    }
    let own = meta.key.iter().map(|index| Expr::Column(column_ref(meta, *index)));
    own.chain(places.iter().filter_map(|place| all.get(*place).cloned().flatten())).collect()
}

impl<T: FromRow> Source<T> {
    pub(super) fn about(&self) -> About {
        self.meta.about()
    }

    /// What makes a row of its columns.
    pub(super) fn decode(&self) -> Decode<T> {
        Box::new(|row| decode(row, 0))
    }

    /// The statement that reads all rows.
    pub(super) fn whole(&self) -> Select {
        let mut select = self.select.clone();
        leave_out(&mut select, &self.left_out);
        select
    }

    /// The rows of a select like this one.
    pub(super) async fn rows(&self, db: &Db, select: Select) -> Result<Vec<T>> {
        Ok(self.rows_and(db, select, Vec::new(), u64::MAX).await?.rows)
    }

    /// The first rows of a select like this one, and what further expressions are in the first and the last.
    pub(super) async fn rows_and(
        &self,
        db: &Db,
        mut select: Select,
        further: Vec<Expr>,
        most: u64,
    ) -> Result<Part<T>> {
        let hidden = further.len();
        if !further.is_empty() {
            let further = further.into_iter().map(Into::into);
            select.columns = match select.columns {
                Projection::Names(names) => Projection::NamesAnd(names, further.collect()),
                Projection::NamesAnd(names, selected) => {
                    Projection::NamesAnd(names, selected.into_iter().chain(further).collect())
                }
                Projection::Expressions(selected) => {
                    Projection::Expressions(selected.into_iter().chain(further).collect())
                }
            };
        }
        leave_out(&mut select, &self.left_out);
        let sink =
            Collecting { hidden, most: usize::try_from(most).unwrap_or(usize::MAX), part: Part::default() };
        let mut part = db.fetch(Some(self.about()), &select.into(), sink).await?.0.part;
        self.finish.apply(db, &mut part.rows).await?;
        Ok(part)
    }
}

/// Some rows of a source.
pub(super) struct Part<T> {
    pub(super) rows: Vec<T>,
    /// The further values of the first row; none where there is none.
    pub(super) first: Vec<Value>,
    /// Those of the last row.
    pub(super) last: Vec<Value>,
    /// Whether there are more rows than were wanted.
    pub(super) more: bool,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), first: Vec::new(), last: Vec::new(), more: false }
    }
}

/// Reads a row, with what stands beside its own columns but for the last ones, which are not for it.
fn decode<T: FromRow>(row: &dyn Row, hidden: usize) -> Result<T> {
    let mut made = T::from_row(row, 0)?;
    for index in T::width()..row.len().saturating_sub(hidden) {
        made.beside(row.name(index), row.get(index)?.to_owned());
    }
    Ok(made)
}

struct Collecting<T> {
    /// How many columns at the end are not the row's.
    hidden: usize,
    /// How many rows are wanted.
    most: usize,
    part: Part<T>,
}

impl<T: FromRow> RowSink for Collecting<T> {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let part = &mut self.part;
        if part.rows.len() == self.most {
            part.more = true;
            return Ok(ControlFlow::Break(()));
        }
        part.rows.push(decode(row, self.hidden)?);
        if self.hidden > 0 {
            part.last.clear();
            for index in row.len().saturating_sub(self.hidden)..row.len() {
                part.last.push(row.get(index)?.to_owned());
            }
            if part.rows.len() == 1 {
                part.first.clone_from(&part.last);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.part = Part::default();
        true
    }

    fn restartable(&self) -> bool {
        true
    }
}

/// The rows of a select from `skip` on, at most `take` of them, within its own limit and offset. `None`
/// where there can be none.
pub(crate) fn window(select: &Select, skip: u64, take: u64) -> Option<Select> {
    let take = select.limit.map_or(take, |limit| take.min(limit.saturating_sub(skip)));
    let offset = select.offset.unwrap_or(0).checked_add(skip)?;
    if take == 0 || i64::try_from(offset).is_err() {
        return None;
    }
    let mut window = select.clone();
    window.limit = Some(take);
    window.offset = Some(offset).filter(|offset| *offset > 0);
    Some(window)
}

/// Refuses parts without rows.
pub(crate) fn check_size(what: &str, size: u64) -> Result<()> {
    if size == 0 {
        return Err(Error::config(format!("{what} of 0 rows never come to an end: ask for at least 1")));
    }
    Ok(())
}
