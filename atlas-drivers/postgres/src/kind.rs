//! What the server's types are to this driver.

use sqlx::{
    TypeInfo,
    postgres::{PgTypeInfo, PgTypeKind},
};

/// How values of a type of the server's are written and read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Bool,
    I16,
    I32,
    I64,
    /// An unsigned integer of 32 bits: object identifiers.
    Oid,
    F32,
    F64,
    Numeric,
    /// Everything whose binary form is its text: text types, enums, names, XML.
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Json,
    Jsonb,
    /// An address, and whether it is one of a network (`cidr`).
    Inet(bool),
    /// A hardware address of 6 or 8 bytes.
    Mac,
    Void,
    /// An array of another kind, whose type has this number.
    Array(Box<Kind>, u32),
    /// A type that the driver does not know, by its name.
    Other(Box<str>),
}

impl Kind {
    /// The kind of a type.
    pub(crate) fn of(info: &PgTypeInfo) -> Self {
        let oid = info.oid().map_or(0, |oid| oid.0);
        if let Some(kind) = Self::of_oid(oid) {
            return kind;
        }
        // A type of which sqlx knows no more than its number is called so; it has no kind to ask for.
        if info.name() == "?" {
            return Self::Other(format!("of number {oid}").into());
        }
        match info.kind() {
            PgTypeKind::Enum(_) => Self::Text,
            PgTypeKind::Domain(base) => Self::of(base),
            PgTypeKind::Array(element) => {
                let number = element.oid().map_or(0, |oid| oid.0);
                Self::Array(Box::new(Self::of(element)), number)
            }
            _ => Self::of_name(info.name()),
        }
    }

    /// The kind of a type of the server's own.
    pub(crate) fn of_oid(oid: u32) -> Option<Self> {
        Some(match oid {
            16 => Self::Bool,
            17 => Self::Bytes,
            20 => Self::I64,
            21 => Self::I16,
            23 => Self::I32,
            // oid, regproc and its siblings, xid, cid
            24 | 26 | 28 | 29 | 2202..=2206 | 3734 | 3769 | 4089 | 4096 | 4191 => Self::Oid,
            // "char", name, text, unknown, bpchar, varchar, xml
            18 | 19 | 25 | 142 | 705 | 1042 | 1043 => Self::Text,
            114 => Self::Json,
            650 => Self::Inet(true),
            700 => Self::F32,
            701 => Self::F64,
            774 | 829 => Self::Mac,
            869 => Self::Inet(false),
            1082 => Self::Date,
            1083 => Self::Time,
            1114 => Self::Timestamp,
            1184 => Self::Timestamptz,
            1186 => Self::Interval,
            1700 => Self::Numeric,
            2278 => Self::Void,
            2950 => Self::Uuid,
            3802 => Self::Jsonb,
            _ => return None,
        })
    }

    /// The kind of a type of an extension's.
    pub(crate) fn of_name(name: &str) -> Self {
        match name.rsplit('.').next().unwrap_or(name) {
            "citext" => Self::Text,
            _ => Self::Other(name.into()),
        }
    }

    /// Whether a value of this kind is lent as a text that is made for it.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self, Self::Array(..) | Self::Inet(_) | Self::Mac | Self::Interval)
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Bool => "boolean",
            Self::I16 => "smallint",
            Self::I32 => "integer",
            Self::I64 => "bigint",
            Self::Oid => "oid",
            Self::F32 => "real",
            Self::F64 => "double precision",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Bytes => "bytea",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Timestamptz => "timestamptz",
            Self::Interval => "interval",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::Inet(false) => "inet",
            Self::Inet(true) => "cidr",
            Self::Mac => "macaddr",
            Self::Void => "void",
            Self::Array(..) => "array",
            Self::Other(name) => name,
        }
    }
}
