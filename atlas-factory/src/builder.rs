use std::{fmt, sync::Arc};

use atlas_core::{
    Db, Error, Model, Pending, Record, Relation, Result,
    driver::BoxFuture,
    model::{Complete, ModelMeta, SoftDeletes},
    relation::{Creates, LeadsTo, RefersToOne},
};

use crate::{
    Factory, Making, Parent,
    children::Has,
    hooks::{AfterCreating, AfterMaking},
    making::Rows,
    parents::{For, Relate},
    run::Run,
    steps::{Sequence, State, Step, Trashed},
};

/// Rows in the making: how many, in what they differ from the definition, and what comes with them.
///
/// What is said later holds. Nothing is made before one of `create`, `make` or `drafts` is called, and all of it
/// by one statement a table, however many rows there are.
pub struct FactoryBuilder<M: Factory> {
    pub(crate) count: usize,
    seed: Option<u64>,
    steps: Vec<Step<M>>,
    recycled: Vec<(&'static ModelMeta, Rows)>,
    /// Whether something besides the insert is done, which a transaction then holds together.
    several: bool,
}

impl<M: Factory> FactoryBuilder<M> {
    /// One row by the definition alone, without what [`Factory::configure`] says.
    pub fn new() -> Self {
        Self { count: 1, seed: None, steps: Vec::new(), recycled: Vec::new(), several: false }
    }

    /// So many rows.
    #[must_use]
    pub fn count(mut self, rows: usize) -> Self {
        self.count = rows;
        self
    }

    /// Makes up the same things each time.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Changes each draft: `state(|user| user.active(false))`. Whoever wants a name for it writes a function.
    #[must_use]
    pub fn state<D: Complete<M> + 'static>(
        self,
        change: impl Fn(M::CompleteDraft) -> D + Send + Sync + 'static,
    ) -> Self {
        let change = Arc::new(change);
        self.step(Arc::new(move |_| Box::new(State(change.clone()))))
    }

