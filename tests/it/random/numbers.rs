//! Numbers of a row.

use atlas::{Scalar, prelude::*};
use chrono::{Datelike, Timelike};
use proptest::{
    prelude::{Just, Strategy},
    prop_oneof, sample,
};

use super::{
    Item, Row,
    texts::{Made, made},
};

/// A number of a row.
#[derive(Clone, Debug)]
pub enum Number {
    Group,
    Price,
    Length(Made),
    Position(Made, &'static str),
    Part(&'static str),
    Size,
    Tags,
    Computed(Box<Number>, char, i64),
    Of(Box<Number>, &'static str),
}

pub fn number() -> impl Strategy<Value = Number> {
    let leaf = prop_oneof![
        Just(Number::Group),
        Just(Number::Price),
        sample::select(vec![Number::Group, Number::Price]),
        made().prop_map(Number::Length),
        (made(), sample::select(vec!["n", "o", "ë", "%", "NN"]))
            .prop_map(|(of, text)| Number::Position(of, text)),
        sample::select(vec!["year", "month", "day", "hour", "minute", "second", "weekday", "day of year"])
            .prop_map(Number::Part),
        Just(Number::Size),
        Just(Number::Tags),
    ];
    let operators = ['+', '-', '*', '/', '%', '&', '|', '^', '<', '>', 'g', 'l', 'n', 'c'];
    leaf.prop_recursive(2, 4, 1, move |inner| {
        prop_oneof![
            (inner.clone(), sample::select(operators.to_vec()), -3_i64..4)
                .prop_map(|(of, op, by)| Number::Computed(Box::new(of), op, by)),
            (inner, sample::select(vec!["abs", "sign", "not", "text"]))
                .prop_map(|(of, function)| Number::Of(Box::new(of), function)),
        ]
    })
}

/// How far bits are moved.
fn places(by: i64) -> u32 {
    u32::try_from(by.abs()).unwrap()
}

impl Number {
    /// As Atlas is asked.
    pub fn asked(&self) -> Scalar<Item, Option<i64>> {
        let at = Item::at;
        match self {
            Self::Group => Item::grp + 0,
            Self::Price => Item::price * 1,
            Self::Length(of) => of.asked().length().nullif(-1),
            Self::Position(of, text) => of.asked().position(*text).nullif(-1),
            Self::Part("year") => at.year().to_integer(),
            Self::Part("month") => at.month().to_integer(),
            Self::Part("day") => at.day().to_integer(),
            Self::Part("hour") => at.hour().to_integer(),
            Self::Part("minute") => at.minute().to_integer(),
            Self::Part("second") => at.second().to_integer(),
            Self::Part("weekday") => at.weekday().to_integer(),
            Self::Part(_) => at.day_of_year().to_integer(),
            Self::Size => Item::meta.path("size").integer(),
            Self::Tags => Item::tags.array().length(),
            Self::Computed(of, op, by) => {
                let of = of.asked();
                match op {
                    '+' => of + *by,
                    '-' => of - *by,
                    '*' => of * *by,
                    '/' => of / *by,
                    '%' => of % *by,
                    '&' => of.bit_and(*by),
                    '|' => of.bit_or(*by),
                    '^' => of.bit_xor(*by),
                    '<' => of.shift_left(places(*by)),
                    '>' => of.shift_right(places(*by)),
                    'g' => of.greatest(*by),
                    'l' => of.least(*by),
                    'n' => of.nullif(*by),
                    _ => of.coalesce(*by).nullif(-1_000),
                }
            }
            Self::Of(of, "abs") => of.asked().abs(),
            Self::Of(of, "sign") => of.asked().sign().to_integer(),
            Self::Of(of, "not") => of.asked().bit_not(),
            Self::Of(of, _) => of.asked().cast::<String>().cast::<i64>(),
        }
    }

    /// What it is of a row.
    pub fn of(&self, row: &Row) -> Option<i64> {
        let part = |part: u32| Some(i64::from(part));
        match self {
            Self::Group => row.grp,
            Self::Price => row.price,
            Self::Length(of) => i64::try_from(of.of(row).chars().count()).ok(),
            Self::Position(of, text) => {
                let of = of.of(row);
                let place = of.find(text).map_or(0, |place| of[..place].chars().count() + 1);
                i64::try_from(place).ok()
            }
            Self::Part("year") => Some(row.at?.year().into()),
            Self::Part("month") => part(row.at?.month()),
            Self::Part("day") => part(row.at?.day()),
            Self::Part("hour") => part(row.at?.hour()),
            Self::Part("minute") => part(row.at?.minute()),
            Self::Part("second") => part(row.at?.second()),
            Self::Part("weekday") => part(row.at?.weekday().number_from_monday()),
            Self::Part(_) => part(row.at?.ordinal()),
            Self::Size => row.size.flatten(),
            Self::Tags => i64::try_from(row.tags.len()).ok(),
            Self::Computed(of, 'c', by) => of.of(row).or(Some(*by)),
            Self::Computed(of, op, by) => {
                let of = of.of(row)?;
                match op {
                    '+' => Some(of + by),
                    '-' => Some(of - by),
                    '*' => Some(of * by),
                    '/' => of.checked_div(*by),
                    '%' => of.checked_rem(*by),
                    '&' => Some(of & by),
                    '|' => Some(of | by),
                    '^' => Some(of ^ by),
                    '<' => Some(of << places(*by)),
                    '>' => Some(of >> places(*by)),
                    'g' => Some(of.max(*by)),
                    'l' => Some(of.min(*by)),
                    _ => (of != *by).then_some(of),
                }
            }
            Self::Of(of, "abs") => Some(of.of(row)?.abs()),
            Self::Of(of, "sign") => Some(of.of(row)?.signum()),
            Self::Of(of, "not") => Some(!of.of(row)?),
            Self::Of(of, _) => of.of(row),
        }
    }
}
