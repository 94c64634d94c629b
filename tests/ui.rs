//! What the compiler says to those who make a mistake: each file of `ui/` makes one, and beside it is
//! what the compiler answers. `TRYBUILD=overwrite cargo test -p atlas-tests --test ui` writes the answers
//! anew; read them before you commit them.

#![allow(clippy::unwrap_used)]

use std::{fs, path::PathBuf};

/// The longest answer: more nobody reads.
const LINES: usize = 25;
/// Half of the answers are no longer than this.
const MEDIAN: usize = 8;
/// Names that are nothing to a user.
const PRIVATE: [&str; 6] = ["__a", "__private", "__META", "__draft", "Held", "DraftData"];

#[test]
fn mistakes_are_named_shortly_and_in_public_words() {
    // It runs when it is dropped, and may write the answers that are read below.
    drop({
        let cases = trybuild::TestCases::new();
        cases.compile_fail("ui/*.rs");
        cases
    });

    let mut lengths = Vec::new();
    for path in answers() {
        let answer = fs::read_to_string(&path).unwrap();
        let (name, lines) = (path.display(), answer.lines().count());
        assert!(lines <= LINES, "{name} has {lines} lines, more than {LINES}");
        for word in PRIVATE {
            assert!(!answer.contains(word), "{name} shows `{word}`");
        }
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    assert!((1..=MEDIAN).contains(&median), "half of {} answers have {median} lines or more", lengths.len());
}

fn answers() -> impl Iterator<Item = PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ui");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
}
