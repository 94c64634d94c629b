//! Compile errors: collected, so that one build shows them all, and worded with the way out.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Result};

/// The errors of one derive.
#[derive(Default)]
pub(crate) struct Errors {
    all: Option<Error>,
}

impl Errors {
    /// Adds an error at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.all {
            Some(all) => all.combine(error),
            None => self.all = Some(error),
        }
    }

    /// What a result holds; its error is added.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// All of them, as `compile_error!`s; nothing where there are none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.all.map(Error::into_compile_error).unwrap_or_default()
    }
}

/// "`a`, `b` and `c`"
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// ": did you mean `name`?" where one of the names is close to what was written.
pub(crate) fn did_you_mean(written: &str, names: &[impl AsRef<str>]) -> String {
    let distances = names.iter().map(|name| (distance(written, name.as_ref()), name.as_ref()));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((distance, name)) if distance <= name.len().div_ceil(3) => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}

/// How many letters are to be put in, left out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(x != *y);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, distance};

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(
            did_you_mean("forein_key", &["local_key", "foreign_key"]),
            "; did you mean `foreign_key`?"
        );
        assert_eq!(did_you_mean("zzz", &["local_key"]), "");
    }
}
