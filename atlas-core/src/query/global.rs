//! Global scopes: conditions that hold of every row of a model, wherever it enters a statement.

use std::{any::TypeId, borrow::Cow};

use crate::{
    db::{Db, Pending},
    error::{Error, Result},
    model::{Assignments, Complete, Model, compare},
    query::{self, Query},
    record::Record,
    relation::{give, values_of},
    statement::{AddedScope, CompareOp, Expr, ScopeName},
    value::Value,
};

/// Functions that can be scopes of `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no scope of `{M}`",
    label = "expected a `fn(Query<{M}>) -> Query<{M}>`"
)]
pub trait ScopeOf<M: Model> {
    /// The query, narrowed.
    fn narrow(self, query: Query<M>) -> Query<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, F: FnOnce(Query<M>) -> Query<M>> ScopeOf<M> for F {
    fn narrow(self, query: Query<M>) -> Query<M> {
        self(query)
    }
}

/// What a global scope of `M` is known by: its function, or its name. `K` says which, and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no global scope of `{M}`",
    label = "expected the scope's function, or its name"
)]
pub trait NamesScope<M, K> {
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn scope_name(self) -> ScopeName;
}

/// See [`NamesScope`].
pub struct ByName;
/// See [`NamesScope`].
pub struct ByFunction;

#[diagnostic::do_not_recommend]
impl<M> NamesScope<M, ByName> for &'static str {
    #[allow(private_interfaces)]
    fn scope_name(self) -> ScopeName {
        ScopeName::Name(Cow::Borrowed(self))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, F: FnOnce(Query<M>) -> Query<M> + 'static> NamesScope<M, ByFunction> for F {
    #[allow(private_interfaces)]
    fn scope_name(self) -> ScopeName {
        ScopeName::Function(TypeId::of::<F>())
    }
}

/// For the derive: what tells a scope's function from others.
pub fn scope_id<F: 'static>(_: F) -> TypeId {
    TypeId::of::<F>()
}

/// For the derive: what a scope asks of every row. A scope is a condition: where it does more than that, a fault.
pub fn scope_condition<M: Model>(name: &str, scope: impl ScopeOf<M>) -> Expr {
    let query = scope.narrow(Query::new());
    match query.into_condition() {
        Some(condition) => condition,
        None => Expr::Fault(format!(
            "the global scope `{name}` of `{}` does more than to filter: orders, limits, loads and attributes belong to a \
             scope that queries `apply`",
            M::meta().name
        )),
    }
}

impl Db {
    /// A handle with one more global scope: what holds of every row of `M` that is read, related, counted, joined, updated or
    /// deleted by queries through it. Handles that are made of it have it too, as a transaction's; the handle this is
    /// called on stays what it is. A query is [without](Query::without_scope) it by its name.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// # run(async |db| {
    /// let me = 1;
    /// let mine = db.with_scope::<Post>("mine", |posts| posts.where_eq(Post::author_id, me));
    /// assert_eq!(Post::query().count(&mine).await?, 2);
    /// assert_eq!(User::query().where_has(User::posts, |posts| posts).count(&mine).await?, 1);
    /// assert!(Post::find(&mine, 3).await?.is_none());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// The scope filters, and does nothing else: what more it does is [`Error::Config`] where a
    /// query is sent. Records are saved and deleted by their keys, in scope or not.
    #[must_use]
    pub fn with_scope<M: Model>(
        &self,
        name: impl Into<Cow<'static, str>>,
        scope: impl FnOnce(Query<M>) -> Query<M>,
    ) -> Self {
        let name = name.into();
        let condition = scope_condition::<M>(&name, scope);
        self.scoping(AddedScope { of: M::meta().global_scopes.identity(), name, condition })
    }
}

impl<M: Model> Query<M> {
    /// Only rows whose columns have these values, which records [created](Self::create) through the query get.
    ///
    /// ```
    /// # use atlas_tests::guide::*;
    /// fn popular(posts: Query<Post>) -> Query<Post> {
    ///     posts.with_attributes(Post::votes.set(100))
    /// }
    ///
    /// # run(async |db| {
    /// let cid = User::find_or_fail(&db, 3).await?;
    /// let post = cid.related(User::posts).apply(popular).create(&db, Post::draft().title("Hit")).await?;
    /// assert_eq!((post.author_id, post.votes), (3, 100));
    /// assert_eq!(Post::query().apply(popular).count(&db).await?, 1);
    /// # Ok(())
    /// # });
    /// ```
    pub fn with_attributes<I>(self, attributes: impl Assignments<M, M, I>) -> Self {
        let attributes = attributes.assignments();
        let held = attributes.iter().cloned();
        let held = held.map(|(column, value)| compare(CompareOp::Eq, Expr::Column(column), value));
        match held.reduce(Expr::and) {
            Some(held) => self.and_node(held).giving(attributes),
            None => self,
        }
    }

    /// As [`with_attributes`](Self::with_attributes), without conditions.
    pub fn with_new_attributes<I>(self, attributes: impl Assignments<M, M, I>) -> Self {
        self.giving(attributes.assignments())
    }

    /// Inserts a draft, which gets what [`with_attributes`](Self::with_attributes) says where it does not say otherwise.
    ///
    /// # Errors
    ///
    /// What an insert gives; [`Error::Config`] for a query of what leads through a table between:
    /// create such a record through `related` itself.
    pub fn create<'a>(self, db: &'a Db, draft: impl Complete<M>) -> Pending<'a, Record<M>> {
        let draft = self.gives().map(|given| {
            let mut draft = draft.into_data();
            give(&mut draft, &given);
            draft
        });
        match draft {
            Ok(draft) => query::create(db, draft),
            Err(error) => Pending::new(std::future::ready(Err(error))),
        }
    }
}

impl<M: Model, Out, Scope> Query<M, Out, Scope> {
    /// What records get that are created through the query, by index of the column.
    fn gives(self) -> Result<Vec<(usize, Value)>> {
        let meta = M::meta();
        let given = self.select.into_given().map_err(|relation| {
            Error::config(format!(
                "a new `{}` of `{relation}` needs a row of the table between: create it through `related(..)` itself",
                meta.name
            ))
        })?;
        values_of(given, meta).map_err(|column| {
            Error::config(format!(
                "a new `{}` has no old value to reckon `{column}` from: set a value",
                meta.name
            ))
        })
    }
}