    /// Changes each draft by the next of some values, which begin anew when they are over:
    /// `sequence(["admin", "user"], |user, role| user.role(role))`, `sequence(1.., |user, n| user.name(format!("user {n}")))`.
    #[must_use]
    pub fn sequence<D: Complete<M> + 'static, I>(
        self,
        values: I,
        set: impl Fn(M::CompleteDraft, I::Item) -> D + Send + Sync + 'static,
    ) -> Self
    where
        I: IntoIterator<IntoIter: Clone + Send + Sync + 'static>,
    {
        let (values, set) = (values.into_iter().cycle(), Arc::new(set));
        self.step(Arc::new(move |_| Box::new(Sequence { values: values.clone(), set: set.clone() })))
    }

    /// With records of a relation for each row: `has(User::posts, Post::factory().count(3))`. It is for has_many, has_one,
    /// belongs_to_many and their polymorphic siblings.
    #[must_use]
    pub fn has<N: Factory, K: Creates>(
        mut self,
        relation: Relation<M, N, K>,
        factory: FactoryBuilder<N>,
    ) -> Self {
        self.several |= factory.several;
        self.step(Arc::new(move |making| Box::new(Has::new(relation, &factory, making))))
    }

    /// All rows refer to one record: `for_parent(Post::author, &ann)`, or, to a new one, `for_parent(Post::author,
    /// User::factory())`. It is for belongs_to and morph_to.
    #[must_use]
    pub fn for_parent<T: 'static, N: Model, K>(
        mut self,
        relation: Relation<M, T, K>,
        parent: impl Parent<N>,
    ) -> Self
    where
        K: RefersToOne + LeadsTo<T, N> + 'static,
    {
        self.several = true;
        let who = parent.give(Relate::by(relation)).0;
        self.step(Arc::new(move |_| Box::new(For(who.clone()))))
    }

    /// Wherever a row would bring a new record that it refers to, of this model, it refers to one of these, whichever.
    #[must_use]
    pub fn recycle<N: Model>(mut self, records: &[Record<N>]) -> Self {
        let columns = 0..N::meta().columns.len();
        let row = |record: &Record<N>| columns.clone().map(|column| record.encode(column)).collect();
        self.recycled.push((N::meta(), records.iter().map(row).collect()));
        self
    }

    /// The rows are deleted softly.
    #[must_use]
    pub fn trashed(self) -> Self
    where
        M: SoftDeletes,
    {
        self.step(Arc::new(|_| Box::new(Trashed)))
    }

    /// Changes each record before it is inserted, where it can see what was made up:
    /// `after_making(|user| user.slug = slug(&user.name))`.
    #[must_use]
    pub fn after_making(self, hook: impl Fn(&mut Record<M>) + Send + Sync + 'static) -> Self {
        let hook = Arc::new(hook);
        self.step(Arc::new(move |_| Box::new(AfterMaking(hook.clone()))))
    }

    /// Does something with each record that was inserted, in the same transaction:
    /// `after_creating(|db, user| Box::pin(async move { user.touch(db).await }))`.
    #[must_use]
    pub fn after_creating(
        mut self,
        hook: impl for<'a> Fn(&'a Db, &'a mut Record<M>) -> BoxFuture<'a, Result<()>> + Send + Sync + 'static,
    ) -> Self {
        self.several = true;
        let hook = Arc::new(hook);
        self.step(Arc::new(move |_| Box::new(AfterCreating(hook.clone()))))
    }

    /// The drafts, for whatever takes some: `Post::insert(&db, Post::factory().count(9).drafts()?)`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for what needs the database: a parent that is not there yet.
    pub fn drafts(self) -> Result<Vec<M::CompleteDraft>> {
        let mut making = Making::new(self.seed);
        let drafts = self.begin(&mut making).drafts(self.count, &mut making);
        making.check()?;
        Ok(drafts.into_iter().map(M::complete).collect())
    }

    /// One draft.
    ///
    /// # Errors
    ///
    /// As [`drafts`](Self::drafts).
    pub fn draft(self) -> Result<M::CompleteDraft> {
        one(self.count(1).drafts()?)
    }

    /// Records that are not saved.
    ///
    /// # Errors
    ///
    /// As [`drafts`](Self::drafts); [`Error::Config`] also for records that bring others, which are inserted together alone;
    /// [`Error::MissingAttribute`] where a record is said to refer to none.
    pub fn make(self) -> Result<Vec<Record<M>>> {
        self.drafts()?.into_iter().map(Record::new).collect()
    }

    /// One record that is not saved.
    ///
    /// # Errors
    ///
    /// As [`make`](Self::make).
    pub fn make_one(self) -> Result<Record<M>> {
        one(self.count(1).make()?)
    }

    /// Inserts the rows, all or none: their records.
    ///
    /// # Errors
    ///
    /// What inserts give, and hooks; [`Error::Config`] for a relation to one record that is to have several.
    pub fn create(self, db: &Db) -> Pending<'_, Vec<Record<M>>> {
        Pending::new(async move {
            let mut making = Making::new(self.seed);
            let (run, count) = (self.begin(&mut making), self.count);
            if !self.several {
                return run.create(db, &mut making, count).await;
            }
            db.transaction(async move |tx| run.create(&tx, &mut making, count).await).await
        })
    }

    /// Inserts one row: its record.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_one(self, db: &Db) -> Pending<'_, Record<M>> {
        Pending::new(async move { one(self.count(1).create(db).await?) })
    }

    fn step(mut self, step: Step<M>) -> Self {
        self.steps.push(step);
        self
    }

    pub(crate) fn begin(&self, making: &mut Making) -> Run<M> {
        self.recycled.iter().for_each(|(model, rows)| making.recycle(model, rows));
        Run::new(self.steps.iter().map(|step| step(making)).collect())
    }
}

fn one<T>(made: Vec<T>) -> Result<T> {
    made.into_iter().next().ok_or_else(|| Error::config("a factory made nothing, where one was asked for"))
}

impl<M: Factory> Default for FactoryBuilder<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Factory> Clone for FactoryBuilder<M> {
    fn clone(&self) -> Self {
        let Self { count, seed, several, .. } = *self;
        Self { count, seed, steps: self.steps.clone(), recycled: self.recycled.clone(), several }
    }
}

impl<M: Factory> fmt::Debug for FactoryBuilder<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a factory of {} `{}`", self.count, M::meta().name)
    }
}
