//! Schemas at random, for every database.

use atlas::{
    migrate::{
        Action, Check, Column, ColumnDefault, ColumnType, ForeignKey, FullTextIndex, Index, IndexKind, Name,
        Rename, Storage, Table,
    },
    value::Value,
};

/// Numbers that come again with their seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below another.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

const TABLES: [&str; 5] = ["users", "order", "two words", "Größen", "log_entries"];
const COLUMNS: [&str; 7] = ["name", "age", "group", "a b", "Länge", "created_at", "note"];

fn ty(dice: &mut Dice) -> (ColumnType, Storage) {
    let texts = || vec!["a".into(), "it's".into(), "c, d".into()];
    match dice.below(22) {
        0 => (ColumnType::Bool, Storage::Usual),
        1 => (ColumnType::I16, Storage::Usual),
        2 => (ColumnType::I32, Storage::Usual),
        3 => (ColumnType::I64, Storage::Usual),
        4 => (ColumnType::U8, Storage::Usual),
        5 => (ColumnType::U32, Storage::Usual),
        6 => (ColumnType::U64, Storage::Usual),
        7 => (ColumnType::F64, Storage::Usual),
        8 => (ColumnType::F32, Storage::Usual),
        9 => (ColumnType::Numeric, Storage::Usual),
        10 => (ColumnType::Numeric, Storage::Decimal(8, 2)),
        11 => (ColumnType::Text, Storage::Varchar(40)),
        12 => (ColumnType::Text, Storage::Char(4)),
        13 => (ColumnType::Text, Storage::Enum(texts())),
        14 => (ColumnType::Bytes, Storage::Usual),
        15 => (ColumnType::Uuid, Storage::Usual),
        16 => (ColumnType::Date, Storage::Usual),
        17 => (ColumnType::Time, Storage::Usual),
        18 => (ColumnType::DateTime, *dice.one(&[0_u8, 6])).fraction(),
        19 => (ColumnType::Timestamp, Storage::Usual),
        20 => (ColumnType::Json, Storage::Usual),
        _ => (ColumnType::Text, Storage::Usual),
    }
}

trait Fraction {
    fn fraction(self) -> (ColumnType, Storage);
}

impl Fraction for (ColumnType, u8) {
    fn fraction(self) -> (ColumnType, Storage) {
        (self.0, if self.1 == 6 { Storage::Usual } else { Storage::Fraction(self.1) })
    }
}

fn default(dice: &mut Dice, column: &Column) -> Option<ColumnDefault> {
    let value = match column.ty {
        ColumnType::Bool => Value::Bool(dice.chance(50)),
        ty if ty.is_integer() => Value::I64(*dice.one(&[0, 7, 100])),
        ColumnType::F64 => Value::F64(*dice.one(&[0.5, -2.25])),
        ColumnType::Numeric => Value::Numeric(dice.one(&["1.50", "0.25"]).parse().ok()?),
        ColumnType::Text if matches!(column.storage, Storage::Char(_)) => Value::Text("abcd".into()),
        ColumnType::Text if matches!(column.storage, Storage::Enum(_)) => Value::Text("it's".into()),
        ColumnType::Text => Value::Text((*dice.one(&["", "it's", "a\\b", "1"])).into()),
        ColumnType::Timestamp | ColumnType::DateTime => return Some(ColumnDefault::Now),
        ColumnType::Json => Value::Json("[1]".into()),
        _ => return None,
    };
    Some(ColumnDefault::Value(value))
}

fn column(dice: &mut Dice, name: &str) -> Column {
    let (ty, storage) = ty(dice);
    let mut column = Column { storage, ..Column::new(name.to_owned(), ty) };
    column.nullable = dice.chance(50);
    if dice.chance(40) {
        column.default = default(dice, &column);
    }
    column
}

fn name(name: &str) -> Name {
    name.to_owned().into()
}

fn fresh(dice: &mut Dice, of: &str) -> Table {
    let mut table = Table::new(of.to_owned());
    let key = match dice.below(10) {
        0..=5 => Column { generated: true, ..Column::new("id", ColumnType::I64) },
        6 => Column { generated: true, ..Column::new("id", ColumnType::I32) },
        7 => Column::new("id", ColumnType::Uuid),
        8 => Column { storage: Storage::Varchar(20), ..Column::new("id", ColumnType::Text) },
        _ => Column::new("id", ColumnType::I64),
    };
    table.columns.push(key);
    table.primary_key = vec!["id".into()];
    for column_name in COLUMNS {
        if dice.chance(45) {
            table.columns.push(column(dice, column_name));
        }
    }
    if dice.chance(15) {
        table.columns.push(Column::new("part", ColumnType::I32));
        table.columns[0].generated = false;
        table.primary_key.push("part".into());
    }
    table
}

fn can_be_key(column: &Column) -> bool {
    !matches!(column.ty, ColumnType::Bytes | ColumnType::Json)
}

