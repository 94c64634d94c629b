//! Loading what rows lead to that say themselves to which model.

use std::{any::Any, collections::BTreeMap, future::ready, sync::Arc};

use crate::{
    db::Db,
    driver::BoxFuture,
    error::{Error, Result},
    model::Model,
    query::{Loader, Put, Query, column_ref},
    record::{Record, Shared, Siblings},
    relation::{
        IntoLoad, KeyedBy, Link, MorphTarget, MorphTo, MorphVariant, Pairs, Path, Question, Relation,
        eager::Within,
        groups::{Groups, Key},
        kind,
    },
    value::Value,
};

/// A `#[morph_to]` to be loaded, with steps for some of its models.
pub struct MorphLoad<M, E> {
    relation: Relation<M, E, kind::MorphTo>,
    steps: Steps,
}

/// The queries of the models that a load has steps for, by what the type column says.
type Steps = BTreeMap<&'static str, Arc<dyn Any + Send + Sync>>;

impl<M: Model, E: MorphTarget, R> Relation<M, E, kind::MorphTo<R>> {
    /// Loads of one of the models what is left after these steps of a query; of the others, all. A record whose
    /// target was left out leads to none.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(MorphTarget, Debug)]
    /// # pub enum Subject { Post(Record<Post>), Film(Record<Film>) }
    /// # #[derive(Model, Debug)]
    /// # pub struct Comment {
    /// #     pub id: i64, pub subject_type: String, pub subject_id: i64,
    /// #     #[morph_to]
    /// #     pub subject: MorphTo<Subject>,
    /// # }
    /// # #[derive(Model, Debug)]
    /// # pub struct Post { pub id: i64, pub author_id: i64, #[belongs_to] pub author: BelongsTo<Author> }
    /// # #[derive(Model, Debug)]
    /// # #[table("users")]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model, Debug)]
    /// # pub struct Film { pub id: i64, pub year: i32 }
    /// # async fn show(db: &Db) -> Result<()> {
    /// let subject = Comment::subject
    ///     .constrain(|posts: Query<Post>| posts.with(Post::author))
    ///     .constrain(|films: Query<Film>| films.where_ge(Film::year, 1990));
    /// let comments = Comment::query().with(subject).get(db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn constrain<N: Model>(self, steps: impl FnOnce(Query<N>) -> Query<N>) -> MorphLoad<M, E>
    where
        E: MorphVariant<N>,
    {
        MorphLoad::from(self).constrain(steps)
    }

    /// The relation to one of its models alone: for [`where_has`](Query::where_has), `has`, `with_count`, `join` and
    /// the like. Rows that lead to another model lead to none.
    ///
    /// ```
    /// # use atlas::prelude::*;
    /// # #[derive(MorphTarget, Debug)]
    /// # pub enum Subject { Post(Record<Post>), Film(Record<Film>) }
    /// # #[derive(Model, Debug)]
    /// # pub struct Comment {
    /// #     pub id: i64, pub subject_type: String, pub subject_id: i64,
    /// #     #[morph_to]
    /// #     pub subject: MorphTo<Subject>,
    /// # }
    /// # #[derive(Model, Debug)]
    /// # pub struct Post { pub id: i64, pub votes: i64 }
    /// # #[derive(Model, Debug)]
    /// # pub struct Film { pub id: i64 }
    /// # async fn show(db: &Db) -> Result<()> {
    /// let of_posts = Comment::query().where_has(Comment::subject.only::<Post>(), |posts| posts.where_gt(Post::votes, 5));
    /// let comments = of_posts.or_where_has(Comment::subject.only::<Film>(), |films| films).get(db).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn only<N: Model>(self) -> Question<N, M>
    where
        E: MorphVariant<N>,
    {
        let named = self.link.morph.map(|morph| crate::relation::Morph { name: E::NAME, ..morph });
        let (Path::Direct(Pairs::One([_, key])), [target]) = (self.link.path, N::meta().key) else {
            return Question::faulty(self.name, several_columns::<N>());
        };
        let link =
            Link { owner: named, ..Link::new(N::meta, Path::Direct(Pairs::One([key, *target])), None) };
        Question::new(self.name, link, Query::new())
    }
}

/// What has columns of its own. The models of a `#[morph_to]` have none in common.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is several models, which have no columns in common",
    label = "narrow each by itself: `.constrain(|posts: Query<Post>| posts.filter(..))`"
)]
pub trait OneModel {}

