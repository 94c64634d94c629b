//! The text of a table, which is all that SQLite keeps of it, taken apart.

use atlas_core::{
    schema::{
        Action, Check, Column, Computed, Deferral, ForeignKey, Index, IndexKind, Name, Table, default_name,
    },
    value::ColumnType,
};
use atlas_sql::{read_default, takes_guard, without_parentheses};

use crate::words::{Cursor, Word};

/// A table's text: what stands between its parentheses, and behind them.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) parts: Vec<Part>,
    /// What stands behind the last parenthesis.
    pub(crate) tail: String,
}

/// A column, or a constraint of the table's.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Column(DeclaredColumn),
    Constraint(Constraint),
}

/// A column: its name and type as they were written, and what stands after them.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredColumn {
    pub(crate) name: String,
    /// Its name and type.
    pub(crate) head: String,
    pub(crate) ty: String,
    pub(crate) constraints: Vec<Constraint>,
}

/// A constraint, and how it was written.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) name: Option<String>,
    pub(crate) rule: Rule,
    pub(crate) text: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Rule {
    PrimaryKey { columns: Vec<String>, counts: bool },
    Unique(Vec<String>),
    Check(String),
    ForeignKey(ForeignKey),
    NotNull,
    Null,
    Default(String),
    Collate(String),
    Computed(Computed),
}

impl Declared {
    /// Takes a table's text apart. `None` for a text that is not one of a table with columns.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = Cursor::new(text);
        if !words.takes("create") {
            return None;
        }
        let _ = words.takes("temp") || words.takes("temporary");
        if !words.takes("table") {
            return None;
        }
        while !words.is_at('(') {
            words.next()?;
        }
        let inside = words.parenthesized()?;
        let tail = words.rest().trim().to_owned();
        let mut parts = Vec::new();
        for item in inside.split(',') {
            parts.push(part(item)?);
        }
        Some(Self { parts, tail })
    }

    /// The text of the table under another name.
    pub(crate) fn text(&self, quoted_name: &str) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::text).collect();
        let space = if self.tail.is_empty() { "" } else { " " };
        format!("CREATE TABLE {quoted_name} ({}){space}{}", parts.join(", "), self.tail)
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &DeclaredColumn> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(column) => Some(column),
            Part::Constraint(_) => None,
        })
    }

    /// All constraints, with the column at which each stands.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = (Option<&DeclaredColumn>, &Constraint)> {
        self.parts.iter().flat_map(|part| match part {
            Part::Column(column) => {
                column.constraints.iter().map(|own| (Some(column), own)).collect::<Vec<_>>()
            }
            Part::Constraint(own) => vec![(None, own)],
        })
    }

    /// The table, without its indexes.
    pub(crate) fn table(&self, name: &str) -> Table {
        let mut table = Table::new(name.to_owned());
        let bare = name.split_once('.').map_or(name, |(_, bare)| bare);
        for column in self.columns() {
            table.columns.push(column.column());
        }
        for (at, constraint) in self.constraints() {
            let of = |columns: &[String]| -> Vec<Name> {
                match at {
                    Some(column) => vec![column.name.clone().into()],
                    None => columns.iter().map(|name| name.clone().into()).collect(),
                }
            };
            match &constraint.rule {
                Rule::PrimaryKey { columns, .. } => table.primary_key = of(columns),
                Rule::Unique(columns) => {
                    let mut index = Index::new(bare, of(columns), IndexKind::Unique);
                    if let Some(name) = &constraint.name {
                        index.name = name.clone().into();
                    }
                    table.indexes.push(index);
                }
                Rule::ForeignKey(key) => {
                    let columns = of(&names_of(&key.columns));
                    let name = constraint.name.clone().map(Name::from);
                    let name = name.unwrap_or_else(|| default_name(bare, &columns, "foreign"));
                    table.foreign_keys.push(ForeignKey { name: Some(name), columns, ..key.clone() });
                }
                Rule::Check(expression) if !self.is_guard(at, constraint) => {
                    table.checks.push(Check {
                        name: constraint.name.clone().map(Name::from),
                        expression: expression.clone().into(),
                    });
                }
                _ => {}
            }
        }
        for column in &mut table.columns {
            let is_key = matches!(table.primary_key.as_slice(), [only] if *only == column.name);
            column.generated = is_key && self.counts(&column.name);
            if table.primary_key.contains(&column.name) && is_key && column.ty.is_integer() {
                column.nullable = false;
            }
        }
        table
    }

    fn counts(&self, name: &str) -> bool {
        self.constraints().any(|(at, own)| match &own.rule {
            Rule::PrimaryKey { counts, .. } => *counts && at.is_some_and(|column| column.name == name),
            _ => false,
        })
    }

    fn is_guard(&self, at: Option<&DeclaredColumn>, constraint: &Constraint) -> bool {
        match (at, &constraint.rule, &constraint.name) {
            (Some(column), Rule::Check(condition), None) => takes_guard(&mut column.bare(), condition),
            _ => false,
        }
    }
}

