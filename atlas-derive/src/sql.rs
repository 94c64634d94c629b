//! `sql!`: a text in the database's own language, from the program's source.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Error, Expr, LitStr, Result};

/// The code for a text.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let at = input.clone();
    let literal = syn::parse2::<LitStr>(input).map_err(|_| Error::new_spanned(&at, LITERAL));
    literal
        .and_then(|literal| pieces(&literal))
        .map_or_else(Error::into_compile_error, |pieces| code(&pieces))
}

const LITERAL: &str = "the text of `sql!` is a literal: what is known when the program runs stands in it in braces, \
                       as in `sql!(\"lower(name) = {name}\")`";
const BRACES: &str = "expected a value in braces: `{name}`, `{ids:list}` for a list, `{table:ident}` for the name of a table \
                      or column; a brace itself is doubled";

enum Piece {
    Text(String),
    Value(Expr),
    List(Expr),
    Name(Expr),
}

fn pieces(literal: &LitStr) -> Result<Vec<Piece>> {
    let wrong = || Error::new(literal.span(), BRACES);
    let text = literal.value();
    if text.contains(['\u{1}', '\u{2}']) {
        return Err(Error::new(literal.span(), "the text of `sql!` has a control character"));
    }
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            plain.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            plain.push('}');
            rest = after;
        } else if let Some(after) = from.strip_prefix('{') {
            let (inside, after) =
                after.split_at_checked(closing(after).ok_or_else(wrong)?).ok_or_else(wrong)?;
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(piece(inside, literal)?);
            rest = after.strip_prefix('}').ok_or_else(wrong)?;
        } else {
            return Err(wrong());
        }
    }
    plain.push_str(rest);
    pieces.push(Piece::Text(plain));
    Ok(pieces)
}

/// Where the brace is that closes what has begun.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.char_indices().find_map(|(at, part)| match part {
        '{' => {
            open += 1;
            None
        }
        '}' if open == 0 => Some(at),
        '}' => {
            open -= 1;
            None
        }
        _ => None,
    })
}

/// What stands in braces.
fn piece(inside: &str, literal: &LitStr) -> Result<Piece> {
    let parsed = |text: &str| {
        LitStr::new(text, literal.span()).parse::<Expr>().map_err(|_| Error::new(literal.span(), BRACES))
    };
    let inside = inside.trim();
    if let Some(list) = inside.strip_suffix(":list") {
        parsed(list).map(Piece::List)
    } else if let Some(name) = inside.strip_suffix(":ident") {
        parsed(name).map(Piece::Name)
    } else {
        parsed(inside).map(Piece::Value)
    }
}

fn code(pieces: &[Piece]) -> TokenStream {
    let span = Span::mixed_site();
    let calls = pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) if text.is_empty() => None,
        Piece::Text(text) => Some(quote_spanned!(span=> sql.text(#text);)),
        Piece::Value(value) => Some(quote_spanned!(span=> sql.value(&(#value));)),
        Piece::List(list) => Some(quote_spanned!(span=> sql.list(&(#list));)),
        Piece::Name(name) => Some(quote_spanned!(span=> sql.name(&(#name));)),
    });
    quote_spanned! {span=> {
        let mut sql = ::atlas::Sql::empty();
        #(#calls)*
        sql
    }}
}
