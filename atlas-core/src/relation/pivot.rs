//! Writing the rows of a table between: what one record leads to.

use std::fmt;

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Assignments, Column, Complete, Expr, Expression, In, IntoKey, Key, Model, Operand},
    relation::{
        Linked, Pivot, Related,
        between::{Between, Row},
        groups::Groups,
        kind,
    },
    schema::Name,
    statement::{self, ColumnRef, CompareOp},
    value::{Attribute, IntoValue, Value},
};

/// Kinds whose records meet in a table between.
#[diagnostic::on_unimplemented(
    message = "this relation has no pivot table",
    label = "only for belongs_to_many and morph_to_many"
)]
pub trait HasPivot: Linked {
    /// The model of the table between; `()` where it has none.
    type Pivot: Pivot;
}
#[diagnostic::do_not_recommend]
impl<P: Pivot> HasPivot for kind::BelongsToMany<P> {
    type Pivot = P;
}
#[diagnostic::do_not_recommend]
impl<P: Pivot> HasPivot for kind::MorphToMany<P> {
    type Pivot = P;
}

/// Columns of a table between and their values, by name.
#[derive(Debug, Default)]
pub struct PivotData(Vec<(Name, Value)>);

impl PivotData {
    /// By the columns' names.
    pub fn named(values: impl IntoIterator<Item = (Name, Value)>) -> Self {
        Self(values.into_iter().collect())
    }
}

/// What says how values are given: by the name of each column.
pub struct Named;
/// What says how values are given: as assignments to columns of the table's model.
pub struct Assigned<I>(I);
/// What says how values are given: as a draft of the table's model.
pub struct Drafted;

/// Values for columns of a table between, that of the model `P` or (`()`) one without a model:
/// `values! { level: 3 }`, `RoleUser::level.set(3)` or a tuple of these, `RoleUser::draft().level(3)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no values for the table between",
    label = "expected `values! {{ column: value }}`, assignments to columns of its model, or a draft of it"
)]
pub trait PivotValues<P, I> {
    /// The values by name.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where a value is not known before the row is there, or a draft brings others with it.
    fn pivot_values(self) -> Result<PivotData>;
}

#[diagnostic::do_not_recommend]
impl<P: Model, I, A: Assignments<P, P, I>> PivotValues<P, Assigned<I>> for A {
    fn pivot_values(self) -> Result<PivotData> {
        let one = |column: ColumnRef, value| match value {
            statement::Expr::Value(value) => Ok((column.name, value)),
            _ => Err(Error::config(format!(
                "a row of `{}` that is attached has no old value to reckon `{}` from: set a value",
                P::meta().name,
                column.name
            ))),
        };
        self.assignments()
            .into_iter()
            .map(|(column, value)| one(column, value))
            .collect::<Result<_>>()
            .map(PivotData)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Model, D: Complete<P>> PivotValues<P, Drafted> for D {
    fn pivot_values(self) -> Result<PivotData> {
        let name = |(column, value): (usize, Value)| {
            P::meta().names.get(column).map(|name| (Name::from(*name), value))
        };
        let draft = self.into_data();
        draft.alone()?;
        Ok(PivotData(draft.into_given().filter_map(name).collect()))
    }
}

/// What says that a record is named by its key alone.
pub struct ByKey;
/// What says that values for the table between come with the key.
pub struct With<I>(I);

/// A record that a row of a table between leads to: its key or the record, or a pair of it and values of the
/// row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no `{N}` for the table between",
    label = "expected a key, a record, or a pair of it and values"
)]
pub trait Attaching<N: Model, P, I> {
    /// The key, and the values.
    #[doc(hidden)]
    fn attaching(self) -> (N::Key, Result<PivotData>);
}

#[diagnostic::do_not_recommend]
impl<N: Model, P, X: IntoKey<N::Key>> Attaching<N, P, ByKey> for X {
    fn attaching(self) -> (N::Key, Result<PivotData>) {
        (self.into_key(), Ok(PivotData::default()))
    }
}

#[diagnostic::do_not_recommend]
impl<N: Model, P, I, X: IntoKey<N::Key>, V: PivotValues<P, I>> Attaching<N, P, With<I>> for (X, V) {
    fn attaching(self) -> (N::Key, Result<PivotData>) {
        (self.0.into_key(), self.1.pivot_values())
    }
}

