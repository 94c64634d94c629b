//! What tables there are, and what they are like.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use atlas_core::{
    driver::{Row, RowSink},
    error::Result,
    schema::{
        Action, Check, Column, ColumnDefault, Computed, Deferral, Entry, ForeignKey, FullTextIndex, Index,
        IndexKind, Name, Table,
    },
    value::{ColumnType, Value, ValueRef},
};
use atlas_sql::{Dialect, read_default, without_parentheses};
use sqlx::mysql::MySqlArguments;

use crate::{
    dialect::MySqlDialect,
    session::Session,
    task::{Sent, Work},
    value::bind_value,
};

/// The questions about a table, in the order in which [`table`] takes their answers.
pub(crate) const QUESTIONS: [Question; 5] =
    [Question::Table, Question::Columns, Question::Indexes, Question::ForeignKeys, Question::Checks];

/// A question to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Entries,
    Table,
    Columns,
    Indexes,
    ForeignKeys,
    Checks,
    /// Whether a lock was taken: `GET_LOCK` without waiting.
    Lock,
    Unlock,
}

impl Question {
    fn text(self, mariadb: bool) -> &'static str {
        match self {
            Self::Entries => {
                "SELECT TABLE_NAME, TABLE_TYPE = 'VIEW' FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'VIEW') ORDER BY TABLE_NAME"
            }
            Self::Table => {
                "SELECT TABLE_COMMENT, TABLE_COLLATION FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND TABLE_TYPE = 'BASE TABLE'"
            }
            Self::Columns => {
                "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_COMMENT, COLLATION_NAME, \
                 GENERATION_EXPRESSION FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION"
            }
            // MariaDB has no indexes over expressions, nor that column.
            Self::Indexes if mariadb => {
                "SELECT INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME, INDEX_TYPE, COLLATION, NULL \
                 FROM information_schema.STATISTICS \
                 WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX"
            }
            Self::Indexes => {
                "SELECT INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME, INDEX_TYPE, COLLATION, EXPRESSION \
                 FROM information_schema.STATISTICS \
                 WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX"
            }
            Self::ForeignKeys => {
                "SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, \
                 IF(k.REFERENCED_TABLE_SCHEMA = DATABASE(), NULL, k.REFERENCED_TABLE_SCHEMA), \
                 k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE \
                 FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
                 ON r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
                 WHERE k.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND k.TABLE_NAME = ? \
                 AND r.CONSTRAINT_SCHEMA = COALESCE(?, DATABASE()) AND r.TABLE_NAME = ? \
                 AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION"
            }
            Self::Checks if mariadb => {
                "SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS \
                 WHERE CONSTRAINT_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY CONSTRAINT_NAME"
            }
            Self::Checks => {
                "SELECT c.CONSTRAINT_NAME, c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c \
                 JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA \
                 AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME \
                 WHERE t.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND t.TABLE_NAME = ? ORDER BY c.CONSTRAINT_NAME"
            }
            // Names have at most 64 characters, and are of the whole server.
            Self::Lock => "SELECT GET_LOCK(CONCAT(MD5(COALESCE(DATABASE(), '')), MD5(?)), 0)",
            Self::Unlock => "SELECT RELEASE_LOCK(CONCAT(MD5(COALESCE(DATABASE(), '')), MD5(?)))",
        }
    }

    /// The question as it is sent. `about`: a table, or a lock.
    pub(crate) fn ask(self, session: &Session, about: &str) -> Result<Work> {
        let mut arguments = MySqlArguments::default();
        let mut values = match (self, about.split_once('.')) {
            (Self::Entries, _) => Vec::new(),
            (Self::Lock | Self::Unlock, _) => vec![Value::Text(about.to_owned())],
            (_, Some((schema, bare))) => vec![Value::Text(schema.to_owned()), Value::Text(bare.to_owned())],
            (_, None) => vec![Value::Null, Value::Text(about.to_owned())],
        };
        if self == Self::ForeignKeys {
            // Said of each of the two: the server would look through the tables of all its databases otherwise.
            values.extend_from_within(..);
        }
        for value in &values {
            bind_value(&mut arguments, value, &session.server)?;
        }
        Ok(Work::One(Sent { text: Arc::from(self.text(session.server.mariadb)), arguments }))
    }
}

/// Rows of texts.
#[derive(Default)]
pub(crate) struct Texts(pub(crate) Vec<Vec<Option<String>>>);

