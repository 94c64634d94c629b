use atlas_core::{
    error::{Error, Result},
    statement::Raw,
};

use crate::{Bind, Compiled, Dialect, compiler::Compiler};

/// Writes a raw statement, in place of what `into` held: its text as it stands, with the dialect's
/// placeholder for each `?` outside of quotes and comments. `??` is a question mark.
///
/// # Errors
///
/// [`Error::Config`] where the text has another number of places than there are values.
pub fn compile_raw<'s>(raw: &'s Raw, dialect: &dyn Dialect, into: &mut Compiled<'s>) -> Result<()> {
    into.clear();
    Compiler::new(dialect, into).raw(raw)
}

impl<'s> Compiler<'_, 's> {
    pub(crate) fn raw(&mut self, raw: &'s Raw) -> Result<()> {
        if let Some(fault) = &raw.fault {
            return Err(Error::config(fault.clone()));
        }
        let value = if raw.marked { Raw::VALUE } else { '?' };
        let mut rest = raw.text.as_str();
        let (mut binds, mut names) = (raw.binds.iter(), raw.names.iter());
        let mut places = 0;
        let (escapes, dollars) = (self.dialect.backslash_escapes(), self.dialect.dollar_quotes());
        while let Some(at) = rest.find([value, Raw::NAME, '\'', '"', '`', '-', '/', '#', '$']) {
            let (before, from) = rest.split_at(at);
            self.push(before);
            // `E'..'` is a text in which a backslash takes the next character as it stands.
            let escapes = escapes || (dollars && from.starts_with('\'') && ends_in_e(before));
            if let Some(after) = from.strip_prefix("??").filter(|_| !raw.marked) {
                self.push("?");
                rest = after;
            } else if let Some(after) = from.strip_prefix(Raw::NAME).filter(|_| raw.marked) {
                if let Some(name) = names.next() {
                    self.path(name);
                }
                rest = after;
            } else if let Some(after) = from.strip_prefix(value) {
                places += 1;
                if let Some(value) = binds.next() {
                    self.bind(Bind::Value(value));
                }
                rest = after;
            } else {
                let length = match dollar_quoted(from) {
                    Some(length) if dollars => length,
                    _ => opaque(from, escapes),
                };
                let (copied, after) = from.split_at(length);
                self.push(copied);
                rest = after;
            }
        }
        self.push(rest);
        if places == raw.binds.len() && names.next().is_none() {
            return Ok(());
        }
        if raw.marked {
            return Err(Error::config(
                "a value or a name stands in quotes or in a comment of the text of `sql!`: write `{value}` alone, and \
                 put together before what belongs together",
            ));
        }
        Err(Error::config(format!(
            "a raw statement has {places} places (`?`) and {} values: give one value for each place",
            raw.binds.len()
        )))
    }
}

/// Whether a text ends in an `E` that is no part of a word.
fn ends_in_e(text: &str) -> bool {
    let mut letters = text.chars().rev();
    matches!(letters.next(), Some('e' | 'E'))
        && !letters.next().is_some_and(|before| before.is_alphanumeric() || before == '_')
}

/// How long the text is that `$$` or `$tag$` surrounds, where this is the start of one.
fn dollar_quoted(text: &str) -> Option<usize> {
    let (tag, rest) = text.strip_prefix('$')?.split_once('$')?;
    let named = !tag.starts_with(|first: char| first.is_ascii_digit());
    if !named || !tag.chars().all(|part| part.is_alphanumeric() || part == '_') {
        return None;
    }
    let quote = text.get(..tag.len() + 2)?;
    let body = rest.find(quote).map_or(rest.len(), |at| at + quote.len());
    Some(quote.len() + body)
}

/// How many bytes at the start of this text belong together: a quoted text, a comment, or one byte.
fn opaque(text: &str, escapes: bool) -> usize {
    let escaped = |quote: u8| {
        let mut skip = true;
        let end = text.bytes().position(|byte| {
            let ends = byte == quote && !skip;
            skip = byte == b'\\' && !skip;
            ends
        });
        end.map_or(text.len(), |at| at + 1)
    };
    let end = |open: usize, close: &str| {
        text.get(open..).and_then(|rest| rest.find(close)).map_or(text.len(), |at| open + at + close.len())
    };
    match text.as_bytes() {
        [quote @ (b'\'' | b'"'), ..] if escapes => escaped(*quote),
        [b'#', ..] if escapes => end(1, "\n"),
        // A doubled quote ends one text and starts the next, which comes to the same.
        [b'\'', ..] => end(1, "'"),
        [b'"', ..] => end(1, "\""),
        [b'`', ..] => end(1, "`"),
        [b'-', b'-', ..] => end(2, "\n"),
        [b'/', b'*', ..] => end(2, "*/"),
        _ => 1,
    }
}
