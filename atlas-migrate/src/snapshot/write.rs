//! A schema as JSON. By hand: what belongs together stands in one line, and in an order that does not change.

use atlas_core::{
    schema::{
        Action, Check, Column, ColumnDefault, Deferral, ForeignKey, FullTextIndex, Index, IndexKind, Name,
        Storage, Table,
    },
    types::serde_json,
    value::{ColumnType, ItemType, Value},
};

/// The version of the form.
pub(super) const VERSION: u64 = 1;

pub(super) fn tables(tables: &[Table]) -> String {
    let tables: Vec<String> = tables.iter().map(table).collect();
    let tables = match tables.is_empty() {
        true => "[]".to_owned(),
        false => format!("[\n{}\n  ]", tables.join(",\n")),
    };
    format!("{{\n  \"version\": {VERSION},\n  \"tables\": {tables}\n}}\n")
}

fn table(table: &Table) -> String {
    let mut parts = vec![format!("      \"name\": {}", quoted(&table.name))];
    let mut list = |key: &str, items: Vec<String>| {
        if !items.is_empty() {
            let items: Vec<String> = items.iter().map(|item| format!("        {item}")).collect();
            parts.push(format!("      \"{key}\": [\n{}\n      ]", items.join(",\n")));
        }
    };
    list("columns", table.columns.iter().map(column).collect());
    if !table.primary_key.is_empty() {
        list("primary_key", table.primary_key.iter().map(|name| quoted(name)).collect());
    }
    list("indexes", table.indexes.iter().map(index).collect());
    list("full_text", table.full_text.iter().map(full_text).collect());
    list("foreign_keys", table.foreign_keys.iter().map(foreign_key).collect());
    list("checks", table.checks.iter().map(check).collect());
    let options = &table.options;
    for (key, said) in
        [("comment", &options.comment), ("engine", &options.engine), ("collation", &options.collation)]
    {
        if let Some(said) = said {
            parts.push(format!("      \"{key}\": {}", quoted(said)));
        }
    }
    format!("    {{\n{}\n    }}", parts.join(",\n"))
}

/// An object in one line.
#[derive(Default)]
struct Line(Vec<String>);

impl Line {
    fn with(mut self, key: &str, value: String) -> Self {
        self.0.push(format!("\"{key}\":{value}"));
        self
    }

    fn text(self, key: &str, value: &str) -> Self {
        self.with(key, quoted(value))
    }

