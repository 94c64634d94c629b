use std::borrow::Cow;

use atlas_core::{
    error::{Error, Result},
    schema::{Column, Name, Storage, Truncate},
    statement::{FullTextTerm, Function, HintKind, JsonQuestion, JsonStep, Lock, LockStrength, LockWait},
    value::{ColumnType, Value},
};
use atlas_sql::{
    Altering, Comments, Conflicts, Dialect, FullTextIndexes, SchemaDialect, common_lock, quoted, sizes_of,
    texts_in,
};

use crate::{full_text, functions, json, list};

/// SQL as MySQL and MariaDB read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MySqlDialect {
    /// Whether the server is MariaDB.
    pub mariadb: bool,
    /// How UUIDs are stored.
    pub uuids: Uuids,
}

/// How UUIDs are stored, and bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Uuids {
    /// As their 36 characters: a CHAR(36), and MariaDB's UUID.
    #[default]
    Text,
    /// As their 16 bytes: a BINARY(16).
    Binary,
}

/// Lists of more values are one value.
const SHORT_LIST: usize = 4_096;

impl MySqlDialect {
    /// The collation under which texts are equal to themselves alone, with case and spaces at the end.
    pub(crate) fn collation(self) -> &'static str {
        if self.mariadb { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" }
    }
}

impl Dialect for MySqlDialect {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn quote(&self) -> char {
        '`'
    }

