//! Rows that are of no more use, removed a part at a time.

use std::future::Future;

use crate::{
    db::{Db, Pending},
    error::Result,
    model::Model,
    query::{
        Query,
        change::{Change, What},
        walk::Walk,
    },
    record::Record,
};

/// Models some of whose rows are of no more use after a while.
///
/// ```
/// # use atlas_tests::guide::*;
/// #[derive(Model)]
/// #[table("comments")]
/// struct Remark {
///     id: i64,
///     text: String,
/// }
///
/// impl Prunable for Remark {
///     fn prunable() -> Query<Self> {
///         Remark::query().where_like(Remark::text, "And%")
///     }
/// }
///
/// # run(async |db| {
/// assert_eq!(Remark::pretend_prune(&db).await?, 1);
/// assert_eq!(Remark::prune(&db).await?, 1);
/// assert_eq!(Remark::query().count(&db).await?, 1);
/// # Ok(())
/// # });
/// ```
///
/// Rows that were deleted softly are among those that the query finds, and all are removed for good. The query has no
/// order of its own.
pub trait Prunable: Model {
    /// The rows that may go.
    fn prunable() -> Query<Self>;

    /// Is called before each record that [`prune`](Self::prune) removes, as to remove files that belong to it. An error
    /// keeps the record, and ends the pruning.
    fn pruning(db: &Db, record: &mut Record<Self>) -> impl Future<Output = Result<()>> + Send {
        let _ = (db, record);
        async { Ok(()) }
    }

    /// Removes the rows one by one, a thousand read at a time: observers are told of each. How many there were.
    ///
    /// # Errors
    ///
    /// What [`pruning`](Self::pruning), observers and the database give; what was removed before stays so.
    fn prune(db: &Db) -> Pending<'_, u64> {
        Pending::new(prune::<Self>(db))
    }

    /// Removes the rows with a statement for each thousand of them, of which nobody is told. How many there were.
    fn mass_prune(db: &Db) -> Pending<'_, u64> {
        Pending::new(mass_prune(db, Self::prunable().prunable()))
    }

    /// How many rows would be removed.
    fn pretend_prune(db: &Db) -> Pending<'_, u64> {
        Self::prunable().prunable().count(db)
    }
}

/// How many rows are removed before the next are looked for.
const AT_ONCE: u64 = 1_000;

async fn prune<M: Prunable>(db: &Db) -> Result<u64> {
    let mut walk = Walk::new(M::prunable().prunable().source(db)?, None, AT_ONCE)?;
    let mut removed = 0;
    loop {
        let records: Vec<Record<M>> = walk.step(db).await?;
        if records.is_empty() {
            return Ok(removed);
        }
        for mut record in records {
            M::pruning(db, &mut record).await?;
            record.erased_mut().force_delete(db).await?;
            removed += 1;
        }
    }
}

async fn mass_prune<M: Model>(db: &Db, query: Query<M>) -> Result<u64> {
    let db = &*db.of(M::meta().about())?;
    let select = query.into_select();
    if select.limit.is_some() {
        return Change::new(M::meta(), select, What::Remove).run(db).await;
    }
    let mut removed = 0;
    loop {
        let mut part = select.clone();
        part.limit = Some(AT_ONCE);
        let gone = Change::new(M::meta(), part, What::Remove).run(db).await?;
        removed += gone;
        if gone < AT_ONCE {
            return Ok(removed);
        }
    }
}
