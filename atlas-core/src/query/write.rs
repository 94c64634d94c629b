//! Terminals that change all rows of a query with one statement.

use crate::{
    db::{Db, Pending},
    model::{Assignments, Column, In, Model, Operand, SoftDeletes},
    query::{
        Query,
        change::{Change, What},
    },
    statement::{ArithmeticOp, ColumnRef, Expr},
    value::{Attribute, Moment, Number},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Sets columns of every row, and `updated_at`: how many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let minors = User::query().filter(User::age.lt(18));
    /// assert_eq!(minors.update(&db, User::active.set(false)).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The rows are those of the query's own model. Where it joins others, values may come of them; a row that
    /// stands beside several of them gets the value of any.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let of_minors = Post::query().join(Post::author).filter(User::age.lt(18));
    /// assert_eq!(of_minors.update(&db, Post::title.set_from(User::name)).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn update<I>(self, db: &Db, set: impl Assignments<M, Scope, I>) -> Pending<'_, u64> {
        self.updating(set.assignments()).run(db)
    }

    /// Adds to a column of every row, and sets `updated_at`: how many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Post::query().where_eq(Post::author_id, 1).increment(&db, Post::votes, 1).await?;
    /// assert_eq!(Post::query().sum(&db, Post::votes).await?, 12);
    /// # Ok(())
    /// # });
    /// ```
    pub fn increment<T, R, V, I>(self, db: &Db, column: Column<M, T, R>, by: V) -> Pending<'_, u64>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        self.updating(vec![column.reckoned(ArithmeticOp::Add, by.operand())]).run(db)
    }

    /// Takes from a column of every row, and sets `updated_at`: how many rows there were.
    pub fn decrement<T, R, V, I>(self, db: &Db, column: Column<M, T, R>, by: V) -> Pending<'_, u64>
    where
        T: Attribute<Base: Number>,
        V: Operand<T::Base, M, Scope: In<Scope, I>>,
    {
        self.updating(vec![column.reckoned(ArithmeticOp::Sub, by.operand())]).run(db)
    }

    /// Deletes every row of the query: how many there were. With `#[soft_deletes]` the rows stay, with the
    /// time in their column: [`force_delete`](Self::force_delete) removes them.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Post::query().where_lt(Post::votes, 5).delete(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn delete(self, db: &Db) -> Pending<'_, u64> {
        self.deleting().run(db)
    }

    /// Removes every row of the query for good: how many there were. What was deleted before is among them where
    /// the query has it: [`with_trashed`](Self::with_trashed), [`only_trashed`](Self::only_trashed).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().where_eq(Note::id, 1).delete(&db).await?;
    /// assert_eq!(Note::query().only_trashed().force_delete(&db).await?, 1);
    /// assert_eq!(Note::query().with_trashed().count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn force_delete(self, db: &Db) -> Pending<'_, u64>
    where
        M: SoftDeletes,
    {
        self.removing().run(db)
    }

    /// Brings back those rows of the query that were deleted softly, and sets `updated_at`: how many there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(Note::query().delete(&db).await?, 2);
    /// assert_eq!(Note::query().where_eq(Note::id, 2).restore(&db).await?, 1);
    /// assert_eq!(Note::query().pluck(&db, Note::id).await?, [2]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn restore(self, db: &Db) -> Pending<'_, u64>
    where
        M: SoftDeletes,
    {
        self.restoring().run(db)
    }

    pub(super) fn updating(self, set: Vec<(ColumnRef, Expr)>) -> Change {
        Change::new(M::meta(), self.into_select(), What::Set(set))
    }

    pub(super) fn deleting(self) -> Change {
        let what = match M::meta().soft_deletes {
            Some(column) => What::Mark(column, Some(Moment::now())),
            None => What::Remove,
        };
        Change::new(M::meta(), self.into_select(), what)
    }

    pub(super) fn removing(self) -> Change {
        Change::new(M::meta(), self.into_select(), What::Remove)
    }

    pub(super) fn restoring(self) -> Change
    where
        M: SoftDeletes,
    {
        let what = M::meta().soft_deletes.map_or(What::Set(Vec::new()), |column| What::Mark(column, None));
        Change::new(M::meta(), self.only_trashed().into_select(), what)
    }
}
