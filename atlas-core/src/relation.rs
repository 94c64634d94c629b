//! Relations between models: their declaration as data, and the slots that hold what was loaded.

mod groups;
mod link;
mod load;
mod meta;
mod slot;

pub use link::{Between, Link, Morph, Pairs, Path, far, near, pair};
pub use load::{IntoLoad, Load, PivotReader};
pub use meta::{
    Linked, Pivot, Present, Relation, RelationKind, RelationMeta, SameKey, Sortable, ToMany, kind,
};
pub use slot::{
    BelongsTo, BelongsToMany, HasMany, HasManyThrough, HasOne, HasOneThrough, Held, MorphMany, MorphOne,
    MorphToMany, Slot,
};
