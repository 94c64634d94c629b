//! Records of one record's relation that are to be there: found, or written.

use crate::{
    db::{Db, Pending},
    error::Result,
    model::{Columns, Complete, DraftData, Expr, In, Model},
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
