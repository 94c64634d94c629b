//! Words in texts, as PostgreSQL finds them. Its parser takes addresses, hyphened words and numbers for one word each:
//! texts are taken apart at all that is no letter and no digit before, as they are elsewhere. (`\u007B` is a brace.)

use atlas_core::statement::FullTextTerm;

pub(crate) const INDEX: &str = "USING GIN (to_tsvector({language}::regconfig, \
    regexp_replace({columns}, '[!-/:-@[-`\\u007B-~]+', ' ', 'g')))";
const MATCHES: &str = "(to_tsvector({language}::regconfig, \
    regexp_replace({columns}, '[!-/:-@[-`\\u007B-~]+', ' ', 'g')) @@ to_tsquery({language}::regconfig, {with}))";
const RANK: &str = "ts_rank(to_tsvector({language}::regconfig, \
    regexp_replace({columns}, '[!-/:-@[-`\\u007B-~]+', ' ', 'g')), to_tsquery({language}::regconfig, {with}))::float8";

pub(crate) fn search(rank: bool) -> &'static str {
    if rank { RANK } else { MATCHES }
}

/// As `to_tsquery` reads it.
pub(crate) fn query(terms: &[FullTextTerm]) -> String {
    let mut text = String::new();
    for (place, term) in terms.iter().enumerate() {
        text.push_str(if place > 0 { " & " } else { "" });
        text.push_str(if term.excluded { "!(" } else { "(" });
        for (place, phrase) in term.any.iter().enumerate() {
            text.push_str(if place > 0 { " | (" } else { "(" });
            for (place, word) in phrase.iter().enumerate() {
                text.push_str(if place > 0 { " <-> '" } else { "'" });
                text.push_str(word);
                text.push('\'');
            }
            text.push(')');
        }
        text.push(')');
    }
    text
}