/// A column of a table between that a `V` is compared with: of its model `P`, or by name where it has none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of this table between, or none that a `{V}` is compared with",
    label = "expected a column of its model, or its name where it has no model"
)]
pub trait PivotColumn<P, V> {
    /// Whether the column has the value.
    #[doc(hidden)]
    fn is(self, value: V, table: &'static str) -> statement::Expr;
}

#[diagnostic::do_not_recommend]
impl<P: Model, T: Attribute, V: Operand<T::Base, P, Scope = P>> PivotColumn<P, V> for Column<P, T> {
    fn is(self, value: V, _: &'static str) -> statement::Expr {
        self.eq(value).into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<V: IntoValue> PivotColumn<(), V> for &str {
    fn is(self, value: V, table: &'static str) -> statement::Expr {
        let column = ColumnRef { table: Some(table.into()), name: self.to_owned().into(), ty: None };
        let column = Box::new(statement::Expr::Column(column));
        match value.into_value() {
            Value::Null => statement::Expr::IsNull(column),
            value => statement::Expr::Compare(CompareOp::Eq, column, Box::new(value.into())),
        }
    }
}

/// What [`sync`](Related::sync) and [`toggle`](Related::toggle) changed: the keys of the records.
pub struct Changed<K> {
    /// To which rows were inserted.
    pub attached: Vec<K>,
    /// To which rows were removed.
    pub detached: Vec<K>,
    /// Whose rows got other values.
    pub updated: Vec<K>,
}

impl<K> Changed<K> {
    fn nothing() -> Self {
        Self { attached: Vec::new(), detached: Vec::new(), updated: Vec::new() }
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.attached.is_empty() && self.detached.is_empty() && self.updated.is_empty()
    }
}

impl<K: fmt::Debug> fmt::Debug for Changed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed")
            .field("attached", &self.attached)
            .field("detached", &self.detached)
            .field("updated", &self.updated)
            .finish()
    }
}

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
    /// [`Error::Config`] where the record is not saved; [`Error::Constraint`] where a row is there already and
    /// may be there once; [`Error::NotFound`] where the rows refer to a column that is not the key, and a key is
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
    /// [`Error::Config`] where the record is not saved.
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
    /// [`Error::Config`] where the record is not saved.
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
    /// [`Error::Config`] where the record is not saved; what the statements give.
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
    /// [`Error::Config`] where the record is not saved, or where there are no values.
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

/// A key and values.
type Gathered = (Vec<Value>, Result<PivotData>);

fn gathered<N: Model, P, I, X: Attaching<N, P, I>>(records: impl IntoIterator<Item = X>) -> Vec<Gathered> {
    let one = |record: X| {
        let (key, values) = record.attaching();
        (key.values(), values)
    };
    records.into_iter().map(one).collect()
}

/// Each record once; the values that came last.
fn once_each(rows: Vec<Row>) -> Vec<Row> {
    let mut groups = Groups::default();
    let mut once: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match groups.expect(row.far.clone()) {
            Some(place) if place < once.len() => once.splice(place..=place, [row]).for_each(drop),
            _ => once.push(row),
        }
    }
    once
}

/// What was changed: the columns that lead to each record.
#[derive(Default)]
struct Changes {
    attached: Vec<Vec<Value>>,
    detached: Vec<Vec<Value>>,
    updated: Vec<Vec<Value>>,
}

impl Changes {
    /// The keys of the records, of those that are there.
    async fn into_keys<N: Model>(self, db: &Db, between: &Between) -> Result<Changed<N::Key>> {
        let Self { attached, detached, updated } = self;
        let (detaching, updating) = (attached.len(), attached.len() + detached.len());
        let all = attached.into_iter().chain(detached).chain(updated).collect();
        let mut changed = Changed::nothing();
        for (place, key) in between.keys_of(db, all).await?.into_iter().enumerate() {
            let Some(key) = key else { continue };
            let keys = match place {
                place if place >= updating => &mut changed.updated,
                place if place >= detaching => &mut changed.detached,
                _ => &mut changed.attached,
            };
            keys.push(N::Key::from_values(&key)?);
        }
        Ok(changed)
    }
}

async fn sync(db: &Db, between: &Between, rows: Vec<Row>, detaching: bool) -> Result<Changes> {
    let mut further: Vec<Name> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| &row.given) {
        if !further.contains(name) {
            further.push(name.clone());
        }
    }
    let present = between.present(db, if detaching { None } else { Some(&rows) }, &further).await?;
    let mut wanted = Groups::default();
    for row in &rows {
        wanted.expect(row.far.clone());
    }
    let mut changes = Changes::default();
    let (kept, gone): (Vec<Row>, Vec<Row>) =
        present.into_iter().partition(|row| wanted.of(&row.far.clone().into()).is_some());
    if detaching && !gone.is_empty() {
        let gone = once_each(gone);
        between.detach(db, Some(&gone)).await?;
        changes.detached = gone.into_iter().map(|row| row.far).collect();
    }
    let mut there = Groups::default();
    for row in &kept {
        there.expect(row.far.clone());
    }
    let (standing, missing): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| there.of(&row.far.clone().into()).is_some());
    changes.attached = missing.iter().map(|row| row.far.clone()).collect();
    between.attach(db, missing).await?;
    for row in standing {
        let differs = |there: &&Row| there.far == row.far && between.differs(there, &row.given);
        if kept.iter().any(|there| differs(&there)) {
            changes.updated.push(row.far.clone());
            between.update(db, row).await?;
        }
    }
    Ok(changes)
}

async fn toggle(db: &Db, between: &Between, rows: Vec<Row>) -> Result<Changes> {
    let mut there = Groups::default();
    for row in between.present(db, Some(&rows), &[]).await? {
        there.expect(row.far);
    }
    let (present, missing): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| there.of(&row.far.clone().into()).is_some());
    let far = |rows: &[Row]| rows.iter().map(|row| row.far.clone()).collect();
    let changes = Changes { attached: far(&missing), detached: far(&present), updated: Vec::new() };
    between.detach(db, Some(&present)).await?;
    between.attach(db, missing).await?;
    Ok(changes)
}
