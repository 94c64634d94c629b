//! Random queries, beside what a few lines of Rust make of the same rows: on every database, and each text read
//! by a parser that is not ours.

use std::{cmp::Ordering, fmt};

use atlas::{Expr, count_all, driver::Rendered, exists, prelude::*};
use proptest::{
    collection::vec,
    option,
    prelude::any,
    prelude::{Just, Strategy},
    prop_oneof, sample,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sqlparser::{
    dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

use crate::support::databases;

#[derive(Model, Debug)]
#[table("random_items")]
pub struct Item {
    #[primary_key(manual)]
    pub id: i64,
    pub grp: Option<i64>,
    pub price: Option<i64>,
    pub name: String,
    pub flag: bool,
    #[has_many]
    pub parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[table("random_parts")]
pub struct Part {
    #[primary_key(manual)]
    pub id: i64,
    pub item_id: i64,
    pub size: i64,
}

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    grp: Option<i64>,
    price: Option<i64>,
    name: &'static str,
    flag: bool,
}

const NAMES: [&str; 6] = ["", "ann", "bob", "o'neil \"x\"", "50%_\\", "zoë"];

fn rows() -> Vec<Row> {
    let row = |id: i64| Row {
        id,
        grp: (id % 4 != 0).then_some(id % 3),
        price: (id % 5 != 0).then_some(id * 7 % 11 - 3),
        name: NAMES[usize::try_from(id).unwrap() % NAMES.len()],
        flag: id % 2 == 0,
    };
    (1..=30).map(row).collect()
}

/// Identity, item and size.
fn parts() -> Vec<(i64, i64, i64)> {
    (1..=25).map(|id| (id, id * id % 30 + 1, id % 6)).collect()
}

/// A number of a row.
#[derive(Clone, Debug)]
enum Number {
    Group,
    Price,
    Computed(bool, char, i64),
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Debug)]
enum Text {
    Equals(&'static str),
    Starts(&'static str),
    Contains(&'static str),
    Ends(&'static str),
}

/// A condition, as data.
#[derive(Clone, Debug)]
enum Condition {
    Compare(Number, Op, Option<i64>),
    Columns(Op),
    Among(Number, Vec<Option<i64>>, bool),
    Between(Number, i64, i64),
    Null(bool),
    Text(Text),
    Flag(bool),
    HasPart(i64),
    InQuery(Box<Condition>),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        Just(Number::Group),
        Just(Number::Price),
        (any::<bool>(), sample::select(vec!['+', '-', '*', '/', '%']), -3_i64..4)
            .prop_map(|(price, op, by)| Number::Computed(price, op, by)),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge])
}

fn text() -> impl Strategy<Value = Text> {
    let part = || sample::select(vec!["", "a", "nn", "'", "%", "_", "\\", "50%", "ë", "BOB"]);
    prop_oneof![
        sample::select(NAMES.to_vec()).prop_map(Text::Equals),
        part().prop_map(Text::Starts),
        part().prop_map(Text::Contains),
        part().prop_map(Text::Ends),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let small = || -4_i64..8;
    let leaf = prop_oneof![
        (number(), op(), option::of(small())).prop_map(|(of, op, with)| Condition::Compare(of, op, with)),
        op().prop_map(Condition::Columns),
        (number(), vec(option::of(small()), 0..20), any::<bool>())
            .prop_map(|(of, list, not)| Condition::Among(of, list, not)),
        (number(), small(), small()).prop_map(|(of, low, high)| Condition::Between(of, low, high)),
        any::<bool>().prop_map(Condition::Null),
        text().prop_map(Condition::Text),
        any::<bool>().prop_map(Condition::Flag),
        (0_i64..7).prop_map(Condition::HasPart),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| Condition::Not(Box::new(of))),
            inner.clone().prop_map(|of| Condition::InQuery(Box::new(of))),
            vec(inner.clone(), 1..4).prop_map(Condition::All),
            vec(inner, 1..4).prop_map(Condition::Any),
        ]
    })
}

macro_rules! compared {
    ($of:expr, $op:expr, $with:expr) => {
        match $op {
            Op::Eq => $of.eq($with).scoped(),
            Op::Ne => $of.ne($with).scoped(),
            Op::Lt => $of.lt($with).scoped(),
            Op::Le => $of.le($with).scoped(),
            Op::Gt => $of.gt($with).scoped(),
            Op::Ge => $of.ge($with).scoped(),
        }
    };
}

/// Does something with a number, which is of several types.
macro_rules! with {
    ($number:expr, $of:ident => $do:expr) => {
        match $number {
            Number::Group => {
                let $of = Item::grp;
                $do
            }
            Number::Price => {
                let $of = Item::price;
                $do
            }
            Number::Computed(price, op, by) => {
                let column = if *price { Item::price } else { Item::grp };
                match op {
                    '+' => {
                        let $of = column + *by;
                        $do
                    }
                    '-' => {
                        let $of = column - *by;
                        $do
                    }
                    '*' => {
                        let $of = column * *by;
                        $do
                    }
                    '/' => {
                        let $of = column / *by;
                        $do
                    }
                    _ => {
                        let $of = column % *by;
                        $do
                    }
                }
            }
        }
    };
}

impl Condition {
    /// As Atlas is asked.
    fn asked(&self) -> Expr<Item> {
        match self {
            Self::Compare(of, op, with) => with!(of, of => compared!(of, op, *with)),
            Self::Columns(op) => compared!(Item::grp, op, Item::price),
            Self::Among(of, list, false) => with!(of, of => of.is_in(list.iter().copied()).scoped()),
            Self::Among(of, list, true) => with!(of, of => of.not_in(list.iter().copied()).scoped()),
            Self::Between(of, low, high) => with!(of, of => of.between(*low, *high).scoped()),
            Self::Null(true) => Item::grp.is_null(),
            Self::Null(false) => Item::price.is_not_null(),
            Self::Text(Text::Equals(text)) => Item::name.eq(*text).scoped(),
            Self::Text(Text::Starts(text)) => Item::name.starts_with(text),
            Self::Text(Text::Contains(text)) => Item::name.contains(text),
            Self::Text(Text::Ends(text)) => Item::name.ends_with(text),
            Self::Flag(flag) => Item::flag.eq(*flag).scoped(),
            Self::HasPart(size) => {
                let parts = Part::query().outer::<Item>().filter(Part::item_id.eq(Item::id));
                exists(parts.filter(Part::size.ge(*size))).scoped()
            }
            Self::InQuery(of) => {
                Item::id.in_query(Item::query().filter(of.asked()).select(Item::id)).scoped()
            }
            Self::Not(of) => of.asked().not(),
            Self::All(all) => all.iter().map(Self::asked).reduce(|a, b| a.and(b).scoped()).unwrap(),
            Self::Any(any) => any.iter().map(Self::asked).reduce(|a, b| a.or(b).scoped()).unwrap(),
        }
    }

    /// What it is of a row: neither true nor false where NULL makes it so.
    fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Compare(of, Op::Eq, None) => Some(of.of(row).is_none()),
            Self::Compare(of, Op::Ne, None) => Some(of.of(row).is_some()),
            Self::Compare(of, op, with) => op.holds(of.of(row), *with),
            Self::Columns(op) => op.holds(row.grp, row.price),
            Self::Among(of, list, not) => {
                let of = of.of(row);
                let values: Vec<i64> = list.iter().copied().flatten().collect();
                let listed = match of {
                    _ if values.is_empty() => Some(false),
                    None => None,
                    Some(value) => Some(values.contains(&value)),
                };
                let null = list.contains(&None).then(|| Some(of.is_none()));
                let found = null.map_or(listed, |null| or(listed, null));
                if *not { found.map(|found| !found) } else { found }
            }
            Self::Between(of, low, high) => of.of(row).map(|value| (*low..=*high).contains(&value)),
            Self::Null(true) => Some(row.grp.is_none()),
            Self::Null(false) => Some(row.price.is_some()),
            Self::Text(Text::Equals(text)) => Some(row.name == *text),
            Self::Text(Text::Starts(text)) => Some(row.name.starts_with(text)),
            Self::Text(Text::Contains(text)) => Some(row.name.contains(text)),
            Self::Text(Text::Ends(text)) => Some(row.name.ends_with(text)),
            Self::Flag(flag) => Some(row.flag == *flag),
            Self::HasPart(least) => {
                Some(parts().iter().any(|(_, item, size)| *item == row.id && size >= least))
            }
            Self::InQuery(of) => Some(of.holds(row) == Some(true)),
            Self::Not(of) => of.holds(row).map(|truth| !truth),
            Self::All(all) => all.iter().map(|of| of.holds(row)).fold(Some(true), and),
            Self::Any(any) => any.iter().map(|of| of.holds(row)).fold(Some(false), or),
        }
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

impl Number {
    fn of(&self, row: &Row) -> Option<i64> {
        match self {
            Self::Group => row.grp,
            Self::Price => row.price,
            Self::Computed(price, op, by) => {
                let of = if *price { row.price? } else { row.grp? };
                match op {
                    '+' => Some(of + by),
                    '-' => Some(of - by),
                    '*' => Some(of * by),
                    '/' => of.checked_div(*by),
                    _ => of.checked_rem(*by),
                }
            }
        }
    }
}

impl Op {
    fn holds(self, a: Option<i64>, b: Option<i64>) -> Option<bool> {
        let order = a?.cmp(&b?);
        Some(match self {
            Self::Eq => order == Ordering::Equal,
            Self::Ne => order != Ordering::Equal,
            Self::Lt => order == Ordering::Less,
            Self::Le => order != Ordering::Greater,
            Self::Gt => order == Ordering::Greater,
            Self::Ge => order != Ordering::Less,
        })
    }
}

/// A query.
#[derive(Clone, Debug)]
struct Asked {
    first: Condition,
    second: Condition,
    alternative: Option<Condition>,
    by_group: Option<(bool, bool)>,
    limit: Option<u64>,
    offset: Option<u64>,
    least: i64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let places = (option::of(0_u64..20), option::of(0_u64..20), 0_i64..5);
    (condition(), condition(), option::of(condition()), option::of(any::<(bool, bool)>()), places).prop_map(
        |(first, second, alternative, by_group, (limit, offset, least))| Asked {
            first,
            second,
            alternative,
            by_group,
            limit,
            offset,
            least,
        },
    )
}

impl Asked {
    fn query(&self) -> Query<Item> {
        let query = Item::query().filter(self.first.asked());
        match &self.alternative {
            Some(alternative) => query.or_filter(alternative.asked()),
            None => query,
        }
    }

    fn found(&self) -> Vec<Row> {
        let holds = |row: &Row| {
            let alternative = self.alternative.as_ref().map_or(Some(false), |other| other.holds(row));
            or(self.first.holds(row), alternative) == Some(true)
        };
        rows().into_iter().filter(holds).collect()
    }

    async fn check(&self, db: &Db) -> Result<(), TestCaseError> {
        let found = self.found();
        let ids = |rows: &[Row]| rows.iter().map(|row| row.id).collect::<Vec<_>>();

        // The rows, in an order, from a place on.
        let mut ordered = found.clone();
        let mut query = self.query();
        if let Some((descending, nulls_first)) = self.by_group {
            let order = if descending { Item::grp.desc() } else { Item::grp.asc() };
            query = query.order_by(if nulls_first { order.nulls_first() } else { order.nulls_last() });
            ordered.sort_by(|a, b| match (a.grp, b.grp) {
                (Some(a), Some(b)) if descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) if nulls_first => a.is_some().cmp(&b.is_some()),
                (a, b) => a.is_none().cmp(&b.is_none()),
            });
        }
        query = query.order_by(Item::id);
        let from = usize::try_from(self.offset.unwrap_or(0)).unwrap();
        let some = self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        let mut placed = query.clone();
        placed = self.limit.map_or(placed.clone(), |limit| placed.limit(limit));
        placed = self.offset.map_or(placed.clone(), |offset| placed.offset(offset));
        read(db, placed.to_sql(db))?;
        let expected: Vec<Row> = ordered.into_iter().skip(from).take(some).collect();
        same(&placed.pluck(db, Item::id).await, &ids(&expected))?;

        // What they add up to.
        same(&self.query().count(db).await, &(found.len() as u64))?;
        same(&self.query().sum(db, Item::price).await, &found.iter().filter_map(|row| row.price).sum())?;
        same(&self.query().max(db, Item::price).await, &found.iter().filter_map(|row| row.price).max())?;

        // Beside those of another query.
        let second = || Item::query().filter(self.second.asked());
        let also = |row: &Row| self.second.holds(row) == Some(true);
        let sets = [
            (
                self.query().union(second()),
                rows()
                    .into_iter()
                    .filter(|row| also(row) || ids(&found).contains(&row.id))
                    .collect::<Vec<_>>(),
            ),
            (self.query().intersect(second()), found.iter().filter(|row| also(row)).cloned().collect()),
            (self.query().except(second()), found.iter().filter(|row| !also(row)).cloned().collect()),
        ];
        for (set, expected) in sets {
            let set = set.order_by(Item::id);
            read(db, set.to_sql(db))?;
            same(&set.pluck(db, Item::id).await, &ids(&expected))?;
        }

        // In groups.
        let groups = self
            .query()
            .group_by(Item::grp)
            .having(count_all().ge(self.least))
            .order_by(Item::grp.asc().nulls_first())
            .select((Item::grp, count_all(), Item::price.sum(), Item::name.count_distinct()));
        read(db, groups.to_sql(db))?;
        let group = |grp: Option<i64>| {
            let of: Vec<&Row> = found.iter().filter(|row| row.grp == grp).collect();
            let mut names: Vec<&str> = of.iter().map(|row| row.name).collect();
            names.sort_unstable();
            names.dedup();
            let (rows, names) = (i64::try_from(of.len()).unwrap(), i64::try_from(names.len()).unwrap());
            (grp, rows, of.iter().filter_map(|row| row.price).sum::<i64>(), names)
        };
        let mut of = [None, Some(0), Some(1), Some(2)].map(group).to_vec();
        of.retain(|(_, rows, ..)| *rows > 0 && *rows >= self.least);
        same(&groups.clone().count(db).await, &(of.len() as u64))?;
        same(&groups.get(db).await, &of)?;

        // With what belongs to them.
        let joined = self
            .query()
            .left_join(Item::parts.filter(Part::size.ge(self.least)))
            .order_by(Item::id)
            .order_by(Part::id)
            .select((Item::id, Part::id));
        read(db, joined.to_sql(db))?;
        let mut pairs = Vec::new();
        for row in &found {
            let before = pairs.len();
            for (id, item, size) in parts() {
                if item == row.id && size >= self.least {
                    pairs.push((row.id, Some(id)));
                }
            }
            if pairs.len() == before {
                pairs.push((row.id, None));
            }
        }
        same(&joined.get(db).await, &pairs)
    }
}

