//! Words that are looked for in texts.

use std::{marker::PhantomData, mem};

use crate::{
    model::{Column, Expr, Model, Scalar, Text, tables},
    statement::{Expr as Node, FullText, FullTextTerm},
    value::Attribute,
};

/// The most words that are looked for at once.
const MOST: usize = 100;
/// The most letters of one of them.
const LONGEST: usize = 200;

/// Words that are looked for in texts of the model `M`: see [`full_text`].
pub struct Search<M> {
    node: Result<FullText, String>,
    of: PhantomData<fn() -> M>,
}

/// Looks for words in texts that have a full-text index: `#[full_text(title, body)]` on the model, which
/// [`create_tables`](crate::Db::create_tables) makes.
///
/// ```
/// use atlas::{full_text, prelude::*};
///
/// #[derive(Model, Debug)]
/// #[full_text(title, body)]
/// struct Page {
///     id: i64,
///     title: String,
///     body: Option<String>,
/// }
/// # atlas::block_on(async {
/// # let db = Db::connect("sqlite::memory:").await?;
/// # db.create_tables(models![Page]).await?;
/// Page::draft().title("Borrowing").body("Lend a book, or a lent book's book").save(&db).await?;
/// Page::draft().title("Books").body("of the library").save(&db).await?;
///
/// let search = full_text((Page::title, Page::body), "book -\"the library\"");
/// let found = Page::query().filter(search.clone().matches()).order_by(search.relevance().desc());
/// assert_eq!(found.pluck(&db, Page::title).await?, ["Borrowing"]);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
///
/// All words have to be there, in whatever case; `or` between two is one of them, `"in quotes"` one after the other, and a
/// `-` before what must not be there. All else is passed over: what a visitor has written is no error. Up to 100 words,
/// of up to 200 letters: more is [`Error::Config`](crate::Error::Config), as columns are whose index the model does not have.
pub fn full_text<C: FullTextColumns>(columns: C, words: impl AsRef<str>) -> Search<C::Model> {
    Search { node: search::<C::Model>(&columns.places(), words.as_ref()), of: PhantomData }
}

impl<M> Clone for Search<M> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), of: PhantomData }
    }
}

impl<M> Search<M> {
    /// Whether the words are there.
    pub fn matches(self) -> Expr<M> {
        Expr::new(self.into_node(false))
    }

    /// How well they fit: the larger, the better. What the number is, differs from database to database.
    pub fn relevance(self) -> Scalar<M, f64> {
        Scalar::new(self.into_node(true))
    }

    fn into_node(self, rank: bool) -> Node {
        match self.node {
            Ok(search) => Node::FullText(Box::new(FullText { rank, ..search })),
            Err(fault) => Node::Fault(fault),
        }
    }
}

/// The texts that words are looked for in: a column, or a tuple of columns of one model.
#[diagnostic::on_unimplemented(
    message = "words cannot be looked for in `{Self}`",
    label = "expected a text column of a model, or a tuple of them"
)]
pub trait FullTextColumns {
    /// The model.
    type Model: Model;

    /// The columns' places among those of the model.
    #[doc(hidden)]
    fn places(&self) -> Vec<usize>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Attribute<Base: Text>> FullTextColumns for Column<M, T> {
    type Model = M;

    fn places(&self) -> Vec<usize> {
        vec![self.index]
    }
}

macro_rules! tuples {
    ($($part:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($part: Attribute<Base: Text>),*> FullTextColumns for ($(Column<M, $part>,)*) {
            type Model = M;

            #[allow(non_snake_case)]
            fn places(&self) -> Vec<usize> {
                let ($($part,)*) = self;
                vec![$($part.index),*]
            }
        }
    };
}
tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);
tuples!(A, B, C, D, E, F);

fn search<M: Model>(places: &[usize], words: &str) -> Result<FullText, String> {
    let model = M::meta();
    let has_all = |columns: &[usize]| {
        columns.len() == places.len() && places.iter().all(|place| columns.contains(place))
    };
    let Some(meta) = model.full_text.iter().find(|meta| has_all(meta.columns)) else {
        let names = places.iter().filter_map(|place| model.columns.get(*place));
        let names: Vec<&str> = names.map(|column| column.field).collect();
        return Err(format!(
            "words are found in texts that have an index of them: put `#[full_text({})]` on `{}`",
            names.join(", "),
            model.name
        ));
    };
    let terms = terms(words);
    let all = || terms.iter().flat_map(|term| &term.any).flatten();
    if all().count() > MOST {
        return Err(format!("a search has at most {MOST} words"));
    }
    if all().any(|word| word.chars().count() > LONGEST) {
        return Err(format!("a word of a search has at most {LONGEST} letters"));
    }
    let index = tables::full_text(model, meta);
    let columns = meta.columns.iter().map(|column| Node::Column(crate::query::column_ref(model, *column)));
    Ok(FullText {
        columns: columns.collect(),
        index: index.name,
        language: meta.language,
        terms,
        rank: false,
    })
}

/// What somebody has written, taken apart.
fn terms(text: &str) -> Vec<FullTextTerm> {
    let mut terms: Vec<FullTextTerm> = Vec::new();
    let (mut excluded, mut or) = (false, false);
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (piece, after, quoted) = match first {
            '"' => {
                let rest = rest.get(1..).unwrap_or_default();
                let (piece, after) = rest.split_once('"').unwrap_or((rest, ""));
                (piece, after, true)
            }
            '-' => {
                excluded = true;
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            _ => {
                let end = rest.find(|part: char| part.is_whitespace() || part == '"').unwrap_or(rest.len());
                let (piece, after) = rest.split_at(end);
                (piece, after, false)
            }
        };
        rest = after;
        let phrase: Vec<String> = piece
            .split(|part: char| !part.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let spaced = rest.trim_start();
        if !quoted && !excluded && phrase == ["or"] {
            or = true;
        } else if !phrase.is_empty() {
            match terms.last_mut().filter(|last| or && !excluded && !last.excluded) {
                Some(last) => last.any.push(phrase),
                None => terms.push(FullTextTerm { any: vec![phrase], excluded }),
            }
            or = false;
        }
        // A minus stands before what it is meant for.
        excluded = false;
        rest = spaced;
    }
    mem::take(&mut terms)
}

#[cfg(test)]
mod tests {
    use super::terms;

    #[test]
    fn what_visitors_write_is_taken_apart() {
        for (text, shown) in [
            ("", ""),
            ("  Rust  books ", "rust & books"),
            ("rust or go c", "rust|go & c"),
            ("\"in anger\" -peace", "in anger & !peace"),
            ("-\"the library\" x", "!the library & x"),
            ("it's foo-bar", "it s & foo bar"),
            ("or or a", "a"),
            ("a or", "a"),
            ("a or -b", "a & !b"),
            ("\"open", "open"),
            ("a\"b c\"d", "a & b c & d"),
            ("'; drop table x; --", "drop & table & x"),
            ("+(*)~<>@\0\\ %_", ""),
            ("Ünï 日本", "ünï & 日本"),
        ] {
            let terms = terms(text);
            let each = terms.iter().map(|term| {
                let any: Vec<String> = term.any.iter().map(|phrase| phrase.join(" ")).collect();
                format!("{}{}", if term.excluded { "!" } else { "" }, any.join("|"))
            });
            assert_eq!(each.collect::<Vec<_>>().join(" & "), shown, "{text}");
        }
    }
}
