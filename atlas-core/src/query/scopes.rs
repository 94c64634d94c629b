//! What a query of a model leaves out by itself.
//!
//! A query keeps it apart from its filter, so that alternatives do not widen it and it can be taken away
//! again; it is put into the select when the select is taken out of the query, once.

use std::ops::{Deref, DerefMut};

use crate::{
    model::{Model, ModelMeta, SoftDeletes},
    query::{NamesScope, Query, first_of_each::first_of_each},
    relation::is_first,
    schema::Name,
    statement::{ColumnRef, Expr, From, Select, TableRef, Without},
};

/// A select, and what is still to be put into it. [`Query::into_select`] does.
#[derive(Clone, PartialEq)]
pub(crate) struct Unscoped {
    select: Select,
    /// Which record's relation it is: a part of the filter that alternatives do not widen.
    bounds: Option<Expr>,
    trashed: Trashed,
    /// Which global scopes it is without.
    without: Without,
    /// What records get that are created through the query.
    given: Vec<(ColumnRef, Expr)>,
    /// The relation through a table between whose records these are: they are not created by themselves.
    between: Option<&'static str>,
    /// Of which rows that have these in common the first is given alone.
    firsts: Vec<Expr>,
    /// The columns of the model's records that are not read, by index.
    left_out: Vec<usize>,
    /// The one row that is meant, before any step of the query: the first of these.
    picked: Option<Box<Select>>,
}

/// Which rows of a model that deletes softly.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Trashed {
    /// Those that were not deleted.
    Without,
    /// All.
    With,
    /// Those that were deleted.
    Only,
}

impl Unscoped {
    pub(super) fn new(select: Select) -> Self {
        Self {
            select,
            bounds: None,
            trashed: Trashed::Without,
            without: Without::Nothing,
            given: Vec::new(),
            between: None,
            firsts: Vec::new(),
            left_out: Vec::new(),
            picked: None,
        }
    }

    /// The columns of the model's records that are not read, by index.
    pub(crate) fn left_out(&self) -> &[usize] {
        &self.left_out
    }

    pub(super) fn leave_out(mut self, mut columns: Vec<usize>) -> Self {
        columns.sort_unstable();
        columns.dedup();
        self.left_out = columns;
        self
    }

    pub(super) fn bind(&mut self, condition: Expr) {
        self.bounds = Some(match self.bounds.take() {
            Some(bounds) => bounds.and(condition),
            None => condition,
        });
    }

    /// Calls the table by another name, wherever it is mentioned.
    pub(super) fn call(&mut self, alias: Name) {
        let own = self.select.from.qualifier().clone();
        self.bounds = self.bounds.take().map(|bounds| bounds.renamed(&own, &alias));
        self.select.call(alias);
    }

    /// Gives the first of the rows alone that have these in common.
    pub(super) fn distinct_on(&mut self, of: impl IntoIterator<Item = Expr>) {
        self.firsts.extend(of);
    }

    /// What records get that are created through the query.
    pub(super) fn give(&mut self, given: impl IntoIterator<Item = (ColumnRef, Expr)>) {
        self.given.extend(given);
    }

    /// The same, or the relation through a table between that the query is of.
    pub(super) fn into_given(self) -> Result<Vec<(ColumnRef, Expr)>, &'static str> {
        self.between.map_or(Ok(self.given), Err)
    }

    fn scoped(self, meta: &'static ModelMeta) -> Select {
        let Self { mut select, mut bounds, trashed, without, firsts, picked, .. } = self;
        if let Some(first) = picked {
            // Through a table between, several rows may lead to it.
            select.limit = select.limit.or((!select.joins.is_empty()).then_some(1));
            let within =
                Self { bounds: bounds.clone(), trashed, without: without.clone(), ..Self::new(*first) };
            let mut among = within.scoped(meta);
            let here = select.from.qualifier();
            let there: Name = format!("{here}_picked").into();
            among.call(there.clone());
            bounds = bounds.into_iter().chain(is_first(meta, here, &there, &among)).reduce(Expr::and);
        }
        if let From::Table(table) = &mut select.from {
            *table = TableRef { scoped: meta.table_ref_without(without).scoped, ..table.clone() };
        }
        let called = select.from.qualifier();
        // What queries give has left out what it leaves out.
        let own = matches!(select.from, From::Table(_)).then(|| {
            let deleted = match trashed {
                Trashed::Without => meta.not_deleted(called),
                Trashed::With => None,
                Trashed::Only => meta.deleted(called),
            };
            meta.owned(called).into_iter().chain(deleted)
        });
        let own = own.into_iter().flatten().chain(bounds);
        if let Some(own) = own.reduce(Expr::and) {
            select.filter = Some(match select.filter.take() {
                Some(filter) => own.and(filter),
                None => own,
            });
        }
        if firsts.is_empty() { select } else { first_of_each(select, firsts) }
    }
}

