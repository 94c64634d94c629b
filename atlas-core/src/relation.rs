//! Relations between models: their declaration as data, and the slots that hold what was loaded.

mod ask;
mod associate;
mod attach;
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
mod loading;
mod meta;
mod morph;
mod morph_load;
mod pivot;
mod pivot_writer;
mod plan;
mod push;
mod related;
mod slot;
mod sync;
mod touch;

pub use ask::{Asked, Question};
pub(crate) use ask::{extra_name, is_first, same};
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
pub use load::{IntoLoad, Load, PivotReader};
pub use meta::{
    Linked, Pivot, Present, Relation, RelationKind, RelationMeta, SameKey, Sortable, ToMany, kind,
};
pub use morph::{
    KeyedBy, MorphTarget, MorphTo, MorphVariant, no_variant, nothing_to_push, push_variant, show_variant,
};
pub use morph_load::{MorphLoad, OneModel, Wanted};
pub use pivot::{Attaching, Changed, HasPivot, Named, PivotColumn, PivotData, PivotValues};
use pivot_writer::PivotWriter;
pub(crate) use plan::Plan;
pub use related::Related;
pub use slot::{
    AnySlot, BelongsTo, BelongsToMany, HasMany, HasManyThrough, HasOne, HasOneThrough, Held, Loaded,
    MorphMany, MorphOne, MorphToMany, NthLoaded, NthSlot, Slot, nth_loaded, nth_slot,
};
pub use touch::Touched;
pub(crate) use touch::{Owners, touches};
