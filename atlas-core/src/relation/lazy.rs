//! Loading relations of records that are there already, and columns that were left out.

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Column, DeferredColumns, IntoKey, Key, Model},
    query::{Loader, Query, count_for, load_all, load_extras},
    record::{FieldNames, Fields, Record, read_columns},
    relation::{Asked, IntoLoad, Relation, collection},
    value::Attribute,
};

use std::collections::BTreeMap;

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

    /// Reads what a query reads beside the columns, as extras: `with_sum`, `with_exists` and the like.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.load_extras(&db, |users| users.with_sum(User::posts, Post::votes).with_exists(User::posts)).await?;
    /// assert_eq!((ann.extra::<i64>("posts_sum_votes")?, ann.extra::<bool>("posts_exists")?), (10, true));
    /// # Ok(())
    /// # });
    /// ```
    pub fn load_extras<'a>(
        &'a mut self,
        db: &'a Db,
        steps: impl FnOnce(Query<M>) -> Query<M> + Send + 'a,
    ) -> Pending<'a, ()> {
        Pending::new(load_extras(db, std::slice::from_mut(self), steps))
    }

    /// Reads those of these columns that the query left out; nothing left out, nothing sent. What was changed on the
    /// record stays.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # use atlas::prelude::*;
    /// # #[derive(Model)]
    /// # struct Report { id: i64, title: String, body: Deferred<String> }
    /// # run(async |db| {
    /// # db.create_tables(atlas::models![Report]).await?;
    /// # Report::draft().title("Q3").body("…").save(&db).await?;
    /// let mut report = Report::query().columns(()).first_or_fail(&db).await?;
    /// report.load_columns(&db, Report::body).await?;
    /// assert_eq!(report.body.get()?, "…");
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where the row is gone.
    pub fn load_columns<'a>(&'a mut self, db: &'a Db, columns: impl DeferredColumns<M>) -> Pending<'a, ()> {
        load_columns(db, std::slice::from_mut(self), columns.deferred())
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
/// statement, and what is asked of records by their keys. Everything else is the iterator's.
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

    /// The records themselves.
    #[doc(hidden)]
    fn records(&self) -> &[Record<M>];

    /// The same, to be changed.
    #[doc(hidden)]
    fn records_mut(&mut self) -> &mut [Record<M>];

    /// The record of a key.
    fn find(&self, key: impl IntoKey<M::Key>) -> Option<&Record<M>> {
        let key = key.into_key().values();
        self.records().iter().find(|record| record.key().values() == key)
    }

    /// The record of a key, or [`Error::NotFound`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where none of them has it.
    fn find_or_fail(&self, key: impl IntoKey<M::Key>) -> Result<&Record<M>> {
        let key = key.into_key();
        let values = key.values();
        let found = self.records().iter().find(|record| record.key().values() == values);
        found.ok_or_else(|| crate::record::key_not_found::<M>(&key))
    }

    /// The keys, in the order of the records.
    fn model_keys(&self) -> Vec<M::Key> {
        self.records().iter().map(Record::key).collect()
    }

    /// The values of a column, in the order of the records.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where a cast of your own does not read what it wrote, [`Error::ColumnLeftOut`] where the
    /// query left the column out.
    fn pluck<T: Attribute, R>(&self, column: Column<M, T, R>) -> Result<Vec<T>> {
        let value = |record: &Record<M>| {
            let value = record.erased().present(column.index)?;
            T::decode(value.as_ref()).map_err(|error| error.at(M::meta().name, column.name))
        };
        self.records().iter().map(value).collect()
    }

    /// The records by what this gives of them; the last one, where several give the same.
    fn key_by<K: Ord>(&self, key: impl Fn(&M) -> K) -> BTreeMap<K, &Record<M>> {
        self.records().iter().map(|record| (key(record), record)).collect()
    }

    /// The records that give the same, together, in their order.
    fn group_by<K: Ord>(&self, key: impl Fn(&M) -> K) -> BTreeMap<K, Vec<&Record<M>>> {
        let mut groups: BTreeMap<K, Vec<&Record<M>>> = BTreeMap::new();
        for record in self.records() {
            groups.entry(key(record)).or_default().push(record);
        }
        groups
    }

    /// The first record of each key.
    fn unique(&self) -> Vec<&Record<M>> {
        collection::unique(self.records())
    }

    /// The records of these keys, in their own order.
    fn only<K: IntoKey<M::Key>>(&self, keys: impl IntoIterator<Item = K>) -> Vec<&Record<M>> {
        collection::among(
            self.records(),
            collection::keys::<M>(keys.into_iter().map(IntoKey::into_key)),
            true,
        )
    }

    /// The records of other keys than these.
    fn except<K: IntoKey<M::Key>>(&self, keys: impl IntoIterator<Item = K>) -> Vec<&Record<M>> {
        collection::among(
            self.records(),
            collection::keys::<M>(keys.into_iter().map(IntoKey::into_key)),
            false,
        )
    }

    /// The records that are not among these.
    fn diff(&self, others: &[Record<M>]) -> Vec<&Record<M>> {
        collection::among(self.records(), collection::keys::<M>(others.iter().map(Record::key)), false)
    }

    /// The records that are among these too.
    fn intersect(&self, others: &[Record<M>]) -> Vec<&Record<M>> {
        collection::among(self.records(), collection::keys::<M>(others.iter().map(Record::key)), true)
    }

    /// A query of the rows of these records.
    fn to_query(&self) -> Query<M> {
        Query::new().of_keys(self.model_keys())
    }

    /// The rows as they are now, as other records, also where they were deleted softly, in the order of these; those that
    /// are gone are left out.
    fn fresh<'a>(&'a self, db: &'a Db) -> Pending<'a, Vec<Record<M>>> {
        let query = self.to_query().unscoped();
        let keys = self.model_keys();
        Pending::new(async move { Ok(collection::ordered(query.get(db).await?, &keys)) })
    }

    /// [`Record::make_visible`] for each of them.
    ///
    /// # Errors
    ///
    /// As it.
    fn make_visible(&mut self, names: impl FieldNames<M>) -> Result<()> {
        let names = names.names();
        self.records_mut().iter_mut().try_for_each(|record| record.erased_mut().make_visible(names.clone()))
    }

    /// [`Record::make_hidden`] for each of them.
    ///
    /// # Errors
    ///
    /// As it.
    fn make_hidden(&mut self, names: impl FieldNames<M>) -> Result<()> {
        let names = names.names();
        self.records_mut().iter_mut().try_for_each(|record| record.erased_mut().make_hidden(names.clone()))
    }

    /// [`Record::set_visible`] for each of them.
    ///
    /// # Errors
    ///
    /// As it.
    fn set_visible(&mut self, names: impl FieldNames<M>) -> Result<()> {
        let names = names.names();
        self.records_mut().iter_mut().try_for_each(|record| record.erased_mut().set_visible(names.clone()))
    }

    /// [`Record::append`] for each of them.
    ///
    /// # Errors
    ///
    /// As it.
    fn append_each(&mut self, accessors: impl FieldNames<M>) -> Result<()> {
        let names: Vec<String> = accessors.names().into_iter().map(Into::into).collect();
        self.records_mut().iter_mut().try_for_each(|record| record.append(names.clone()).map(drop))
    }

    /// [`Record::serialize_with`] of all of them: a list.
    ///
    /// # Errors
    ///
    /// As it.
    fn serialize_with(&self, fields: &Fields) -> Result<serde_json::Value> {
        self.records().iter().map(|record| record.serialize_with(fields)).collect()
    }

    /// Reads what a query reads beside the columns, for each record.
    fn load_extras<'a>(
        &'a mut self,
        db: &'a Db,
        steps: impl FnOnce(Query<M>) -> Query<M> + Send + 'a,
    ) -> Pending<'a, ()>;

    /// Reads those of these columns that the query left out.
    fn load_columns<'a>(&'a mut self, db: &'a Db, columns: impl DeferredColumns<M>) -> Pending<'a, ()>;
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

    fn records(&self) -> &[Record<M>] {
        self
    }

    fn records_mut(&mut self) -> &mut [Record<M>] {
        self
    }

    fn load_extras<'a>(
        &'a mut self,
        db: &'a Db,
        steps: impl FnOnce(Query<M>) -> Query<M> + Send + 'a,
    ) -> Pending<'a, ()> {
        Pending::new(load_extras(db, self, steps))
    }

    fn load_columns<'a>(&'a mut self, db: &'a Db, columns: impl DeferredColumns<M>) -> Pending<'a, ()> {
        load_columns(db, self, columns.deferred())
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

fn load_columns<'a, M: Model>(
    db: &'a Db,
    records: &'a mut [Record<M>],
    columns: Vec<usize>,
) -> Pending<'a, ()> {
    let records = records.iter_mut().map(Record::erased_mut).collect();
    Pending::new(read_columns(db, M::meta(), records, columns))
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
