//! Changes as a program: calls of the schema builder.

use atlas_core::{
    schema::{
        Action, Alteration, Check, Column, ColumnDefault, Deferral, ForeignKey, FullTextIndex, Index,
        IndexKind, Name, SchemaChange, Storage, Table, default_name,
    },
    value::{ColumnType, Value},
};

use super::{Plan, folder::type_name};

/// The module of a migration.
pub(super) fn migration(plan: &Plan, name: &str) -> String {
    let ty = type_name(name);
    let (up, down) = (changes(&plan.up), changes(&plan.down));
    format!(
        "use atlas::{{\n    Db, Result,\n    migrate::{{Migration, Schema}},\n}};\n\n\
         pub struct {ty};\n\n\
         impl Migration for {ty} {{\n    \
         const NAME: &'static str = {name:?};\n\n    \
         async fn up(&self, db: &Db) -> Result<()> {{\n{up}        Ok(())\n    }}\n\n    \
         async fn down(&self, db: &Db) -> Result<()> {{\n{down}        Ok(())\n    }}\n}}\n"
    )
}

fn changes(changes: &[SchemaChange]) -> String {
    changes.iter().map(change).collect()
}

fn change(change: &SchemaChange) -> String {
    let call = |what: String| format!("        Schema::{what}.await?;\n");
    match change {
        SchemaChange::CreateTable(table) => block("create", &table.name, &created(table)),
        SchemaChange::DropTable(name) => call(format!("drop(db, {})", text(name))),
        SchemaChange::RenameTable { before, to } => {
            call(format!("rename(db, {}, {})", text(&before.name), text(to)))
        }
        SchemaChange::AlterTable { before, changes } => {
            let mut table = before.clone();
            let mut lines = Vec::new();
            for change in changes {
                let mut after = table.clone();
                // What does not fit was found when it was planned.
                let _ = after.apply(change);
                lines.push(altered(&table, &after, change));
                table = after;
            }
            block("table", &before.name, &lines)
        }
        // Plans are made of these alone.
        _ => String::new(),
    }
}

fn block(call: &str, table: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("            t.{line};\n")).collect();
    format!("        Schema::{call}(db, {}, |t| {{\n{lines}        }})\n        .await?;\n", text(table))
}

fn created(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table.columns.iter().map(|column| self::column(table, column)).collect();
    let counted = table.columns.iter().any(|column| is_counted(table, column));
    if !table.primary_key.is_empty() && !counted {
        lines.push(format!("primary({})", names(&table.primary_key)));
    }
    lines.extend(table.indexes.iter().map(|index| self::index(table, index)));
    lines.extend(table.full_text.iter().map(full_text));
    lines.extend(table.foreign_keys.iter().map(|key| foreign_key(table, key)));
    lines.extend(table.checks.iter().map(|own| check(table, own)));
    let options = &table.options;
    for (call, said) in
        [("comment", &options.comment), ("engine", &options.engine), ("collation", &options.collation)]
    {
        lines.extend(said.as_ref().map(|said| format!("{call}({})", text(said))));
    }
    if options.temporary {
        lines.push("temporary()".to_owned());
    }
    lines
}

fn altered(table: &Table, after: &Table, change: &Alteration) -> String {
    match change {
        Alteration::AddColumn(own, _) => column(after, own),
        Alteration::ChangeColumn(own) => format!("{}.change()", column(after, own)),
        Alteration::RenameColumn { from, to } => format!("rename_column({}, {})", text(from), text(to)),
        Alteration::DropColumn(name) => format!("drop_column({})", text(name)),
        Alteration::SetPrimaryKey(columns) if columns.is_empty() => "drop_primary()".to_owned(),
        Alteration::SetPrimaryKey(columns) => format!("primary({})", names(columns)),
        Alteration::AddIndex(own) => index(table, own),
        Alteration::AddFullText(own) => full_text(own),
        Alteration::DropFullText(name) => format!("drop_full_text({})", text(name)),
        Alteration::RenameIndex { from, to } => format!("rename_index({}, {})", text(from), text(to)),
        Alteration::DropIndex(name) => format!("drop_index({})", text(name)),
        Alteration::AddForeignKey(own) => foreign_key(table, own),
        Alteration::DropForeignKey(name) => format!("drop_foreign({})", text(name)),
        Alteration::AddCheck(own) => check(table, own),
        Alteration::DropCheck(name) => format!("drop_check({})", text(name)),
        Alteration::SetComment(said) => format!("comment({})", text(said.as_deref().unwrap_or_default())),
        // Plans are made of these alone.
        _ => String::new(),
    }
}