macro_rules! never {
    ($($method:ident)*) => {
        /// Never: these are of one model. Declared so that the compiler can say so.
        impl<M: Model, E: MorphTarget, R> Relation<M, E, kind::MorphTo<R>> { $(
            #[doc(hidden)]
            pub fn $method<A>(self, _: A) -> Self
            where
                E: OneModel,
            {
                self
            }
        )* }
    };
}
never!(filter order_by with limit apply columns without_columns);

impl<M: Model, E: MorphTarget> MorphLoad<M, E> {
    /// Loads of one of the models what is left after these steps of a query.
    #[must_use]
    pub fn constrain<N: Model>(mut self, steps: impl FnOnce(Query<N>) -> Query<N>) -> Self
    where
        E: MorphVariant<N>,
    {
        let before = self.steps.get(E::NAME).and_then(|query| query.downcast_ref::<Query<N>>().cloned());
        let query = steps(before.unwrap_or_default());
        self.steps.insert(E::NAME, Arc::new(query));
        self
    }
}

impl<M, E, R> From<Relation<M, E, kind::MorphTo<R>>> for MorphLoad<M, E>
where
    M: Model,
{
    fn from(relation: Relation<M, E, kind::MorphTo<R>>) -> Self {
        let relation = Relation::linked(relation.name, relation.link, relation.slot);
        Self { relation, steps: Steps::new() }
    }
}

/// The records of one of several models that are to be loaded.
pub struct Wanted<'a> {
    db: &'a Db,
    name: &'a str,
    keys: Vec<Value>,
    steps: &'a Steps,
}

impl<'a> Wanted<'a> {
    /// For the derive: what the type column says.
    pub fn name(&self) -> &'a str {
        self.name
    }
}

impl<E: MorphTarget> MorphTo<E> {
    /// For the derive: the records of one variant.
    pub fn load_variant<M: Model + KeyedBy<E::Key>>(
        wanted: Wanted<'_>,
        wrap: fn(Record<M>) -> E,
    ) -> BoxFuture<'_, Result<Vec<(Value, E)>>> {
        let (meta, Wanted { db, name, keys, steps }) = (M::meta(), wanted);
        let [key] = *meta.key else {
            return Box::pin(ready(Err(Error::config(several_columns::<M>()))));
        };
        let mut groups = Groups::default();
        for value in keys {
            groups.expect(Key::One(value));
        }
        let query = steps.get(name).and_then(|query| query.downcast_ref::<Query<M>>().cloned());
        let query = query.unwrap_or_default();
        Box::pin(async move {
            let mut found = Vec::with_capacity(groups.len());
            for condition in groups.conditions(&[column_ref(meta, key)]) {
                for record in query.clone().bounded(condition).get(db).await? {
                    found.push((record.encode(key), wrap(record)));
                }
            }
            Ok(found)
        })
    }
}

fn several_columns<M: Model>() -> String {
    format!("`{}` has a key of several columns, and a #[morph_to] keeps one", M::meta().name)
}

#[diagnostic::do_not_recommend]
impl<M: Model, E: MorphTarget, R: 'static> IntoLoad<M> for Relation<M, E, kind::MorphTo<R>> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        MorphLoad::from(self).into_loaders()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, E: MorphTarget> IntoLoad<M> for MorphLoad<M, E> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        let Self { relation, steps } = self;
        let loading = Arc::new(Loading { relation, steps, within: Within::here() });
        let loaded = move |record: &mut Record<M>| (relation.slot)(record.untracked()).is_loaded();
        vec![Loader::new(
            relation.name,
            Arc::new(move |db, records| loading.start(db, records)),
            Arc::new(loaded),
        )]
    }
}

/// A `#[morph_to]`, and what is to be loaded of it.
struct Loading<M, E> {
    relation: Relation<M, E, kind::MorphTo>,
    steps: Steps,
    within: Within,
}

/// What was found for each name: a target for each group of keys.
type Found<E> = BTreeMap<String, (Groups, Vec<Option<Arc<E>>>)>;

/// Which model a record refers to, and which key, where it does.
type Place = Option<(String, Value)>;