    fn lock(&self, lock: Lock) -> &'static str {
        match (lock.strength, lock.wait) {
            (LockStrength::Share, LockWait::Wait) if self.mariadb => " LOCK IN SHARE MODE",
            (LockStrength::Share, LockWait::NoWait) if self.mariadb => " LOCK IN SHARE MODE NOWAIT",
            (LockStrength::Share, LockWait::Skip) if self.mariadb => " LOCK IN SHARE MODE SKIP LOCKED",
            _ => common_lock(lock),
        }
    }

    fn placeholder(&self, _: usize, out: &mut String) {
        out.push('?');
    }

    /// The form that names tables and conditions, as one value.
    fn explain(&self) -> &'static str {
        "EXPLAIN FORMAT=JSON "
    }

    fn index_hint(&self, kind: HintKind) -> Option<[&'static str; 2]> {
        match kind {
            HintKind::Use => Some([" USE INDEX (", ")"]),
            HintKind::Force => Some([" FORCE INDEX (", ")"]),
            HintKind::Ignore => Some([" IGNORE INDEX (", ")"]),
            _ => None,
        }
    }

    fn straight_join(&self) -> &'static str {
        "STRAIGHT_JOIN "
    }

    fn has_lateral(&self) -> bool {
        !self.mariadb
    }

    fn analyze(&self) -> Option<&'static str> {
        Some(if self.mariadb { "ANALYZE FORMAT=JSON " } else { "EXPLAIN ANALYZE " })
    }

    fn binary_uuids(&self) -> bool {
        self.uuids == Uuids::Binary
    }

    fn no_limit(&self) -> Option<&'static str> {
        Some("18446744073709551615")
    }

    fn orders_nulls(&self) -> bool {
        false
    }

    fn filters_aggregates(&self) -> bool {
        false
    }

    fn limits_writes(&self) -> bool {
        true
    }

    fn joins_writes(&self) -> bool {
        true
    }

    fn materializes(&self) -> bool {
        false
    }

    fn wraps_selects(&self) -> bool {
        true
    }

    fn conflicts(&self) -> Conflicts {
        Conflicts::OnDuplicateKey
    }

    fn empty_row(&self) -> Option<&'static str> {
        Some("()")
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    fn short_list(&self) -> usize {
        SHORT_LIST
    }

    /// A range scan over sorted values passes over those that are there twice.
    fn padded_list(&self, values: usize) -> usize {
        values.next_power_of_two().min(SHORT_LIST.max(values))
    }

    fn list(&self, values: &[Value]) -> Option<(&'static str, String)> {
        list::json(values, self.uuids)
    }

    fn integer_division(&self) -> &'static str {
        "DIV"
    }

    fn function(&self, function: Function, of: Option<ColumnType>) -> Option<&'static str> {
        functions::function(function, of)
    }

    fn json(&self, question: JsonQuestion) -> Option<&'static str> {
        json::question(question, self.mariadb)
    }

    fn full_text(&self, _: bool) -> Option<&'static str> {
        Some(full_text::SEARCH)
    }

    fn full_text_query(&self, terms: &[FullTextTerm]) -> String {
        full_text::query(terms)
    }

    fn full_text_index(&self) -> FullTextIndexes {
        FullTextIndexes::Column(full_text::COLUMN)
    }

    fn json_change(&self, sets: bool, path: &[JsonStep]) -> Option<&'static str> {
        json::change(sets, path, self.mariadb)
    }

    fn json_container(&self, step: &JsonStep) -> &'static str {
        json::container(step)
    }

    /// Its own TRUNCATE starts the keys again, always.
    fn truncate(&self, how: Truncate) -> [&'static str; 2] {
        [if how.restart_identity { "TRUNCATE TABLE " } else { "DELETE FROM " }, ""]
    }

    fn schema(&self) -> SchemaDialect {
        SchemaDialect {
            altering: Altering::Modify,
            comments: Comments::Inside,
            indexes_in_table: true,
            filters_indexes: false,
            indexes_expressions: !self.mariadb,
            defers: false,
            default_in_parentheses: true,
            touches: true,
            table_options: if self.mariadb {
                " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
            } else {
                " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin"
            },
            ..SchemaDialect::STANDARD
        }
    }

    fn column_type(&self, column: &Column, keyed: bool) -> Result<Cow<'static, str>> {
        Ok(match &column.storage {
            Storage::Char(length) => format!("CHAR({length})").into(),
            Storage::Varchar(length) => format!("VARCHAR({length})").into(),
            Storage::TinyText => "TINYTEXT".into(),
            Storage::MediumText => "MEDIUMTEXT".into(),
            Storage::MediumInt if column.ty == ColumnType::U32 => "MEDIUMINT UNSIGNED".into(),
            Storage::MediumInt => "MEDIUMINT".into(),
            Storage::Decimal(digits, scale) => format!("DECIMAL({digits}, {scale})").into(),
            Storage::Fraction(digits) if column.ty == ColumnType::Time => format!("TIME({digits})").into(),
            Storage::Fraction(digits) => format!("DATETIME({digits})").into(),
            Storage::Binary(length) => format!("BINARY({length})").into(),
            Storage::Varbinary(length) => format!("VARBINARY({length})").into(),
            Storage::Year => "YEAR".into(),
            Storage::Enum(texts) => self.list_of("ENUM", texts).into(),
            Storage::Set(texts) => self.list_of("SET", texts).into(),
            Storage::IpAddress => "VARCHAR(45)".into(),
            Storage::MacAddress => "VARCHAR(17)".into(),
            Storage::Vector(size) => format!("VECTOR({size})").into(),
            Storage::Native(own) => own.clone(),
            Storage::TsVector => {
                return Err(Error::Unsupported {
                    driver: "mysql",
                    operation: format!("the column `{}`, which is the words of a text", column.name),
                    instead: "make a full-text index over the text".to_owned(),
                });
            }
            _ => self.usual_type(column.ty, keyed).into(),
        })
    }

    fn read_type(&self, declared: &str) -> (ColumnType, Storage) {
        let lower = declared.to_lowercase();
        let sizes = sizes_of(&lower);
        let bare = lower.split(['(', ' ']).next().unwrap_or_default();
        let unsigned = lower.contains("unsigned");
        let size = sizes.first().copied();
        let integer = |signed, not| (if unsigned { not } else { signed }, Storage::Usual);
        let digits = size.and_then(|size| u8::try_from(size).ok()).unwrap_or_default();
        let fraction = if digits == 6 { Storage::Usual } else { Storage::Fraction(digits) };
        match (bare, size) {
            ("tinyint", Some(1)) if !unsigned => (ColumnType::Bool, Storage::Usual),
            ("tinyint", _) => integer(ColumnType::I8, ColumnType::U8),
            ("smallint", _) => integer(ColumnType::I16, ColumnType::U16),
            ("mediumint", _) if unsigned => (ColumnType::U32, Storage::MediumInt),
            ("mediumint", _) => (ColumnType::I32, Storage::MediumInt),
            ("int", _) => integer(ColumnType::I32, ColumnType::U32),
            ("bigint", _) => integer(ColumnType::I64, ColumnType::U64),
            ("float", _) => (ColumnType::F32, Storage::Usual),
            ("double", _) => (ColumnType::F64, Storage::Usual),
            ("decimal", _) if sizes == [65, 28] => (ColumnType::Numeric, Storage::Usual),
            ("decimal", _) => {
                let scale = sizes.get(1).and_then(|size| u8::try_from(*size).ok()).unwrap_or_default();
                (ColumnType::Numeric, Storage::Decimal(digits, scale))
            }
            ("longblob", _) => (ColumnType::Bytes, Storage::Usual),
            ("binary", Some(16)) if self.uuids == Uuids::Binary => (ColumnType::Uuid, Storage::Usual),
            ("binary", Some(size)) => (ColumnType::Bytes, Storage::Binary(size)),
            ("varbinary", Some(size)) => (ColumnType::Bytes, Storage::Varbinary(size)),
            ("date", _) => (ColumnType::Date, Storage::Usual),
            ("time", _) => (ColumnType::Time, fraction),
            ("datetime", _) => (ColumnType::DateTime, fraction),
            ("year", _) => (ColumnType::I16, Storage::Year),
            ("json", _) => (ColumnType::Json, Storage::Usual),
            ("longtext", _) => (ColumnType::Text, Storage::Usual),
            ("mediumtext", _) => (ColumnType::Text, Storage::MediumText),
            ("tinytext", _) => (ColumnType::Text, Storage::TinyText),
            ("char", Some(36)) if lower.contains("ascii") => (ColumnType::Uuid, Storage::Usual),
            ("char", Some(length)) => (ColumnType::Text, Storage::Char(length)),
            ("varchar", Some(length)) => (ColumnType::Text, Storage::Varchar(length)),
            ("vector", Some(size)) => (ColumnType::Text, Storage::Vector(size)),
            ("enum", _) => (ColumnType::Text, Storage::Enum(texts_in(declared))),
            ("set", _) => (ColumnType::Text, Storage::Set(texts_in(declared))),
            ("uuid", _) => (ColumnType::Uuid, Storage::Native(lower.into())),
            ("timestamp", _) => (ColumnType::Timestamp, Storage::Native(lower.into())),
            ("blob" | "tinyblob" | "mediumblob", _) => (ColumnType::Bytes, Storage::Native(lower.into())),
            _ => (ColumnType::Text, Storage::Native(declared.to_owned().into())),
        }
    }

    fn generated_key(&self, column: &Column) -> &'static str {
        match column.ty {
            ColumnType::I8 => "TINYINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::I16 => "SMALLINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::I32 => "INT NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::U8 => "TINYINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::U16 => "SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::U32 => "INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
            ColumnType::U64 => "BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY",
            _ => "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        }
    }

    fn now(&self, column: &Column) -> String {
        match (column.ty, &column.storage) {
            (ColumnType::Date, _) => "(CURRENT_DATE)".to_owned(),
            (ColumnType::Time, _) => "(CURRENT_TIME(6))".to_owned(),
            (_, Storage::Fraction(0)) => "CURRENT_TIMESTAMP".to_owned(),
            (_, Storage::Fraction(digits)) => format!("CURRENT_TIMESTAMP({digits})"),
            _ => "CURRENT_TIMESTAMP(6)".to_owned(),
        }
    }
}