fn names_of(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

impl Part {
    fn text(&self) -> String {
        match self {
            Self::Column(column) => column.text(),
            Self::Constraint(own) => own.text.clone(),
        }
    }
}

impl DeclaredColumn {
    /// A column as it is declared by itself.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match part(Cursor::new(text))? {
            Part::Column(column) => Some(column),
            Part::Constraint(_) => None,
        }
    }

    fn text(&self) -> String {
        let mut text = self.head.clone();
        for own in &self.constraints {
            text.push(' ');
            text.push_str(&own.text);
        }
        text
    }

    /// The column by its name and type alone.
    fn bare(&self) -> Column {
        Column::new(self.name.clone(), type_of(&self.ty))
    }

    /// The column.
    fn column(&self) -> Column {
        let mut column = self.bare();
        column.nullable = true;
        // Before the default, which is read by the type.
        for own in &self.constraints {
            if let (Rule::Check(condition), None) = (&own.rule, &own.name) {
                takes_guard(&mut column, condition);
            }
        }
        for own in &self.constraints {
            match &own.rule {
                Rule::NotNull => column.nullable = false,
                Rule::Default(text) => column.default = Some(read_default(text, column.ty)),
                Rule::Collate(name) => column.collation = Some(name.clone().into()),
                Rule::Computed(computed) => column.computed = Some(computed.clone()),
                _ => {}
            }
        }
        column
    }
}

/// What a column of a declared type stores, by SQLite's own rules of affinity.
pub(crate) fn type_of(declared: &str) -> ColumnType {
    let ty = declared.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| ty.contains(word));
    if has(&["bool"]) {
        ColumnType::Bool
    } else if has(&["int"]) {
        ColumnType::I64
    } else if has(&["json"]) {
        ColumnType::Json
    } else if has(&["char", "clob", "text"]) {
        ColumnType::Text
    } else if has(&["blob"]) || ty.is_empty() {
        ColumnType::Bytes
    } else if has(&["real", "floa", "doub"]) {
        ColumnType::F64
    } else if has(&["datetime", "timestamp"]) {
        ColumnType::DateTime
    } else if has(&["date"]) {
        ColumnType::Date
    } else if has(&["time"]) {
        ColumnType::Time
    } else if has(&["numeric", "decimal"]) {
        ColumnType::Numeric
    } else {
        ColumnType::Text
    }
}

/// Words that begin a constraint of a column.
const CONSTRAINTS: [&str; 11] = [
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
];

fn part(mut words: Cursor<'_>) -> Option<Part> {
    let starts = ["constraint", "primary", "unique", "check", "foreign"];
    if starts.iter().any(|word| words.looks_at(word)) {
        return constraint(&mut words).map(Part::Constraint);
    }
    let start = words.position();
    let name = words.name()?;
    let ty_from = words.position();
    while !words.is_done() && !CONSTRAINTS.iter().any(|word| words.looks_at(word)) {
        if words.is_at('(') {
            words.parenthesized()?;
        } else {
            words.next()?;
        }
    }
    let head = words.text_from(start);
    let ty = words.text_from(ty_from);
    let mut constraints = Vec::new();
    while !words.is_done() {
        constraints.push(constraint(&mut words)?);
    }
    Some(Part::Column(DeclaredColumn { name, head, ty, constraints }))
}

fn constraint(words: &mut Cursor<'_>) -> Option<Constraint> {
    let start = words.position();
    let name = if words.takes("constraint") { Some(words.name()?) } else { None };
    let rule = rule(words)?;
    Some(Constraint { name, rule, text: words.text_from(start) })
}

