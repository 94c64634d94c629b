//! Relations between models: their declaration as data, and the slots that hold what was loaded.

mod load;
mod meta;
mod slot;

pub use load::{IntoLoad, Load};
pub use meta::{Present, Relation, RelationKind, RelationMeta, SameKey, Sortable, kind};
pub use slot::{BelongsTo, HasMany, HasOne, Held, Slot};
