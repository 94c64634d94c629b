//! Loading relations of records that are there already.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::Model,
    query::{Loader, count_for, load_all},
    record::Record,
    relation::{Asked, IntoLoad, Relation},
};

impl<M: Model> Record<M> {
    /// Loads relations of this record, again where they are loaded.
    ///
    /// A record that came with others in one result loads for all of them, the first time, so that a loop
    /// over `load` sends one statement: `Db::builder(..).batch_lazy_loading(false)` turns that off.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.load(&db, User::posts.order_by(Post::votes.desc())).await?;
    /// assert_eq!(ann.posts.get()?[0].votes, 7);
    ///
    /// for mut post in Post::query().get(&db).await? {
    ///     post.load(&db, Post::author).await?; // one statement for all three
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::LazyLoad`] on a handle with `strict_loading`, and what the database reports.
    pub fn load<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()> {
        load(db, std::slice::from_mut(self), relations.into_loaders())
    }

    /// Loads those of the relations that are not loaded.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_missing<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()> {
        load_missing(db, std::slice::from_mut(self), relations.into_loaders())
    }

    /// Counts the records of a relation: the extra that [`count_of`](Self::count_of) reads.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.load_count(&db, User::posts).await?;
    /// assert_eq!(ann.count_of(User::posts)?, 2);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_count<'a, N: Model>(&'a mut self, db: &'a Db, relation: impl Asked<M, N>) -> Pending<'a, ()> {
        load_count(db, std::slice::from_mut(self), relation)
    }

    /// Whether a relation of this record was loaded.
    pub fn is_loaded<N, K>(&mut self, relation: Relation<M, N, K>) -> bool {
        (relation.slot)(self.untracked()).is_loaded()
    }

    /// Forgets what was loaded of a relation.
    pub fn unload<N, K>(&mut self, relation: Relation<M, N, K>) {
        (relation.slot)(self.untracked()).clear();
    }
}

/// Records that are there already, as a slice or a `Vec`: what can be loaded for all of them with one
/// statement.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// use atlas::Records;
///
/// let mut users = User::all(&db).await?;
/// users.load(&db, User::posts).await?;
/// users.load_count(&db, User::posts).await?;
/// assert!(users.iter().all(|user| user.posts.get().is_ok()));
/// # Ok(())
/// # });
/// ```
pub trait Records<M: Model> {
    /// Loads relations of all records, again where they are loaded.
    fn load<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()>;

    /// Loads relations for those records that have not loaded them.
    fn load_missing<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()>;

    /// Counts the records of a relation for each record.
    fn load_count<'a, N: Model>(&'a mut self, db: &'a Db, relation: impl Asked<M, N>) -> Pending<'a, ()>;
}

impl<M: Model> Records<M> for [Record<M>] {
    fn load<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()> {
        load(db, self, relations.into_loaders())
    }

    fn load_missing<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()> {
        load_missing(db, self, relations.into_loaders())
    }

    fn load_count<'a, N: Model>(&'a mut self, db: &'a Db, relation: impl Asked<M, N>) -> Pending<'a, ()> {
        load_count(db, self, relation)
    }
}

fn load<'a, M: Model>(
    db: &'a Db,
    records: &'a mut [Record<M>],
    loaders: Vec<Loader<Record<M>>>,
) -> Pending<'a, ()> {
    Pending::new(async move {
        check::<M>(db, &loaders)?;
        load_all(db, &mut records.iter_mut().collect::<Vec<_>>(), &loaders).await
    })
}

fn load_missing<'a, M: Model>(
    db: &'a Db,
    records: &'a mut [Record<M>],
    loaders: Vec<Loader<Record<M>>>,
) -> Pending<'a, ()> {
    Pending::new(async move {
        for loader in &loaders {
            let mut missing: Vec<&mut Record<M>> = Vec::new();
            for record in records.iter_mut() {
                if !loader.is_loaded(record) {
                    missing.push(record);
                }
            }
            if !missing.is_empty() {
                let loader = std::slice::from_ref(loader);
                check::<M>(db, loader)?;
                load_all(db, &mut missing, loader).await?;
            }
        }
        Ok(())
    })
}

fn load_count<'a, M: Model, N: Model>(
    db: &'a Db,
    records: &'a mut [Record<M>],
    relation: impl Asked<M, N>,
) -> Pending<'a, ()> {
    let question = relation.asked();
    Pending::new(async move { count_for(db, records, question).await })
}

/// Lazy loading is refused on a strict handle.
fn check<M: Model>(db: &Db, loaders: &[Loader<Record<M>>]) -> Result<()> {
    match loaders.first() {
        Some(first) if db.is_strict().loading => {
            Err(Error::LazyLoad { model: M::meta().name, relation: first.name })
        }
        _ => Ok(()),
    }
}
