use std::sync::Arc;

use crate::{db::Tenancy, statement::AddedScope};

/// Where something was read: through which database and transaction, for whom, and how much had been written there.
#[derive(Clone, PartialEq)]
pub(crate) struct Moment {
    pub(crate) database: usize,
    pub(crate) level: usize,
    pub(crate) writes: u64,
    pub(crate) tenancy: Option<Arc<Tenancy>>,
    pub(crate) scopes: Option<Arc<Vec<AddedScope>>>,
}
