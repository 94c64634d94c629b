use std::{fmt, marker::PhantomData};

use crate::{
    model::{Column, Model, ModelMeta},
    relation::Slot,
    schema::Action,
    value::Attribute,
};

/// A relation as data, among a model's metadata.
#[derive(Clone, Copy, Debug)]
pub struct RelationMeta {
    /// The field's name.
    pub name: &'static str,
    /// Which kind it is.
    pub kind: RelationKind,
    /// The model that it leads to.
    pub target: fn() -> &'static ModelMeta,
    /// The column of this model that is compared, by index.
    pub local: usize,
    /// The column of the other model that it is compared with, by index.
    pub foreign: usize,
    /// What happens to this model's row when the other's is deleted, where the key is here.
    pub on_delete: Action,
    /// What happens to this model's row when the other's key changes, where the key is here.
    pub on_update: Action,
}

/// The kinds of relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RelationKind {
    /// The other model has many rows that refer to this one.
    HasMany,
    /// The other model has one row that refers to this one.
    HasOne,
    /// This model refers to one row of the other.
    BelongsTo,
}

/// The kinds of relations, as types.
pub mod kind {
    /// The other model has many rows that refer to this one.
    pub struct HasMany;
    /// The other model has one row that refers to this one.
    pub struct HasOne;
    /// This model refers to one row of the other.
    pub struct BelongsTo;
}

/// A relation of `M` that leads to `N`: the associated constant beside the field.
///
/// ```
/// # use atlas_tests::guide::*;
/// # run(async |db| {
/// let post = Post::query().with((Post::author, Post::comments)).find_or_fail(&db, 1).await?;
/// assert_eq!(post.author.get()?.map(|author| author.name.as_str()), Some("Ann"));
/// assert_eq!(post.comments.get()?.len(), 2);
/// # Ok(())
/// # });
/// ```
pub struct Relation<M, N, K> {
    /// The field's name.
    pub name: &'static str,
    /// The column of `M` that is compared, by index.
    pub local: usize,
    /// The column of `N` that it is compared with, by index.
    pub foreign: usize,
    pub(crate) slot: fn(&mut M) -> &mut dyn Slot<N>,
    of: PhantomData<fn() -> (M, N, K)>,
}

impl<M, N, K> Clone for Relation<M, N, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, N, K> Copy for Relation<M, N, K> {}

impl<M, N, K> fmt::Debug for Relation<M, N, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relation {}", self.name)
    }
}

impl<M: Model, N: Model, K> Relation<M, N, K> {
    /// For the derive: a relation by two columns whose values are of the same type.
    pub const fn keyed<T: Attribute, U: SameKey<T::Base>>(
        name: &'static str,
        local: Column<M, T>,
        foreign: Column<N, U>,
        slot: fn(&mut M) -> &mut dyn Slot<N>,
    ) -> Self {
        Self { name, local: local.index, foreign: foreign.index, slot, of: PhantomData }
    }

    /// Never: an order is of a column. Declared so that the compiler can say so.
    #[doc(hidden)]
    pub fn asc(self) -> crate::model::Order<M>
    where
        Self: Sortable,
    {
        unreachable_order()
    }

    /// Never: an order is of a column. Declared so that the compiler can say so.
    #[doc(hidden)]
    pub fn desc(self) -> crate::model::Order<M>
    where
        Self: Sortable,
    {
        unreachable_order()
    }
}

/// Columns whose values are those of a key of type `T`: what a relation compares a key with.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column cannot refer to a key of type `{T}`",
    label = "not the type of the key",
    note = "give both columns the same type (one may be an `Option`)"
)]
pub trait SameKey<T> {}

#[diagnostic::do_not_recommend]
impl<T> SameKey<T> for T {}
#[diagnostic::do_not_recommend]
impl<T> SameKey<T> for Option<T> {}

/// What has an order of its own. No relation has.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a relation is no order",
    label = "order by a column of this model instead"
)]
pub trait Sortable {}

fn unreachable_order<M>() -> crate::model::Order<M> {
    crate::model::Order::new(crate::value::Value::Null.into(), false)
}
