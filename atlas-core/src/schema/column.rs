use super::Name;
use crate::value::{ColumnType, Value};

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// What it stores.
    pub ty: ColumnType,
    /// How the database stores it, where that is said more exactly than by its type.
    pub storage: Storage,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Whether the database counts its values up: the key of most tables.
    pub generated: bool,
    /// The value from which on the database counts.
    pub starts_at: Option<i64>,
    /// What the database fills in where an insert leaves it out.
    pub default: Option<ColumnDefault>,
    /// Whether an update that leaves it out sets it to the time: MySQL's `ON UPDATE CURRENT_TIMESTAMP`.
    pub touched: bool,
    /// What its value is made of, where the database computes it.
    pub computed: Option<Computed>,
    /// How its texts are compared, where that is not how they are compared everywhere.
    pub collation: Option<Name>,
    /// What it is for. A database that has no such thing passes over it.
    pub comment: Option<Name>,
}

/// How the database stores a column.
///
/// A database that makes no such difference stores the column as it always stores its type; what it cannot store at
/// all is [`Error::Unsupported`](crate::Error::Unsupported).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// As it always stores the type.
    #[default]
    Usual,
    /// A text of so many characters, filled up with spaces.
    Char(u32),
    /// A text of up to so many characters.
    Varchar(u32),
    /// A text of up to 255 bytes.
    TinyText,
    /// A text of up to 16 megabytes.
    MediumText,
    /// An integer of 24 bits.
    MediumInt,
    /// A decimal of so many digits, so many of them after the point.
    Decimal(u8, u8),
    /// A time, or a date and time, with so many digits of a second.
    Fraction(u8),
    /// So many bytes.
    Binary(u32),
    /// Up to so many bytes.
    Varbinary(u32),
    /// A year, in a byte.
    Year,
    /// One of these texts.
    Enum(Vec<Name>),
    /// Some of these texts.
    Set(Vec<Name>),
    /// JSON as it was written: PostgreSQL's `json`, which is `jsonb` otherwise.
    JsonText,
    /// An address of a network: PostgreSQL's `inet`.
    IpAddress,
    /// An address of a network's card: PostgreSQL's `macaddr`.
    MacAddress,
    /// A list of so many floats, to be searched by distance.
    Vector(u32),
    /// The words of a text, to be searched: PostgreSQL's `tsvector`.
    TsVector,
    /// A type in the database's own words, from the program's source, never from data.
    Native(Name),
}

/// What the database fills in.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnDefault {
    /// A constant.
    Value(Value),
    /// The time.
    Now,
    /// An expression in the database's own language, from the program's source, never from data.
    Expression(Name),
}

/// What the database computes a column from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// An expression in the database's own language, from the program's source, never from data.
    pub expression: Name,
    /// Whether the value is stored, and not computed at each read.
    pub stored: bool,
}

impl Column {
    /// A column that takes no NULL, with nothing else said of it.
    pub fn new(name: impl Into<Name>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            storage: Storage::Usual,
            nullable: false,
            generated: false,
            starts_at: None,
            default: None,
            touched: false,
            computed: None,
            collation: None,
            comment: None,
        }
    }
}