fn text(own: &str) -> String {
    format!("{own:?}")
}

fn names(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| text(name)).collect();
    format!("[{}]", names.join(", "))
}

/// Whether a column is the key of its table, counted up by the database: the calls for that say so by themselves.
fn is_counted(table: &Table, column: &Column) -> bool {
    column.generated
        && column.ty.is_integer()
        && matches!(table.primary_key.as_slice(), [only] if *only == column.name)
}

fn column(table: &Table, column: &Column) -> String {
    let mut line = match is_counted(table, column) {
        true => counted(column),
        false => kind(column),
    };
    if let Storage::Fraction(digits) = column.storage {
        line.push_str(&format!(".precision({digits})"));
    }
    if let Some(start) = column.starts_at {
        line.push_str(&format!(".starts_at({start})"));
    }
    if column.nullable && column.computed.is_none() {
        line.push_str(".nullable()");
    }
    if let Some(default) = &column.default {
        line.push_str(&self::default(default));
    }
    if column.touched {
        line.push_str(".use_current_on_update()");
    }
    if let Some(computed) = &column.computed {
        let call = if computed.stored { "stored_as" } else { "virtual_as" };
        line.push_str(&format!(".{call}({})", text(&computed.expression)));
        if !column.nullable {
            line.push_str(".nullable_if(false)");
        }
    }
    for (call, said) in [("collation", &column.collation), ("comment", &column.comment)] {
        if let Some(said) = said {
            line.push_str(&format!(".{call}({})", text(said)));
        }
    }
    line
}

fn counted(column: &Column) -> String {
    let name = text(&column.name);
    match column.ty {
        ColumnType::I8 => format!("tiny_increments({name})"),
        ColumnType::I16 => format!("small_increments({name})"),
        ColumnType::I32 => format!("increments({name})"),
        ColumnType::U8 => format!("tiny_increments({name}).unsigned()"),
        ColumnType::U16 => format!("small_increments({name}).unsigned()"),
        ColumnType::U32 => format!("increments({name}).unsigned()"),
        ColumnType::U64 => format!("big_increments({name}).unsigned()"),
        _ if column.name == "id" => "id()".to_owned(),
        _ => format!("big_increments({name})"),
    }
}

/// The call that makes a column of a type.
fn kind(column: &Column) -> String {
    let name = text(&column.name);
    let sized = |call: &str, size: u32| format!("{call}({name}, {size})");
    let plain = |call: &str| format!("{call}({name})");
    match &column.storage {
        Storage::Char(length) => return sized("char", *length),
        Storage::Varchar(255) => return plain("string"),
        Storage::Varchar(length) => return sized("string_of", *length),
        Storage::TinyText => return plain("tiny_text"),
        Storage::MediumText => return plain("medium_text"),
        Storage::MediumInt if column.ty == ColumnType::U32 => {
            return format!("{}.unsigned()", plain("medium_integer"));
        }
        Storage::MediumInt => return plain("medium_integer"),
        Storage::Decimal(digits, scale) => return format!("decimal({name}, {digits}, {scale})"),
        Storage::Binary(length) => return sized("fixed_binary", *length),
        Storage::Varbinary(length) => return sized("varbinary", *length),
        Storage::Year => return plain("year"),
        Storage::Enum(texts) => return format!("enumeration({name}, {})", names(texts)),
        Storage::Set(texts) => return format!("set({name}, {})", names(texts)),
        Storage::JsonText => return plain("json_text"),
        Storage::IpAddress => return plain("ip_address"),
        Storage::MacAddress => return plain("mac_address"),
        Storage::Vector(size) => return sized("vector", *size),
        Storage::TsVector => return plain("ts_vector"),
        Storage::Native(own) => return format!("raw_column({name}, {})", text(own)),
        _ => {}
    }
    plain(match column.ty {
        ColumnType::Bool => "boolean",
        ColumnType::I8 => "tiny_integer",
        ColumnType::I16 => "small_integer",
        ColumnType::I32 => "integer",
        ColumnType::I64 => "big_integer",
        ColumnType::U8 => "unsigned_tiny_integer",
        ColumnType::U16 => "unsigned_small_integer",
        ColumnType::U32 => "unsigned_integer",
        ColumnType::U64 => "unsigned_big_integer",
        ColumnType::F32 => "float",
        ColumnType::F64 => "double",
        ColumnType::Numeric => "numeric",
        ColumnType::Text => "text",
        ColumnType::Bytes => "binary",
        ColumnType::Uuid => "uuid",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::DateTime => "date_time",
        ColumnType::Timestamp => "timestamp",
        ColumnType::Json => "json",
        ColumnType::Array(item) => return format!("array({name}, atlas::migrate::ItemType::{item:?})"),
        // What a later version knows has no call in this one.
        _ => "text",
    })
}

