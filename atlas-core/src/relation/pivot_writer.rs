//! Rows of a table between that has a model, written as records: where somebody observes them.

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::{DraftData, Model},
    query::Query,
    record,
    statement::Expr,
    value::Value,
};

type Update = for<'a> fn(&'a Db, Expr, Vec<(usize, Value)>) -> BoxFuture<'a, Result<u64>>;

/// What writes records of the model of a table between.
#[derive(Clone, Copy, Debug)]
pub struct PivotWriter {
    pub(super) insert: for<'a> fn(&'a Db, DraftData) -> BoxFuture<'a, Result<()>>,
    /// Deletes those for which a condition holds: how many there were.
    pub(super) delete: for<'a> fn(&'a Db, Expr) -> BoxFuture<'a, Result<u64>>,
    /// Sets columns, by index, of those for which a condition holds: how many there were.
    pub(super) update: Update,
}

impl PivotWriter {
    pub(super) const fn of<P: Model>() -> Self {
        Self { insert: insert::<P>, delete: delete::<P>, update: update::<P> }
    }
}

fn insert<P: Model>(db: &Db, draft: DraftData) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move { record::insert::<P>(db, draft).await.map(drop) })
}

fn delete<P: Model>(db: &Db, of: Expr) -> BoxFuture<'_, Result<u64>> {
    Box::pin(async move {
        let mut rows = Query::<P>::new().and_node(of).get(db).await?;
        for row in &mut rows {
            row.delete(db).await?;
        }
        Ok(rows.len() as u64)
    })
}

fn update<P: Model>(db: &Db, of: Expr, set: Vec<(usize, Value)>) -> BoxFuture<'_, Result<u64>> {
    Box::pin(async move {
        let mut rows = Query::<P>::new().and_node(of).get(db).await?;
        for row in &mut rows {
            for (column, value) in &set {
                row.assign(*column, value.as_ref())?;
            }
            row.save(db).await?;
        }
        Ok(rows.len() as u64)
    })
}
