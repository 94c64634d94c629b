use std::{fmt, marker::PhantomData};

use crate::{
    model::{AlwaysRead, Column, Key, Model, ModelMeta},
    record::Record,
    relation::{Between, Link, Morph, MorphTarget, MorphVariant, Pairs, Path, Pick, PivotReader, Slot},
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
    /// Where it leads; `None` where each row says to which model.
    pub link: Option<Link>,
    /// Of one whose rows say to which model: the columns of the model's name and of the key, by index.
    pub named_by: Option<[usize; 2]>,
    /// What it is called where a record is serialized.
    pub serialized: &'static str,
    /// Whether it is left out there.
    pub hidden: bool,
    /// What happens to this model's row when the other's is deleted, where the key is here.
    pub on_delete: Action,
    /// What happens to this model's row when the other's key changes, where the key is here.
    pub on_update: Action,
    /// Of one that is touched when a row is written: the model, by what its rows call it.
    pub touched: Option<fn(&str) -> Option<&'static ModelMeta>>,
}

impl RelationMeta {
    /// What happens to this model's row when the other's is deleted.
    #[must_use]
    pub const fn on_delete(mut self, action: Action) -> Self {
        self.on_delete = action;
        self
    }

    /// What happens to this model's row when the other's key changes.
    #[must_use]
    pub const fn on_update(mut self, action: Action) -> Self {
        self.on_update = action;
        self
    }

    /// It is called otherwise where a record is serialized.
    #[must_use]
    pub const fn serialized(mut self, name: &'static str) -> Self {
        self.serialized = name;
        self
    }

    /// It is left out where a record is serialized.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// What it leads to is touched when a row is written.
    #[must_use]
    pub const fn touching(mut self, model: fn(&str) -> Option<&'static ModelMeta>) -> Self {
        self.touched = Some(model);
        self
    }
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
    /// Rows of both meet in a table between.
    BelongsToMany,
    /// The other model has many rows that refer to a third one's, which refer to this one.
    HasManyThrough,
    /// The other model has one row that refers to a third one's, which refers to this one.
    HasOneThrough,
    /// Each row refers to one of a model that it names.
    MorphTo,
    /// The other model has many rows that refer to this one by name and key.
    MorphMany,
    /// The other model has one row that refers to this one by name and key.
    MorphOne,
    /// Rows of both meet in a table between, which refers to this model, or the other, by name and key.
    MorphToMany,
}

impl RelationKind {
    /// Whether it leads to many records, and not to one.
    pub fn leads_to_many(self) -> bool {
        match self {
            Self::HasMany
            | Self::BelongsToMany
            | Self::HasManyThrough
            | Self::MorphMany
            | Self::MorphToMany => true,
            Self::HasOne | Self::BelongsTo | Self::HasOneThrough | Self::MorphTo | Self::MorphOne => false,
        }
    }
}

/// The kinds of relations, as types.
pub mod kind {
    use std::marker::PhantomData;

    /// The other model has many rows that refer to this one.
    pub struct HasMany;
    /// The other model has one row that refers to this one.
    pub struct HasOne;
    /// This model refers to one row of the other: always, or where its key is not NULL.
    pub struct BelongsTo<R = Required>(PhantomData<fn() -> R>);
    /// Whether a model refers to another: always.
    pub struct Required;
    /// Whether a model refers to another: where its key is not NULL.
    pub struct Optional;
    /// Rows of both meet in the table of `P`, or in one without a model.
    pub struct BelongsToMany<P = ()>(PhantomData<fn() -> P>);
    /// The other model has many rows that refer to a third one's, which refer to this one.
    pub struct HasManyThrough;
    /// The other model has one row that refers to a third one's, which refers to this one.
    pub struct HasOneThrough;
    /// Each row refers to one of a model that it names: always, or where its key is not NULL.
    pub struct MorphTo<R = Required>(PhantomData<fn() -> R>);
    /// The other model has many rows that refer to this one by name and key.
    pub struct MorphMany;
    /// The other model has one row that refers to this one by name and key.
    pub struct MorphOne;
    /// Rows of both meet in the table of `P`, or in one without a model, which refers to one of the two by
    /// name and key.
    pub struct MorphToMany<P = ()>(PhantomData<fn() -> P>);
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
    pub(crate) link: Link,
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

impl<M: Model, N, K> Relation<M, N, K> {
    /// For the derive: a relation by columns, which `Link::pair` and its siblings have checked.
    pub const fn linked(name: &'static str, link: Link, slot: fn(&mut M) -> &mut dyn Slot<N>) -> Self {
        Self { name, link, slot, of: PhantomData }
    }

