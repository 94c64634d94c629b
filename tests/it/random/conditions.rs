//! Conditions on rows.

use std::cmp::Ordering;

use atlas::{Expr, case_when, exists, prelude::*, row, statement::TimeUnit};
use chrono::{DateTime, Datelike, Months, NaiveTime, Utc};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any},
    prop_oneof, sample,
};

use super::{
    Item, NAMES, Part, Row, moment,
    numbers::{Number, number},
    parts,
    texts::{Made, PARTS, made},
};

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Debug)]
pub enum Text {
    Equals(&'static str),
    Like(&'static str, bool),
    Is(Made, bool, &'static str),
    Starts(&'static str),
    Contains(&'static str),
    Ends(&'static str),
}

/// What is asked of a moment.
#[derive(Clone, Copy, Debug)]
pub enum Day {
    Before,
    Date,
    /// So many months later.
    Later(i64),
    Month,
}

/// What is asked of a document.
#[derive(Clone, Copy, Debug)]
pub enum Inside {
    Equals,
    Differs,
    Null,
    Key,
    Contains,
    At(u32),
    Length,
}

/// What is asked of an array.
#[derive(Clone, Copy, Debug)]
pub enum Tagged {
    All,
    Any,
    Within,
    Empty,
}

/// A condition, as data.
#[derive(Clone, Debug)]
pub enum Condition {
    Compare(Number, Op, Option<i64>),
    Columns(Op),
    Among(Number, Vec<Option<i64>>, bool),
    Between(Number, i64, i64),
    Null(bool),
    Text(Text),
    Flag(bool),
    Written(&'static str),
    Day(Day, i64),
    Inside(Inside, i64),
    Tagged(Tagged, Vec<i64>),
    Rows(Vec<(Option<i64>, bool)>),
    Beyond(Op, i64, i64),
    Distinct(Option<Option<i64>>),
    Case(Box<Condition>, Box<Condition>, i64),
    HasPart(i64),
    InQuery(Box<Condition>),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

fn op() -> impl Strategy<Value = Op> {
    sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge])
}

fn text() -> impl Strategy<Value = Text> {
    let part = || sample::select(PARTS.to_vec());
    let patterns =
        ["%n%", "_NN", "%\\%%", "zo_", "%", "", "ZOË", "O'NEIL%", "%\\_\\\\", "%\\", "\\bo%", "__"];
    prop_oneof![
        (sample::select(patterns.to_vec()), any::<bool>())
            .prop_map(|(pattern, case)| Text::Like(pattern, case)),
        (made(), any::<bool>(), sample::select(vec!["", "NNA", "an", "bo", "*bob", "ANN", "zoëa", "oo"]))
            .prop_map(|(of, equals, text)| Text::Is(of, equals, text)),
        sample::select(NAMES.to_vec()).prop_map(Text::Equals),
        part().prop_map(Text::Starts),
        part().prop_map(Text::Contains),
        part().prop_map(Text::Ends),
    ]
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![Just(Day::Before), Just(Day::Date), Just(Day::Month), (-14_i64..15).prop_map(Day::Later)]
}

fn inside() -> impl Strategy<Value = Inside> {
    let asked =
        [Inside::Equals, Inside::Differs, Inside::Null, Inside::Key, Inside::Contains, Inside::Length];
    prop_oneof![sample::select(asked.to_vec()), (0_u32..3).prop_map(Inside::At)]
}

pub fn condition() -> impl Strategy<Value = Condition> {
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
        sample::select(vec!["", "1", "-3", "x", "7 "]).prop_map(Condition::Written),
        (0_i64..7).prop_map(Condition::HasPart),
        (day(), 0_i64..35).prop_map(|(day, number)| Condition::Day(day, number)),
        (inside(), 0_i64..5).prop_map(|(inside, number)| Condition::Inside(inside, number)),
        (sample::select(vec![Tagged::All, Tagged::Any, Tagged::Within, Tagged::Empty]), vec(0_i64..5, 0..4))
            .prop_map(|(asked, tags)| Condition::Tagged(asked, tags)),
        vec((option::of(0_i64..3), any::<bool>()), 0..4).prop_map(Condition::Rows),
        (op(), 0_i64..3, 0_i64..31).prop_map(|(op, grp, id)| Condition::Beyond(op, grp, id)),
        option::of(option::of(0_i64..4)).prop_map(Condition::Distinct),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| Condition::Not(Box::new(of))),
            inner.clone().prop_map(|of| Condition::InQuery(Box::new(of))),
            (inner.clone(), inner.clone(), 1_i64..4).prop_map(|(first, then, is)| Condition::Case(
                Box::new(first),
                Box::new(then),
                is
            )),
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
            made => {
                let $of = made.asked();
                $do
            }
        }
    };
}

impl Condition {
    /// As Atlas is asked.
    pub fn asked(&self) -> Expr<Item> {
        match self {
            Self::Compare(of, op, with) => with!(of, of => compared!(of, op, *with)),
            Self::Columns(op) => compared!(Item::grp, op, Item::price),
            Self::Among(of, list, false) => with!(of, of => of.is_in(list.iter().copied()).scoped()),
            Self::Among(of, list, true) => with!(of, of => of.not_in(list.iter().copied()).scoped()),
            Self::Between(of, low, high) => with!(of, of => of.between(*low, *high).scoped()),
            Self::Null(true) => Item::grp.is_null(),
            Self::Null(false) => Item::price.is_not_null(),
            Self::Text(Text::Equals(text)) => Item::name.eq(*text).scoped(),
            Self::Text(Text::Like(pattern, true)) => Item::name.like(*pattern),
            Self::Text(Text::Like(pattern, false)) => Item::name.ilike(*pattern),
            Self::Text(Text::Is(of, true, text)) => of.asked().eq(*text),
            Self::Text(Text::Is(of, false, text)) => of.asked().ne(*text),
            Self::Text(Text::Starts(text)) => Item::name.starts_with(text),
            Self::Text(Text::Contains(text)) => Item::name.contains(text),
            Self::Text(Text::Ends(text)) => Item::name.ends_with(text),
            Self::Flag(flag) => Item::flag.eq(*flag).scoped(),
            Self::Written(text) => Item::price.cast::<String>().eq(*text).scoped(),
            Self::Day(day, number) => {
                let (at, moment) = (Item::at, moment(*number));
                match day {
                    Day::Before => at.lt(moment),
                    Day::Date => at.date().eq(moment.date_naive()),
                    Day::Later(months) => at.plus(*months, TimeUnit::Month).ge(moment),
                    Day::Month => at.truncate(TimeUnit::Month).eq(first_of_month(moment)),
                }
            }
            Self::Inside(inside, number) => {
                let (size, tags) = (Item::meta.path("size"), Item::meta.path("tags"));
                match inside {
                    Inside::Equals => size.eq(*number),
                    Inside::Differs => size.ne(*number),
                    Inside::Null => size.is_null(),
                    Inside::Key => Item::meta.document().contains_key("size"),
                    Inside::Contains => tags.contains(*number),
                    Inside::At(place) => tags.at(*place).eq(*number),
                    Inside::Length => tags.length().eq(*number),
                }
            }
            Self::Tagged(asked, tags) => {
                let (own, tags) = (Item::tags.array(), tags.iter().copied());
                match asked {
                    Tagged::All => own.contains_all(tags),
                    Tagged::Any => own.overlaps(tags),
                    Tagged::Within => own.contained_by(tags),
                    Tagged::Empty => own.is_empty(),
                }
            }
            Self::Rows(rows) => row((Item::grp, Item::flag)).is_in(rows.iter().copied()).scoped(),
            Self::Beyond(op, grp, id) => compared!(row((Item::grp, Item::id)), op, (*grp, *id)),
            Self::Distinct(None) => Item::grp.is_distinct_from(Item::price).scoped(),
            Self::Distinct(Some(value)) => Item::grp.is_distinct_from(*value),
            Self::Case(first, then, is) => {
                let case = case_when(first.asked(), 1_i64).when(then.asked(), 2_i64).otherwise(3_i64);
                case.eq(*is).scoped()
            }
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
    pub fn holds(&self, row: &Row) -> Option<bool> {
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
            Self::Text(Text::Like(pattern, true)) => Some(is_like(pattern, row.name)),
            Self::Text(Text::Like(pattern, false)) => {
                Some(is_like(&pattern.to_lowercase(), &row.name.to_lowercase()))
            }
            Self::Text(Text::Is(of, equals, text)) => Some((of.of(row) == *text) == *equals),
            Self::Text(Text::Starts(text)) => Some(row.name.starts_with(text)),
            Self::Text(Text::Contains(text)) => Some(row.name.contains(text)),
            Self::Text(Text::Ends(text)) => Some(row.name.ends_with(text)),
            Self::Flag(flag) => Some(row.flag == *flag),
            Self::Written(text) => row.price.map(|price| price.to_string() == *text),
            Self::Day(day, number) => {
                let (at, moment) = (row.at?, moment(*number));
                Some(match day {
                    Day::Before => at < moment,
                    Day::Date => at.date_naive() == moment.date_naive(),
                    Day::Later(months) => later(at, *months) >= moment,
                    Day::Month => first_of_month(at) == first_of_month(moment),
                })
            }
            Self::Inside(inside, number) => {
                let place = |place: &u32| row.tags.get(usize::try_from(*place).unwrap());
                match inside {
                    Inside::Equals => row.size.map(|size| size == Some(*number)),
                    Inside::Differs => row.size.map(|size| size != Some(*number)),
                    Inside::Null => Some(row.size.flatten().is_none()),
                    Inside::Key => Some(row.size.is_some()),
                    Inside::Contains => Some(row.tags.contains(number)),
                    Inside::At(at) => place(at).map(|tag| tag == number),
                    Inside::Length => Some(row.tags.len() == usize::try_from(*number).unwrap()),
                }
            }
            Self::Tagged(asked, tags) => Some(match asked {
                Tagged::All => tags.iter().all(|tag| row.tags.contains(tag)),
                Tagged::Any => tags.iter().any(|tag| row.tags.contains(tag)),
                Tagged::Within => row.tags.iter().all(|tag| tags.contains(tag)),
                Tagged::Empty => row.tags.is_empty(),
            }),
            Self::Rows(rows) => {
                let same = |(grp, flag): &(Option<i64>, bool)| {
                    let grp = match grp {
                        None => Some(row.grp.is_none()),
                        grp => Op::Eq.holds(row.grp, *grp),
                    };
                    and(grp, Some(row.flag == *flag))
                };
                rows.iter().map(same).fold(Some(false), or)
            }
            Self::Beyond(op, grp, id) => {
                let same = Op::Eq.holds(row.grp, Some(*grp));
                let both = |op: Op| and(same, op.holds(Some(row.id), Some(*id)));
                match op {
                    Op::Eq => both(Op::Eq),
                    Op::Ne => both(Op::Eq).map(|same| !same),
                    Op::Lt | Op::Le => or(Op::Lt.holds(row.grp, Some(*grp)), both(*op)),
                    Op::Gt | Op::Ge => or(Op::Gt.holds(row.grp, Some(*grp)), both(*op)),
                }
            }
            Self::Distinct(None) => Some(row.grp != row.price),
            Self::Distinct(Some(value)) => Some(row.grp != *value),
            Self::Case(first, then, is) => Some(match (first.holds(row), then.holds(row)) {
                (Some(true), _) => *is == 1,
                (_, Some(true)) => *is == 2,
                _ => *is == 3,
            }),
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

pub fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
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

fn first_of_month(at: DateTime<Utc>) -> DateTime<Utc> {
    at.date_naive().with_day(1).unwrap().and_time(NaiveTime::MIN).and_utc()
}

fn later(at: DateTime<Utc>, months: i64) -> DateTime<Utc> {
    let by = Months::new(u32::try_from(months.abs()).unwrap());
    if months < 0 { at.checked_sub_months(by).unwrap() } else { at.checked_add_months(by).unwrap() }
}

/// Whether a text matches a pattern: `%` is any text, `_` one character, and a backslash means what follows it, or itself
/// at the end.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| is_like(rest.as_str(), &text[at..]))
        }
        Some(first) => {
            let exact = if first == '\\' { rest.next().or(Some(first)) } else { Some(first) };
            let mut left = text.chars();
            let fits = left.next().is_some_and(|next| first == '_' || exact == Some(next));
            fits && is_like(rest.as_str(), left.as_str())
        }
    }
}
