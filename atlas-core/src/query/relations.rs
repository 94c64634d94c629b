//! Conditions on relations, and values of them beside each row.

use crate::{
    db::Db,
    error::Result,
    model::{Column, In, Model},
    query::{Beside, Query, Rooted},
    record::Record,
    relation::{
        Asked, Groups, HasPivot, Key, MorphVariant, Path, Question, Relation, extra_name, kind, same,
    },
    schema::Name,
    statement::{Aggregate, ColumnRef, CompareOp, Expr, Projection, Selected},
    value::{Attribute, Number, Value},
};

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Only rows that have a record of the relation for which the conditions hold.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let popular = User::query().where_has(User::posts, |posts| posts.where_gt(Post::votes, 5));
    /// assert_eq!(popular.pluck(&db, User::name).await?, ["Ann"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_has<A, N, I>(
        self,
        relation: impl Asked<A, N>,
        conditions: impl FnOnce(Query<N>) -> Query<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.and_where(relation.asked().narrowed(conditions).exists(A::meta()))
    }

    /// Also rows that have such a record: an alternative to the whole filter that stands.
    pub fn or_where_has<A, N, I>(
        self,
        relation: impl Asked<A, N>,
        conditions: impl FnOnce(Query<N>) -> Query<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.or_node(relation.asked().narrowed(conditions).exists(A::meta()))
    }

    /// Only rows that have a record of the relation.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// assert_eq!(User::query().has(User::posts).count(&db).await?, 2);
    /// assert_eq!(User::query().has(User::posts.filter(Post::votes.gt(5))).count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn has<A, N, I>(self, relation: impl Asked<A, N>) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.and_where(relation.asked().exists(A::meta()))
    }

    /// Only rows that have no record of the relation, which may have conditions:
    /// `User::posts.filter(..)`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let silent = User::query().where_doesnt_have(User::posts);
    /// assert_eq!(silent.pluck(&db, User::name).await?, ["Cid"]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_doesnt_have<A, N, I>(self, relation: impl Asked<A, N>) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.and_where(Expr::Not(Box::new(relation.asked().exists(A::meta()))))
    }

    /// Also rows that have no such record: an alternative to the whole filter that stands.
    pub fn or_where_doesnt_have<A, N, I>(self, relation: impl Asked<A, N>) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.or_node(Expr::Not(Box::new(relation.asked().exists(A::meta()))))
    }

    /// Only rows of which the number of records compares so: `"="`, `"<>"`, `">"`, `">="`, `"<"` or `"<="`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let busy = User::query().where_has_count(User::posts, ">=", 2);
    /// assert_eq!(busy.pluck(&db, User::name).await?, ["Ann"]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Another sign is [`Error::Config`](crate::Error::Config) when the query is sent.
    pub fn where_has_count<A, N, I>(self, relation: impl Asked<A, N>, sign: &str, count: u64) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        let op = match sign {
            "=" | "==" => CompareOp::Eq,
            "<>" | "!=" => CompareOp::Ne,
            ">" => CompareOp::Gt,
            ">=" => CompareOp::Ge,
            "<" => CompareOp::Lt,
            "<=" => CompareOp::Le,
            other => {
                return self.and_where(Expr::Fault(format!(
                    "`{other}` compares nothing: `where_has_count` takes `=`, `<>`, `>`, `>=`, `<` or `<=`"
                )));
            }
        };
        self.and_where(relation.asked().count_is(A::meta(), op, count))
    }

    /// Only rows that belong to this record.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let ann = User::find_or_fail(&db, 1).await?;
    /// assert_eq!(Post::query().where_belongs_to(Post::author, &ann).count(&db).await?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_belongs_to<A, N, R, I>(
        self,
        relation: Relation<A, N, kind::BelongsTo<R>>,
        to: &Record<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.and_where(refers_to(&relation, to))
    }

    /// Also rows that belong to this record: an alternative to the whole filter that stands.
    pub fn or_where_belongs_to<A, N, R, I>(
        self,
        relation: Relation<A, N, kind::BelongsTo<R>>,
        to: &Record<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.or_node(refers_to(&relation, to))
    }

    /// Only rows that belong to one of these records; none of none.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().where_le(User::id, 2).get(&db).await?;
    /// assert_eq!(Post::query().where_belongs_to_any(Post::author, &users).count(&db).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_belongs_to_any<A, N, R, I>(
        self,
        relation: Relation<A, N, kind::BelongsTo<R>>,
        to: &[Record<N>],
    ) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
    {
        self.and_where(Expr::Or(to.iter().map(|to| refers_to(&relation, to)).collect()))
    }

    /// Only rows that a table between leads to this record.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let rust = Tag::find_or_fail(&db, 1).await?;
    /// assert_eq!(Post::query().where_attached_to(Post::tags, &rust).pluck(&db, Post::id).await?, [1]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn where_attached_to<A, N, K, I>(self, relation: Relation<A, N, K>, to: &Record<N>) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
        K: HasPivot,
        Relation<A, N, K>: Asked<A, N>,
    {
        self.and_where(attached_to(relation, std::slice::from_ref(to)))
    }

    /// Also rows that a table between leads to this record: an alternative to the whole filter that stands.
    pub fn or_where_attached_to<A, N, K, I>(self, relation: Relation<A, N, K>, to: &Record<N>) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
        K: HasPivot,
        Relation<A, N, K>: Asked<A, N>,
    {
        self.or_node(attached_to(relation, std::slice::from_ref(to)))
    }

    /// Only rows that a table between leads to one of these records; none of none.
    pub fn where_attached_to_any<A, N, K, I>(self, relation: Relation<A, N, K>, to: &[Record<N>]) -> Self
    where
        A: Model + In<Scope, I>,
        N: Model,
        K: HasPivot,
        Relation<A, N, K>: Asked<A, N>,
    {
        self.and_where(attached_to(relation, to))
    }

    /// Only rows that refer to this record, of one of the models that a `#[morph_to]` leads to.
    pub fn where_morphed_to<A, E, N, R, I>(
        self,
        relation: Relation<A, E, kind::MorphTo<R>>,
        to: &Record<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        E: MorphVariant<N>,
        N: Model,
    {
        self.and_where(morphed_to(&relation, to))
    }

    /// Only rows that refer to another record than this one. Those that refer to none are not among them.
    pub fn where_not_morphed_to<A, E, N, R, I>(
        self,
        relation: Relation<A, E, kind::MorphTo<R>>,
        to: &Record<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        E: MorphVariant<N>,
        N: Model,
    {
        self.and_where(Expr::Not(Box::new(morphed_to(&relation, to))))
    }

    /// Also rows that refer to this record: an alternative to the whole filter that stands.
    pub fn or_where_morphed_to<A, E, N, R, I>(
        self,
        relation: Relation<A, E, kind::MorphTo<R>>,
        to: &Record<N>,
    ) -> Self
    where
        A: Model + In<Scope, I>,
        E: MorphVariant<N>,
        N: Model,
    {
        self.or_node(morphed_to(&relation, to))
    }

    fn and_where(mut self, condition: Expr) -> Self {
        self.select.and_where(condition);
        self
    }
}

/// Whether a row belongs to this record.
fn refers_to<A: Model, N: Model, K>(relation: &Relation<A, N, K>, to: &Record<N>) -> Expr {
    let Path::Direct(pairs) = &relation.link.path else { return Expr::Or(Vec::new()) };
    let pair = |[local, foreign]: &[usize; 2]| {
        same(Expr::Column(super::column_ref(A::meta(), *local)), to.encode(*foreign).into())
    };
    pairs.as_slice().iter().map(pair).reduce(Expr::and).unwrap_or(Expr::Or(Vec::new()))
}

/// Whether a table between leads a row to one of these records.
fn attached_to<A: Model, N: Model>(relation: impl Asked<A, N>, to: &[Record<N>]) -> Expr {
    let key = |record: &Record<N>| N::meta().key.iter().map(|column| record.encode(*column)).collect();
    let one_of = super::any_key(N::meta(), to.iter().map(key).collect());
    relation.asked().narrowed(|query| query.and_node(one_of)).exists(A::meta())
}

/// Whether a row refers to this record, of one of several models.
fn morphed_to<A: Model, E: MorphVariant<N>, N: Model, K>(
    relation: &Relation<A, E, K>,
    to: &Record<N>,
) -> Expr {
    let (Path::Direct(pairs), [target]) = (&relation.link.path, N::meta().key) else {
        return Expr::Fault(format!(
            "`{}` has a key of several columns, and a #[morph_to] keeps one",
            N::meta().name
        ));
    };
    let column = |index: usize| Expr::Column(super::column_ref(A::meta(), index));
    let name = Value::Text(E::NAME.to_owned());
    let pair = |[named, key]: &[usize; 2]| {
        same(column(*named), name.clone().into()).and(same(column(*key), to.encode(*target).into()))
    };
    pairs.as_slice().iter().map(pair).reduce(Expr::and).unwrap_or(Expr::Or(Vec::new()))
}

impl<M: Model, Out: Rooted<M>, Scope> Query<M, Out, Scope> {
    /// Counts the records of a relation for each row, in the same statement: the extra `posts_count`, which
    /// [`count_of`](Record::count_of) reads.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let users = User::query().with_count(User::posts).order_by(User::id).get(&db).await?;
    /// assert_eq!(users[0].count_of(User::posts)?, 2);
    ///
    /// let popular = User::posts.filter(Post::votes.gt(5));
    /// let users = User::query().with_count_as("popular", popular).order_by(User::id).get(&db).await?;
    /// assert_eq!(users[0].extra::<i64>("popular")?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_count<N: Model>(self, relation: impl Asked<M, N>) -> Self {
        let (name, count) = relation.asked().count(M::meta());
        self.beside(name.into(), count)
    }

    /// The same under a name of your own.
    pub fn with_count_as<N: Model>(self, name: impl Into<Name>, relation: impl Asked<M, N>) -> Self {
        let count = relation.asked().aggregate(M::meta(), Aggregate::Count, None);
        self.beside(name.into(), count)
    }

    /// Whether there is a record of the relation: the extra `posts_exists`.
    pub fn with_exists<N: Model>(self, relation: impl Asked<M, N>) -> Self {
        let question = relation.asked();
        let name = format!("{}_exists", question.name);
        self.beside(name.into(), question.exists(M::meta()))
    }

    /// The sum of a column of the relation's records: the extra `posts_sum_votes`, NULL of none.
    pub fn with_sum<N: Model, T: Attribute<Base: Number>, R>(
        self,
        relation: impl Asked<M, N>,
        column: Column<N, T, R>,
    ) -> Self {
        self.aggregate_of(relation.asked(), "sum", Aggregate::Sum, column)
    }

    /// The average of a column of the relation's records: the extra `posts_avg_votes`, NULL of none.
    pub fn with_avg<N: Model, T: Attribute<Base: Number>, R>(
        self,
        relation: impl Asked<M, N>,
        column: Column<N, T, R>,
    ) -> Self {
        self.aggregate_of(relation.asked(), "avg", Aggregate::Avg, column)
    }

    /// The smallest value of a column of the relation's records: the extra `posts_min_votes`, NULL of none.
    pub fn with_min<N: Model, T: Attribute, R>(
        self,
        relation: impl Asked<M, N>,
        column: Column<N, T, R>,
    ) -> Self {
        self.aggregate_of(relation.asked(), "min", Aggregate::Min, column)
    }

    /// The greatest value of a column of the relation's records: the extra `posts_max_votes`, NULL of none.
    pub fn with_max<N: Model, T: Attribute, R>(
        self,
        relation: impl Asked<M, N>,
        column: Column<N, T, R>,
    ) -> Self {
        self.aggregate_of(relation.asked(), "max", Aggregate::Max, column)
    }

    fn aggregate_of<N: Model, T: Attribute, R>(
        self,
        question: Question<N>,
        what: &str,
        aggregate: Aggregate,
        column: Column<N, T, R>,
    ) -> Self {
        let name = extra_name(question.name, what, column);
        self.beside(name.into(), question.aggregate(M::meta(), aggregate, Some(column.index)))
    }

    /// Reads something beside the columns, as an extra.
    fn beside(mut self, name: Name, expr: Expr) -> Self {
        let selected = Selected { expr, alias: Some(name) };
        match &mut self.select.columns {
            Projection::NamesAnd(_, beside) => {
                beside.retain(|other| other.alias != selected.alias);
                beside.push(selected);
            }
            columns => *columns = Projection::NamesAnd(M::meta().names, vec![selected]),
        }
        self
    }
}