fn same<T: PartialEq + fmt::Debug>(found: &atlas::Result<T>, expected: &T) -> Result<(), TestCaseError> {
    match found {
        Ok(found) if found == expected => Ok(()),
        found => Err(TestCaseError::fail(format!("found {found:?}, expected {expected:?}"))),
    }
}

/// Reads a text with somebody else's parser, and compares its placeholders with what is bound.
fn read(db: &Db, sent: atlas::Result<Rendered>) -> Result<(), TestCaseError> {
    let fail = |reason: String| Err(TestCaseError::fail(reason));
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => return fail(error.to_string()),
    };
    let dialect: Box<dyn Dialect> = match db.driver_name() {
        "sqlite" => Box::new(SQLiteDialect {}),
        "postgres" => Box::new(PostgreSqlDialect {}),
        _ => Box::new(MySqlDialect {}),
    };
    match Parser::parse_sql(&*dialect, &sent.text) {
        Ok(statements) if statements.len() == 1 => {}
        other => return fail(format!("{other:?} of {}", sent.text)),
    }
    let tokens = Tokenizer::new(&*dialect, &sent.text).tokenize().unwrap();
    let placeholders = tokens.into_iter().filter_map(|token| match token {
        Token::Placeholder(name) => Some(name),
        _ => None,
    });
    let placeholders: Vec<String> = placeholders.collect();
    let expected: Vec<String> = (1..=sent.binds.len())
        .map(|number| if db.driver_name() == "postgres" { format!("${number}") } else { "?".to_owned() })
        .collect();
    if placeholders == expected {
        return Ok(());
    }
    fail(format!("{placeholders:?} for {} binds in {}", sent.binds.len(), sent.text))
}

async fn fill(db: &Db) {
    db.create_tables(models![Item, Part]).await.unwrap();
    let drafts = rows()
        .into_iter()
        .map(|row| Item::draft().id(row.id).grp(row.grp).price(row.price).name(row.name).flag(row.flag));
    Item::insert(db, drafts).await.unwrap();
    let drafts = parts().into_iter().map(|(id, item, size)| Part::draft().id(id).item_id(item).size(size));
    Part::insert(db, drafts).await.unwrap();
}

// C-73
#[test]
fn random_queries_find_what_they_should() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let databases = runtime.block_on(databases());
    for db in &databases {
        runtime.block_on(fill(db));
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        runner.run(&asked(), |asked| runtime.block_on(asked.check(db))).unwrap();
    }
}
