//! Tables, columns, indexes and foreign keys as data: what a driver is asked to create, and what it finds.

mod apply;
mod change;
mod column;
mod constraint;
mod index;
mod table;

use std::borrow::Cow;

pub use change::{Alteration, Place, SchemaChange, Truncate};
pub use column::{Column, ColumnDefault, Computed, Storage};
pub use constraint::{Action, Check, Deferral, ForeignKey};
pub use index::{FullTextIndex, Index, IndexKind};
pub use table::{Entry, Table, TableOptions};

/// A name in the database: static where it comes from a model, owned where it was computed.
pub type Name = Cow<'static, str>;

/// The longest name that every database takes: PostgreSQL cuts what is longer, and MySQL refuses it.
const LONGEST_NAME: usize = 63;

/// What an index or a constraint is called where nobody says, as Laravel does: `users_email_unique`. A name that is
/// too long for some database is cut, and ends in a sum over the whole.
pub fn default_name(table: &str, columns: &[Name], kind: &str) -> Name {
    let name = match columns {
        [] => format!("{table}_{kind}"),
        columns => format!("{table}_{}_{kind}", columns.join("_")),
    };
    let name = name.to_lowercase().replace(['.', '-'], "_");
    if name.len() <= LONGEST_NAME {
        return name.into();
    }
    // FNV-1a: it has to be the same in every version.
    let sum = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let end = format!("_{:08x}", sum & 0xffff_ffff);
    let mut cut = LONGEST_NAME - end.len();
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{end}", name.get(..cut).unwrap_or_default()).into()
}