fn default(default: &ColumnDefault) -> String {
    let value = match default {
        ColumnDefault::Now => return ".use_current()".to_owned(),
        ColumnDefault::Expression(own) => return format!(".default_expression({})", text(own)),
        ColumnDefault::Value(value) => value,
    };
    let value = match value {
        Value::Bool(truth) => truth.to_string(),
        // A number without a type is one of 32 bits.
        Value::I64(number) if i32::try_from(*number).is_ok() => number.to_string(),
        Value::I64(number) => format!("{number}_i64"),
        Value::U64(number) => format!("{number}_u64"),
        Value::F64(number) if number.is_finite() => format!("{number:?}"),
        Value::F64(number) => text(&number.to_string()),
        Value::Text(own) | Value::Json(own) => text(own),
        // Each database reads these out of their texts.
        Value::Numeric(number) => text(&number.to_string()),
        Value::Date(date) => text(&date.to_string()),
        Value::Time(time) => text(&time.to_string()),
        Value::DateTime(moment) | Value::Timestamp(moment) => text(&moment.to_string()),
        Value::Uuid(bytes) => format!("atlas::value::Value::Uuid({bytes:?})"),
        Value::Bytes(bytes) => format!("atlas::value::Value::Bytes(vec!{bytes:?})"),
        _ => return String::new(),
    };
    format!(".default({value})")
}

fn index(table: &Table, index: &Index) -> String {
    let mut line = match (&index.expression, index.kind) {
        (Some(expression), _) => format!("raw_index({}, {})", text(expression), text(&index.name)),
        (None, IndexKind::Unique) => format!("unique({})", names(&index.columns)),
        (None, IndexKind::Spatial) => format!("spatial_index({})", names(&index.columns)),
        (None, _) => format!("index({})", names(&index.columns)),
    };
    if index.expression.is_some() && index.unique() {
        line.push_str(".unique()");
    }
    if index.expression.is_none()
        && Index::new(&table.name, index.columns.clone(), index.kind).name != index.name
    {
        line.push_str(&format!(".name({})", text(&index.name)));
    }
    for (call, said) in
        [("filter", &index.filter), ("where_null", &index.where_null), ("method", &index.method)]
    {
        if let Some(said) = said {
            line.push_str(&format!(".{call}({})", text(said)));
        }
    }
    if index.nulls_not_distinct {
        line.push_str(".nulls_not_distinct()");
    }
    line
}

fn full_text(index: &FullTextIndex) -> String {
    format!("full_text({}, {}).name({})", names(&index.columns), text(&index.language), text(&index.name))
}

fn foreign_key(table: &Table, key: &ForeignKey) -> String {
    let mut line = format!("foreign({})", names(&key.columns));
    if !key.references.is_empty() {
        line.push_str(&format!(".references({})", names(&key.references)));
    }
    line.push_str(&format!(".on({})", text(&key.table)));
    let usual = default_name(&table.name, &key.columns, "foreign");
    if let Some(name) = key.name.as_ref().filter(|name| **name != usual) {
        line.push_str(&format!(".name({})", text(name)));
    }
    let word = |action| {
        Some(match action {
            Action::NoAction => return None,
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "null",
            Action::SetDefault => "default",
        })
    };
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if let Some(word) = word(action) {
            line.push_str(&format!(".{word}_on_{event}()"));
        }
    }
    line.push_str(match key.deferral {
        Deferral::Never => "",
        Deferral::Possible => ".deferrable()",
        Deferral::Always => ".initially_deferred()",
    });
    line
}

fn check(table: &Table, check: &Check) -> String {
    let name = check.name.clone().unwrap_or_else(|| default_name(&table.name, &[], "check"));
    format!("check({}, {})", text(&name), text(&check.expression))
}
