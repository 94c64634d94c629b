//! Records of one record's relation that are to be there: found, or written.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Changes, Columns, Complete, DraftData, Expr, In, Model, Upserts},
    query::{self, column_ref},
    record::Record,
    relation::{Creates, Groups, Related, between::Between, create::Way, groups::equal},
    statement::Expr as Node,
    value::Value,
};

/// [`query::fetch_or_create_many`] or [`query::update_or_create_many`].
type Many<N> = fn(&Db, Vec<usize>, Option<Node>, Vec<DraftData>) -> Pending<'_, Vec<Record<N>>>;

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// The first of the records that matches, or a new one of the draft. Through a table between: a record
    /// that matches and is none of the relation's yet becomes one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let draft = Post::draft().title("On borrowing");
    /// // That of Bob is none of Ann's.
    /// let post = ann.related(User::posts).first_or_create(&db, Post::title.eq("On borrowing"), draft).await?;
    /// assert!(post.was_recently_created() && post.author_id == 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn first_or_create<'a, X: In<N, I>, I>(
        self,
        db: &'a Db,
        by: Expr<X>,
        draft: impl Complete<N>,
    ) -> Pending<'a, Record<N>>
    where
        K: Creates + 'a,
    {
        Pending::new(self.found_or_made(db, by.into_node(), draft.into_data(), false))
    }

    /// Sets the draft's columns on the first of the records that matches, which is locked before, or makes a new one
    /// of the draft. Through a table between: a record that matches and is none of the relation's yet becomes one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let draft = Post::draft().title("Rust in peace").votes(9);
    /// let by = Post::title.eq("Rust in peace");
    /// let post = ann.related(User::posts).update_or_create(&db, by, draft).await?;
    /// assert_eq!((post.id, post.votes), (2, 9));
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn update_or_create<'a, X: In<N, I>, I>(
        self,
        db: &'a Db,
        by: Expr<X>,
        draft: impl Complete<N>,
    ) -> Pending<'a, Record<N>>
    where
        K: Creates + 'a,
    {
        Pending::new(self.found_or_made(db, by.into_node(), draft.into_data(), true))
    }

    /// The first of the records that matches, or a new one of the draft, not saved: [`Record::exists`] tells. Through a
    /// table between, the new one becomes one of the relation's with [`save`](Self::save).
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let draft = Post::draft().title("Rust in peace");
    /// let mut post = ann.related(User::posts).first_or_new(&db, Post::title.eq("Rust in peace"), draft).await?;
    /// assert!(post.exists());
    /// let draft = Post::draft().title("Rust at rest");
    /// post = ann.related(User::posts).first_or_new(&db, Post::title.eq("Rust at rest"), draft).await?;
    /// assert!(!post.exists() && post.author_id == 1);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where this record is not saved.
    pub fn first_or_new<'a, X: In<N, I>, I>(
        self,
        db: &'a Db,
        by: Expr<X>,
        draft: impl Complete<N>,
    ) -> Pending<'a, Record<N>>
    where
        K: Creates + 'a,
    {
        let (by, draft) = (by.into_node(), draft.into_data());
        Pending::new(async move {
            let making = self.making()?;
            let (among, draft) = (self.among_all(by.clone()), making.prepared(draft));
            match making.way {
                Way::Refers(columns) => {
                    query::first_or_new(db, Expr::new(refers::<N>(&columns).and(among)), draft).await
                }
                Way::Between(_) => match self.query().and_node(by).first(db).await? {
                    Some(record) => Ok(record),
                    None => query::new_of(db, &Expr::new(among), draft),
                },
            }
        })
    }

    /// Inserts drafts as records that belong to this one; where the unique columns `by` are taken, sets the columns
    /// `update` of the row that is there instead: see [`Model::upsert`]. A row of another record's that is in the way
    /// stays with that record, unless `update` names the foreign key.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let drafts = [Post::draft().id(1).title("Anew"), Post::draft().id(9).title("New")];
    /// assert_eq!(ann.related(User::posts).upsert(&db, drafts, Post::id, Post::title).await?, 2);
    /// assert_eq!(ann.related(User::posts).count(&db).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Model::upsert`]; [`Error::Config`](crate::Error::Config) where this record is not saved, or through a table
    /// between.
    pub fn upsert<'a, D: Complete<N>, I>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D>,
        by: impl Columns<N>,
        update: impl Upserts<N, I>,
    ) -> Pending<'a, u64>
    where
        K: Creates + 'a,
    {
        let drafts: Vec<DraftData> = drafts.into_iter().map(Complete::into_data).collect();
        let (by, mut changes) = (by.columns(), Changes::default());
        update.changes(&mut changes);
        Pending::new(async move {
            let making = self.making()?;
            if matches!(making.way, Way::Between(_)) {
                return Err(Error::config(format!(
                    "`upsert` makes no rows of the table between of `{}` of `{}`: `update_or_create_many` does",
                    self.relation.name,
                    M::meta().name
                )));
            }
            let drafts = Box::new(drafts.into_iter().map(move |draft| making.prepared(draft)));
            query::upsert(db, N::meta(), drafts, by, changes, None).await
        })
    }

    /// The first of the records that matches, or a new one of the draft. `setting`: sets the draft's columns on the one
    /// that is there.
    async fn found_or_made(self, db: &Db, by: Node, draft: DraftData, setting: bool) -> Result<Record<N>>
    where
        K: Creates,
    {
        if setting {
            draft.alone()?;
        }
        let making = self.making()?;
        let (among, draft) = (self.among_all(by.clone()), making.prepared(draft));
        let one = if setting { query::update_or_create } else { query::first_or_create };
        let between = match making.way {
            Way::Refers(columns) => return one(db, Expr::new(refers::<N>(&columns).and(among)), draft).await,
            Way::Between(between) => between,
        };
        let tx = between.begin(db).await?;
        let mine = self.query().and_node(by);
        let record = match (setting, if setting { mine.lock_for_update() } else { mine }.first(&tx).await?) {
            (false, Some(record)) => record,
            (true, Some(mut record)) => {
                record.assign_draft(draft)?;
                record.save(&tx).await?;
                record
            }
            (_, None) => {
                let record = one(&tx, Expr::new(among), draft).await?;
                between.attach(&tx, vec![between.row(&record)?]).await?;
                record
            }
        };
        tx.commit().await?;
        Ok(record)
    }

    /// For each draft the record of the relation that has its values in the columns `by`, or a new one: see
    /// [`Model::fetch_or_create_many`]. Through a table between: a record that is there and is none of the relation's
    /// yet becomes one.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// let drafts = ["Rust in anger", "On borrowing"].map(|title| Post::draft().title(title));
    /// let posts = ann.related(User::posts).fetch_or_create_many(&db, Post::title, drafts).await?;
    /// // That of Bob is none of Ann's.
    /// assert!(!posts[0].was_recently_created() && posts[1].was_recently_created());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create) and [`Model::fetch_or_create_many`].
    pub fn fetch_or_create_many<'a, D: Complete<N>>(
        self,
        db: &'a Db,
        by: impl Columns<N>,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'a, Vec<Record<N>>>
    where
        K: Creates + 'a,
    {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        self.many(db, by.columns(), drafts, query::fetch_or_create_many)
    }

    /// Sets each draft's columns on the record of the relation that has its values in the columns `by`, or makes a
    /// new one, all or none: see [`Model::update_or_create_many`]. Through a table between: a record that is there and
    /// is none of the relation's yet becomes one.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create) and [`Model::update_or_create_many`].
    pub fn update_or_create_many<'a, D: Complete<N>>(
        self,
        db: &'a Db,
        by: impl Columns<N>,
        drafts: impl IntoIterator<Item = D>,
    ) -> Pending<'a, Vec<Record<N>>>
    where
        K: Creates + 'a,
    {
        let drafts = drafts.into_iter().map(Complete::into_data).collect();
        self.many(db, by.columns(), drafts, query::update_or_create_many)
    }

    fn many<'a>(
        self,
        db: &'a Db,
        mut by: Vec<usize>,
        drafts: Vec<DraftData>,
        many: Many<N>,
    ) -> Pending<'a, Vec<Record<N>>>
    where
        K: Creates + 'a,
    {
        Pending::new(async move {
            let making = self.making()?;
            let among = self.relation.link.fixed.filter();
            let drafts = drafts.into_iter().map(|draft| making.prepared(draft)).collect();
            match making.way {
                Way::Refers(columns) => {
                    // Without a column of the caller's, it is an error.
                    if !by.is_empty() {
                        by.extend(columns.iter().map(|(column, _)| *column));
                    }
                    many(db, by, among, drafts).await
                }
                Way::Between(between) => {
                    let tx = between.begin(db).await?;
                    let records = many(&tx, by, among, drafts).await?;
                    attach_new(&tx, &between, &records).await?;
                    tx.commit().await?;
                    Ok(records)
                }
            }
        })
    }

    /// A condition on records of the target, of which the relation leads to some only.
    fn among_all(&self, by: Node) -> Node {
        self.relation.link.fixed.filter().into_iter().fold(by, Node::and)
    }
}

/// Inserts rows of the table between for those of the records to which none leads.
async fn attach_new<N: Model>(db: &Db, between: &Between, records: &[Record<N>]) -> Result<()> {
    let mut there = Groups::default();
    let mut rows = records.iter().map(|record| between.row(record)).collect::<Result<Vec<_>>>()?;
    for row in between.present(db, Some(&rows), &[]).await? {
        there.expect(row.far);
    }
    rows.retain(|row| {
        let known = there.len();
        there.expect(row.far.clone()) == Some(known)
    });
    between.attach(db, rows).await?;
    Ok(())
}

/// Whether a record refers to the other.
fn refers<N: Model>(columns: &[(usize, Value)]) -> Node {
    let (columns, values): (Vec<_>, Vec<_>) =
        columns.iter().map(|(column, value)| (column_ref(N::meta(), *column), value.clone())).unzip();
    equal(&columns, &values)
}