fn rule(words: &mut Cursor<'_>) -> Option<Rule> {
    if words.takes("primary") {
        words.takes("key");
        let columns = if words.is_at('(') { indexed(words)? } else { Vec::new() };
        let _ = words.takes("asc") || words.takes("desc");
        on_conflict(words)?;
        let counts = words.takes("autoincrement");
        return Some(Rule::PrimaryKey { columns, counts });
    }
    if words.takes("unique") {
        let columns = if words.is_at('(') { indexed(words)? } else { Vec::new() };
        on_conflict(words)?;
        return Some(Rule::Unique(columns));
    }
    if words.takes("not") {
        words.takes("null");
        on_conflict(words)?;
        return Some(Rule::NotNull);
    }
    if words.takes("null") {
        on_conflict(words)?;
        return Some(Rule::Null);
    }
    if words.takes("check") {
        let condition = words.parenthesized()?.text().trim().to_owned();
        on_conflict(words)?;
        return Some(Rule::Check(condition));
    }
    if words.takes("default") {
        let start = words.position();
        if words.is_at('(') {
            words.parenthesized()?;
        } else {
            let _ = words.takes_symbol('-') || words.takes_symbol('+');
            let literal = words.next()?;
            // `X'..'` is two words.
            if matches!(literal, Word::Bare(own) if own.eq_ignore_ascii_case("x")) && words.is_text() {
                words.next()?;
            }
        }
        return Some(Rule::Default(words.text_from(start)));
    }
    if words.takes("collate") {
        return words.name().map(Rule::Collate);
    }
    if words.takes("references") {
        return references(words, Vec::new()).map(Rule::ForeignKey);
    }
    if words.takes("foreign") {
        words.takes("key");
        let columns = indexed(words)?;
        words.takes("references");
        return references(words, columns).map(Rule::ForeignKey);
    }
    let _ = words.takes("generated") && words.takes("always");
    if words.takes("as") {
        let expression = words.parenthesized()?.text().trim().to_owned().into();
        let stored = words.takes("stored");
        if !stored {
            words.takes("virtual");
        }
        return Some(Rule::Computed(Computed { expression, stored }));
    }
    None
}

fn on_conflict(words: &mut Cursor<'_>) -> Option<()> {
    if words.looks_at("on") && words.takes("on") {
        words.takes("conflict");
        words.next()?;
    }
    Some(())
}

/// Names in parentheses, each with what may stand after it.
fn indexed(words: &mut Cursor<'_>) -> Option<Vec<String>> {
    words.parenthesized()?.split(',').into_iter().map(|mut item| item.name()).collect()
}

fn references(words: &mut Cursor<'_>, columns: Vec<String>) -> Option<ForeignKey> {
    let of = |names: Vec<String>| names.into_iter().map(Name::from).collect();
    let mut key = ForeignKey { columns: of(columns), table: words.name()?.into(), ..ForeignKey::default() };
    if words.is_at('(') {
        key.references = of(indexed(words)?);
    }
    loop {
        if words.takes("on") {
            let deletes = words.takes("delete");
            if !deletes {
                words.takes("update");
            }
            let action = action(words)?;
            *(if deletes { &mut key.on_delete } else { &mut key.on_update }) = action;
        } else if words.takes("match") {
            words.next()?;
        } else if words.looks_at_both("not", "deferrable") {
            words.next()?;
            words.next()?;
            if words.takes("initially") {
                words.next()?;
            }
        } else if words.takes("deferrable") {
            key.deferral = Deferral::Possible;
            if words.takes("initially") {
                if words.looks_at("deferred") {
                    key.deferral = Deferral::Always;
                }
                words.next()?;
            }
        } else {
            return Some(key);
        }
    }
}

fn action(words: &mut Cursor<'_>) -> Option<Action> {
    if words.takes("set") {
        return Some(if words.takes("null") {
            Action::SetNull
        } else {
            words.takes("default");
            Action::SetDefault
        });
    }
    if words.takes("cascade") {
        return Some(Action::Cascade);
    }
    if words.takes("restrict") {
        return Some(Action::Restrict);
    }
    words.takes("no");
    words.takes("action");
    Some(Action::NoAction)
}

/// An index out of its text.
pub(crate) fn index(text: &str) -> Option<Index> {
    let mut words = Cursor::new(text);
    words.takes("create");
    let kind = if words.takes("unique") { IndexKind::Unique } else { IndexKind::Plain };
    words.takes("index");
    if words.takes("if") {
        words.takes("not");
        words.takes("exists");
    }
    let mut name = words.name()?;
    if words.takes_symbol('.') {
        name = words.name()?;
    }
    words.takes("on");
    words.name()?;
    let inside = words.parenthesized()?;
    let filter = words.takes("where").then(|| without_parentheses(words.rest().trim()).to_owned().into());
    let columns: Option<Vec<Name>> = inside
        .clone()
        .split(',')
        .into_iter()
        .map(|mut item| {
            let name = item.name()?;
            item.is_done().then(|| name.into())
        })
        .collect();
    let expression = columns.is_none().then(|| inside.text().trim().to_owned().into());
    Some(Index {
        name: name.into(),
        columns: columns.unwrap_or_default(),
        expression,
        kind,
        filter,
        ..Index::default()
    })
}