impl<M: Model> Record<M> {
    /// How many records of a relation there are, as [`with_count`](Query::with_count) counted them.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) where the query did not count them.
    pub fn count_of<N, K>(&self, relation: Relation<M, N, K>) -> crate::Result<u64> {
        self.extra(&format!("{}_count", relation.name))
    }
}

/// Reads what a query reads beside the columns, for records that are there already. One whose row is gone gets none.
pub(crate) async fn load_extras<M: Model>(
    db: &Db,
    records: &mut [Record<M>],
    query: impl FnOnce(Query<M>) -> Query<M>,
) -> Result<()> {
    let meta = M::meta();
    let query = query(Query::new().unscoped().columns(()));
    let keys: Vec<Key> = records.iter().map(|record| Key::of(&**record, meta.key)).collect();
    let mut groups = Groups::with_capacity(keys.len());
    keys.iter().for_each(|key| {
        groups.expect(key.clone());
    });
    let mut found: Vec<Option<Record<M>>> = Vec::new();
    found.resize_with(groups.len(), || None);
    let columns: Vec<ColumnRef> = meta.key.iter().map(|column| super::column_ref(meta, *column)).collect();
    for condition in groups.conditions(&columns) {
        let select = query.clone().bounded(condition).into_sent();
        let beside = Beside::<Record<M>>::after(meta.names.len());
        for row in db.fetch(Some(meta.about()), &select.into(), beside).await?.0.into_rows() {
            let place = groups.of(&Key::of(&*row, meta.key)).and_then(|place| found.get_mut(place));
            if let Some(place) = place {
                *place = Some(row);
            }
        }
    }
    for (record, key) in records.iter_mut().zip(keys) {
        if let Some(Some(row)) = groups.of(&key).and_then(|place| found.get(place)) {
            row.extras().for_each(|(name, value)| record.put_extra(name.to_owned(), value.clone()));
        }
    }
    Ok(())
}

/// Counts the records of a relation for records that are there already.
pub(crate) async fn count_for<M: Model, N: Model>(
    db: &Db,
    records: &mut [Record<M>],
    question: Question<N>,
) -> Result<()> {
    let (name, count) = question.count(M::meta());
    load_extras(db, records, |query| query.beside(name.clone().into(), count)).await?;
    for record in records {
        if record.extra_value(&name).is_none() {
            record.put_extra(name.clone(), Value::I64(0));
        }
    }
    Ok(())
}
