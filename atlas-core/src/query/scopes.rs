//! What a query of a model leaves out by itself.
//!
//! A query keeps it apart from its filter, so that alternatives do not widen it and it can be taken away
//! again; it is put into the select when the select is taken out of the query, once.

use std::ops::{Deref, DerefMut};

use crate::{
    model::{Model, ModelMeta, SoftDeletes},
    query::Query,
    schema::Name,
    statement::{Expr, From, Select, TableRef},
};

/// A select, and what is still to be put into it. [`Query::into_select`] does.
#[derive(Clone, PartialEq)]
pub(crate) struct Unscoped {
    select: Select,
    /// Which record's relation it is: a part of the filter that alternatives do not widen.
    bounds: Option<Expr>,
    trashed: Trashed,
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
        Self { select, bounds: None, trashed: Trashed::Without }
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

    fn scoped(self, meta: &'static ModelMeta) -> Select {
        let Self { mut select, bounds, trashed } = self;
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
        select
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
    /// The rows before any step of a query: what it leaves out by itself, and whose relation it is, stay.
    pub(crate) fn bare(&self) -> Select {
        let meta = M::meta();
        let select = Select::new(TableRef::new(meta.table), meta.names);
        Unscoped { select, ..self.select.clone() }.scoped(meta)
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// The select as it is sent: with what the model's queries leave out by themselves.
    pub(crate) fn into_select(self) -> Select {
        self.select.scoped(M::meta())
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

    /// With whatever was deleted, for what looks at rows that are known to be there.
    pub(crate) fn unscoped(mut self) -> Self {
        self.select.trashed = Trashed::With;
        self
    }
}
