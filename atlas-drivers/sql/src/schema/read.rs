//! What a database says of its schema, read back.

use atlas_core::{
    schema::{Action, Column, ColumnDefault, Name, Storage, Table, TableOptions, default_name},
    value::{ColumnType, Date, Moment, Time, Value},
};

use super::{
    Altering, Comments,
    column::{default, is_counted_key},
    quote,
};
use crate::{Dialect, FullTextIndexes};

/// The default of a column, out of how the database tells it.
pub fn read_default(text: &str, ty: ColumnType) -> ColumnDefault {
    let bare = without_casts(without_parentheses(text.trim()));
    if is_now(bare) {
        return ColumnDefault::Now;
    }
    match read_literal(bare, ty) {
        Some(value) => ColumnDefault::Value(value),
        None => ColumnDefault::Expression(without_parentheses(text.trim()).to_owned().into()),
    }
}

fn is_now(text: &str) -> bool {
    let text: String = text.to_lowercase().split_whitespace().collect();
    ["current_timestamp", "current_date", "current_time", "now()", "curdate()", "curtime(", "localtimestamp"]
        .iter()
        .any(|now| text.trim_start_matches('(').starts_with(now))
        || (text.starts_with("strftime('%") && text.ends_with(":%f','now')"))
}

fn read_literal(text: &str, ty: ColumnType) -> Option<Value> {
    if text.eq_ignore_ascii_case("null") {
        return Some(Value::Null);
    }
    if let Some(truth) = ["false", "true"].iter().position(|word| text.eq_ignore_ascii_case(word)) {
        return Some(if ty.is_integer() {
            Value::I64(i64::from(truth == 1))
        } else {
            Value::Bool(truth == 1)
        });
    }
    if let Some(digits) = text.strip_prefix(['x', 'X']).and_then(unquoted) {
        return bytes(&digits).map(Value::Bytes);
    }
    match unquoted(text) {
        Some(own) => of_text(own, ty),
        None => of_number(text, ty),
    }
}

fn of_number(text: &str, ty: ColumnType) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    match ty {
        ColumnType::Bool => Some(Value::Bool(text.parse::<i64>().ok()? != 0)),
        ColumnType::F32 | ColumnType::F64 => text.parse().ok().map(Value::F64),
        // With no more digits than it needs: databases write as many as the column has.
        ColumnType::Numeric => {
            let short =
                if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
            short.parse().ok().map(Value::Numeric)
        }
        _ => match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(number), _) => Some(Value::I64(number)),
            (_, Ok(number)) => Some(Value::U64(number)),
            _ => text.parse().ok().map(Value::F64),
        },
    }
}

