//! Loading a relation for all records of a result with one statement.

use std::sync::Arc;

use crate::{
    db::Db,
    driver::BoxFuture,
    error::Result,
    model::{self, In, IntoOrder, Model, ModelMeta, SoftDeletes},
    query::{Beside, FromRow, Loader, Put, Query, Unscoped, column_ref, load_all, retrieved},
    record::{AnyRecord, Read, Record, Shared, Siblings, Values},
    relation::{
        Between, Link, Linked, Path, PivotWriter, Relation, Slot, ToMany,
        groups::{Groups, Key},
    },
    schema::Name,
    statement::{
        ColumnRef, CompareOp, Expr, From, Function, Join, JoinKind, OrderTerm, Over, Projection, Select,
        Selected, TableRef,
    },
    value::Value,
};

/// A relation to be loaded, with conditions, an order, a limit and relations of its own.
pub struct Load<M, N: Model, K> {
    relation: Relation<M, N, K>,
    query: Query<N>,
    /// Columns of the table between that come with each record, as extras.
    between: Vec<Name>,
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

    /// Loads at most so many records for each parent.
    pub fn limit(self, records: u64) -> Load<M, N, K>
    where
        K: ToMany,
    {
        Load::from(self).limit(records)
    }

    /// Also records that were deleted softly.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// Note::query().where_eq(Note::id, 1).delete(&db).await?;
    /// let ann = User::query().with(User::notes.with_trashed()).find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.notes.get()?.len(), 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_trashed(self) -> Load<M, N, K>
    where
        N: SoftDeletes,
    {
        Load::from(self).with_trashed()
    }

    /// Only records that were deleted softly.
    pub fn only_trashed(self) -> Load<M, N, K>
    where
        N: SoftDeletes,
    {
        Load::from(self).only_trashed()
    }

    /// Loads what is left of the records after any steps of a query.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let posts = User::posts.apply(|posts| posts.where_gt(Post::votes, 3).order_by(Post::id));
    /// let ann = User::query().with(posts).find_or_fail(&db, 1).await?;
    /// assert_eq!(ann.posts.get()?.len(), 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn apply(self, steps: impl FnOnce(Query<N>) -> Query<N>) -> Load<M, N, K> {
        Load::from(self).apply(steps)
    }
}

impl<M: Model, N: Model, K> Load<M, N, K> {
    /// Loads only records for which this holds.
    #[must_use]
    pub fn filter<X: In<N, I>, I>(self, condition: model::Expr<X>) -> Self {
        self.apply(|query| query.filter(condition))
    }

    /// Loads the records in this order.
    #[must_use]
    pub fn order_by<X: In<N, I>, I>(self, order: impl IntoOrder<X>) -> Self {
        self.apply(|query| query.order_by(order))
    }

    /// Loads relations of the records too.
    #[must_use]
    pub fn with(self, relations: impl IntoLoad<N>) -> Self {
        self.apply(|query| query.with(relations))
    }

    /// Loads at most so many records for each parent: the first ones of the order, or of the key where there
    /// is none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let best = User::posts.order_by(Post::votes.desc()).limit(1);
    /// for user in User::query().with(best).get(&db).await? {
    ///     assert!(user.posts.get()?.len() <= 1);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn limit(self, records: u64) -> Self
    where
        K: ToMany,
    {
        self.apply(|query| query.limit(records))
    }

    /// Passes over so many records of each parent first.
    #[must_use]
    pub fn offset(self, records: u64) -> Self
    where
        K: ToMany,
    {
        self.apply(|query| query.offset(records))
    }

    /// Also records that were deleted softly.
    #[must_use]
    pub fn with_trashed(self) -> Self
    where
        N: SoftDeletes,
    {
        self.apply(Query::with_trashed)
    }

    /// Only records that were deleted softly.
    #[must_use]
    pub fn only_trashed(self) -> Self
    where
        N: SoftDeletes,
    {
        self.apply(Query::only_trashed)
    }

    /// Loads what is left of the records after any steps of a query. A limit is one for each parent.
    #[must_use]
    pub fn apply(mut self, steps: impl FnOnce(Query<N>) -> Query<N>) -> Self {
        self.query = steps(self.query);
        self
    }
}

