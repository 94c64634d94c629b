//! Saving a record with what was loaded of its relations.

use crate::{
    db::{Db, Pending},
    driver::BoxFuture,
    error::Result,
    model::Model,
    record::Record,
    relation::RelationKind,
};

impl<M: Model> Record<M> {
    /// Saves this record and the records that were loaded of its relations, and those of theirs; in one
    /// transaction, each after the one that it refers to. What was not changed sends nothing.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::query().with(User::posts.with(Post::comments)).find_or_fail(&db, 1).await?;
    /// ann.name = "Anna".into();
    /// ann.posts.get_mut()?[0].votes += 1;
    /// ann.push(&db).await?; // an UPDATE of the user, and one of the post
    /// assert_eq!(Post::find_or_fail(&db, 1).await?.votes, 8);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Left out: records that several records of a result share (`get_mut` gives none of them to be changed, so
    /// that there is nothing to save), and records that were deleted or stand for one that was not found.
    ///
    /// # Errors
    ///
    /// What [`save`](Self::save) gives; then nothing is written.
    pub fn push<'a>(&'a mut self, db: &'a Db) -> Pending<'a, ()> {
        Pending::new(async move {
            let tx = db.of(M::meta().about())?.begin_own().await?;
            self.push_within(&tx).await?;
            tx.commit().await
        })
    }

    pub(super) fn push_within<'a>(&'a mut self, db: &'a Db) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if self.is_deleted() {
                return Ok(());
            }
            self.push_slots(db, true).await?;
            self.save(db).await?;
            self.push_slots(db, false).await
        })
    }

    /// Saves what was loaded of the relations by which this record refers to others, or of the other ones.
    async fn push_slots(&mut self, db: &Db, referred_to: bool) -> Result<()> {
        for (index, relation) in M::meta().relations.iter().enumerate() {
            let refers = matches!(relation.kind, RelationKind::BelongsTo | RelationKind::MorphTo);
            if refers == referred_to
                && let Some(slot) = self.untracked().slot(index)
            {
                slot.push(db).await?;
            }
        }
        Ok(())
    }
}