    /// For the derive: a relation by two columns whose values are of the same type.
    pub const fn keyed<T: Attribute, U: SameKey<T::Base> + Present<N, N::Key>, R: AlwaysRead>(
        name: &'static str,
        target: fn() -> &'static ModelMeta,
        local: Column<M, T>,
        foreign: Column<N, U, R>,
        slot: fn(&mut M) -> &mut dyn Slot<N>,
    ) -> Self
    where
        N: Model,
    {
        let path = Path::Direct(Pairs::One([local.index, foreign.index]));
        Self::linked(name, Link::new(target, path, None), slot)
    }

    /// For the derive: a relation by several columns, which `Link::pair` has checked.
    pub const fn paired(
        name: &'static str,
        target: fn() -> &'static ModelMeta,
        pairs: &'static [[usize; 2]],
        slot: fn(&mut M) -> &mut dyn Slot<N>,
    ) -> Self {
        let path = Path::Direct(Pairs::Several(pairs));
        Self::linked(name, Link::new(target, path, None), slot)
    }

    /// For the derive: a relation through a table between.
    pub const fn via(
        name: &'static str,
        target: fn() -> &'static ModelMeta,
        between: Between,
        near: &'static [(usize, &'static str)],
        far: &'static [(&'static str, usize)],
        slot: fn(&mut M) -> &mut dyn Slot<N>,
    ) -> Self {
        let path = Path::Via { between, near, far };
        Self::linked(name, Link::new(target, path, None), slot)
    }

    /// What was loaded of it, unless other records share that.
    pub fn loaded_mut<'a>(&self, record: &'a mut Record<M>) -> Option<&'a mut [Record<N>]>
    where
        N: Model,
    {
        (self.slot)(record.untracked()).lend_mut()
    }

    /// For the derive: only rows whose column says this.
    #[must_use]
    pub const fn named(mut self, morph: Morph) -> Self {
        self.link.morph = Some(morph);
        self
    }

    /// For the derive: the one of several rows that has the smallest or greatest value in a column.
    #[must_use]
    pub const fn picking<T: Attribute, R>(mut self, column: Column<N, T, R>, greatest: bool) -> Self
    where
        N: Model,
    {
        self.link.pick = Some(Pick { column: Some(column.index), greatest });
        self
    }

    /// For the derive: the one of several rows that has the smallest or greatest key.
    #[must_use]
    pub const fn picking_key(mut self, greatest: bool) -> Self {
        self.link.pick = Some(Pick { column: None, greatest });
        self
    }

    /// For the derive: the relation as data.
    pub const fn meta(self, kind: RelationKind) -> RelationMeta {
        let (on_delete, on_update) = (Action::NoAction, Action::NoAction);
        let (link, named_by) = match (kind, self.link.path) {
            (RelationKind::MorphTo, Path::Direct(Pairs::One(columns))) => (None, Some(columns)),
            _ => (Some(self.link), None),
        };
        let (name, hidden, touched) = (self.name, false, None);
        RelationMeta { name, kind, link, named_by, serialized: name, hidden, on_delete, on_update, touched }
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

impl<M: Model, E, R> Relation<M, E, kind::MorphTo<R>> {
    /// For the derive: a relation by a column that names the model, and one that holds the key.
    pub const fn morph_to<T: Attribute, U>(
        name: &'static str,
        meta: fn() -> &'static ModelMeta,
        type_column: Column<M, T>,
        key_column: Column<M, U>,
        slot: fn(&mut M) -> &mut dyn Slot<E>,
    ) -> Self
    where
        E: MorphTarget,
        U: Attribute + SameKey<E::Key>,
    {
        let path = Path::Direct(Pairs::One([type_column.index, key_column.index]));
        let morph = Some(Morph { column: type_column.name, key: key_column.name, name: "" });
        Self::linked(name, Link::new(meta, path, morph), slot)
    }
}

impl<M: Model, N: Model, K> Relation<M, N, K> {
    /// For the derive: a relation to the model `N`, whose `#[morph_to]` leads back.
    pub const fn morph_from<T: Attribute, E: MorphVariant<M>, R>(
        name: &'static str,
        local: Column<M, T>,
        back: Relation<N, E, kind::MorphTo<R>>,
        slot: fn(&mut M) -> &mut dyn Slot<N>,
    ) -> Self {
        let Link { target, path, morph, .. } = back.link;
        let foreign = match path {
            Path::Direct(Pairs::One([_, key])) => key,
            _ => 0,
        };
        let morph = match morph {
            Some(morph) => Some(Morph { name: E::NAME, ..morph }),
            None => None,
        };
        let path = Path::Direct(Pairs::One([local.index, foreign]));
        Self::linked(name, Link::new(target, path, morph), slot)
    }
}

macro_rules! through {
    ($($kind:ident)*) => { $(
        impl<M: Model, N: Model> Relation<M, N, kind::$kind> {
            /// Also through records of the model between that were deleted softly.
            #[must_use]
            pub const fn with_trashed_parents(mut self) -> Self {
                self.link.trashed_between = true;
                self
            }
        }
    )* };
}
through!(HasManyThrough HasOneThrough);

/// Kinds whose target is one model.
#[diagnostic::on_unimplemented(
    message = "this relation leads to several models",
    label = "not for a #[morph_to]",
    note = "load it with `.with(..)`, or ask each model"
)]
pub trait Linked: 'static {
    /// What reads the record of the table between, where it has a model.
    const PIVOT: Option<PivotReader> = None;
    /// Whether it is the record itself that refers to the other.
    const KEY_IS_HERE: bool = false;
}
impl Linked for kind::HasMany {}
impl Linked for kind::HasOne {}
impl<R: 'static> Linked for kind::BelongsTo<R> {
    const KEY_IS_HERE: bool = true;
}
impl Linked for kind::HasManyThrough {}
impl Linked for kind::HasOneThrough {}
impl Linked for kind::MorphMany {}
impl Linked for kind::MorphOne {}
impl<P: Pivot> Linked for kind::BelongsToMany<P> {
    const PIVOT: Option<PivotReader> = P::READER;
}
impl<P: Pivot> Linked for kind::MorphToMany<P> {
    const PIVOT: Option<PivotReader> = P::READER;
}

