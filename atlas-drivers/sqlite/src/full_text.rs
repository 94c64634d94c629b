//! Words in texts, as FTS5 finds them.

use atlas_core::statement::FullTextTerm;

pub(crate) const MATCHES: &str = "({table}.rowid IN (SELECT rowid FROM {index} WHERE {index} MATCH {with}))";
pub(crate) const RANK: &str = "COALESCE((SELECT -bm25({index}) FROM {index} \
    WHERE {index} MATCH {with} AND {index}.rowid = {table}.rowid), 0.0)";

/// As FTS5 reads it: what must not be there stands behind all that has to.
pub(crate) fn query(terms: &[FullTextTerm]) -> String {
    let mut text = String::new();
    for excluded in [false, true] {
        for term in terms.iter().filter(|term| term.excluded == excluded) {
            text.push_str(match (text.is_empty(), excluded) {
                (true, _) => "",
                (false, false) => " AND ",
                (false, true) => " NOT ",
            });
            let any: Vec<String> =
                term.any.iter().map(|phrase| format!("\"{}\"", phrase.join(" "))).collect();
            text.push_str(&format!("({})", any.join(" OR ")));
        }
        if !excluded {
            text = format!("({text})");
        }
    }
    text
}
