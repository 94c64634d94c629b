//! Loading a relation for all records of a result with one statement.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    db::{Db, Pending},
    driver::BoxFuture,
    error::Result,
    model::{self, In, IntoOrder, Model},
    query::{Loader, Query, column_ref},
    record::Record,
    relation::Relation,
    statement::{ColumnRef, Expr},
    value::Value,
};

/// How many keys go into one statement.
const KEYS_PER_STATEMENT: usize = 10_000;

/// A relation to be loaded, with conditions, an order and relations of its own.
pub struct Load<M, N: Model, K> {
    relation: Relation<M, N, K>,
    query: Query<N>,
}

impl<M: Model, N: Model, K> Relation<M, N, K> {
    /// Loads only records for which this holds.
    pub fn filter<X: In<N, I>, I>(self, condition: model::Expr<X>) -> Load<M, N, K> {
        Load::from(self).filter(condition)
    }

    /// Loads the records in this order.
    pub fn order_by<X: In<N, I>, I>(self, order: impl IntoOrder<X>) -> Load<M, N, K> {
        Load::from(self).order_by(order)
    }

    /// Loads relations of the records too.
    pub fn with(self, relations: impl IntoLoad<N>) -> Load<M, N, K> {
        Load::from(self).with(relations)
    }
}

impl<M: Model, N: Model, K> Load<M, N, K> {
    /// Loads only records for which this holds.
    #[must_use]
    pub fn filter<X: In<N, I>, I>(mut self, condition: model::Expr<X>) -> Self {
        self.query = self.query.filter(condition);
        self
    }

    /// Loads the records in this order.
    #[must_use]
    pub fn order_by<X: In<N, I>, I>(mut self, order: impl IntoOrder<X>) -> Self {
        self.query = self.query.order_by(order);
        self
    }

    /// Loads relations of the records too.
    #[must_use]
    pub fn with(mut self, relations: impl IntoLoad<N>) -> Self {
        self.query = self.query.with(relations);
        self
    }
}

impl<M, N: Model, K> From<Relation<M, N, K>> for Load<M, N, K> {
    fn from(relation: Relation<M, N, K>) -> Self {
        Self { relation, query: Query::new() }
    }
}

/// A relation of `M`, with or without conditions, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation of `{M}`",
    label = "not a relation of `{M}`"
)]
pub trait IntoLoad<M: Model> {
    /// What loads them.
    fn into_loaders(self) -> Vec<Loader<Record<M>>>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: 'static> IntoLoad<M> for Relation<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        Load::from(self).into_loaders()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: 'static> IntoLoad<M> for Load<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        let Self { relation, query } = self;
        let relation = Keyed { local: relation.local, foreign: relation.foreign, slot: relation.slot };
        vec![Arc::new(move |db, records| load(db, records, relation, query.clone()))]
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($part: IntoLoad<M>),*> IntoLoad<M> for ($($part,)*) {
            #[allow(non_snake_case)]
            fn into_loaders(self) -> Vec<Loader<Record<M>>> {
                let ($($part,)*) = self;
                let mut all = Vec::new();
                $(all.extend($part.into_loaders());)*
                all
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);

impl<M: Model> Record<M> {
    /// Loads relations of this record, again where they are loaded.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut ann = User::find_or_fail(&db, 1).await?;
    /// ann.load(&db, User::posts.order_by(Post::votes.desc())).await?;
    /// assert_eq!(ann.posts.get()?[0].votes, 7);
    /// # Ok(())
    /// # });
    /// ```
    pub fn load<'a>(&'a mut self, db: &'a Db, relations: impl IntoLoad<M>) -> Pending<'a, ()> {
        let loaders = relations.into_loaders();
        Pending::new(async move {
            for loader in loaders {
                loader(db, std::slice::from_mut(self)).await?;
            }
            Ok(())
        })
    }
}

/// A relation by two columns, without its kind.
struct Keyed<M, N> {
    local: usize,
    foreign: usize,
    slot: fn(&mut M) -> &mut dyn super::Slot<N>,
}

impl<M, N> Clone for Keyed<M, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, N> Copy for Keyed<M, N> {}

fn load<'a, M: Model, N: Model>(
    db: &'a Db,
    records: &'a mut [Record<M>],
    relation: Keyed<M, N>,
    query: Query<N>,
) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let mut groups = Groups::default();
        for record in records.iter() {
            groups.expect(record.encode(relation.local));
        }
        let mut found: Vec<Vec<Record<N>>> = Vec::new();
        found.resize_with(groups.keys.len(), Vec::new);
        for condition in groups.conditions(column_ref(N::meta(), relation.foreign)) {
            for record in query.clone().and_node(condition).get(db).await? {
                let group = groups.of(record.encode(relation.foreign));
                if let Some(group) = group.and_then(|group| found.get_mut(group)) {
                    group.push(record);
                }
            }
        }
        let nothing = Arc::new(Vec::new());
        let found: Vec<Arc<Vec<Record<N>>>> = found.into_iter().map(Arc::new).collect();
        for record in records {
            let group = groups.of(record.encode(relation.local)).and_then(|group| found.get(group));
            (relation.slot)(record.untracked()).put(group.unwrap_or(&nothing).clone());
        }
        Ok(())
    })
}

/// Which records go together: those whose columns hold the same key.
#[derive(Default)]
struct Groups {
    keys: Vec<Value>,
    places: HashMap<Key, usize>,
}

impl Groups {
    /// Makes a group of a key that is not NULL.
    fn expect(&mut self, key: Value) {
        if !key.is_null()
            && let Entry::Vacant(place) = self.places.entry(Key::new(key.clone()))
        {
            place.insert(self.keys.len());
            self.keys.push(key);
        }
    }

    /// The place of a key's group.
    fn of(&self, key: Value) -> Option<usize> {
        self.places.get(&Key::new(key)).copied()
    }

    /// Whose column holds one of the keys, in as many conditions as there are statements.
    fn conditions(&self, column: ColumnRef) -> impl Iterator<Item = Expr> + use<> {
        let chunks: Vec<Vec<Value>> = self.keys.chunks(KEYS_PER_STATEMENT).map(<[_]>::to_vec).collect();
        chunks.into_iter().map(move |keys| Expr::In(Box::new(Expr::Column(column.clone())), keys))
    }
}

/// A value as a key of a map.
struct Key(Value);

impl Key {
    /// Numbers are the same key where the database takes them for equal: `1.0` and `1.00`.
    fn new(value: Value) -> Self {
        match value {
            Value::Numeric(number) => Self(Value::Numeric(number.normalized())),
            value => Self(value),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::I64(number) => number.hash(state),
            Value::U64(number) => number.hash(state),
            Value::Text(text) => text.hash(state),
            Value::Uuid(bytes) => bytes.hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Numeric(number) => number.hash(state),
            // Keys of any other type are rare: they meet in one bucket.
            _ => {}
        }
    }
}
