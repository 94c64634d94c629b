//! A text of several statements, taken apart.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'t> {
    /// Spaces and line ends.
    Space(&'t str),
    /// A comment.
    Comment,
    /// What stands in quotes of some kind.
    Quoted(&'t str),
    /// A word or a number.
    Word(&'t str),
    /// Any other character.
    Other(&'t str),
}

/// The statements of a text, as [`Db::execute`](atlas_core::Db::execute) takes them: comments around them are gone, and
/// a question mark is a question mark.
///
/// A statement ends at a semicolon, unless that stands in quotes, in a comment, or in the body of a trigger, a function
/// or a procedure (between `BEGIN` and `END`).
pub(crate) fn statements(text: &str, driver: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut statement = String::new();
    let mut body = Body::default();
    for piece in pieces(text, driver) {
        match piece {
            Piece::Other(";") if body.depth == 0 => {
                finish(&mut statement, &mut found);
                body = Body::default();
                continue;
            }
            Piece::Word(word) => body.word(word),
            Piece::Other(";") => body.rest(),
            _ => {}
        }
        match piece {
            Piece::Space(_) | Piece::Comment if statement.is_empty() => {}
            Piece::Comment => statement.push(' '),
            Piece::Other("?") => statement.push_str("??"),
            Piece::Space(own) | Piece::Quoted(own) | Piece::Word(own) | Piece::Other(own) => {
                statement.push_str(own);
            }
        }
    }
    finish(&mut statement, &mut found);
    found
}

fn finish(statement: &mut String, found: &mut Vec<String>) {
    let text = std::mem::take(statement);
    let text = text.trim();
    if !text.is_empty() {
        found.push(text.to_owned());
    }
}

/// The body of a trigger or a routine.
#[derive(Default)]
struct Body {
    words: usize,
    /// Whether the statement makes something that has a body.
    creates: bool,
    has: bool,
    depth: usize,
    /// Whether the last word was `END`, so that `END IF` ends no block.
    ended: bool,
}

impl Body {
    fn word(&mut self, word: &str) {
        let is = |words: &[&str]| words.iter().any(|own| word.eq_ignore_ascii_case(own));
        self.words += 1;
        if self.words == 1 {
            self.creates = is(&["create"]);
        }
        self.has |= self.creates && self.words < 8 && is(&["trigger", "function", "procedure", "event"]);
        if !self.has {
            return;
        }
        let ended = std::mem::replace(&mut self.ended, false);
        if is(&["end"]) {
            self.depth = self.depth.saturating_sub(1);
            self.ended = true;
        } else if is(&["begin"]) || (is(&["case"]) && self.depth > 0 && !ended) {
            self.depth += 1;
        } else if ended && is(&["if", "loop", "repeat", "while"]) {
            // `END IF` closes what no `BEGIN` opened.
            self.depth += 1;
        }
    }

    fn rest(&mut self) {
        self.ended = false;
    }
}

/// The text without what does not matter to a database: each run of spaces and comments is one space.
pub(crate) fn normalized(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    // Quotes of every kind are looked at alike: the sum has to be the same whatever the database.
    for piece in pieces(text, "") {
        match piece {
            Piece::Space(_) | Piece::Comment => {
                if !normal.is_empty() && !normal.ends_with(' ') {
                    normal.push(' ');
                }
            }
            Piece::Quoted(own) => normal.push_str(&own.replace("\r\n", "\n")),
            Piece::Word(own) | Piece::Other(own) => normal.push_str(own),
        }
    }
    normal.trim_end().to_owned()
}

fn pieces<'t>(text: &'t str, driver: &str) -> Vec<Piece<'t>> {
    let mysql = driver == "mysql";
    let dollars = driver == "postgres";
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let (length, kind): (usize, fn(&'t str) -> Piece<'t>) = match first {
            first if first.is_whitespace() => {
                (rest.find(|part: char| !part.is_whitespace()).unwrap_or(rest.len()), Piece::Space)
            }
            '-' if rest.starts_with("--") => (line(rest), |_| Piece::Comment),
            '#' if mysql => (line(rest), |_| Piece::Comment),
            // `/*! .. */` is run by MySQL.
            '/' if rest.starts_with("/*") && !(mysql && rest.starts_with("/*!")) => {
                (comment(rest, dollars), |_| Piece::Comment)
            }
            '\'' => {
                let escapes = mysql || (dollars && matches!(before, Some(Piece::Word("E" | "e"))));
                (quoted(rest, '\'', escapes), Piece::Quoted)
            }
            '"' => (quoted(rest, '"', mysql), Piece::Quoted),
            '`' => (quoted(rest, '`', false), Piece::Quoted),
            '$' if dollars && !matches!(before, Some(Piece::Word(_))) => match dollar_quoted(rest) {
                Some(length) => (length, Piece::Quoted),
                None => (1, Piece::Other),
            },
            first if is_of_word(first) => {
                (rest.find(|part| !is_of_word(part)).unwrap_or(rest.len()), Piece::Word)
            }
            first => (first.len_utf8(), Piece::Other),
        };
        let (piece, after) = rest.split_at(length);
        let piece = kind(piece);
        before = Some(piece);
        found.push(piece);
        rest = after;
    }
    found
}

fn is_of_word(part: char) -> bool {
    part.is_alphanumeric() || part == '_'
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of a comment; PostgreSQL's nest.
fn comment(text: &str, nests: bool) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") && (nests || depth == 0) {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut parts = text.char_indices().skip(1).peekable();
    while let Some((at, part)) = parts.next() {
        if part == '\\' && escapes {
            parts.next();
        } else if part == quote {
            if parts.peek().is_some_and(|(_, next)| *next == quote) {
                parts.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

/// The length of `$tag$ .. $tag$`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text.get(1..)?.find('$')? + 2;
    let tag = text.get(..end)?;
    let inner = tag.trim_matches('$');
    if !inner.chars().all(is_of_word) || inner.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let close = text.get(end..)?.find(tag)?;
    Some(end + close + tag.len())
}

#[cfg(test)]
mod tests {
    use super::{normalized, statements};

    #[test]
    fn a_text_is_taken_apart_at_its_semicolons() {
        let text = "-- first; not\nCREATE TABLE a (b text DEFAULT 'x;''y');\n/* ; */ INSERT INTO a VALUES (';') ; ;\n\
                    UPDATE a SET b = \"c;d\" WHERE b ? 'k'";
        assert_eq!(
            statements(text, "sqlite"),
            [
                "CREATE TABLE a (b text DEFAULT 'x;''y')",
                "INSERT INTO a VALUES (';')",
                "UPDATE a SET b = \"c;d\" WHERE b ?? 'k'"
            ]
        );
        assert_eq!(statements("", "sqlite"), Vec::<String>::new());
        assert_eq!(statements("-- nothing", "sqlite"), Vec::<String>::new());
    }

    #[test]
    fn bodies_stay_whole() {
        let trigger =
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = CASE WHEN 1 THEN 2 END; SELECT 1; END";
        assert_eq!(statements(&format!("{trigger}; SELECT 2;"), "sqlite"), [trigger, "SELECT 2"]);
        let routine = "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; SELECT 2; END";
        assert_eq!(statements(&format!("{routine};\nSELECT 3"), "mysql"), [routine, "SELECT 3"]);
        // A transaction of its own is none of these.
        assert_eq!(statements("BEGIN; SELECT 1; END;", "sqlite"), ["BEGIN", "SELECT 1", "END"]);
    }

    #[test]
    fn quotes_are_those_of_the_database() {
        let body = "CREATE FUNCTION f() RETURNS int AS $a$ SELECT 1; $$ $a$ LANGUAGE sql";
        assert_eq!(statements(&format!("{body}; SELECT 2"), "postgres"), [body, "SELECT 2"]);
        assert_eq!(
            statements(r"SELECT 'it\'s; one'; SELECT 2", "mysql"),
            [r"SELECT 'it\'s; one'", "SELECT 2"]
        );
        assert_eq!(statements(r"SELECT 'a\'; SELECT 2", "sqlite"), [r"SELECT 'a\'", "SELECT 2"]);
        assert_eq!(statements(r"SELECT E'a\'; b'; SELECT 2", "postgres"), [r"SELECT E'a\'; b'", "SELECT 2"]);
        assert_eq!(statements("SELECT 1 # a; b\n; SELECT 2", "mysql"), ["SELECT 1", "SELECT 2"]);
    }

    #[test]
    fn what_does_not_matter_does_not_count() {
        let one = "CREATE TABLE a (\n  b int -- the b\n);\n";
        let other = "/* made by hand */\r\nCREATE TABLE a (\r\n\tb int\r\n);";
        assert_eq!(normalized(one), normalized(other));
        assert_ne!(normalized("SELECT 'a  b'"), normalized("SELECT 'a b'"));
        assert_ne!(normalized("CREATE TABLE a (b int)"), normalized("CREATE TABLE a (b text)"));
    }
}
