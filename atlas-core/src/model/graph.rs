use std::{any::Any, sync::Arc};

use crate::{db::Db, driver::BoxFuture, error::Result, model::DraftData, relation::Pairs, value::Value};

/// Drafts of other models that a draft brings with it.
#[derive(Clone)]
pub(crate) struct Graph {
    /// What inserts drafts of the model itself.
    pub(crate) insert: InsertGraphs,
    /// What the draft refers to: inserted before it.
    pub(crate) before: Vec<Brought<Before>>,
    /// What refers to the draft: inserted after it.
    pub(crate) after: Vec<Brought<After>>,
}

/// The drafts that one relation brings.
#[derive(Clone)]
pub(crate) struct Brought<F> {
    pub(crate) relation: &'static str,
    /// What inserts them, and those of other drafts of the same model with them.
    pub(crate) insert: F,
    pub(crate) drafts: Vec<DraftData>,
}

/// Inserts drafts of a model with all that they bring, in a transaction that the caller holds: how many of the
/// model's own.
pub(crate) type InsertGraphs = for<'a> fn(&'a Db, Vec<DraftData>) -> BoxFuture<'a, Result<u64>>;

/// What drafts refer to.
#[derive(Clone)]
pub(crate) struct Before {
    /// The columns that refer to it, and those of it that they equal. Where a draft has values for them, these are
    /// what holds: it was said later.
    pub(crate) pairs: Pairs,
    pub(crate) insert: InsertReferred,
}

/// Inserts what drafts refer to: for each, the columns that refer to it, and what puts them into records.
pub(crate) type InsertReferred =
    Arc<dyn for<'a> Fn(&'a Db, Vec<DraftData>) -> BoxFuture<'a, Result<Referred>> + Send + Sync>;

/// What drafts refer to, once it is there.
pub(crate) struct Referred {
    /// For each: the columns that refer to it, by index, and their values.
    pub(crate) columns: Vec<Vec<(usize, Value)>>,
    /// Puts each into the record that refers to it, by its place among the records: a `Vec<Record<M>>` of the
    /// drafts' model.
    pub(crate) put: PutReferred,
}

pub(crate) type PutReferred = Box<dyn FnOnce(&mut (dyn Any + Send), &[usize]) + Send>;

/// Inserts what refers to records, a `Vec<Record<M>>` of the drafts' model, and puts it there: the place of each
/// record, and the drafts that refer to it.
pub(crate) type After = Arc<
    dyn for<'a> Fn(
            &'a Db,
            &'a mut (dyn Any + Send),
            Vec<(usize, Vec<DraftData>)>,
        ) -> BoxFuture<'a, Result<()>>
        + Send
        + Sync,
>;