impl<M, N: Model, K> std::convert::From<Relation<M, N, K>> for Load<M, N, K> {
    fn from(relation: Relation<M, N, K>) -> Self {
        let query = relation.link.fixed.narrow(Query::new());
        Self { relation, query, between: Vec::new() }
    }
}

impl<M, N: Model, K> Load<M, N, K> {
    pub(super) fn into_parts(self) -> (Relation<M, N, K>, Query<N>) {
        (self.relation, self.query)
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
impl<M: Model, N: Model, K: Linked> IntoLoad<M> for Relation<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        Load::from(self).into_loaders()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, N: Model, K: Linked> IntoLoad<M> for Load<M, N, K> {
    fn into_loaders(self) -> Vec<Loader<Record<M>>> {
        let Self { relation, query, between } = self;
        let Relation { name, link, slot, .. } = relation;
        let (pivot, key_is_here) = (K::PIVOT, K::KEY_IS_HERE);
        let load = Arc::new(Loading { name, link, slot, query, between, pivot, key_is_here });
        let loaded = move |record: &mut Record<M>| slot(record.untracked()).is_loaded();
        vec![Loader::new(name, Arc::new(move |db, records| load.start(db, records)), Arc::new(loaded))]
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

/// What reads the record of a table between: which model it is of, and the record out of the values of a row.
#[derive(Clone, Copy)]
pub struct PivotReader {
    pub(super) meta: fn() -> &'static ModelMeta,
    pub(super) read: fn(&Values, usize) -> Result<Box<dyn AnyRecord>>,
    /// What writes its records one by one, where somebody observes them.
    pub(super) writer: PivotWriter,
}

/// A relation without its kind, and what is to be loaded of it.
struct Loading<M, N: Model> {
    name: &'static str,
    link: Link,
    slot: fn(&mut M) -> &mut dyn Slot<N>,
    query: Query<N>,
    between: Vec<Name>,
    pivot: Option<PivotReader>,
    /// Whether it is the record itself that refers to the other.
    key_is_here: bool,
}

impl<M: Model, N: Model> Loading<M, N> {
    /// Takes the keys of the records, and gives what loads and what then puts.
    fn start<'a>(
        self: &Arc<Self>,
        db: &'a Db,
        records: &[&Record<M>],
    ) -> BoxFuture<'a, Result<Put<Record<M>>>> {
        let local = self.link.local();
        let owner = |record: &&Record<M>| local.iter().map(|column| record.encode(*column)).collect();
        let owners: Vec<Vec<Value>> = match self.link.fixed.default() {
            Some(_) => records.iter().map(owner).collect(),
            None => Vec::new(),
        };
        // Nothing can refer to a record that was never saved.
        let key_of = |record: &&Record<M>| match self.key_is_here || !record.erased().state().is_new() {
            true => Key::of(&***record, &local),
            false => Key::One(Value::Null),
        };
        let keys: Vec<Key> = records.iter().map(key_of).collect();
        let siblings = match records {
            [only] => self.siblings(db, only, &local),
            _ => None,
        };
        let this = Arc::clone(self);
        Box::pin(async move {
            let found = match siblings {
                None => Arc::new(this.found(db, keys.iter().cloned()).await?),
                Some(Together { found: Some(found), .. }) => found,
                Some(together) => {
                    // Its own key may have been changed since.
                    let all = together.keys.iter().chain(&keys).cloned();
                    let found = Arc::new(this.found(db, all).await?);
                    together.keep(this.name, this.query.shape(), db, Arc::clone(&found));
                    found
                }
            };
            let mut defaults = this.defaults(db, owners, &keys, &found).await?.into_iter();
            let slot = this.slot;
            let put: Put<Record<M>> = Box::new(move |records| {
                let nothing = Arc::new(Vec::new());
                for (record, key) in records.iter_mut().zip(keys) {
                    let records = match found.of(&key) {
                        Some(records) => records.clone(),
                        None => defaults.next().unwrap_or_else(|| nothing.clone()),
                    };
                    slot(record.untracked()).put(records);
                }
            });
            Ok(put)
        })
    }

    /// What stands in place of each record that was not found, where the relation has such a default: one
    /// for each key, which refers to its owner and has loaded what was asked for. It is not saved.
    async fn defaults(
        &self,
        db: &Db,
        owners: Vec<Vec<Value>>,
        keys: &[Key],
        found: &Found<N>,
    ) -> Result<Vec<Arc<Vec<Record<N>>>>> {
        let mut defaults = Vec::new();
        for (owner, key) in owners.into_iter().zip(keys) {
            if let (None, Some(mut draft)) = (found.of(key), self.link.fixed.default()) {
                if let (Path::Direct(_), false) = (&self.link.path, self.key_is_here) {
                    for (column, value) in self.link.referring(owner)? {
                        draft.put_value(column, value);
                    }
                }
                defaults.push(Record::of_draft(draft, db.now())?);
            }
        }
        load_all(db, &mut defaults.iter_mut().collect::<Vec<_>>(), self.query.loaders()).await?;
        Ok(defaults.into_iter().map(|record| Arc::new(vec![record])).collect())
    }

    /// The records that came with this one, where it is the first to ask for them all or may take what
    /// another has asked for.
    fn siblings(&self, db: &Db, record: &Record<M>, local: &[usize]) -> Option<Together<N>> {
        // What belongs to the related records cannot be compared.
        if !self.query.loaders().is_empty() || !self.between.is_empty() || !db.batches_lazy_loading() {
            return None;
        }
        let (siblings, place) = record.siblings()?;
        let found = match siblings.take(place, self.name, self.query.shape(), db.moment()) {
            Shared::Found(found) => Some(found.downcast::<Found<N>>().ok()?),
            Shared::Nothing => None,
            Shared::Stale => return None,
        };
        let keys = if found.is_some() { Vec::new() } else { siblings.keys(local)? };
        Some(Together { siblings: Arc::clone(siblings), place, keys, found })
    }

    /// The records of each key.
    async fn found(&self, db: &Db, keys: impl Iterator<Item = Key>) -> Result<Found<N>> {
        let mut groups = Groups::with_capacity(keys.size_hint().0);
        keys.for_each(|key| {
            groups.expect(key);
        });
        let mut found: Vec<Vec<Record<N>>> = Vec::new();
        found.resize_with(groups.len(), Vec::new);
        let plan = Plan::new(&self.link, M::meta(), N::meta(), &self.between, self.pivot);
        let hooks = db.hooks(N::meta());
        let narrowed = match &hooks {
            Some(hooks) => Some(hooks.before(db, Read::Fetch, self.query.clone())?),
            None => None,
        };
        let narrowed = narrowed.as_ref().unwrap_or(&self.query);
        for condition in groups.conditions(&plan.keys) {
            let (query, loaders) = narrowed.clone().into_parts();
            let width = N::meta().columns.len();
            let select = plan.among(Some(condition), query, || narrowed.bare());
            let sink: Beside<Record<N>> =
                db.fetch(Some(N::meta().about()), &select.into(), Beside::after(width)).await?.0;
            let Beside { mut rows, names, values, .. } = sink;
            if let Some(told) = retrieved(db, &mut rows) {
                told.await?;
            }
            if !loaders.is_empty() {
                load_all(db, &mut rows.iter_mut().collect::<Vec<_>>(), &loaders).await?;
            }
            if let Some(hooks) = &hooks {
                let mut records: Vec<_> = rows.iter_mut().map(Record::erased_mut).collect();
                hooks.after(db, Read::Fetch, &mut records).await?;
            }
            let foreign = self.link.foreign();
            let mut values = values.chunks(names.len().max(1));
            let mut places = Vec::with_capacity(rows.len());
            let mut sizes = vec![0; groups.len()];
            // Most often, rows of the same key come one after the other.
            let mut last: Option<(Key, Option<usize>)> = None;
            for record in &mut rows {
                let key = if names.is_empty() {
                    Key::of(&**record, &foreign)
                } else {
                    let beside = values.next().unwrap_or_default();
                    plan.put_beside(record, &names, beside)?;
                    plan.key_of(record, beside)?
                };
                let place = match &last {
                    Some((same, place)) if *same == key => *place,
                    _ => groups.of(&key),
                };
                if let Some(size) = place.and_then(|place| sizes.get_mut(place)) {
                    *size += 1;
                }
                places.push(place);
                last = Some((key, place));
            }
            for (group, size) in found.iter_mut().zip(sizes) {
                group.reserve_exact(size);
            }
            for (record, place) in rows.into_iter().zip(places) {
                if let Some(group) = place.and_then(|place| found.get_mut(place)) {
                    group.push(record);
                }
            }
        }
        Ok(Found { groups, records: found.into_iter().map(Arc::new).collect() })
    }
}

/// The records of each key.
struct Found<N: Model> {
    groups: Groups,
    records: Vec<Arc<Vec<Record<N>>>>,
}

impl<N: Model> Found<N> {
    /// The records of a key, where there are any.
    fn of(&self, key: &Key) -> Option<&Arc<Vec<Record<N>>>> {
        self.records.get(self.groups.of(key)?).filter(|records| !records.is_empty())
    }
}

/// A record's siblings: their keys, or what was found for them.
struct Together<N: Model> {
    siblings: Arc<Siblings>,
    place: u32,
    keys: Vec<Key>,
    found: Option<Arc<Found<N>>>,
}

impl<N: Model> Together<N> {
    fn keep(&self, relation: &'static str, shape: &Unscoped, db: &Db, found: Arc<Found<N>>) {
        self.siblings.keep(self.place, relation, shape.clone(), db.moment(), found);
    }
}

/// How a link is loaded, the same for every statement: what is joined, and where the keys are.
pub(crate) struct Plan {
    link: Link,
    owner: &'static ModelMeta,
    target: &'static ModelMeta,
    pub(super) join: Option<Join>,
    /// Whether the target's own rows are limited to those of a name.
    pub(super) named: Option<Expr>,
    /// The columns that hold the keys of the groups.
    pub(crate) keys: Vec<ColumnRef>,
    /// What else is read beside the target's columns: of a table between.
    pub(super) beside: Vec<Selected>,
    /// Where in that the pivot's columns start.
    pivot: Option<PivotReader>,
}

/// What the row of a table between is called where the target is the same table.
const BETWEEN: &str = "between";
/// What the number of a row among its parent's is called.
const ROW: &str = "atlas_row";

impl Plan {
    pub(crate) fn new(
        link: &Link,
        owner: &'static ModelMeta,
        target: &'static ModelMeta,
        columns: &[Name],
        pivot: Option<PivotReader>,
    ) -> Self {
        let named = |table: &Name| link.morph.map(|morph| super::ask::named(table, morph));
        let mut plan = Self {
            link: *link,
            owner,
            target,
            join: None,
            named: None,
            keys: Vec::new(),
            beside: Vec::new(),
            pivot,
        };
        match &link.path {
            Path::Direct(pairs) => {
                plan.named = named(&target.table.into());
                plan.keys =
                    pairs.as_slice().iter().map(|[_, foreign]| column_ref(target, *foreign)).collect();
            }
            Path::Via { between, near, far } => {
                let (table, of) = table_between(*between, target);
                let column = |name: Name, ty| ColumnRef { table: Some(of.clone()), name, ty };
                let mut on = far.iter().map(|(name, foreign)| {
                    let foreign = column_ref(target, *foreign);
                    let between = Expr::Column(column((*name).into(), foreign.ty));
                    super::ask::same(between, Expr::Column(foreign))
                });
                let on = on.next().map(|first| on.fold(first, Expr::and)).unwrap_or(Expr::And(Vec::new()));
                let guards = between.guards(&of, link.trashed_between);
                let on = named(&of).into_iter().chain(guards).fold(on, Expr::and);
                plan.join = Some(Join::new(JoinKind::Inner, table, on));
                plan.keys = near
                    .iter()
                    .map(|(local, name)| column((*name).into(), column_ref(owner, *local).ty))
                    .collect();
                let pivots = pivot.map(|pivot| (pivot.meta)().names).unwrap_or_default();
                let pivots = pivots.iter().map(|name| (*name).into());
                plan.beside = pivots
                    .chain(columns.iter().cloned())
                    .map(|name: Name| Selected {
                        alias: Some(format!("pivot_{name}").into()),
                        expr: Expr::Column(column(name, None)),
                    })
                    .collect();
            }
        }
        plan
    }

    /// The target's query, with the keys beside its columns where those are in another table, and its limit
    /// as one for each group.
    pub(crate) fn select(&self, mut select: Select) -> Select {
        if let Some(named) = &self.named {
            select.and_where(named.clone());
        }
        let own = std::mem::replace(&mut select.columns, Projection::Names(&[]));
        let mut beside = match own {
            Projection::NamesAnd(_, beside) => beside,
            _ => Vec::new(),
        };
        if let Some(join) = &self.join {
            select.joins.push(join.clone());
            beside.extend(self.beside.iter().cloned());
            beside.extend(self.keys.iter().enumerate().map(|(index, key)| Selected {
                expr: Expr::Column(key.clone()),
                alias: Some(Self::key_name(index)),
            }));
        }
        self.pick(&mut select);
        if select.limit.is_some() || select.offset.is_some() {
            return self.limited(select, beside);
        }
        select.columns = if beside.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, beside)
        };
        select
    }

