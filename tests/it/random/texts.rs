//! Texts of a row.

use atlas::{Scalar, prelude::*};
use proptest::{
    prelude::{Just, Strategy},
    prop_oneof, sample,
};

use super::{Item, Row};

/// What is made of a row's name.
#[derive(Clone, Debug)]
pub enum Made {
    Name,
    Of(Box<Made>, &'static str),
    Cut(Box<Made>, &'static str, u32),
    With(Box<Made>, &'static str, &'static str),
}

pub const PARTS: [&str; 10] = ["", "a", "nn", "'", "%", "_", "\\", "50%", "ë", "BOB"];

pub fn made() -> impl Strategy<Value = Made> {
    Just(Made::Name).prop_recursive(2, 4, 1, |inner| {
        prop_oneof![
            (inner.clone(), sample::select(vec!["upper", "lower", "trim", "reverse"]))
                .prop_map(|(of, function)| Made::Of(Box::new(of), function)),
            (inner.clone(), sample::select(vec!["left", "right", "from", "pad", "repeat"]), 0_u32..5)
                .prop_map(|(of, function, number)| Made::Cut(Box::new(of), function, number)),
            (inner, sample::select(vec!["concat", "replace"]), sample::select(PARTS.to_vec()))
                .prop_map(|(of, function, text)| Made::With(Box::new(of), function, text)),
        ]
    })
}

impl Made {
    /// As Atlas is asked.
    pub fn asked(&self) -> Scalar<Item, String> {
        match self {
            Self::Name => Item::name.concat(""),
            Self::Of(of, "upper") => of.asked().upper(),
            Self::Of(of, "lower") => of.asked().lower(),
            Self::Of(of, "trim") => of.asked().trim(),
            Self::Of(of, _) => of.asked().reverse(),
            Self::Cut(of, "left", number) => of.asked().left(*number),
            Self::Cut(of, "right", number) => of.asked().right(*number),
            Self::Cut(of, "from", number) => of.asked().substring(*number, 3),
            Self::Cut(of, "pad", number) => of.asked().pad_start(*number, "*-"),
            Self::Cut(of, _, number) => of.asked().repeat(*number),
            Self::With(of, "concat", text) => of.asked().concat(*text),
            Self::With(of, _, text) => of.asked().replace(*text, "<>"),
        }
    }

    /// What it is of a row.
    pub fn of(&self, row: &Row) -> String {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        match self {
            Self::Name => row.name.to_owned(),
            Self::Of(of, "upper") => of.of(row).to_uppercase(),
            Self::Of(of, "lower") => of.of(row).to_lowercase(),
            Self::Of(of, "trim") => of.of(row).trim_matches(' ').to_owned(),
            Self::Of(of, _) => of.of(row).chars().rev().collect(),
            Self::Cut(of, function, number) => {
                let (of, number) = (chars(&of.of(row)), usize::try_from(*number).unwrap());
                match *function {
                    "left" => of.iter().take(number).collect(),
                    "right" => of.iter().skip(of.len().saturating_sub(number)).collect(),
                    "from" => of.iter().skip(number.saturating_sub(1)).take(3).collect(),
                    "pad" if of.len() >= number => of.iter().take(number).collect(),
                    "pad" => {
                        let pad = "*-".chars().cycle().take(number - of.len());
                        pad.chain(of.iter().copied()).collect()
                    }
                    _ => of.iter().collect::<String>().repeat(number),
                }
            }
            Self::With(of, "concat", text) => of.of(row) + text,
            Self::With(of, _, "") => of.of(row),
            Self::With(of, _, text) => of.of(row).replace(text, "<>"),
        }
    }
}
