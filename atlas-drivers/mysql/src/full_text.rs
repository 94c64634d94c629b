//! Words in texts, as InnoDB finds them.

use atlas_core::statement::FullTextTerm;

/// The texts without what is no letter and no digit, in small letters: an index of the columns themselves would tell upper
/// from lower case, as they do, and take an apostrophe for a part of a word.
pub(crate) const COLUMN: &str = "LONGTEXT GENERATED ALWAYS AS \
    (LOWER(REGEXP_REPLACE(CONCAT_WS(' ', {columns}), '[!-/:-@[-`{-~]+', ' '))) STORED INVISIBLE";
/// The number is greater than zero where the words are there.
pub(crate) const SEARCH: &str = "MATCH ({table}.{index}) AGAINST ({with} IN BOOLEAN MODE)";

/// The words that InnoDB leaves out of its indexes, beside those of one or two letters.
const LEFT_OUT: [&str; 18] = [
    "about", "are", "com", "for", "from", "how", "that", "the", "this", "und", "was", "what", "when",
    "where", "who", "will", "with", "www",
];

/// As a search in boolean mode is read. What no index has cannot be asked for: it is left to chance.
pub(crate) fn query(terms: &[FullTextTerm]) -> String {
    let mut text = String::new();
    for term in terms {
        let known = term.any.iter().all(|phrase| phrase.iter().any(|word| is_known(word)));
        text.push_str(match (term.excluded, known) {
            (true, _) => " -(",
            (false, true) => " +(",
            (false, false) => " (",
        });
        for phrase in &term.any {
            text.push_str(" \"");
            text.push_str(&phrase.join(" "));
            text.push('"');
        }
        text.push(')');
    }
    text
}

fn is_known(word: &str) -> bool {
    word.chars().count() > 2 && !LEFT_OUT.contains(&word)
}
