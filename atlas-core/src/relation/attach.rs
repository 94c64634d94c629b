//! Writing the rows of a table between: what one record leads to.

use crate::{
    db::{Db, Pending},
    error::Result,
    model::{Expr, In, IntoKey, Key, Model},
    query::Query,
    relation::{
        Attaching, Changed, HasPivot, PivotColumn, PivotData, PivotValues, Related,
        between::{Between, Row},
        pivot::ByKey,
        sync::{Gathered, gathered, once_each, sync, toggle},
    },
    statement,
};

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// Only records whose row of the table between has this value: for what is read, and for what `detach`,
    /// `sync`, `toggle` and `update_pivot` take for present.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// post.related(Post::tags).attach(&db, [(2, Tagging::weight.set(5))]).await?;
    /// let heavy = post.related(Post::tags).where_pivot(Tagging::weight, 5);
    /// assert_eq!(heavy.pluck(&db, Tag::name).await?, ["sql"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_pivot<V>(mut self, column: impl PivotColumn<K::Pivot, V>, value: V) -> Self
    where
        K: HasPivot,
    {
        if let super::Path::Via { between, .. } = &self.relation.link.path {
            self.between.push(column.is(value, between.table()));
        }
        self
    }

    /// Only records for whose row of the table between, which has a model, this holds.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// let heavy = post.related(Post::tags).filter_pivot(Tagging::weight.gt(3));
    /// assert_eq!(heavy.count(&db).await?, 0);
    /// # Ok(())
    /// # });
    /// ```
    pub fn filter_pivot<X: In<K::Pivot, I>, I>(mut self, condition: Expr<X>) -> Self
    where
        K: HasPivot,
    {
        self.between.push(condition.into_node());
        self
    }

    /// The rows of the table between that lead from this record, as a query of their model. What `where_pivot` and
    /// `filter_pivot` say of them holds here too.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// assert_eq!(post.related(Post::tags).pivots().pluck(&db, Tagging::tag_id).await?, [1]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn pivots<P: Model>(self) -> Query<P>
    where
        K: HasPivot<Pivot = P>,
    {
        let query = Query::<P>::new();
        match self.rows_between() {
            Ok(between) => query.bounded(between.all()),
            Err(error) => query.bounded(statement::Expr::Fault(error.to_string())),
        }
    }

    /// Values that every row of the table between gets which is then written: by `attach`, `sync`, `toggle`,
    /// `create` and `save`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 2).await?;
    /// let heavy = post.related(Post::tags).with_values(Tagging::weight.set(9));
    /// heavy.attach(&db, [1, 2]).await?;
    /// assert_eq!(post.related(Post::tags).where_pivot(Tagging::weight, 9).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_values<I>(mut self, values: impl PivotValues<K::Pivot, I>) -> Self
    where
        K: HasPivot,
    {
        match values.pivot_values() {
            Ok(PivotData(values)) => self.written.extend(values),
            Err(error) => self.fault = Some(error.to_string()),
        }
        self
    }

    /// Inserts a row of the table between for each of these: keys, records, or pairs of them and values for
    /// the row's other columns. One statement; none where there are none. How many rows were inserted.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// use atlas::values;
    ///
    /// let post = Post::find_or_fail(&db, 2).await?;
    /// post.related(Post::tags).attach(&db, [1, 2]).await?; // one INSERT
    /// post.related(Post::tags).attach(&db, [(3, values! { weight: 7 })]).await?;
    /// let tags = post.related(Post::tags).order_by(Tag::id).get(&db).await?;
    /// assert_eq!(tags[2].pivot::<Tagging>()?.weight, 7);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Whether a row is there already is not asked: [`sync_without_detaching`](Self::sync_without_detaching)
    /// asks.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the record is not saved; [`Error::Constraint`](crate::Error::Constraint) where a row is there already and
    /// may be there once; [`Error::NotFound`](crate::Error::NotFound) where the rows refer to a column that is not the key, and a key is
    /// no record's.
    pub fn attach<'a, X: Attaching<N, K::Pivot, I>, I>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = X>,
    ) -> Pending<'a, u64>
    where
        K: HasPivot + 'a,
    {
        let records = gathered(records);
        Pending::new(async move {
            let (between, rows) = self.rows(db, records).await?;
            between.attach(db, rows).await
        })
    }

    /// Removes the rows of the table between that lead to these: keys or records. One statement; none where
    /// there are none. How many rows there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// let none: [i64; 0] = [];
    /// assert_eq!(post.related(Post::tags).detach(&db, none).await?, 0);
    /// assert_eq!(post.related(Post::tags).detach(&db, [1, 2]).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the record is not saved.
    pub fn detach<'a, X: IntoKey<N::Key>>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = X>,
    ) -> Pending<'a, u64>
    where
        K: HasPivot + 'a,
    {
        let records = gathered::<N, K::Pivot, ByKey, X>(records);
        Pending::new(async move {
            let between = self.rows_between()?;
            let keys = records.into_iter().map(|(key, _)| key).collect();
            let far = between.of_keys(db, keys).await?.into_iter().flatten();
            let rows: Vec<Row> = far.map(|far| Row { far, given: Vec::new() }).collect();
            between.detach(db, Some(&rows)).await
        })
    }

    /// Removes all rows of the table between: how many there were.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the record is not saved.
    pub fn detach_all<'a>(self, db: &'a Db) -> Pending<'a, u64>
    where
        K: HasPivot + 'a,
    {
        Pending::new(async move { self.rows_between()?.detach(db, None).await })
    }

    /// Makes the record lead to these and to no others: keys, records, or pairs of them and values for the
    /// row's other columns. Rows that are missing are inserted, those that are there get the values that
    /// differ, and all others are removed; in one transaction, with a statement for what is there, one for
    /// what is removed, one for what is inserted, and one for each row whose values differ. Before
    /// these, one locks the record's row, so that who changes the same rows with `sync` or `toggle` waits.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// let changed = post.related(Post::tags).sync(&db, [2, 3]).await?;
    /// assert_eq!((changed.attached, changed.detached), (vec![2, 3], vec![1]));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the record is not saved; what the statements give.
    pub fn sync<'a, X: Attaching<N, K::Pivot, I>, I>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = X>,
    ) -> Pending<'a, Changed<N::Key>>
    where
        K: HasPivot + 'a,
    {
        let records = gathered(records);
        Pending::new(self.synced(db, records, true))
    }

    /// Makes the record lead to these, and leaves what else it leads to: as [`sync`](Self::sync), with nothing
    /// removed.
    ///
    /// # Errors
    ///
    /// As [`sync`](Self::sync).
    pub fn sync_without_detaching<'a, X: Attaching<N, K::Pivot, I>, I>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = X>,
    ) -> Pending<'a, Changed<N::Key>>
    where
        K: HasPivot + 'a,
    {
        let records = gathered(records);
        Pending::new(self.synced(db, records, false))
    }

    /// Removes the rows that lead to these, and inserts rows for those to which none lead; in one transaction.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// let changed = post.related(Post::tags).toggle(&db, [1, 2]).await?;
    /// assert_eq!((changed.attached, changed.detached), (vec![2], vec![1]));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`sync`](Self::sync).
    pub fn toggle<'a, X: Attaching<N, K::Pivot, I>, I>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = X>,
    ) -> Pending<'a, Changed<N::Key>>
    where
        K: HasPivot + 'a,
    {
        let records = gathered(records);
        Pending::new(async move {
            let (between, rows) = self.rows(db, records).await?;
            let rows = once_each(rows);
            if rows.is_empty() {
                return Ok(Changed::nothing());
            }
            let tx = between.begin(db).await?;
            let changes = toggle(&tx, &between, rows).await?.into_keys::<N>(&tx, &between).await?;
            tx.commit().await?;
            Ok(changes)
        })
    }

    /// Sets columns of the rows of the table between that lead to a record, and their `updated_at` where the
    /// table's model has one: how many there were.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let post = Post::find_or_fail(&db, 1).await?;
    /// assert_eq!(post.related(Post::tags).update_pivot(&db, 1, Tagging::weight.set(2)).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the record is not saved, or where there are no values.
    pub fn update_pivot<'a, I>(
        self,
        db: &'a Db,
        record: impl IntoKey<N::Key>,
        values: impl PivotValues<K::Pivot, I>,
    ) -> Pending<'a, u64>
    where
        K: HasPivot + 'a,
    {
        let (key, values) = (record.into_key().values(), values.pivot_values());
        Pending::new(async move {
            let between = self.rows_between()?;
            let given = values?.0;
            match between.of_keys(db, vec![key]).await?.into_iter().flatten().next() {
                Some(far) => between.update(db, Row { far, given }).await,
                None => Ok(0),
            }
        })
    }

    /// The rows of the table between that are to be.
    async fn rows(&self, db: &Db, records: Vec<Gathered>) -> Result<(Between, Vec<Row>)>
    where
        K: HasPivot,
    {
        let between = self.rows_between()?;
        let given = records.into_iter().map(|(key, values)| Ok((key, values?.0)));
        let rows = between.rows(db, given.collect::<Result<_>>()?).await?;
        Ok((between, rows))
    }

    async fn synced(self, db: &Db, records: Vec<Gathered>, detaching: bool) -> Result<Changed<N::Key>>
    where
        K: HasPivot,
    {
        let (between, rows) = self.rows(db, records).await?;
        let rows = once_each(rows);
        if rows.is_empty() && !detaching {
            return Ok(Changed::nothing());
        }
        let tx = between.begin(db).await?;
        let changes = sync(&tx, &between, rows, detaching).await?.into_keys::<N>(&tx, &between).await?;
        tx.commit().await?;
        Ok(changes)
    }
}