    /// The target's query on rows for which a condition holds. Where the relation picks one of many, it does so
    /// among the bare rows, and the steps of the query are about the one that it picks.
    pub(crate) fn among(
        &self,
        condition: Option<Expr>,
        mut select: Select,
        bare: impl FnOnce() -> Select,
    ) -> Select {
        let bare = self.link.pick.map(|_| bare()).filter(|bare| {
            select.filter != bare.filter || !select.order.is_empty() || !select.joins.is_empty()
        });
        let Some(mut bare) = bare else {
            condition.into_iter().for_each(|condition| select.and_where(condition));
            return self.select(select);
        };
        condition.into_iter().for_each(|condition| bare.and_where(condition));
        let mut picked = self.select(bare);
        picked.order.clear();
        let table: Name = self.target.table.into();
        let mut beside = match std::mem::replace(&mut select.columns, Projection::Names(&[])) {
            Projection::NamesAnd(_, own) => own,
            _ => Vec::new(),
        };
        if let Projection::NamesAnd(_, kept) = &picked.columns {
            beside.extend(kept.iter().filter_map(|kept| kept.alias.clone()).map(|name| Selected {
                expr: Expr::Column(ColumnRef { table: Some(table.clone()), name: name.clone(), ty: None }),
                alias: Some(name),
            }));
        }
        select.columns = if beside.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, beside)
        };
        select.from = From::Select(Box::new(picked), table);
        select
    }

    /// What a key of the groups is called where it stands beside the target's columns.
    pub(super) fn key_name(index: usize) -> Name {
        format!("atlas_key_{index}").into()
    }

    /// Limits a select to the one row that the relation leads to, where it is one of several.
    pub(super) fn pick(&self, select: &mut Select) {
        self.link.pick_of(self.target, select);
    }

    /// The rows of each group from the offset up to the limit.
    fn limited(&self, mut select: Select, mut beside: Vec<Selected>) -> Select {
        let (limit, offset) = (select.limit.take(), select.offset.take().unwrap_or(0));
        let mut order = std::mem::take(&mut select.order);
        if order.is_empty() {
            let key = self.target.key.iter().map(|column| Expr::Column(column_ref(self.target, *column)));
            order = key.map(|expr| OrderTerm { expr, descending: false, nulls: None }).collect();
        }
        let outer = |name: Name| ColumnRef { table: Some("limited".into()), name, ty: None };
        let names = beside.iter().filter_map(|selected| selected.alias.clone());
        let kept = names.map(|name| Selected { expr: Expr::Column(outer(name.clone())), alias: Some(name) });
        let kept: Vec<Selected> = kept.collect();
        let partition = self.keys.iter().cloned().map(Expr::Column).collect();
        let of = Expr::function(Function::RowNumber, []);
        let number = Expr::Over(Box::new(Over { of, partition, order, frame: None }));
        beside.push(Selected { expr: number, alias: Some(ROW.into()) });
        select.columns = Projection::NamesAnd(self.target.names, beside);
        let columns = if kept.is_empty() {
            Projection::Names(self.target.names)
        } else {
            Projection::NamesAnd(self.target.names, kept)
        };
        let mut limited = Select::of(From::Select(Box::new(select), "limited".into()), columns);
        let row = || Box::new(Expr::Column(outer(ROW.into())));
        let number =
            |number: u64| Box::new(Expr::Value(Value::I64(i64::try_from(number).unwrap_or(i64::MAX))));
        if offset > 0 {
            limited.and_where(Expr::Compare(CompareOp::Gt, row(), number(offset)));
        }
        if let Some(limit) = limit {
            limited.and_where(Expr::Compare(CompareOp::Le, row(), number(offset.saturating_add(limit))));
        }
        limited.order.push(OrderTerm { expr: *row(), descending: false, nulls: None });
        limited
    }

    /// The key of the group that a record belongs to. `beside`: what came beside its columns.
    fn key_of<N: Model>(&self, record: &Record<N>, beside: &[Value]) -> Result<Key> {
        match &self.link.path {
            Path::Direct(pairs) => {
                Ok(pairs.as_slice().iter().map(|[_, foreign]| record.encode(*foreign)).collect())
            }
            Path::Via { near, .. } => {
                let from = beside.len().saturating_sub(near.len());
                // As the owner has it: a database may give a UUID as text.
                let columns = near.iter().map(|(local, _)| self.owner.column(*local));
                columns
                    .zip(beside.iter().skip(from))
                    .map(
                        |(column, value)| {
                            if value.is_null() { Ok(Value::Null) } else { (column?.cast)(value.as_ref()) }
                        },
                    )
                    .collect()
            }
        }
    }

    /// Gives a record what came beside its columns, without the keys.
    fn put_beside<N: Model>(
        &self,
        record: &mut Record<N>,
        names: &[Box<str>],
        beside: &[Value],
    ) -> Result<()> {
        let keys = if self.join.is_some() { self.keys.len() } else { 0 };
        let end = beside.len().saturating_sub(keys);
        let mut start = end.saturating_sub(self.beside.len());
        for (name, value) in names.iter().zip(beside).take(start) {
            record.beside(name, value.clone());
        }
        if let Some(pivot) = self.pivot {
            let values = Values { values: beside.to_vec() };
            record.set_pivot((pivot.read)(&values, start)?);
            start += (pivot.meta)().columns.len();
        }
        for (name, value) in names.iter().zip(beside).take(end).skip(start) {
            record.beside(name, value.clone());
        }
        Ok(())
    }
}

/// The table between, and what its columns are qualified with.
pub(super) fn table_between(between: Between, target: &ModelMeta) -> (TableRef, Name) {
    let name = between.table();
    if name == target.table {
        (between.table_ref().called(BETWEEN), BETWEEN.into())
    } else {
        (between.table_ref(), name.into())
    }
}

macro_rules! with_pivot {
    ($($kind:ident)*) => { $(
        impl<M: Model, N: Model, P> Load<M, N, super::kind::$kind<P>> {
            /// Brings columns of a table between that has no model, as extras called `pivot_` and their name.
            #[must_use]
            pub fn with_pivot<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
                self.between.extend(columns.into_iter().map(Into::into));
                self
            }
        }

        impl<M: Model, N: Model, P> Relation<M, N, super::kind::$kind<P>> {
            /// Brings columns of a table between that has no model, as extras called `pivot_` and their name.
            pub fn with_pivot<C: Into<Name>>(
                self,
                columns: impl IntoIterator<Item = C>,
            ) -> Load<M, N, super::kind::$kind<P>> {
                Load::from(self).with_pivot(columns)
            }
        }
    )* };
}
with_pivot!(BelongsToMany MorphToMany);
