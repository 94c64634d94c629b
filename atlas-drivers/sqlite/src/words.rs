//! The words of a text in SQL as SQLite reads it.

/// A word of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word<'t> {
    /// A name or number without quotes.
    Bare(&'t str),
    /// A name in quotes, without them.
    Quoted(String),
    /// A text in quotes.
    Text(&'t str),
    /// Anything else.
    Symbol(char),
}

/// A place in a text. Spaces and comments are passed over.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// Where the last word ended.
    ended: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, ended: 0 }
    }

    /// All of the text.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// What is left of it.
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where the next word begins.
    pub(crate) fn position(&mut self) -> usize {
        self.skip();
        self.at
    }

    /// The words from a position on, up to the last one that was taken.
    pub(crate) fn text_from(&self, start: usize) -> String {
        self.text.get(start..self.ended.max(start)).unwrap_or_default().to_owned()
    }

    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let comment = if trimmed.starts_with("--") {
                trimmed.find('\n').map_or(trimmed.len(), |end| end + 1)
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                0
            };
            self.at += rest.len() - trimmed.len() + comment;
            if comment == 0 {
                return;
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<Word<'t>> {
        self.skip();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (word, length) = match first {
            '\'' => {
                let length = quoted(rest, '\'');
                (Word::Text(rest.get(..length)?), length)
            }
            '"' | '`' | '[' => {
                let close = if first == '[' { ']' } else { first };
                let length = quoted(rest, close);
                let inner = rest.get(1..length.saturating_sub(1).max(1))?;
                let doubled: String = [close, close].iter().collect();
                (Word::Quoted(inner.replace(&doubled, &close.to_string())), length)
            }
            first if first.is_ascii_digit() => {
                let length = number(rest);
                (Word::Bare(rest.get(..length)?), length)
            }
            first if is_of_word(first) => {
                let length = rest.find(|part| !is_of_word(part)).unwrap_or(rest.len());
                (Word::Bare(rest.get(..length)?), length)
            }
            first => (Word::Symbol(first), first.len_utf8()),
        };
        self.at += length;
        self.ended = self.at;
        Some(word)
    }

    fn peek(&self) -> Option<Word<'t>> {
        self.clone().next()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.peek().is_none()
    }

    pub(crate) fn is_at(&self, symbol: char) -> bool {
        self.peek() == Some(Word::Symbol(symbol))
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.peek(), Some(Word::Text(_)))
    }

    pub(crate) fn looks_at(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Word::Bare(own)) if own.eq_ignore_ascii_case(keyword))
    }

    pub(crate) fn looks_at_both(&self, first: &str, second: &str) -> bool {
        let mut ahead = self.clone();
        ahead.takes(first) && ahead.looks_at(second)
    }

    pub(crate) fn takes(&mut self, keyword: &str) -> bool {
        let there = self.looks_at(keyword);
        if there {
            self.next();
        }
        there
    }

    pub(crate) fn takes_symbol(&mut self, symbol: char) -> bool {
        let there = self.is_at(symbol);
        if there {
            self.next();
        }
        there
    }

    /// A name, with quotes or without. SQLite takes texts for names, too.
    pub(crate) fn name(&mut self) -> Option<String> {
        match self.next()? {
            Word::Bare(own) => Some(own.to_owned()),
            Word::Quoted(own) => Some(own),
            Word::Text(own) => Some(own.trim_matches('\'').replace("''", "'")),
            Word::Symbol(_) => None,
        }
    }

    /// What stands in the parentheses that come next.
    pub(crate) fn parenthesized(&mut self) -> Option<Cursor<'t>> {
        if !self.takes_symbol('(') {
            return None;
        }
        let start = self.at;
        let mut depth = 1;
        loop {
            let end = self.position();
            match self.next()? {
                Word::Symbol('(') => depth += 1,
                Word::Symbol(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(Cursor::new(self.text.get(start..end)?));
            }
        }
    }

    /// Its parts, between separators that stand in no parentheses.
    pub(crate) fn split(mut self, separator: char) -> Vec<Cursor<'t>> {
        let mut parts = Vec::new();
        let (mut start, mut depth) = (self.at, 0);
        loop {
            let at = self.position();
            match self.next() {
                Some(Word::Symbol('(')) => depth += 1,
                Some(Word::Symbol(')')) => depth -= 1,
                Some(Word::Symbol(own)) if own == separator && depth == 0 => {
                    parts.push(Cursor::new(self.text.get(start..at).unwrap_or_default()));
                    start = self.at;
                }
                Some(_) => {}
                None => {
                    parts.push(Cursor::new(self.text.get(start..).unwrap_or_default()));
                    return parts;
                }
            }
        }
    }
}

fn is_of_word(part: char) -> bool {
    part.is_alphanumeric() || part == '_' || part == '$'
}

/// The length of a number.
fn number(text: &str) -> usize {
    let mut before = ' ';
    text.find(|part: char| {
        let sign = matches!(part, '+' | '-') && matches!(before, 'e' | 'E');
        before = part;
        !(is_of_word(part) || part == '.' || sign)
    })
    .unwrap_or(text.len())
}

/// The length of what is in quotes, with them: a doubled quote is one of the text.
fn quoted(text: &str, close: char) -> usize {
    let mut parts = text.char_indices().skip(1).peekable();
    while let Some((at, part)) = parts.next() {
        if part == close {
            if parts.peek().is_some_and(|(_, next)| *next == close) {
                parts.next();
            } else {
                return at + part.len_utf8();
            }
        }
    }
    text.len()
}