impl Deref for Unscoped {
    type Target = Select;

    fn deref(&self) -> &Select {
        &self.select
    }
}

impl DerefMut for Unscoped {
    fn deref_mut(&mut self) -> &mut Select {
        &mut self.select
    }
}

impl<M: Model> Query<M> {
    /// The condition of a query that does nothing but to filter; `None` of one that does more.
    pub(crate) fn into_condition(self) -> Option<Expr> {
        let Unscoped {
            select,
            bounds: None,
            trashed: Trashed::Without,
            without: Without::Nothing,
            given,
            firsts,
            ..
        } = self.select
        else {
            return None;
        };
        let filters = select.is_filtered_table() && select.order.is_empty() && select.lock.is_none();
        let filters = filters && firsts.is_empty() && select.hints.is_empty() && select.time_limit.is_none();
        let filters = filters && given.is_empty() && self.loaders.len() == M::eager().len();
        filters.then(|| select.filter.unwrap_or(Expr::And(Vec::new())))
    }

    /// What records get that are created through the query.
    pub(crate) fn giving(mut self, given: impl IntoIterator<Item = (ColumnRef, Expr)>) -> Self {
        self.select.give(given);
        self
    }

    /// The records are of this relation through a table between, which alone can create them.
    pub(crate) fn of_between(mut self, relation: &'static str) -> Self {
        self.select.between = Some(relation);
        self
    }

    /// Means one of the rows that it has now, whatever narrows it later: `pick` puts that one first.
    pub(crate) fn picking(mut self, pick: impl FnOnce(&mut Select)) -> Self {
        let mut first = self.select.select.clone();
        pick(&mut first);
        self.select.picked = first.limit.is_some().then(|| Box::new(first));
        self
    }

    /// The rows before any step of a query: what it leaves out by itself, and whose relation it is, stay.
    pub(crate) fn bare(&self) -> Select {
        let meta = M::meta();
        let select = Select::new(TableRef::new(meta.table), meta.names);
        Unscoped { select, firsts: Vec::new(), ..self.select.clone() }.scoped(meta)
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The select as it is sent: with what the model's queries leave out by themselves.
    pub(crate) fn into_select(self) -> Select {
        self.select.scoped(M::meta())
    }

    /// Without one of the model's global scopes: the function that `#[global_scope(..)]` names, or the name of one that
    /// the handle adds.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let popular = db.with_scope::<Post>("popular", |posts| posts.where_gt(Post::votes, 5));
    /// assert_eq!(Post::query().count(&popular).await?, 1);
    /// assert_eq!(Post::query().without_scope("popular").count(&popular).await?, 3);
    /// # Ok(())
    /// # });
    /// ```
    pub fn without_scope<K>(mut self, scope: impl NamesScope<M, K>) -> Self {
        self.select.without.and(scope.scope_name());
        self
    }

    /// Without any of the model's global scopes. Rows that were deleted softly, and those of other tenants, stay out.
    pub fn without_scopes(mut self) -> Self {
        self.select.without = Without::All;
        self
    }

    /// Also rows that were deleted softly.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let mut note = Note::find_or_fail(&db, 1).await?;
    /// note.delete(&db).await?;
    /// assert!(Note::find(&db, 1).await?.is_none());
    /// assert!(Note::query().with_trashed().find(&db, 1).await?.is_some_and(|note| note.trashed()));
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_trashed(mut self) -> Self
    where
        M: SoftDeletes,
    {
        self.select.trashed = Trashed::With;
        self
    }

    /// Only rows that were deleted softly.
    pub fn only_trashed(mut self) -> Self
    where
        M: SoftDeletes,
    {
        self.select.trashed = Trashed::Only;
        self
    }

    /// Only rows that were not deleted: as it is without [`with_trashed`](Self::with_trashed).
    pub fn without_trashed(mut self) -> Self
    where
        M: SoftDeletes,
    {
        self.select.trashed = Trashed::Without;
        self
    }

    /// With what was deleted softly, unless the query says which.
    pub(super) fn prunable(mut self) -> Self {
        if self.select.trashed == Trashed::Without {
            self.select.trashed = Trashed::With;
        }
        self
    }

    /// With whatever was deleted or is out of scope, for what looks at rows that are known to be there.
    pub(crate) fn unscoped(mut self) -> Self {
        self.select.trashed = Trashed::With;
        self.select.without = Without::All;
        self
    }
}