impl RowSink for Texts {
    fn row(&mut self, row: &dyn Row) -> Result<ControlFlow<()>> {
        let text = |index| {
            Ok(match row.get(index)? {
                ValueRef::Null => None,
                ValueRef::Text(text) | ValueRef::Json(text) => Some(text.to_owned()),
                ValueRef::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Bool(truth) => Some(u8::from(truth).to_string()),
                ValueRef::I64(number) => Some(number.to_string()),
                ValueRef::U64(number) => Some(number.to_string()),
                _ => Some(String::new()),
            })
        };
        self.0.push((0..row.len()).map(text).collect::<Result<_>>()?);
        Ok(ControlFlow::Continue(()))
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }
}

type Rows = Vec<Vec<Option<String>>>;

/// The answer to [`Question::Entries`].
pub(crate) fn entries(rows: Rows) -> Vec<Entry> {
    let entry = |row: Vec<Option<String>>| {
        let [name, view] = texts(row)?;
        Some(Entry { name: name.into(), view: view == "1" })
    };
    rows.into_iter().filter_map(entry).collect()
}

fn texts<const N: usize>(row: Vec<Option<String>>) -> Option<[String; N]> {
    let texts: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
    texts.try_into().ok()
}

/// A table out of the answers to [`QUESTIONS`]; `None` where there is none.
pub(crate) fn table(name: &str, answers: [Rows; 5], dialect: MySqlDialect) -> Option<Table> {
    let [of_table, columns, indexes, keys, checks] = answers;
    let [comment, collation] = texts(of_table.into_iter().next()?)?;
    let mut table = Table::new(name.to_owned());
    table.options.comment = said(&comment);
    let checks: Vec<[String; 2]> = checks.into_iter().filter_map(texts).collect();
    // MariaDB's JSON is a text with a check, which keeps its name where the column is renamed.
    let is_of_json = |column: &str, condition: &str| {
        condition.strip_prefix("json_valid(`").and_then(|rest| rest.strip_suffix("`)"))
            == Some(&*column.replace('`', "``"))
    };
    let is_json = |column: &str| checks.iter().any(|[_, own]| is_of_json(column, own));
    for row in columns {
        let has_default = row.get(3).is_some_and(Option::is_some);
        let Some(row) = texts(row) else { continue };
        table.columns.push(column(row, has_default, &collation, dialect, is_json));
    }
    read_keys(&mut table, keys);
    read_indexes(&mut table, indexes);
    for [name, condition] in &checks {
        if !table.columns.iter().any(|column| is_of_json(&column.name, condition)) {
            let expression = without_parentheses(condition).to_owned().into();
            table.checks.push(Check { name: Some(name.clone().into()), expression });
        }
    }
    Some(table)
}

fn column(
    row: [String; 8],
    has_default: bool,
    collation: &str,
    dialect: MySqlDialect,
    is_json: impl Fn(&str) -> bool,
) -> Column {
    let [name, declared, nullable, default, extra, comment, own_collation, computed] = row;
    let is_ascii = own_collation.starts_with("ascii");
    let whole = if is_ascii { format!("{declared} COLLATE {own_collation}") } else { declared };
    let (ty, storage) = dialect.read_type(&whole);
    let mut column = Column { storage, ..Column::new(name, ty) };
    if is_json(&column.name) {
        column.ty = ColumnType::Json;
    } else if column.ty == ColumnType::Text && own_collation != collation {
        column.collation = said(&own_collation);
    }
    column.nullable = nullable == "YES";
    column.comment = said(&comment);
    let extra = extra.to_lowercase();
    column.generated = extra.contains("auto_increment");
    column.touched = extra.contains("on update current_timestamp");
    if !computed.is_empty() {
        let expression = without_parentheses(&computed).to_owned().into();
        column.computed =
            Some(Computed { expression, stored: extra.contains("stored") || extra.contains("persistent") });
    } else if has_default {
        // MySQL tells a constant without its quotes, MariaDB with them.
        let bare = !dialect.mariadb && !extra.contains("default_generated");
        let default = match bare && !is_number(&column) {
            true => {
                let mut text = String::new();
                atlas_sql::quoted(&default, &dialect, &mut text);
                text
            }
            false => default,
        };
        let default = read_default(&plain(&default), column.ty);
        column.default = Some(default).filter(|default| *default != ColumnDefault::Value(Value::Null));
    }
    column
}

fn is_number(column: &Column) -> bool {
    column.ty.is_integer()
        || matches!(column.ty, ColumnType::Bool | ColumnType::F32 | ColumnType::F64 | ColumnType::Numeric)
}

