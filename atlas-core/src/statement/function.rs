use crate::{
    statement::Expr,
    value::{ColumnType, Value},
};

/// What is computed of values, the same on every database. NULL of NULL, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// A text in small letters.
    Lower,
    /// A text in capital letters.
    Upper,
    /// A text without spaces at its ends.
    Trim,
    /// A text without spaces at its start.
    TrimStart,
    /// A text without spaces at its end.
    TrimEnd,
    /// How many characters a text has.
    Length,
    /// Two texts, one after the other.
    Concat,
    /// Of a text, from which character (the first is 1), and how many.
    Substring,
    /// A text in which each occurrence of the second is the third.
    Replace,
    /// The first characters of a text; how many.
    Left,
    /// The last characters of a text; how many.
    Right,
    /// Where the second text begins in the first: from 1, or 0 where it is not in it.
    Position,
    /// A text of so many characters: filled with the third at its start, or cut at its end.
    PadStart,
    /// A text of so many characters: filled with the third at its end, or cut there.
    PadEnd,
    /// The characters of a text in the opposite order.
    Reverse,
    /// A text so many times.
    Repeat,
    /// A number without its sign.
    Abs,
    /// A number with so many digits after the point, halves away from zero.
    Round,
    /// The next whole number that is not smaller.
    Ceil,
    /// The next whole number that is not larger.
    Floor,
    /// A float to the power of another.
    Power,
    /// The square root as a float; NULL of less than zero.
    Sqrt,
    /// -1, 0 or 1.
    Sign,
    /// The bits that both integers have.
    BitAnd,
    /// The bits that either integer has.
    BitOr,
    /// The bits that one of two integers has.
    BitXor,
    /// The bits that an integer of 64 bits does not have.
    BitNot,
    /// An integer of 64 bits, whose bits are moved to the left by fewer than 64 places.
    ShiftLeft,
    /// An integer whose bits are moved to the right by fewer than 64 places; its sign stays.
    ShiftRight,
    /// A number as an integer, cut towards zero.
    ToInteger,
    /// A number as a float.
    ToFloat,
    /// An integer as a text.
    ToText,
    /// A text read as a value of this type, and NULL where it is none; a date, a time or both written as a text.
    Cast(ColumnType),
    /// A part of a date, a time or both, in UTC.
    Part(DatePart),
    /// The date of a date and time, in UTC.
    Date,
    /// The time of day of a date and time, in UTC.
    Time,
    /// The beginning of the unit in which a date or a date and time lies, in UTC.
    Truncate(TimeUnit),
    /// A date, or a date and time, so many units later. A month's day that is not there is its last one.
    Plus(TimeUnit),
    /// How many seconds, as a float, the first is after the second.
    SecondsSince,
    /// The moment at which the statement began, in UTC.
    Now,
    /// Whether a regular expression matches somewhere in a text.
    MatchesRegex,
    /// Whether all values of the second array are in the first.
    ArrayContains,
    /// Whether all values of the first array are in the second.
    ArrayContainedBy,
    /// Whether one value is in both arrays.
    ArrayOverlaps,
    /// How many values an array has.
    ArrayLength,
    /// The values of the first array, and behind them those of the second.
    ArrayAppend,
    /// An array as a JSON document.
    ArrayToJson,
    /// A number for each row that nobody foresees.
    Random,
    /// Of a seed and a value, something to order by that looks like chance, and is always the same.
    Shuffle,
    /// In a window: the row's number, from 1.
    RowNumber,
    /// In a window: how many rows come before the row's equals, and 1.
    Rank,
    /// In a window: how many different rows come before it, and 1.
    DenseRank,
    /// In a window: the rank from 0 to 1.
    PercentRank,
    /// In a window: which part of the rows come before it or are its equals.
    CumeDist,
    /// In a window: which of so many parts the row is in, from 1.
    Ntile,
    /// In a window: the value so many rows before.
    Lag,
    /// In a window: the value so many rows after.
    Lead,
    /// In a window: the value of the frame's first row.
    FirstValue,
    /// In a window: the value of the frame's last row.
    LastValue,
    /// In a window: the value of the frame's row of this number.
    NthValue,
}