/// Indexes, keys and checks.
fn keys(dice: &mut Dice, tables: &mut [Table], filters: bool) {
    let targets: Vec<(Name, ColumnType)> = tables
        .iter()
        .filter(|table| table.primary_key.len() == 1 && table.columns[0].ty.is_integer())
        .map(|table| (table.name.clone(), table.columns[0].ty))
        .collect();
    for table in tables {
        let columns: Vec<Name> =
            table.columns.iter().skip(1).filter(|own| can_be_key(own)).map(|own| own.name.clone()).collect();
        for _ in 0..dice.below(3) {
            let mut over: Vec<Name> = columns.iter().filter(|_| dice.chance(30)).take(2).cloned().collect();
            if dice.chance(20) {
                over.reverse();
            }
            let kind = if dice.chance(40) { IndexKind::Unique } else { IndexKind::Plain };
            let mut index = Index::new(&table.name, over, kind);
            if filters && dice.chance(20) {
                index.filter = Some("id IS NOT NULL".into());
            }
            if !index.columns.is_empty() && table.index(&index.name).is_none() {
                table.indexes.push(index);
            }
        }
        let texts: Vec<Name> = table
            .columns
            .iter()
            .filter(|own| own.ty == ColumnType::Text && own.storage == Storage::Usual && own.name != "id")
            .map(|own| own.name.clone())
            .collect();
        let counted = table.primary_key.len() == 1 && table.columns[0].ty.is_integer();
        if counted && !texts.is_empty() && dice.chance(40) {
            let language = *dice.one(&["simple", "english"]);
            table.full_text.push(FullTextIndex::new(&table.name, texts, language));
        }
        let age = table.column("age").filter(|age| age.ty.is_integer());
        if age.is_some() && dice.chance(50) {
            let expression = name(dice.one::<&str>(&["age > 0", "age <> 13"]));
            table.checks.push(Check { name: Some(format!("{}_age_fits", table.name).into()), expression });
        }
        for (target, ty) in &targets {
            if dice.chance(30) {
                let own = format!("{target}_ref");
                let optional = dice.chance(60);
                table.columns.push(Column { nullable: optional, ..Column::new(own.clone(), *ty) });
                let mut key =
                    ForeignKey::new(&table.name, vec![own.into()], target.clone(), vec!["id".into()]);
                key.on_delete = match optional {
                    true => *dice.one(&[Action::SetNull, Action::NoAction, Action::Cascade]),
                    false => *dice.one(&[Action::Cascade, Action::NoAction]),
                };
                table.foreign_keys.push(key);
            }
        }
    }
}

/// A schema. `filters`: whether the database has indexes of some rows; one that has not is slow, and gets fewer tables.
pub fn schema(dice: &mut Dice, filters: bool) -> Vec<Table> {
    let mut tables = Vec::new();
    for table in TABLES {
        if dice.chance(if filters { 55 } else { 30 }) {
            tables.push(fresh(dice, table));
        }
    }
    keys(dice, &mut tables, filters);
    tables
}

/// What becomes of a schema, and what of it only has another name.
pub fn successor(dice: &mut Dice, before: &[Table], filters: bool) -> (Vec<Table>, Vec<Rename>) {
    if dice.chance(15) {
        return (schema(dice, filters), Vec::new());
    }
    let mut renames = Vec::new();
    let mut tables: Vec<Table> = before.iter().filter(|_| !dice.chance(10)).cloned().collect();
    for table in TABLES {
        if before.iter().all(|own| own.name != table) && dice.chance(20) {
            tables.push(fresh(dice, table));
        }
    }
    for table in &mut tables {
        table.indexes.clear();
        table.foreign_keys.clear();
        table.full_text.clear();
        table.checks.clear();
        table.columns.retain(|column| !column.name.ends_with("_ref"));
        let was_there = before.iter().any(|own| own.name == table.name);
        if was_there && dice.chance(10) && before.iter().all(|own| own.name != "renamed") {
            let has = renames.iter().any(|rename| matches!(rename, Rename::Table { .. }));
            if !has {
                renames.push(Rename::Table { from: table.name.to_string(), to: "renamed".into() });
                table.name = "renamed".into();
            }
        }
        if dice.chance(20) && table.primary_key.len() == 1 {
            let generated = table.columns[0].generated;
            table.columns[0] = match dice.below(3) {
                0 => Column::new("id", ColumnType::I64),
                1 => Column { generated: true, ..Column::new("id", ColumnType::I64) },
                _ => Column { generated, ..Column::new("id", ColumnType::I32) },
            };
        }
        if dice.chance(10) && table.column("part").is_none() {
            table.columns.push(Column::new("part", ColumnType::I32));
            table.columns[0].generated = false;
            table.primary_key.push("part".into());
        }
        for column_name in COLUMNS {
            let there = table.columns.iter().position(|own| own.name == column_name);
            match (there, dice.below(10)) {
                (Some(at), 0) => drop(table.columns.remove(at)),
                (Some(at), 1 | 2) => table.columns[at] = column(dice, column_name),
                (Some(at), 3) if was_there && table.column("other").is_none() => {
                    renames.push(Rename::Column {
                        table: table.name.to_string(),
                        from: column_name.into(),
                        to: "other".into(),
                    });
                    table.columns[at].name = "other".into();
                }
                (None, 0 | 1) => table.columns.push(column(dice, column_name)),
                _ => {}
            }
        }
    }
    keys(dice, &mut tables, filters);
    (tables, renames)
}
