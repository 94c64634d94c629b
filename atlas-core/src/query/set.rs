//! Rows of several queries together, and queries as tables.

use std::marker::PhantomData;

use crate::{
    model::{Model, ModelMeta},
    query::{FromRow, Query, Unscoped, numbered},
    record::Record,
    schema::Name,
    statement::{ColumnRef, Cte, Expr, From, Projection, Select, Selected, SetOf, SetOperator},
};

impl<M: Model, Out: FromRow, Scope> Query<M, Out, Scope> {
    /// The rows of this query and of another one, each once. What is called on it afterwards, such as an
    /// order or a limit, is of them all.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let names = User::query().where_lt(User::age, 18).select(User::name);
    /// let both = names.union(Tag::query().select(Tag::name)).order_by(User::name);
    /// assert_eq!(both.get(&db).await?, ["Bob", "news", "rust", "sql"]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// Columns are those of the first query, by its model.
    pub fn union<N: Model, S>(self, other: Query<N, Out, S>) -> Query<M, Out> {
        self.set(SetOperator::Union, other.into_select())
    }

    /// All rows of this query and of another one.
    pub fn union_all<N: Model, S>(self, other: Query<N, Out, S>) -> Query<M, Out> {
        self.set(SetOperator::UnionAll, other.into_select())
    }

    /// The rows that this query and another one both have, each once.
    pub fn intersect<N: Model, S>(self, other: Query<N, Out, S>) -> Query<M, Out> {
        self.set(SetOperator::Intersect, other.into_select())
    }

    /// The rows of this query that another one does not have, each once.
    pub fn except<N: Model, S>(self, other: Query<N, Out, S>) -> Query<M, Out> {
        self.set(SetOperator::Except, other.into_select())
    }

    fn set(self, operator: SetOperator, other: Select) -> Query<M, Out> {
        let (loaders, root) = (self.loaders.clone(), self.root);
        let left_out = self.select.left_out().to_vec();
        let select = together(self.into_select(), operator, other, M::meta().table.into());
        Query { select: Unscoped::new(select).leave_out(left_out), loaders, root, of: PhantomData }
    }
}

/// The rows of two selects, as one table that is called so.
fn together(first: Select, operator: SetOperator, other: Select, name: Name) -> Select {
    let mut first = first;
    if let Some(same) = appendable(&mut first, operator) {
        same.then.push((operator, other));
        return first;
    }
    let columns = named(&mut first, &name);
    let time_limit = first.time_limit;
    let set = SetOf { first, then: vec![(operator, other)] };
    Select { time_limit, ..Select::of(From::Set(Box::new(set), name), columns) }
}

/// The set that a select gives as it is, where another select can be added to it.
fn appendable(select: &mut Select, operator: SetOperator) -> Option<&mut SetOf> {
    let whole = is_whole(select) && select.with.is_empty();
    match &mut select.from {
        From::Set(set, _) if whole && set.then.iter().all(|(other, _)| *other == operator) => Some(set),
        _ => None,
    }
}

/// Gives each column that a select reads a name, and says how they are read of it.
fn named(select: &mut Select, table: &Name) -> Projection {
    if let Projection::Names(names) = select.columns {
        return Projection::Names(names);
    }
    let columns = std::mem::replace(&mut select.columns, Projection::Names(&[]));
    let columns = match numbered(columns, select.from.qualifier()) {
        Projection::Expressions(selected) => selected,
        _ => Vec::new(),
    };
    let mut all: Vec<Selected> = Vec::with_capacity(columns.len());
    for one in columns {
        // A column keeps its name, so that it can be mentioned, where it is the first of that name.
        let own = match &one.expr {
            Expr::Column(column) => Some(column.name.clone()),
            _ => None,
        };
        let own = own.filter(|own| !all.iter().any(|other| other.alias.as_ref() == Some(own)));
        all.push(Selected { alias: own.or(one.alias), expr: one.expr });
    }
    let read = |one: &Selected| {
        let name = one.alias.clone()?;
        Some(Expr::Column(ColumnRef { table: Some(table.clone()), name, ty: one.expr.ty() }).into())
    };
    let read = all.iter().filter_map(read).collect();
    select.columns = Projection::Expressions(all);
    Projection::Expressions(read)
}

/// Rows whose columns are those of the model `M`, in the order of its fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of `{M}`",
    label = "select the columns of `{M}`, in the order of its fields and of their types"
)]
pub trait RowOf<M> {}
#[diagnostic::do_not_recommend]
impl<M: Model> RowOf<M> for Record<M> {}

impl<M: Model> Query<M> {
    /// Reads the model's rows from another query, and not from its table: a model that has no table of its own,
    /// or a narrower table of one that has.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let newest = Post::query().order_by(Post::id.desc()).limit(2);
    /// let best = Post::query().from_query(newest).order_by(Post::votes.desc());
    /// assert_eq!(best.first_or_fail(&db).await?.title, "Rust in peace");
    /// # Ok(())
    /// # });
    /// ```
    pub fn from_query<N: Model, Row: RowOf<M>, S>(mut self, query: Query<N, Row, S>) -> Self {
        let meta = M::meta();
        let name = self.select.from.qualifier().clone();
        let rows = renamed_columns(query.into_select(), meta.names);
        self.select.from = From::Select(Box::new(rows), name);
        self
    }