/// A part of a date or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DatePart {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    /// The whole seconds.
    Second,
    /// 1 is Monday, 7 is Sunday.
    Weekday,
    /// 1 is the first of January.
    DayOfYear,
}

/// How time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Year,
    Month,
    /// From Monday to Sunday.
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl Function {
    /// What it gives, where that is known, computed of these.
    pub fn ty(self, of: &[Expr]) -> Option<ColumnType> {
        Some(match self {
            Self::Lower | Self::Upper | Self::Trim | Self::TrimStart | Self::TrimEnd => ColumnType::Text,
            Self::Concat | Self::Substring | Self::Replace | Self::Left | Self::Right => ColumnType::Text,
            Self::PadStart | Self::PadEnd | Self::Reverse | Self::Repeat | Self::ToText => ColumnType::Text,
            Self::Length | Self::Position | Self::ToInteger => ColumnType::I64,
            Self::BitNot | Self::ShiftLeft => ColumnType::I64,
            Self::Cast(ty) => ty,
            Self::Shuffle => ColumnType::Text,
            Self::RowNumber | Self::Rank | Self::DenseRank | Self::Ntile => ColumnType::I64,
            Self::Power | Self::Sqrt | Self::ToFloat | Self::SecondsSince => ColumnType::F64,
            Self::PercentRank | Self::CumeDist => ColumnType::F64,
            Self::Sign | Self::Part(_) => ColumnType::I32,
            Self::MatchesRegex => ColumnType::Bool,
            Self::ArrayContains | Self::ArrayContainedBy | Self::ArrayOverlaps => ColumnType::Bool,
            Self::ArrayLength => ColumnType::I64,
            Self::ArrayToJson => ColumnType::Json,
            Self::Random => ColumnType::F64,
            Self::Date => ColumnType::Date,
            Self::Time => ColumnType::Time,
            Self::Now => ColumnType::Timestamp,
            Self::Abs | Self::Round | Self::Ceil | Self::Floor | Self::ArrayAppend => {
                return of.first().and_then(Expr::value_ty);
            }
            Self::BitAnd | Self::BitOr | Self::BitXor | Self::ShiftRight => {
                return of.first().and_then(Expr::value_ty);
            }
            Self::Truncate(_) | Self::Plus(_) => {
                return of.first().and_then(Expr::value_ty);
            }
            Self::Lag | Self::Lead | Self::FirstValue | Self::LastValue | Self::NthValue => {
                return of.first().and_then(Expr::value_ty);
            }
        })
    }
}

impl Expr {
    /// A function of these.
    pub fn function(function: Function, of: impl Into<Vec<Self>>) -> Self {
        Self::Function(function, of.into())
    }

    /// The column type of an expression, or that of a value that stands alone.
    pub fn value_ty(&self) -> Option<ColumnType> {
        match self {
            Self::Value(value) => Some(match value {
                Value::Bool(_) => ColumnType::Bool,
                Value::I64(_) => ColumnType::I64,
                Value::U64(_) => ColumnType::U64,
                Value::F64(_) => ColumnType::F64,
                Value::Numeric(_) => ColumnType::Numeric,
                Value::Text(_) => ColumnType::Text,
                Value::Bytes(_) => ColumnType::Bytes,
                Value::Uuid(_) => ColumnType::Uuid,
                Value::Date(_) => ColumnType::Date,
                Value::Time(_) => ColumnType::Time,
                Value::DateTime(_) => ColumnType::DateTime,
                Value::Timestamp(_) => ColumnType::Timestamp,
                Value::Json(_) => ColumnType::Json,
                Value::Sealed(_) => ColumnType::Text,
                _ => return None,
            }),
            other => other.ty(),
        }
    }
}
