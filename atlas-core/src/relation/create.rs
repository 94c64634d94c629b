//! Writing records of one record's relation.

use std::sync::Arc;

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Complete, DraftData, Model},
    record::{self, Drafts, Record},
    relation::{Linked, Path, Related, Relation, between::Between, fixed::give, insert_level, kind},
    value::Value,
};

/// Kinds through which records are created.
#[diagnostic::on_unimplemented(
    message = "records cannot be created through this relation",
    label = "only has_many, has_one, morph_many, morph_one, belongs_to_many and morph_to_many create"
)]
pub trait Creates: Linked {}
#[diagnostic::do_not_recommend]
impl Creates for kind::HasMany {}
#[diagnostic::do_not_recommend]
impl Creates for kind::HasOne {}
#[diagnostic::do_not_recommend]
impl Creates for kind::MorphMany {}
#[diagnostic::do_not_recommend]
impl Creates for kind::MorphOne {}
#[diagnostic::do_not_recommend]
impl<P: super::Pivot> Creates for kind::BelongsToMany<P> {}
#[diagnostic::do_not_recommend]
impl<P: super::Pivot> Creates for kind::MorphToMany<P> {}

/// How new records of the relation are made.
pub(super) struct Making {
    /// What each gets where its draft does not say otherwise.
    given: Vec<(usize, Value)>,
    pub(super) way: Way,
}

/// How a record is made one of the relation's.
pub(super) enum Way {
    /// It refers to the other: columns and their values.
    Refers(Vec<(usize, Value)>),
    /// A row of a table between refers to both.
    Between(Box<Between>),
}

impl<M: Model, N: Model, K> Related<M, N, K> {
    /// Inserts a record that belongs to this one: its foreign key is set, or a row of the table between is
    /// inserted with it.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let post = cid.related(User::posts).create(&db, Post::draft().title("First")).await?;
    /// assert_eq!(post.author_id, 3);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where this record is not saved; what an insert gives.
    pub fn create<'a>(self, db: &'a Db, draft: impl Complete<N>) -> Pending<'a, Record<N>>
    where
        K: Creates + 'a,
    {
        let draft = draft.into_data();
        Pending::new(async move {
            let db = &*db.of(N::meta().about())?;
            let making = self.making()?;
            let draft = making.prepared(draft);
            match making.way {
                Way::Refers(_) => record::insert(db, draft).await,
                Way::Between(between) => {
                    let tx = db.begin_own().await?;
                    let record = record::insert(&tx, draft).await?;
                    between.attach(&tx, vec![between.row(&record)?]).await?;
                    tx.commit().await?;
                    Ok(record)
                }
            }
        })
    }

    /// A record of the draft that belongs to this one, not saved. Of kinds whose records refer to this one: a row of
    /// a table between refers to what is saved.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let mut post = cid.related(User::posts).make(Post::draft().title("First"))?;
    /// assert!(!post.exists() && post.author_id == 3);
    /// post.save(&db).await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where this record is not saved, or through a table between.
    pub fn make(self, draft: impl Complete<N>) -> Result<Record<N>>
    where
        K: Creates,
    {
        let making = self.making()?;
        match making.way {
            Way::Refers(_) => Record::from_draft(making.prepared(draft.into_data())),
            Way::Between(_) => Err(Error::config(format!(
                "a record of `{}` that is not saved is none of `{}` yet: `create` it, or save it with `save`",
                self.relation.name,
                M::meta().name
            ))),
        }
    }

    /// Inserts records that belong to this one, in one transaction and with as few statements as the database
    /// takes. They come back in the order of the drafts.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let drafts = ["One", "Two"].map(|title| Post::draft().title(title));
    /// cid.related(User::posts).create_many(&db, drafts).await?; // one INSERT
    /// assert_eq!(cid.related(User::posts).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_many<'a, D: Complete<N> + 'a>(
        self,
        db: &'a Db,
        drafts: impl IntoIterator<Item = D, IntoIter: Send> + 'a,
    ) -> Pending<'a, Vec<Record<N>>>
    where
        K: Creates + 'a,
    {
        let drafts: Drafts<'a> = Box::new(drafts.into_iter().map(Complete::into_data));
        Pending::new(async move {
            let db = &*db.of(N::meta().about())?;
            if matches!(self.relation.link.path, Path::Direct(_)) {
                return self.create_all(db, drafts).await;
            }
            let tx = db.begin_own().await?;
            let records = self.create_all(&tx, drafts).await?;
            tx.commit().await?;
            Ok(records)
        })
    }

    /// Inserts records that belong to this one, and what leads to them. Through a table between, that is
    /// several statements, which the caller holds together.
    async fn create_all(self, db: &Db, drafts: Drafts<'_>) -> Result<Vec<Record<N>>>
    where
        K: Creates,
    {
        let making = self.making()?;
        let drafts = Box::new(drafts.map(|draft| making.prepared(draft)));
        match &making.way {
            Way::Refers(_) => record::insert_many(db, drafts).await,
            Way::Between(between) => {
                let records = record::insert_many(db, drafts).await?;
                let rows = records.iter().map(|record| between.row(record)).collect::<Result<_>>()?;
                between.attach(db, rows).await?;
                Ok(records)
            }
        }
    }

    /// Saves a record as one that belongs to this one: its foreign key is set, or a row of the table between
    /// is inserted where there is none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let mut post = Post::find_or_fail(&db, 1).await?;
    /// cid.related(User::posts).save(&db, &mut post).await?; // UPDATE "posts" SET "author_id" = ? …
    /// assert_eq!(post.author_id, 3);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where this record is not saved; what [`Record::save`] gives.
    pub fn save<'a>(self, db: &'a Db, record: &'a mut Record<N>) -> Pending<'a, ()>
    where
        K: Creates + 'a,
    {
        Pending::new(async move {
            let way = self.making()?.way;
            match &way {
                Way::Refers(_) => way.save(&*db.of(N::meta().about())?, record).await,
                Way::Between(between) => {
                    let tx = between.begin_for(db, record.exists()).await?;
                    way.save(&tx, record).await?;
                    tx.commit().await
                }
            }
        })
    }

    /// Saves records as [`save`](Self::save) does, all or none.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub fn save_many<'a>(
        self,
        db: &'a Db,
        records: impl IntoIterator<Item = &'a mut Record<N>>,
    ) -> Pending<'a, ()>
    where
        K: Creates + 'a,
    {
        let records: Vec<&mut Record<N>> = records.into_iter().collect();
        Pending::new(async move {
            let way = self.making()?.way;
            if records.is_empty() {
                return Ok(());
            }
            let tx = match &way {
                Way::Refers(_) => db.of(N::meta().about())?.begin_own().await?,
                Way::Between(between) => {
                    between.begin_for(db, records.iter().any(|record| record.exists())).await?
                }
            };
            for record in records {
                way.save(&tx, record).await?;
            }
            tx.commit().await
        })
    }

    pub(super) fn making(&self) -> Result<Making> {
        let given = self.relation.link.fixed.given(N::meta(), self.relation.name)?;
        Ok(Making { given, way: self.way()? })
    }

    fn way(&self) -> Result<Way> {
        let key = self.present_key()?;
        match self.relation.link.path {
            Path::Direct(_) => Ok(Way::Refers(self.relation.link.referring(key.to_vec())?)),
            Path::Via { .. } => Ok(Way::Between(Box::new(self.rows_between()?))),
        }
    }
}