/// Kinds that lead to many records.
#[diagnostic::on_unimplemented(
    message = "this relation leads to one record, not to many",
    label = "only for has_many, belongs_to_many, has_many_through, morph_many and morph_to_many"
)]
pub trait ToMany {}
impl ToMany for kind::HasMany {}
impl<P> ToMany for kind::BelongsToMany<P> {}
impl ToMany for kind::HasManyThrough {}
impl ToMany for kind::MorphMany {}
impl<P> ToMany for kind::MorphToMany<P> {}

/// A table between: `()` where it has no model.
pub trait Pivot: 'static {
    /// What reads its record.
    const READER: Option<PivotReader>;
}
impl Pivot for () {
    const READER: Option<PivotReader> = None;
}
#[diagnostic::do_not_recommend]
impl<P: Model> Pivot for P {
    const READER: Option<PivotReader> = Some(PivotReader {
        meta: P::meta,
        read: |row, start| Ok(Box::new(Record::<P>::loaded(P::decode(row, start)?))),
    });
}

/// Columns whose values are those of a key of type `T`: what a relation compares a key with.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column cannot refer to a key of type `{T}`",
    label = "not the type of the key",
    note = "give both columns the same type (one may be an `Option`)"
)]
pub trait SameKey<T> {}

#[diagnostic::do_not_recommend]
impl<T: Attribute> SameKey<T> for T {}
#[diagnostic::do_not_recommend]
impl<T> SameKey<T> for Option<T> {}

/// The type of a column that `N`, whose key is a `K`, has. In place of a column that it has not, the derive puts
/// a type of the column's name.
#[diagnostic::on_unimplemented(
    message = "`{N}` has no column `{Self}`, which this relation takes by default",
    label = "no `{Self}` in `{N}`, or none that is visible here",
    note = "add it, or name another column of `{N}`: `foreign_key = ..` (in a #[belongs_to] `owner_key`, for the other side of a pivot `related_key`, behind a model between `through_foreign_key`)"
)]
pub trait Present<N, K> {}

#[diagnostic::do_not_recommend]
impl<T: Attribute, N, K: Key> Present<N, K> for T {}
// No model's key is `()`: this is for a struct that is no model, of which that alone is to be said.
#[diagnostic::do_not_recommend]
impl<T, N> Present<N, ()> for T {}

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