fn of_text(own: String, ty: ColumnType) -> Option<Value> {
    Some(match ty {
        ColumnType::Uuid => {
            let digits: String = own.chars().filter(|part| *part != '-').collect();
            Value::Uuid(u128::from_str_radix(&digits, 16).ok()?.to_be_bytes())
        }
        ColumnType::Date => Value::Date(Date::parse(&own)?),
        ColumnType::Time => Value::Time(Time::parse(&own)?),
        ColumnType::DateTime => Value::DateTime(Moment::parse(&own)?),
        ColumnType::Timestamp => Value::Timestamp(Moment::parse(own.strip_suffix("+00").unwrap_or(&own))?),
        ColumnType::Json => Value::Json(own),
        ColumnType::Bytes => Value::Bytes(match own.strip_prefix("\\x") {
            Some(digits) => bytes(digits)?,
            None => own.into_bytes(),
        }),
        ColumnType::Text => Value::Text(own),
        _ => of_number(&own, ty)?,
    })
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
    nibbles?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

/// The text in quotes, where all of it is one literal.
fn unquoted(text: &str) -> Option<String> {
    let (text, escapes) = match text.strip_prefix(['E', 'e']) {
        Some(rest) if rest.starts_with('\'') => (rest, true),
        _ => (text, false),
    };
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut own = String::with_capacity(inner.len());
    let mut parts = inner.chars();
    while let Some(part) = parts.next() {
        match part {
            '\'' if parts.next() != Some('\'') => return None,
            '\\' if escapes => own.extend(parts.next()),
            part => own.push(part),
        }
    }
    Some(own)
}

/// Without the parentheses around all of it.
pub fn without_parentheses(text: &str) -> &str {
    let mut text = text;
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !is_balanced(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

fn is_balanced(text: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    for part in text.chars() {
        match (quote, part) {
            (Some(open), part) if part == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(part),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && quote.is_none()
}

/// Without PostgreSQL's `::type` at the end.
fn without_casts(text: &str) -> &str {
    let mut text = text;
    while let Some(at) = text.rfind("::") {
        let (own, ty) = text.split_at(at);
        let of_type = |part: char| part.is_alphanumeric() || " :_()[],\".".contains(part);
        if !ty.chars().all(of_type) || !is_balanced(own) {
            break;
        }
        text = without_parentheses(own.trim());
    }
    text
}

/// The texts in quotes of a condition, in order: those of an enum.
pub fn texts_in(condition: &str) -> Vec<Name> {
    let mut texts = Vec::new();
    let mut rest = condition;
    while let Some(start) = rest.find('\'') {
        let after = rest.get(start + 1..).unwrap_or_default();
        let mut own = String::new();
        let mut parts = after.char_indices().peekable();
        let mut end = after.len();
        while let Some((at, part)) = parts.next() {
            if part != '\'' {
                own.push(part);
            } else if parts.peek().is_some_and(|(_, next)| *next == '\'') {
                own.push('\'');
                parts.next();
            } else {
                end = at + 1;
                break;
            }
        }
        texts.push(own.into());
        rest = after.get(end..).unwrap_or_default();
    }
    texts
}

/// The whole numbers of a condition, in order: those of a range. Names in it are passed over.
pub fn numbers_in(condition: &str) -> Vec<i128> {
    let mut numbers = Vec::new();
    let mut parts = condition.chars().peekable();
    let mut minus = false;
    while let Some(part) = parts.next() {
        if matches!(part, '"' | '`') {
            for inside in parts.by_ref() {
                if inside == part {
                    break;
                }
            }
        } else if part.is_ascii_digit() {
            let mut number = part.to_digit(10).map_or(0, i128::from);
            while let Some(digit) = parts.peek().and_then(|next| next.to_digit(10)) {
                number = number.saturating_mul(10).saturating_add(digit.into());
                parts.next();
            }
            numbers.push(if minus { -number } else { number });
        } else if part.is_alphabetic() || part == '_' {
            while parts.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_') {
                parts.next();
            }
        }
        minus = part == '-';
    }
    numbers
}

/// The type of an integer column that a condition holds to a range.
pub fn type_of_range(numbers: &[i128]) -> Option<ColumnType> {
    Some(match *numbers {
        [-128, 127] => ColumnType::I8,
        [-32_768, 32_767] => ColumnType::I16,
        [-2_147_483_648, 2_147_483_647] => ColumnType::I32,
        [0, 255] => ColumnType::U8,
        [0, 65_535] => ColumnType::U16,
        [0, 4_294_967_295] => ColumnType::U32,
        [0] | [0, 18_446_744_073_709_551_615] => ColumnType::U64,
        _ => return None,
    })
}

/// Takes a condition that says what the column's type says into the type; `false` where it says something else.
pub fn takes_guard(column: &mut Column, condition: &str) -> bool {
    let lower = condition.to_lowercase();
    let texts = texts_in(condition);
    let is_list = lower.contains(" in (") || lower.contains("= any");
    if column.ty == ColumnType::Text
        && !texts.is_empty()
        && is_list
        && !lower.contains(" or ")
        && !lower.contains(" and ")
    {
        column.storage = Storage::Enum(texts);
        return true;
    }
    let compares = lower.contains("<=") || lower.contains(">=") || lower.contains("between");
    if !(column.ty.is_integer() || column.ty == ColumnType::Numeric) || !compares || lower.contains(" or ") {
        return false;
    }
    match type_of_range(&numbers_in(condition)) {
        Some(ty) => {
            column.ty = ty;
            column.storage = Storage::Usual;
            true
        }
        None => false,
    }
}

/// A table as it would be read back: where a database stores several types alike, they become one.
pub fn normalize(table: &Table, dialect: &dyn Dialect) -> Table {
    let differ = dialect.schema();
    let mut normal = table.clone();
    for column in &mut normal.columns {
        normalize_column(table, column, dialect);
        if differ.comments == Comments::Nowhere {
            column.comment = None;
        }
        if differ.altering != Altering::Pieces || column.starts_at == Some(1) {
            column.starts_at = None;
        }
    }
    for index in &mut normal.indexes {
        index.concurrently = false;
        if !differ.index_methods
            || index.method.as_deref().is_some_and(|own| own.eq_ignore_ascii_case("btree"))
        {
            index.method = None;
        }
        if let Some(column) = index.where_null.take() {
            // PostgreSQL writes names without quotes where it can, SQLite keeps the text that made the index.
            let plain = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
            let bare = differ.altering == Altering::Pieces && column.chars().all(plain);
            let column = if bare { column.to_string() } else { quote(&column, dialect) };
            index.filter = Some(format!("{column} IS NULL").into());
        }
        index.filter = index.filter.take().map(|own| without_parentheses(own.trim()).to_owned().into());
    }
    normal.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    let bare = table.name.split_once('.').map_or(&*table.name, |(_, bare)| bare);
    for key in &mut normal.foreign_keys {
        if key.name.is_none() {
            key.name = Some(default_name(bare, &key.columns, "foreign"));
        }
        // InnoDB and the standard mean the same by both, where nothing waits.
        if differ.altering == Altering::Modify && key.on_delete == Action::Restrict {
            key.on_delete = Action::NoAction;
        }
        if differ.altering == Altering::Modify && key.on_update == Action::Restrict {
            key.on_update = Action::NoAction;
        }
    }
    normal.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
    for index in &mut normal.full_text {
        index.language = match dialect.full_text_index() {
            FullTextIndexes::Expression(_) => continue,
            FullTextIndexes::Table if index.language == "english" => continue,
            _ => "simple".into(),
        };
    }
    normal.full_text.sort_by(|one, other| one.name.cmp(&other.name));
    normal.checks.sort_by(|one, other| one.name.cmp(&other.name));
    normal.options = TableOptions {
        comment: normal.options.comment.filter(|_| differ.comments != Comments::Nowhere),
        ..TableOptions::default()
    };
    normal
}

fn normalize_column(table: &Table, column: &mut Column, dialect: &dyn Dialect) {
    let guard = dialect.guard(column);
    if !is_counted_key(table, column) {
        // Only a single key is counted.
        column.generated = false;
        let keyed = table.has_key_over(&column.name);
        let default = default(column, dialect);
        if let Ok(declared) = dialect.column_type(column, keyed) {
            (column.ty, column.storage) = dialect.read_type(&declared);
        }
        if let Some(guard) = guard {
            takes_guard(column, &guard);
        }
        column.default = default
            .map(|text| if dialect.backslash_escapes() { text.replace("\\\\", "\\") } else { text })
            .map(|text| read_default(&text, column.ty))
            .filter(|default| *default != ColumnDefault::Value(Value::Null));
    } else if let Some(guard) = guard {
        takes_guard(column, &guard);
    } else if dialect.schema().comments == Comments::Nowhere {
        column.ty = ColumnType::I64;
    }
    if table.primary_key.contains(&column.name) && dialect.schema().altering != Altering::Rebuild {
        column.nullable = false;
    }
}

/// The numbers in the parentheses of a type.
pub fn sizes_of(declared: &str) -> Vec<u32> {
    let inside = declared.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let sizes =
        inside.map(|(inside, _)| inside.split(',').filter_map(|size| size.trim().parse().ok()).collect());
    sizes.unwrap_or_default()
}