impl Making {
    /// The draft of a record that is to be one of the relation's.
    pub(super) fn prepared(&self, mut draft: DraftData) -> DraftData {
        give(&mut draft, &self.given);
        if let Way::Refers(columns) = &self.way {
            for (column, value) in columns {
                draft.put_value(*column, value.clone());
            }
        }
        draft
    }
}

impl Way {
    async fn save<N: Model>(&self, db: &Db, record: &mut Record<N>) -> Result<()> {
        match self {
            Self::Refers(columns) => {
                for (column, value) in columns {
                    if record.encode(*column) != *value {
                        record.assign(*column, value.as_ref())?;
                    }
                }
                record.save(db).await
            }
            Self::Between(between) => {
                let is_new = !record.exists();
                record.save(db).await?;
                let row = between.row(record)?;
                if is_new || between.present(db, Some(std::slice::from_ref(&row)), &[]).await?.is_empty() {
                    between.attach(db, vec![row]).await?;
                }
                Ok(())
            }
        }
    }
}

/// Inserts records that belong to several, each at its place among them, and puts them there. It takes one
/// statement a table, in a transaction that the caller holds.
pub(super) async fn create_for<M: Model, N: Model, K>(
    db: &Db,
    relation: Relation<M, N, K>,
    owners: &mut [Record<M>],
    brought: Vec<(usize, Vec<DraftData>)>,
) -> Result<()> {
    let mut drafts = Vec::with_capacity(brought.iter().map(|(_, drafts)| drafts.len()).sum());
    let mut shares = Vec::with_capacity(brought.len());
    for (place, children) in brought {
        let Some(owner) = owners.get(place) else { continue };
        let number = children.len();
        let making = Related::of(owner, relation, false).making()?;
        drafts.extend(children.into_iter().map(|draft| making.prepared(draft)));
        let between = match making.way {
            Way::Refers(_) => None,
            Way::Between(between) => Some(between),
        };
        shares.push((place, number, between));
    }
    let mut records = insert_level::<N>(db, drafts).await?.into_iter();
    let mut rows = Vec::new();
    for (place, number, between) in &shares {
        let children: Vec<Record<N>> = records.by_ref().take(*number).collect();
        if let Some(between) = between {
            for child in &children {
                rows.push((&**between, between.row(child)?));
            }
        }
        if let Some(owner) = owners.get_mut(*place) {
            (relation.slot)(owner.untracked()).put(Arc::new(children));
        }
    }
    Between::attach_all(db, rows).await?;
    Ok(())
}
