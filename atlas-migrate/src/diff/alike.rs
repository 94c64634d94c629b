//! When two things of a schema are the same.

use atlas_core::{
    schema::{Check, Column, ColumnDefault, Computed, ForeignKey, Index, Name, Storage},
    value::ColumnType,
};

/// Whether two columns are the same, beside their place.
pub(crate) fn columns_alike(one: &Column, other: &Column) -> bool {
    let plain = |column: &Column| Column { default: None, computed: None, ..column.clone() };
    plain(one) == plain(other)
        && both(one.default.as_ref(), other.default.as_ref(), defaults_alike)
        && both(one.computed.as_ref(), other.computed.as_ref(), computed_alike)
}

fn both<T>(one: Option<&T>, other: Option<&T>, alike: impl Fn(&T, &T) -> bool) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => alike(one, other),
        _ => false,
    }
}

fn defaults_alike(one: &ColumnDefault, other: &ColumnDefault) -> bool {
    match (one, other) {
        (ColumnDefault::Expression(one), ColumnDefault::Expression(other)) => texts_alike(one, other),
        _ => one == other,
    }
}

fn computed_alike(one: &Computed, other: &Computed) -> bool {
    one.stored == other.stored && texts_alike(&one.expression, &other.expression)
}

/// Whether two indexes are the same, with their names.
pub(crate) fn indexes_alike(one: &Index, other: &Index) -> bool {
    let text = |one: &Option<Name>, other: &Option<Name>| {
        both(one.as_ref(), other.as_ref(), |one, other| texts_alike(one, other))
    };
    one.name == other.name
        && one.columns == other.columns
        && one.kind == other.kind
        && one.nulls_not_distinct == other.nulls_not_distinct
        && text(&one.expression, &other.expression)
        && text(&one.filter, &other.filter)
        && one.where_null == other.where_null
        && text(&one.method, &other.method)
}

/// Whether two foreign keys are the same. One without a name gets it from the database.
pub(crate) fn keys_alike(one: &ForeignKey, other: &ForeignKey) -> bool {
    let bare = |key: &ForeignKey| ForeignKey { name: None, ..key.clone() };
    let named = one.name.is_none() || other.name.is_none() || one.name == other.name;
    named && bare(one) == bare(other)
}

pub(crate) fn checks_alike(one: &Check, other: &Check) -> bool {
    one.name == other.name && texts_alike(&one.expression, &other.expression)
}

/// Whether two texts in the database's own language say the same, as far as can be told: databases write them again
/// with parentheses, quotes, types and spaces of their own.
pub(crate) fn texts_alike(one: &str, other: &str) -> bool {
    one == other || plain(one) == plain(other)
}

fn plain(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    let mut parts = text.chars().peekable();
    let mut inside = false;
    while let Some(part) = parts.next() {
        match part {
            '\'' => {
                inside = !inside;
                own.push(part);
            }
            part if inside => own.push(part),
            ':' if parts.peek() == Some(&':') => {
                parts.next();
                while parts.next_if(|next| next.is_alphanumeric() || "_ []".contains(*next)).is_some() {}
            }
            '(' | ')' | '"' | '`' => {}
            part if part.is_whitespace() => {}
            part => own.extend(part.to_lowercase()),
        }
    }
    own
}

/// Whether a text in the database's own language has to do with a column.
pub(crate) fn mentions(text: &str, column: &str) -> bool {
    let is_of_word = |part: char| part.is_alphanumeric() || part == '_';
    let (text, column) = (text.to_lowercase(), column.to_lowercase());
    text.match_indices(&column).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

/// Whether a value of one column can be stored in the other, or the database says that it cannot. Otherwise the column
/// is dropped and made anew.
pub(crate) fn converts(from: &Column, to: &Column) -> bool {
    use ColumnType::{Bool, DateTime, F32, F64, Json, Numeric, Text, Timestamp, Uuid};
    if is_special(from) || is_special(to) {
        return (from.ty, &from.storage) == (to.ty, &to.storage) || is_plain_text(from) || is_plain_text(to);
    }
    let is_number = |ty: ColumnType| ty.is_integer() || matches!(ty, F32 | F64 | Numeric);
    let is_time = |ty| matches!(ty, DateTime | Timestamp);
    let is_text = |ty| matches!(ty, Text | Json | Uuid);
    match (from.ty, to.ty) {
        (from, to) if from == to => true,
        (from, to) if is_number(from) && is_number(to) => true,
        (from, to) if is_time(from) && is_time(to) => true,
        (Json, Uuid) | (Uuid, Json) => false,
        (from, to) if is_text(from) && is_text(to) => true,
        (Bool, to) => to.is_integer(),
        (from, Bool) => from.is_integer(),
        (from, Text) => is_number(from),
        (Text, to) => is_number(to),
        _ => false,
    }
}

/// Whether a column is stored in a way that only some databases know.
fn is_special(column: &Column) -> bool {
    matches!(
        column.storage,
        Storage::Native(_)
            | Storage::IpAddress
            | Storage::MacAddress
            | Storage::Vector(_)
            | Storage::TsVector
            | Storage::Set(_)
            | Storage::Year
    )
}

fn is_plain_text(column: &Column) -> bool {
    column.ty == ColumnType::Text && !is_special(column)
}

/// Whether some values do not stay what they are, where a column becomes another one that they fit into: the database
/// rounds them, or holds them to be something else.
pub(crate) fn narrows(from: &Column, to: &Column) -> bool {
    use ColumnType::{Bool, F32, F64, Numeric};
    let digits = |column: &Column| match column.storage {
        Storage::Decimal(_, scale) => scale,
        Storage::Fraction(digits) => digits,
        _ => u8::MAX,
    };
    match (from.ty, to.ty) {
        (was, Bool) => was != Bool,
        (F64 | Numeric, F32) | (Numeric, F64) | (F32 | F64, Numeric) => true,
        (F32 | F64 | Numeric, is) if is.is_integer() => true,
        (was, F32 | F64) => was.is_integer(),
        (was, is) => was == is && digits(to) < digits(from),
    }
}

/// Whether a column is of another type than before.
pub(crate) fn retypes(from: &Column, to: &Column) -> bool {
    (from.ty, &from.storage, &from.collation) != (to.ty, &to.storage, &to.collation)
}

/// Whether a column that is new may be one that is gone, under another name.
pub(crate) fn resembles(one: &Column, other: &Column) -> bool {
    one.ty == other.ty && one.computed == other.computed && one.generated == other.generated
}