/// Whether a text mentions a column.
pub(crate) fn mentions(text: &str, column: &str) -> bool {
    let mut words = Cursor::new(text);
    while let Some(word) = words.next() {
        let own = match word {
            Word::Bare(own) => own.to_owned(),
            Word::Quoted(own) => own,
            _ => continue,
        };
        if own.eq_ignore_ascii_case(column) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use atlas_core::{
        schema::{Action, ColumnDefault, Deferral},
        value::{ColumnType, Value},
    };

    use super::{Declared, index};

    #[test]
    fn tables_of_any_hand_are_understood() {
        let text = r#"CREATE TABLE IF NOT EXISTS main."a(b" ( -- the key, of course
            id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
            [two words] VARCHAR(20) COLLATE NOCASE DEFAULT 'it''s, (ok' /* , */ CONSTRAINT "named" UNIQUE ON CONFLICT IGNORE,
            price DECIMAL(10, 2) NOT NULL DEFAULT -1.5 CHECK (price > 0),
            age INTEGER NOT NULL CHECK (0 <= "age" AND "age" <= 255),
            total AS (price * 2) STORED,
            owner REFERENCES users ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
            raw BLOB DEFAULT X'00ff',
            CONSTRAINT pair UNIQUE (price, "age"),
            FOREIGN KEY (price, age) REFERENCES other(a, b) ON UPDATE CASCADE NOT DEFERRABLE,
            CHECK (age <> price)
        ) STRICT, WITHOUT ROWID"#;
        let declared = Declared::parse(text).unwrap();
        assert_eq!(declared.tail, "STRICT, WITHOUT ROWID");
        let table = declared.table("t");
        let names: Vec<_> = table.columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "two words", "price", "age", "total", "owner", "raw"]);
        assert_eq!(table.primary_key, ["id"]);
        assert!(table.columns[0].generated && !table.columns[0].nullable);
        assert_eq!(table.columns[1].collation.as_deref(), Some("NOCASE"));
        let default = |at: usize| table.columns[at].default.clone().unwrap();
        assert_eq!(default(1), ColumnDefault::Value(Value::Text("it's, (ok".into())));
        assert_eq!(default(2), ColumnDefault::Value(Value::Numeric("-1.5".parse().unwrap())));
        assert_eq!(default(6), ColumnDefault::Value(Value::Bytes(vec![0, 255])));
        assert_eq!(table.columns[3].ty, ColumnType::U8);
        assert!(table.columns[4].computed.as_ref().unwrap().stored);
        let unique: Vec<_> = table.indexes.iter().map(|index| (&*index.name, index.columns.len())).collect();
        assert_eq!(unique, [("named", 1), ("pair", 2)]);
        let [owner, other] = table.foreign_keys.as_slice() else { panic!("{table:?}") };
        assert_eq!((owner.on_delete, owner.deferral), (Action::SetNull, Deferral::Always));
        assert_eq!((&*other.table, other.references.len(), other.on_update), ("other", 2, Action::Cascade));
        let checks: Vec<_> = table.checks.iter().map(|check| &*check.expression).collect();
        assert_eq!(checks, ["price > 0", "age <> price"]);
        // What is written again says the same.
        let again = Declared::parse(&declared.text("\"t\"")).unwrap();
        assert_eq!(again.table("t"), table);
        assert!(Declared::parse("CREATE VIRTUAL TABLE t USING fts5(a)").is_none());
    }

    #[test]
    fn indexes_are_understood() {
        let plain = index(r#"CREATE UNIQUE INDEX "main"."i" ON "t" ("a", b)"#).unwrap();
        assert_eq!((&*plain.name, plain.columns.as_slice()), ("i", &["a".into(), "b".into()][..]));
        assert!(plain.unique());
        let other =
            index("create index if not exists i on t (lower(a), b desc) where (a is not null)").unwrap();
        assert_eq!(other.expression.as_deref(), Some("lower(a), b desc"));
        assert_eq!(other.filter.as_deref(), Some("a is not null"));
    }
}
