//! Relations between models: their declaration as data, and the slots that hold what was loaded.

mod ask;
mod associate;
mod between;
mod collection;
mod create;
mod eager;
mod find_or_create;
mod fixed;
mod graph;
mod groups;
mod join;
mod lazy;
mod link;
mod load;
mod meta;
mod morph;
mod pivot;
mod pivot_writer;
mod push;
mod related;
mod slot;
mod touch;

pub(crate) use ask::extra_name;
pub use ask::{Asked, Question};
pub use associate::{Dissociates, LeadsTo, RefersToOne};
pub use create::Creates;
pub use eager::eager;
pub use fixed::{AttributesOf, FilterOf, Fixed, OrderOf};
pub(crate) use fixed::{give, values_of};
pub(crate) use graph::{insert_graph, insert_level};
pub use graph::{with_child, with_children, with_parent};
pub(crate) use groups::{Groups, Key, equal};
pub use lazy::Records;
pub use link::{Between, Link, Morph, Pairs, Path, Pick};
pub(crate) use load::Plan;
pub use load::{IntoLoad, Load, PivotReader};
pub use meta::{
    Linked, Pivot, Present, Relation, RelationKind, RelationMeta, SameKey, Sortable, ToMany, kind,
};
pub use morph::{KeyedBy, MorphTarget, MorphTo, MorphVariant, no_variant};
pub use pivot::{Attaching, Changed, HasPivot, Named, PivotColumn, PivotData, PivotValues};
use pivot_writer::PivotWriter;
pub use related::Related;
pub use slot::{
    AnySlot, BelongsTo, BelongsToMany, HasMany, HasManyThrough, HasOne, HasOneThrough, Held, Loaded,
    MorphMany, MorphOne, MorphToMany, NthLoaded, NthSlot, Slot, nth_loaded, nth_slot,
};
pub use touch::Touched;
pub(crate) use touch::{Owners, touches};
