//! Rust source without its comments, strings and characters: what is code.

/// The source with everything that is no code made blank; lines stay where they are.
pub(crate) fn only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = not_code(rest, code.chars().next_back());
        if length > 0 {
            let (skipped, after) = rest.split_at(length);
            code.extend(skipped.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// Whether a word stands in a piece of code.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

/// How many bytes at the start are a comment, a string or a character.
fn not_code(source: &str, before: Option<char>) -> usize {
    let ends_at = |end: Option<usize>| end.unwrap_or(source.len());
    if source.starts_with("//") {
        return ends_at(source.find('\n'));
    }
    if source.starts_with("/*") {
        return block_comment(source);
    }
    if source.starts_with('"') {
        return quoted(source, '"');
    }
    if source.starts_with('\'') {
        return character(source);
    }
    let in_a_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if source.starts_with('r') && !in_a_name {
        let hashes = source[1..].bytes().take_while(|byte| *byte == b'#').count();
        if source[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = 2 + hashes;
            return ends_at(source[body..].find(&end).map(|at| body + at + end.len()));
        }
    }
    0
}

fn block_comment(source: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < source.len() {
        let bytes = &source.as_bytes()[at..];
        if bytes.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    source.len()
}

fn quoted(source: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in source.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    source.len()
}

/// `'x'` and `'\n'`, but no lifetime.
fn character(source: &str) -> usize {
    let mut chars = source.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(source, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{has_word, only};

    #[test]
    fn strings_comments_and_characters_are_blanked() {
        for (source, found) in [
            ("unsafe { x() }", true),
            ("fn f<'a>(x: &'a str) { unsafe {} }", true),
            ("let quote = '\"'; unsafe {}", true),
            (r#"let text = "a \" b"; unsafe {}"#, true),
            ("r#\"x\"# ; unsafe {}", true),
            ("// unsafe", false),
            ("/* a /* nested */ unsafe */", false),
            (r#"let text = "unsafe";"#, false),
            ("let text = r##\"\"# unsafe \"##;", false),
            (r#"let text = b"unsafe \\";"#, false),
            ("#![forbid(unsafe_code)]", false),
            ("let not_unsafe = 1;", false),
            ("'\\'' // unsafe", false),
        ] {
            assert_eq!(has_word(&only(source), "unsafe"), found, "{source}");
        }
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = "a /* 1\n2 */ b\n\"x\ny\" c";
        assert_eq!(only(source).lines().count(), source.lines().count());
    }
}
