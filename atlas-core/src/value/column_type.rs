/// What a column stores, in terms that every database can translate into a type of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ColumnType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// An exact decimal number.
    Numeric,
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    /// A date and time without a zone.
    DateTime,
    /// A point in time, in UTC.
    Timestamp,
    Json,
    /// Several values of one type, in order: an array where the database has them, else JSON.
    Array(ItemType),
}

/// What the values of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ItemType {
    Bool,
    I16,
    I32,
    I64,
    F64,
    Text,
}

impl ColumnType {
    /// Whether the database can generate keys of this type by counting.
    pub const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::I8 | Self::I16 | Self::I32 | Self::I64 | Self::U8 | Self::U16 | Self::U32 | Self::U64
        )
    }
}
