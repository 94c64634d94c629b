use atlas_core::{
    schema::{Column, Truncate},
    statement::{FullTextTerm, Function, HintKind, JsonQuestion, JsonStep, Lock, LockStrength, LockWait},
    value::{ColumnType, Value},
};
use atlas_sql::{Conflicts, Dialect, FullTextIndexes, common_lock};

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

    fn has_lateral(&self) -> bool {
        !self.mariadb
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

    fn column_type(&self, column: &Column) -> &'static str {
        match column.ty {
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

    /// An index holds 3,072 bytes, and 4 of them a character: no text of any length. What is longer is
    /// refused.
    fn indexed_column_type(&self, column: &Column) -> &'static str {
        match column.ty {
            ColumnType::Text => "VARCHAR(255)",
            ColumnType::Bytes => "VARBINARY(255)",
            _ => self.column_type(column),
        }
    }

    fn indexes_in_table(&self) -> bool {
        true
    }

    fn default_in_parentheses(&self) -> bool {
        true
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

    fn table_options(&self) -> &'static str {
        if self.mariadb {
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
        } else {
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin"
        }
    }
}
