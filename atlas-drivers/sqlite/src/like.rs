//! Patterns of `%`, `_` and `\`, matched to the last byte: SQLite's own `LIKE` takes no notice of case,
//! and both it and `GLOB` take a NUL for the end of a text.

/// A pattern, taken apart at its `%`.
#[derive(Debug, PartialEq)]
pub(crate) enum Pattern {
    /// Without a `%`: the whole text.
    Whole(Segment),
    /// What it begins with, what then comes in that order, what it ends with.
    Parts { start: Segment, between: Vec<Segment>, end: Segment },
}

/// What stands between two `%`: it matches texts of one number of characters, so that the first place
/// where it is found is also the one that leaves the most to what comes after it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Segment(Vec<Piece>);

#[derive(Debug, PartialEq)]
enum Piece {
    /// This text.
    Text(String),
    /// Any one character.
    One,
}

impl Pattern {
    /// Takes a pattern apart. A `\` at its end stands for itself.
    pub(crate) fn new(pattern: &str) -> Self {
        let mut segments = Vec::new();
        let mut segment = Segment::default();
        let mut rest = pattern.chars();
        while let Some(part) = rest.next() {
            match part {
                '%' => segments.push(std::mem::take(&mut segment)),
                '_' => segment.0.push(Piece::One),
                '\\' => segment.push(rest.next().unwrap_or('\\')),
                part => segment.push(part),
            }
        }
        let mut segments = segments.into_iter();
        match segments.next() {
            None => Self::Whole(segment),
            Some(start) => {
                let between = segments.filter(|segment| !segment.0.is_empty()).collect();
                Self::Parts { start, between, end: segment }
            }
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Whole(segment) => segment.after_start(text) == Some(""),
            Self::Parts { start, between, end } => start
                .after_start(text)
                .and_then(|rest| end.before_end(rest))
                .and_then(|rest| between.iter().try_fold(rest, |rest, segment| segment.after_first(rest)))
                .is_some(),
        }
    }
}

impl Segment {
    fn push(&mut self, part: char) {
        if let Some(Piece::Text(text)) = self.0.last_mut() {
            text.push(part);
        } else {
            self.0.push(Piece::Text(part.into()));
        }
    }

    /// What follows this at the start of a text.
    fn after_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.iter().try_fold(text, |rest, piece| match piece {
            Piece::Text(own) => rest.strip_prefix(own.as_str()),
            Piece::One => rest.chars().next().and_then(|one| rest.get(one.len_utf8()..)),
        })
    }

    /// What comes before this at the end of a text.
    fn before_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.iter().rev().try_fold(text, |rest, piece| match piece {
            Piece::Text(own) => rest.strip_suffix(own.as_str()),
            Piece::One => {
                let one = rest.chars().next_back()?;
                rest.get(..rest.len() - one.len_utf8())
            }
        })
    }

    /// What follows this at the first place where it is in a text.
    fn after_first<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        loop {
            if let Some(Piece::Text(own)) = self.0.first() {
                rest = rest.get(rest.find(own.as_str())?..)?;
            }
            if let Some(after) = self.after_start(rest) {
                return Some(after);
            }
            let one = rest.chars().next()?;
            rest = rest.get(one.len_utf8()..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    /// The plainest matcher that can be written, to compare with.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], text) => text.is_empty(),
            (['%', pattern @ ..], text) => (0..=text.len()).any(|at| plainly(pattern, &text[at..])),
            (['_', pattern @ ..], [_, text @ ..]) => plainly(pattern, text),
            (['\\', part, pattern @ ..], [one, text @ ..]) => part == one && plainly(pattern, text),
            ([part, pattern @ ..], [one, text @ ..]) => part == one && plainly(pattern, text),
            _ => false,
        }
    }

    /// Every word of up to `length` of these characters.
    fn words(characters: &[char], length: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut from = 0;
        for _ in 0..length {
            let to = words.len();
            for at in from..to {
                words
                    .extend(characters.iter().map(|part| format!("{}{part}", words[at])).collect::<Vec<_>>());
            }
            from = to;
        }
        words
    }

    #[test]
    fn patterns_match_as_the_plainest_matcher_has_it() {
        let texts = words(&['a', 'ä', '\0', '%'], 4);
        for pattern in words(&['a', 'ä', '\0', '%', '_', '\\'], 4) {
            let own = Pattern::new(&pattern);
            // What a `\` at the end means is not the plain matcher's business.
            if pattern.replace("\\\\", "").ends_with('\\') {
                continue;
            }
            let characters: Vec<char> = pattern.chars().collect();
            for text in &texts {
                let expected = plainly(&characters, &text.chars().collect::<Vec<_>>());
                assert_eq!(own.matches(text), expected, "{text:?} like {pattern:?}");
            }
        }
    }

    #[test]
    fn a_backslash_at_the_end_stands_for_itself() {
        assert!(Pattern::new("a\\").matches("a\\"));
        assert!(!Pattern::new("a\\").matches("a"));
    }

    #[test]
    fn long_patterns_take_no_long_time() {
        let text = "a".repeat(200_000);
        assert!(!Pattern::new(&format!("%{}b%", "a".repeat(100_000))).matches(&text));
        assert!(!Pattern::new(&"%a".repeat(50_000)).matches(&format!("{text}b")));
        assert!(Pattern::new(&"%a".repeat(50_000)).matches(&text));
    }
}
