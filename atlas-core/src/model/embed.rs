//! Structs that are several columns: what `#[derive(Embed)]` fills in, and what makes their columns a model's.

use crate::{
    error::Result,
    model::{Column, ColumnMeta, DraftData, Reader},
    value::{ColumnType, Value, ValueRef},
};

/// A struct that is several columns of a model, as an address or an amount of money is. Derive it:
/// `#[derive(Embed)]`, and put `#[embed]` on the model's field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded",
    label = "add #[derive(Embed)] to `{Self}`",
    note = "or store it in one column, by a cast"
)]
pub trait Embed: Sized + Send + Sync + 'static {
    /// Its columns as those of the model `M`: `User::address.city`.
    #[doc(hidden)]
    type Columns<M>;

    /// Its columns, without the prefix that a model gives them.
    #[doc(hidden)]
    const COLUMNS: &'static [ColumnMeta];

    /// Reads its columns, the first of which is at `start` among the model's.
    #[doc(hidden)]
    fn read(row: &Reader<'_>, start: usize) -> Result<Self>;

    /// The value of a column, by its place in it.
    #[doc(hidden)]
    fn value(&self, column: usize) -> Value;

    /// Sets a column, by its place in it.
    #[doc(hidden)]
    fn assign(&mut self, column: usize, value: ValueRef<'_>) -> Result<()>;

    /// Sets its columns in a draft, the first of which is at `start`. No function with a bound: what is wrong with the
    /// type would be said once more.
    #[doc(hidden)]
    fn put(&self, mut draft: DraftData, start: usize) -> DraftData {
        for place in 0..Self::COLUMNS.len() {
            draft.put_value(start + place, self.value(place));
        }
        draft
    }
}

impl<M, T> Column<M, T> {
    /// For the derive: the column at this place among those of an embedded struct, which begin at `start` among the
    /// model's.
    pub const fn embedded(columns: &'static [ColumnMeta], place: usize, start: usize) -> Self {
        let name = if place < columns.len() { columns[place].name } else { "" };
        Self::new(name, start + place)
    }
}

/// How long the names of these columns are together, behind a prefix each.
pub const fn prefixed_length(prefix: &str, columns: &[ColumnMeta]) -> usize {
    let (mut length, mut place) = (0, 0);
    while place < columns.len() {
        let ColumnMeta { field, name, serialized, .. } = &columns[place];
        length += 3 * prefix.len() + field.len() + name.len() + serialized.len();
        place += 1;
    }
    length
}

/// Those names, one after the other.
pub const fn prefixed_text<const N: usize>(prefix: &str, columns: &[ColumnMeta]) -> [u8; N] {
    let (mut text, mut at, mut place) = ([0; N], 0, 0);
    while place < columns.len() {
        let ColumnMeta { field, name, serialized, .. } = &columns[place];
        let parts = [prefix, field, prefix, name, prefix, serialized];
        let mut part = 0;
        while part < parts.len() {
            let bytes = parts[part].as_bytes();
            text.split_at_mut(at).1.split_at_mut(bytes.len()).0.copy_from_slice(bytes);
            at += bytes.len();
            part += 1;
        }
        place += 1;
    }
    text
}

/// The columns by these names, which [`prefixed_text`] made of theirs.
pub const fn prefixed<const N: usize>(
    prefix: &str,
    columns: &[ColumnMeta],
    text: &'static [u8],
    fillable: bool,
    hidden: bool,
) -> [ColumnMeta; N] {
    let (mut all, mut rest, mut place) = ([NONE; N], text, 0);
    while place < columns.len() {
        let mut column = columns[place];
        let (field, after) = rest.split_at(prefix.len() + column.field.len());
        let (name, after) = after.split_at(prefix.len() + column.name.len());
        let (serialized, after) = after.split_at(prefix.len() + column.serialized.len());
        (column.field, column.name, column.serialized) = (text_of(field), text_of(name), text_of(serialized));
        (column.fillable, column.hidden) = (fillable, hidden);
        all[place] = column;
        (rest, place) = (after, place + 1);
    }
    all
}

/// Texts that were put together of whole ones.
const fn text_of(bytes: &'static [u8]) -> &'static str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// All columns of a model: its own, and those of each struct that is embedded in it.
pub const fn with_embedded<const N: usize>(parts: &[&[ColumnMeta]]) -> [ColumnMeta; N] {
    let (mut all, mut count, mut part) = ([NONE; N], 0, 0);
    while part < parts.len() {
        let mut place = 0;
        while place < parts[part].len() {
            let column = parts[part][place];
            let mut other = 0;
            while other < count {
                assert!(
                    !same(all[other].name, column.name) && !same(all[other].field, column.field),
                    "an embedded struct brings a column whose name the model has already: give it a prefix, #[embed(prefix = \"..\")]"
                );
                other += 1;
            }
            all[count] = column;
            count += 1;
            place += 1;
        }
        part += 1;
    }
    all
}

/// The names of columns.
pub const fn names_of<const N: usize>(columns: &[ColumnMeta; N]) -> [&'static str; N] {
    let (mut names, mut place) = ([""; N], 0);
    while place < N {
        names[place] = columns[place].name;
        place += 1;
    }
    names
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    one.len() == other.len() && place == one.len()
}

/// What stands in a list until the column is there.
const NONE: ColumnMeta = {
    const fn nothing(_: ValueRef<'_>) -> Result<Value> {
        Ok(Value::Null)
    }
    ColumnMeta::new("", "", (ColumnType::Bool, true, nothing))
};