    /// Reads the model's rows from `base`, and then, as long as there are new ones, from what `step` makes of
    /// those: the ways through a tree or a graph. `step` is a query that joins the model itself.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// use atlas::val;
    ///
    /// #[derive(Model, Debug)]
    /// pub struct Step {
    ///     #[primary_key(manual)]
    ///     pub number: i64,
    /// }
    /// # run(async |db| {
    /// let start = User::query().where_eq(User::id, 1).select(User::id);
    /// let next = Step::query().where_lt(Step::number, 5).select(Step::number + 1);
    /// let steps = Step::query().recursive(start, next).order_by(Step::number);
    /// assert_eq!(steps.pluck(&db, Step::number).await?, [1, 2, 3, 4, 5]);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// A row that comes a second time is left out, so that a circle ends; with
    /// [`recursive_all`](Self::recursive_all) it is not.
    pub fn recursive<A: Model, B: Model, Row: RowOf<M>, S, T>(
        self,
        base: Query<A, Row, S>,
        step: Query<B, Row, T>,
    ) -> Self {
        self.recurring(base.into_select(), SetOperator::Union, step.into_select())
    }

    /// As [`recursive`](Self::recursive), with every row, however often it comes.
    pub fn recursive_all<A: Model, B: Model, Row: RowOf<M>, S, T>(
        self,
        base: Query<A, Row, S>,
        step: Query<B, Row, T>,
    ) -> Self {
        self.recurring(base.into_select(), SetOperator::UnionAll, step.into_select())
    }

    fn recurring(mut self, base: Select, operator: SetOperator, step: Select) -> Self {
        let rows = SetOf { first: base, then: vec![(operator, step)] };
        self.select.with.push(cte(M::meta(), rows, true));
        self
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// Lets this query read the rows of another one as those of its model, which it may join: `WITH`.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// #[derive(Model, Debug)]
    /// pub struct Busy {
    ///     #[primary_key(manual)]
    ///     pub author_id: i64,
    ///     pub posts: i64,
    /// }
    /// # run(async |db| {
    /// let posts = Post::query().group_by(Post::author_id).select((Post::author_id, Post::id.count()));
    /// let users = User::query()
    ///     .with_query(Busy::query().from_query(posts))
    ///     .join_on(Busy::query().where_ge(Busy::posts, 2), Busy::author_id.eq(User::id));
    /// assert_eq!(users.select((User::name, Busy::posts)).get(&db).await?, [("Ann".to_owned(), 2)]);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_query<N: Model>(mut self, query: Query<N>) -> Self {
        self.select.with.extend(ctes(N::meta(), query.into_select()));
        self
    }

    /// Says of the query that was added last whether its rows are to be made once and kept, or anew wherever they
    /// are read. A hint, which MySQL and MariaDB pass over.
    pub fn materialized(mut self, once: bool) -> Self {
        if let Some(cte) = self.select.with.last_mut() {
            cte.materialized = Some(once);
        }
        self
    }
}

fn cte(meta: &'static ModelMeta, rows: SetOf, recursive: bool) -> Cte {
    Cte {
        name: meta.table.into(),
        columns: meta.names.iter().map(|name| (*name).into()).collect(),
        rows,
        recursive,
        materialized: None,
    }
}

/// The rows of a query, as those of its model.
fn ctes(meta: &'static ModelMeta, mut select: Select) -> Vec<Cte> {
    if !is_whole(&select) {
        select.columns = Projection::Names(meta.names);
        return vec![cte(meta, SetOf { first: select, then: Vec::new() }, false)];
    }
    let mut all = std::mem::take(&mut select.with);
    match select.from {
        // It reads what it has made itself.
        From::Table(_) if all.iter().any(|cte| *cte.name == *meta.table) => {}
        From::Table(_) => all.push(cte(meta, SetOf { first: select, then: Vec::new() }, false)),
        From::Select(rows, _) | From::Lateral(rows, _) => {
            all.push(cte(meta, SetOf { first: *rows, then: Vec::new() }, false))
        }
        From::Set(set, _) => all.push(cte(meta, *set, false)),
    }
    all
}

/// Whether a select gives every row of what it is from.
fn is_whole(select: &Select) -> bool {
    select.is_row_by_row() && select.filter.is_none() && select.order.is_empty()
}

/// The same rows, whose columns are called so.
fn renamed_columns(mut select: Select, names: &'static [&'static str]) -> Select {
    let table = select.from.qualifier().clone();
    if matches!(select.columns, Projection::Names(own) if std::ptr::eq(own, names)) {
        return select;
    }
    let columns = std::mem::replace(&mut select.columns, Projection::Names(&[]));
    if let Projection::Expressions(selected) = numbered(columns, &table) {
        let renamed = selected.into_iter().zip(names);
        let renamed = renamed.map(|(one, name)| Selected { alias: Some((*name).into()), ..one });
        select.columns = Projection::Expressions(renamed.collect());
    }
    select
}
