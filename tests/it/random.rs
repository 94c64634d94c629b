//! Random queries, beside what a few lines of Rust make of the same rows: on every database, and each text read
//! by a parser that is not ours.

mod conditions;
mod numbers;
mod texts;

use std::fmt;

use atlas::{count_all, driver::Rendered, prelude::*, rank, row_number, types::serde_json};
use chrono::{DateTime, TimeZone, Utc};
use proptest::{
    option,
    prelude::{Strategy, any},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;
use sqlparser::{
    dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

use crate::support::databases;
use conditions::{Condition, condition, or};

#[derive(Model, Debug)]
#[table("random_items")]
pub struct Item {
    #[primary_key(manual)]
    pub id: i64,
    pub grp: Option<i64>,
    pub price: Option<i64>,
    pub name: String,
    pub flag: bool,
    pub at: Option<DateTime<Utc>>,
    pub meta: serde_json::Value,
    #[cast(array)]
    pub tags: Vec<i64>,
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
pub struct Row {
    id: i64,
    grp: Option<i64>,
    price: Option<i64>,
    name: &'static str,
    flag: bool,
    at: Option<DateTime<Utc>>,
    /// Not there, `null`, or a number.
    size: Option<Option<i64>>,
    tags: Vec<i64>,
}

const NAMES: [&str; 6] = ["", "ann", "bob", "o'neil \"x\"", "50%_\\", "zoë"];

fn rows() -> Vec<Row> {
    let row = |id: i64| Row {
        id,
        grp: (id % 4 != 0).then_some(id % 3),
        price: (id % 5 != 0).then_some(id * 7 % 11 - 3),
        name: NAMES[usize::try_from(id).unwrap() % NAMES.len()],
        flag: id % 2 == 0,
        at: (id % 6 != 0).then(|| moment(id)),
        size: (id % 7 != 0).then_some((id % 5 != 1).then_some(id % 4)),
        tags: (0..id % 4).map(|tag| (tag * id) % 5).collect(),
    };
    (1..=30).map(row).collect()
}

/// Moments of four years, in all months and at all hours.
fn moment(number: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_700_000_000 + number * 3_700_013, 0).unwrap()
}

/// Identity, item and size.
fn parts() -> Vec<(i64, i64, i64)> {
    (1..=25).map(|id| (id, id * id % 30 + 1, id % 6)).collect()
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

        // The first of each group.
        let firsts = self.query().distinct_on(Item::grp).order_by(Item::id);
        read(db, firsts.to_sql(db))?;
        let mut seen = Vec::new();
        let first = |row: &&Row| {
            let is_new = !seen.contains(&row.grp);
            seen.push(row.grp);
            is_new
        };
        let expected: Vec<Row> = found.iter().filter(first).cloned().collect();
        same(&firsts.clone().count(db).await, &(expected.len() as u64))?;
        same(&firsts.pluck(db, Item::id).await, &ids(&expected))?;
        let either = self.query().or_where(|or| or.filter(self.second.asked())).order_by(Item::id);
        let expected: Vec<i64> = rows()
            .iter()
            .filter(|row| ids(&found).contains(&row.id) || self.second.holds(row) == Some(true))
            .map(|row| row.id)
            .collect();
        same(&either.pluck(db, Item::id).await, &expected)?;

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

        // Beside those around them.
        let windows = self.query().order_by(Item::id).select((
            row_number().over(|rows| rows.partition_by(Item::grp).order_by(Item::flag).order_by(Item::id)),
            rank().over(|rows| rows.order_by(Item::name.length())),
            Item::price.sum().over(|rows| rows.partition_by(Item::flag).order_by(Item::id)),
            count_all().filter(self.second.asked()).over(|rows| rows.partition_by(Item::grp)),
        ));
        read(db, windows.to_sql(db))?;
        let around = |row: &Row| {
            let number = found
                .iter()
                .filter(|other| other.grp == row.grp && (other.flag, other.id) <= (row.flag, row.id));
            let length = |row: &Row| row.name.chars().count();
            let before = found.iter().filter(|other| length(other) < length(row));
            let so_far = found.iter().filter(|other| other.flag == row.flag && other.id <= row.id);
            let alike = found.iter().filter(|other| other.grp == row.grp && also(other));
            let count = |rows: usize| i64::try_from(rows).unwrap();
            (
                count(number.count()),
                count(before.count()) + 1,
                so_far.filter_map(|other| other.price).sum::<i64>(),
                count(alike.count()),
            )
        };
        same(&windows.get(db).await, &found.iter().map(around).collect())?;

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
    // Its dialect of SQLite does not know the operators of bits.
    let bits = ["<<", ">>", "~"].iter().any(|operator| sent.text.contains(operator));
    if bits && db.driver_name() == "sqlite" {
        return Ok(());
    }
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
    let drafts = rows().into_iter().map(|row| {
        let meta = match row.size {
            Some(size) => json!({ "size": size, "tags": row.tags }),
            None => json!({ "tags": row.tags }),
        };
        let draft = Item::draft().id(row.id).grp(row.grp).price(row.price).name(row.name).flag(row.flag);
        draft.at(row.at).meta(meta).tags(row.tags)
    });
    Item::insert(db, drafts).await.unwrap();
    let drafts = parts().into_iter().map(|(id, item, size)| Part::draft().id(id).item_id(item).size(size));
    Part::insert(db, drafts).await.unwrap();
}

// C-73, Y-10
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
