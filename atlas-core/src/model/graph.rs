use std::{any::Any, sync::Arc};

use crate::{db::Db, driver::BoxFuture, error::Result, model::DraftData, value::Value};

/// Drafts of other models that a draft brings with it.
#[derive(Clone)]
pub(crate) struct Graph {
    /// Inserts a draft of the model itself, with all of it.
    pub(crate) insert: for<'a> fn(&'a Db, DraftData) -> BoxFuture<'a, Result<()>>,
    /// What the draft refers to: inserted before it.
    pub(crate) before: Vec<Before>,
    /// What refers to the draft: inserted after it.
    pub(crate) after: Vec<After>,
}

/// Inserts what a draft refers to: the columns that refer to it, and what puts it into the record.
pub(crate) type Before =
    Arc<dyn for<'a> Fn(&'a Db) -> BoxFuture<'a, Result<(Vec<(usize, Value)>, PutOne)>> + Send + Sync>;

/// Puts something into a record, which is a `Record<M>` of the draft's model.
pub(crate) type PutOne = Box<dyn FnOnce(&mut (dyn Any + Send)) + Send>;

/// Inserts what refers to a record, which is a `Record<M>` of the draft's model, and puts it there.
pub(crate) type After =
    Arc<dyn for<'a> Fn(&'a Db, &'a mut (dyn Any + Send)) -> BoxFuture<'a, Result<()>> + Send + Sync>;