    fn said(self, key: &str, value: Option<&Name>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    fn mark(self, key: &str, is: bool) -> Self {
        if is { self.with(key, "true".to_owned()) } else { self }
    }

    fn names(self, key: &str, names: &[Name]) -> Self {
        if names.is_empty() { self } else { self.with(key, list(names)) }
    }

    fn end(self) -> String {
        format!("{{{}}}", self.0.join(","))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(","))
}

fn column(column: &Column) -> String {
    let mut line = Line::default().text("name", &column.name).text("type", &type_name(column.ty));
    if let Some(storage) = storage(&column.storage) {
        line = line.with("storage", storage);
    }
    line = line.mark("nullable", column.nullable).mark("generated", column.generated);
    if let Some(start) = column.starts_at {
        line = line.with("starts_at", start.to_string());
    }
    if let Some(default) = &column.default {
        line = line.with("default", self::default(default));
    }
    line = line.mark("touched", column.touched);
    if let Some(computed) = &column.computed {
        let key = if computed.stored { "stored_as" } else { "virtual_as" };
        line = line.text(key, &computed.expression);
    }
    line.said("collation", column.collation.as_ref()).said("comment", column.comment.as_ref()).end()
}

/// The name of a type; an array's ends in `[]`.
pub(crate) fn type_name(ty: ColumnType) -> String {
    let item = |item| {
        let of = match item {
            ItemType::Bool => ColumnType::Bool,
            ItemType::I16 => ColumnType::I16,
            ItemType::I32 => ColumnType::I32,
            ItemType::I64 => ColumnType::I64,
            ItemType::F64 => ColumnType::F64,
            _ => ColumnType::Text,
        };
        format!("{}[]", type_name(of))
    };
    match ty {
        ColumnType::Bool => "bool",
        ColumnType::I8 => "i8",
        ColumnType::I16 => "i16",
        ColumnType::I32 => "i32",
        ColumnType::I64 => "i64",
        ColumnType::U8 => "u8",
        ColumnType::U16 => "u16",
        ColumnType::U32 => "u32",
        ColumnType::U64 => "u64",
        ColumnType::F32 => "f32",
        ColumnType::F64 => "f64",
        ColumnType::Numeric => "numeric",
        ColumnType::Text => "text",
        ColumnType::Bytes => "bytes",
        ColumnType::Uuid => "uuid",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::DateTime => "date_time",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Json => "json",
        ColumnType::Array(of) => return item(of),
        other => return format!("{other:?}").to_lowercase(),
    }
    .to_owned()
}

/// A word, and what stands with it.
pub(crate) fn storage(storage: &Storage) -> Option<String> {
    let word = |word: &str| format!("[{}]", quoted(word));
    let number = |word: &str, number: u32| format!("[{},{number}]", quoted(word));
    let texts = |word: &str, texts: &[Name]| format!("[{},{}]", quoted(word), list(texts));
    Some(match storage {
        Storage::Usual => return None,
        Storage::Char(length) => number("char", *length),
        Storage::Varchar(length) => number("varchar", *length),
        Storage::TinyText => word("tiny_text"),
        Storage::MediumText => word("medium_text"),
        Storage::MediumInt => word("medium_int"),
        Storage::Decimal(digits, scale) => format!("[\"decimal\",{digits},{scale}]"),
        Storage::Fraction(digits) => number("fraction", (*digits).into()),
        Storage::Binary(length) => number("binary", *length),
        Storage::Varbinary(length) => number("varbinary", *length),
        Storage::Year => word("year"),
        Storage::Enum(all) => texts("enum", all),
        Storage::Set(all) => texts("set", all),
        Storage::JsonText => word("json_text"),
        Storage::IpAddress => word("ip_address"),
        Storage::MacAddress => word("mac_address"),
        Storage::Vector(size) => number("vector", *size),
        Storage::TsVector => word("ts_vector"),
        Storage::Native(own) => format!("[\"native\",{}]", quoted(own)),
        // What a later version knows is its usual type in this one.
        _ => return None,
    })
}

fn default(default: &ColumnDefault) -> String {
    let pair = |word: &str, value: String| format!("[{},{value}]", quoted(word));
    match default {
        ColumnDefault::Now => "[\"now\"]".to_owned(),
        ColumnDefault::Expression(own) => pair("expression", quoted(own)),
        ColumnDefault::Value(value) => match value {
            Value::Bool(truth) => pair("bool", truth.to_string()),
            Value::I64(number) => pair("integer", number.to_string()),
            Value::U64(number) => pair("integer", number.to_string()),
            Value::F64(number) => pair("float", quoted(&format!("{number:?}"))),
            Value::Numeric(number) => pair("numeric", quoted(&number.to_string())),
            Value::Text(own) => pair("text", quoted(own)),
            Value::Bytes(own) => pair("bytes", quoted(&hex(own))),
            Value::Uuid(own) => pair("uuid", quoted(&hex(own))),
            Value::Date(date) => pair("date", quoted(&date.to_string())),
            Value::Time(time) => pair("time", quoted(&time.to_string())),
            Value::DateTime(moment) => pair("date_time", quoted(&moment.to_string())),
            Value::Timestamp(moment) => pair("timestamp", quoted(&moment.to_string())),
            Value::Json(own) => pair("json", quoted(own)),
            _ => "[\"null\"]".to_owned(),
        },
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn index(index: &Index) -> String {
    let kind = match index.kind {
        IndexKind::Unique => Some("unique"),
        IndexKind::Spatial => Some("spatial"),
        _ => None,
    };
    let mut line = Line::default().text("name", &index.name).names("columns", &index.columns);
    line = line.said("expression", index.expression.as_ref());
    if let Some(kind) = kind {
        line = line.text("kind", kind);
    }
    line.said("filter", index.filter.as_ref())
        .said("where_null", index.where_null.as_ref())
        .said("method", index.method.as_ref())
        .mark("nulls_not_distinct", index.nulls_not_distinct)
        .end()
}

fn full_text(index: &FullTextIndex) -> String {
    let line = Line::default().text("name", &index.name).names("columns", &index.columns);
    line.text("language", &index.language).end()
}

fn foreign_key(key: &ForeignKey) -> String {
    let line = Line::default().said("name", key.name.as_ref()).names("columns", &key.columns);
    let mut line = line.text("table", &key.table).names("references", &key.references);
    for (at, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if let Some(word) = action_name(action) {
            line = line.text(at, word);
        }
    }
    match key.deferral {
        Deferral::Never => line,
        Deferral::Possible => line.text("deferral", "possible"),
        Deferral::Always => line.text("deferral", "always"),
    }
    .end()
}

pub(super) fn action_name(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::NoAction => return None,
        Action::Restrict => "restrict",
        Action::Cascade => "cascade",
        Action::SetNull => "set_null",
        Action::SetDefault => "set_default",
    })
}

fn check(check: &Check) -> String {
    Line::default().said("name", check.name.as_ref()).text("expression", &check.expression).end()
}