impl MySqlDialect {
    fn list_of(self, ty: &str, texts: &[Name]) -> String {
        let mut text = format!("{ty}(");
        for (at, one) in texts.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            quoted(one, &self, &mut text);
        }
        text.push(')');
        text
    }

    /// An index holds 3,072 bytes, and 4 of them a character: no text of any length. What is longer is
    /// refused.
    fn usual_type(self, ty: ColumnType, keyed: bool) -> &'static str {
        match ty {
            ColumnType::Text if keyed => "VARCHAR(255)",
            ColumnType::Bytes if keyed => "VARBINARY(255)",
            ColumnType::Bool => "TINYINT(1)",
            ColumnType::I8 => "TINYINT",
            ColumnType::I16 => "SMALLINT",
            ColumnType::I32 => "INT",
            ColumnType::I64 => "BIGINT",
            ColumnType::U8 => "TINYINT UNSIGNED",
            ColumnType::U16 => "SMALLINT UNSIGNED",
            ColumnType::U32 => "INT UNSIGNED",
            ColumnType::U64 => "BIGINT UNSIGNED",
            ColumnType::F32 => "FLOAT",
            ColumnType::F64 => "DOUBLE",
            // All that fits: 37 digits before the point and 28 after it.
            ColumnType::Numeric => "DECIMAL(65, 28)",
            ColumnType::Bytes => "LONGBLOB",
            ColumnType::Uuid => match self.uuids {
                Uuids::Text => "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin",
                Uuids::Binary => "BINARY(16)",
            },
            ColumnType::Date => "DATE",
            ColumnType::Time => "TIME(6)",
            // Not TIMESTAMP, which ends in 2038.
            ColumnType::DateTime | ColumnType::Timestamp => "DATETIME(6)",
            ColumnType::Json | ColumnType::Array(_) => "JSON",
            _ => "LONGTEXT",
        }
    }
}