impl<M: Model, E: MorphTarget> Loading<M, E> {
    /// Takes which model and key each record refers to, and gives what loads and what then puts.
    fn start<'a>(
        self: &Arc<Self>,
        db: &'a Db,
        records: &[&Record<M>],
    ) -> BoxFuture<'a, Result<Put<Record<M>>>> {
        let Path::Direct(Pairs::One(columns)) = self.relation.link.path else {
            return Box::pin(ready(Ok(Box::new(|_: &mut [&mut Record<M>]| {}) as Put<Record<M>>)));
        };
        let values = |record: &&Record<M>| columns.map(|column| record.encode(column));
        let places: Result<Vec<Place>> =
            records.iter().map(|record| place::<M>(columns, values(record))).collect();
        let together = match records {
            [only] if self.steps.is_empty() && db.batches_lazy_loading() => only.siblings(),
            _ => None,
        };
        let together = together.map(|(siblings, place)| (Arc::clone(siblings), place));
        let this = Arc::clone(self);
        Box::pin(async move {
            let places = places?;
            let found = match together {
                Some((siblings, place)) => {
                    this.found_together(db, &siblings, place, columns, &places).await?
                }
                None => Arc::new(this.found(db, &places).await?),
            };
            let slot = this.relation.slot;
            let put: Put<Record<M>> = Box::new(move |records| {
                for (record, place) in records.iter_mut().zip(places) {
                    let target = place.and_then(|(name, key)| {
                        let (groups, targets) = found.get(&name)?;
                        targets.get(groups.of(&Key::One(key))?)?.clone()
                    });
                    slot(record.untracked()).put_target(target);
                }
            });
            Ok(put)
        })
    }

    /// What was found for a record that came with others: for all of them, the first time.
    async fn found_together(
        &self,
        db: &Db,
        siblings: &Siblings,
        record: u32,
        columns: [usize; 2],
        own: &[Place],
    ) -> Result<Arc<Found<E>>> {
        let shared = siblings.take(record, self.relation.name, None, db.moment());
        let keys = match shared {
            Shared::Found(found) => match found.downcast() {
                Ok(found) => return Ok(found),
                Err(_) => None,
            },
            Shared::Nothing => siblings.keys(&columns),
            Shared::Stale => None,
        };
        let Some(keys) = keys else { return Ok(Arc::new(self.found(db, own).await?)) };
        let part = |key: &Key, index: usize| key.parts().get(index).cloned().unwrap_or(Value::Null);
        let mut places: Vec<Place> = own.to_vec();
        for key in &keys {
            places.push(place::<M>(columns, [part(key, 0), part(key, 1)])?);
        }
        let found = Arc::new(self.found(db, &places).await?);
        siblings.keep(record, self.relation.name, None, db.moment(), Arc::clone(&found) as _);
        Ok(found)
    }

    /// What there is at each place.
    async fn found(&self, db: &Db, places: &[Place]) -> Result<Found<E>> {
        let mut keys: BTreeMap<String, Groups> = BTreeMap::new();
        for (name, key) in places.iter().flatten() {
            keys.entry(name.clone()).or_default().expect(Key::One(key.clone()));
        }
        let mut found = Found::new();
        for (name, groups) in keys {
            let targets = self.targets(db, &name, &groups).await?;
            found.insert(name, (groups, targets));
        }
        Ok(found)
    }

    /// What records of one name refer to, a target for each group.
    async fn targets(&self, db: &Db, name: &str, groups: &Groups) -> Result<Vec<Option<Arc<E>>>> {
        if !E::NAMES.contains(&name) {
            let other = |key: &Value| E::other(name, key).ok_or_else(|| unknown(self.relation, name));
            return groups
                .firsts()
                .iter()
                .map(|key| other(key).map(|target| Some(Arc::new(target))))
                .collect();
        }
        let mut targets: Vec<Option<Arc<E>>> = (0..groups.len()).map(|_| None).collect();
        let wanted = Wanted { db, name, keys: groups.firsts(), steps: &self.steps };
        for (key, target) in self.within.run(|| E::load(wanted)).await? {
            if let Some(place) = groups.of(&Key::One(key)).and_then(|place| targets.get_mut(place)) {
                *place = Some(Arc::new(target));
            }
        }
        Ok(targets)
    }
}

/// Where a record leads by the values of its columns: the model's name and the key, where both are there.
fn place<M: Model>([named, _]: [usize; 2], values: [Value; 2]) -> Result<Place> {
    match values {
        [Value::Null, _] | [_, Value::Null] => Ok(None),
        [Value::Text(name), key] => Ok(Some((name, key))),
        [other, _] => {
            let name = M::meta().names.get(named).copied().unwrap_or_default();
            Err(Error::decode("the name of a model", other.as_ref()).at(M::meta().name, name))
        }
    }
}

#[cold]
fn unknown<M: Model, E: MorphTarget>(relation: Relation<M, E, kind::MorphTo>, name: &str) -> Error {
    let (model, column) = (M::meta().name, relation.link.morph.map_or("", |morph| morph.column));
    Error::config(format!(
        "`{column}` of a `{model}` says `{name}`, which no variant of its #[derive(MorphTarget)] is called (they are `{}`): add a variant, rename one with #[morph(\"{name}\")], or add one for all others with #[morph(other)]",
        E::NAMES.join("`, `")
    ))
}