/// A literal without MySQL's word for its characters, and with no more escapes than quotes.
fn plain(text: &str) -> String {
    let text = text.strip_prefix("_utf8mb4").unwrap_or(text);
    let mut own = String::with_capacity(text.len());
    let mut parts = text.chars();
    while let Some(part) = parts.next() {
        match part {
            '\\' => match parts.next() {
                Some('\'') => own.push_str("''"),
                other => own.extend(other),
            },
            part => own.push(part),
        }
    }
    own
}

fn read_keys(table: &mut Table, rows: Rows) {
    for row in rows {
        let Some([name, column, schema, other, referred, on_delete, on_update]) = texts(row) else {
            continue;
        };
        let name = Name::from(name);
        match table.foreign_keys.last_mut() {
            Some(last) if last.name.as_ref() == Some(&name) => {
                last.columns.push(column.into());
                last.references.push(referred.into());
            }
            _ => table.foreign_keys.push(ForeignKey {
                name: Some(name),
                columns: vec![column.into()],
                table: if schema.is_empty() { other } else { format!("{schema}.{other}") }.into(),
                references: vec![referred.into()],
                on_delete: action(&on_delete),
                on_update: action(&on_update),
                deferral: Deferral::Never,
            }),
        }
    }
}

fn read_indexes(table: &mut Table, rows: Rows) {
    let mut expressions: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        let Some([name, unique, column, kind, order, expression]) = texts(row) else { continue };
        if name == "PRIMARY" {
            table.primary_key.push(column.into());
            continue;
        }
        let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
        let part = if column.is_empty() { format!("({})", plain(&expression)) } else { quoted(&column) };
        let part = if order == "D" { format!("{part} DESC") } else { part };
        expressions.entry(name.clone()).or_default().push(part);
        if table.indexes.last().is_none_or(|last| last.name != name) {
            if kind == "FULLTEXT" {
                // The words of texts are no business of a plain index.
                read_words(table, &name);
                continue;
            }
            table.indexes.push(Index {
                name: name.clone().into(),
                kind: match (kind.as_str(), unique.as_str()) {
                    ("SPATIAL", _) => IndexKind::Spatial,
                    (_, "1") => IndexKind::Unique,
                    _ => IndexKind::Plain,
                },
                method: (kind == "HASH").then_some("HASH".into()),
                ..Index::default()
            });
        }
        let Some(index) = table.indexes.last_mut() else { continue };
        if column.is_empty() || order == "D" {
            index.expression = Some("".into());
        }
        index.columns.push(column.into());
    }
    for index in table.indexes.iter_mut().filter(|index| index.expression.is_some()) {
        index.columns.clear();
        index.expression = expressions.remove(&*index.name).map(|parts| parts.join(", ").into());
    }
    // One that the server made for a foreign key belongs to that.
    let keys = &table.foreign_keys;
    table.indexes.retain(|index| {
        !keys.iter().any(|key| {
            key.name.as_ref() == Some(&index.name)
                && key.columns == index.columns
                && index.kind == IndexKind::Plain
        })
    });
}

/// An index of words is over a column that nobody sees, which has its name. One that is not of Atlas's making is passed
/// over.
fn read_words(table: &mut Table, name: &str) {
    let Some(at) = table.columns.iter().position(|column| column.name == name) else { return };
    let made_of = table.columns.get(at).and_then(|column| column.computed.as_ref());
    let list = made_of.and_then(|computed| computed.expression.split_once("concat_ws("));
    let Some((_, list)) = list else { return };
    let mut columns: Vec<Name> = Vec::new();
    let mut parts = list.chars().peekable();
    while let Some(part) = parts.next() {
        match part {
            '`' => {
                let mut own = String::new();
                while let Some(part) = parts.next() {
                    if part != '`' {
                        own.push(part);
                    } else if parts.next_if_eq(&'`').is_some() {
                        own.push('`');
                    } else {
                        break;
                    }
                }
                columns.push(own.into());
            }
            ')' => break,
            _ => {}
        }
    }
    table.columns.remove(at);
    table.full_text.push(FullTextIndex { name: name.to_owned().into(), columns, language: "simple".into() });
}

fn action(rule: &str) -> Action {
    match rule {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        // To refuse is what it does in both cases.
        _ => Action::NoAction,
    }
}

fn said(text: &str) -> Option<Name> {
    (!text.is_empty()).then(|| text.to_owned().into())
}
