//! `#[full_text(..)]`: an index by which words are found.

use syn::{
    Attribute, Error, Ident, LitStr, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::arguments;

/// `#[full_text(title, body, language = "english")]`
pub(super) fn read(attribute: &Attribute) -> Result<(Vec<Ident>, Option<LitStr>)> {
    let wrong = || {
        let message = "expected names of fields, and the language where there is one: \
                       `#[full_text(title, body, language = \"english\")]`";
        arguments::error(attribute, message)
    };
    let (mut names, mut language) = (Vec::new(), None);
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            if input.parse::<Option<Token![=]>>()?.is_some() && name == "language" {
                language = Some(input.parse::<LitStr>()?);
            } else {
                names.push(name);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(arguments::tokens(attribute).unwrap_or_default()).map_err(|_: Error| wrong())?;
    let is_name = |text: &LitStr| text.value().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match language {
        _ if names.is_empty() => Err(wrong()),
        Some(language) if !is_name(&language) || language.value().is_empty() => {
            Err(Error::new(language.span(), "a language is named in small letters, as in `english`"))
        }
        language => Ok((names, language)),
    }
}
