//! Questions to JSON, as PostgreSQL answers them.

use atlas_core::statement::{JsonQuestion, JsonStep};

/// How a question is written. A path is an array of texts.
pub(crate) fn question(question: JsonQuestion) -> Option<&'static str> {
    Some(match question {
        JsonQuestion::Text => {
            "(CASE WHEN JSONB_TYPEOF(({0})::jsonb #> ({path}::text)::text[]) = 'string' \
             THEN ({0})::jsonb #>> ({path}::text)::text[] END)"
        }
        JsonQuestion::Integer => {
            "(CASE WHEN JSONB_TYPEOF(({0})::jsonb #> ({path}::text)::text[]) = 'number' \
             THEN TRUNC((({0})::jsonb #>> ({path}::text)::text[])::numeric)::int8 END)"
        }
        JsonQuestion::Float => {
            "(CASE WHEN JSONB_TYPEOF(({0})::jsonb #> ({path}::text)::text[]) = 'number' \
             THEN (({0})::jsonb #>> ({path}::text)::text[])::float8 END)"
        }
        JsonQuestion::Bool => {
            "(CASE WHEN JSONB_TYPEOF(({0})::jsonb #> ({path}::text)::text[]) = 'boolean' \
             THEN (({0})::jsonb #>> ({path}::text)::text[])::bool END)"
        }
        JsonQuestion::Length => {
            "(CASE WHEN JSONB_TYPEOF(({0})::jsonb #> ({path}::text)::text[]) = 'array' \
             THEN JSONB_ARRAY_LENGTH(({0})::jsonb #> ({path}::text)::text[])::int8 END)"
        }
        JsonQuestion::Exists => {
            "(CASE WHEN ({0}) IS NOT NULL THEN (({0})::jsonb #> ({path}::text)::text[]) IS NOT NULL END)"
        }
        JsonQuestion::Equals => "((({0})::jsonb #> ({path}::text)::text[]) = ({with}::text)::jsonb)",
        JsonQuestion::Contains => "((({0})::jsonb #> ({path}::text)::text[]) @> ({with}::text)::jsonb)",
        _ => return None,
    })
}

/// How a change is written.
pub(crate) fn change(sets: bool) -> &'static str {
    if sets {
        "(SELECT CASE WHEN {fits} THEN JSONB_SET(doc, ({path}::text)::text[], ({with}::text)::jsonb, TRUE) ELSE doc END \
         FROM (SELECT COALESCE(({0})::jsonb, JSONB_BUILD_OBJECT()) AS doc) AS atlas_json)"
    } else {
        "(SELECT CASE WHEN {fits} THEN doc #- ({path}::text)::text[] ELSE doc END \
         FROM (SELECT ({0})::jsonb AS doc) AS atlas_json)"
    }
}

/// Whether there is what a step leads into.
pub(crate) fn container(step: &JsonStep) -> &'static str {
    match step {
        JsonStep::Key(_) => "JSONB_TYPEOF(doc #> ({path}::text)::text[]) = 'object'",
        JsonStep::Index(_) => "JSONB_TYPEOF(doc #> ({path}::text)::text[]) = 'array'",
    }
}

/// A path as the text of an array.
pub(crate) fn path(steps: &[JsonStep]) -> String {
    let mut path = "{".to_owned();
    for (index, step) in steps.iter().enumerate() {
        path.push_str(if index > 0 { "," } else { "" });
        match step {
            JsonStep::Key(key) => {
                path.push('"');
                for character in key.chars() {
                    if matches!(character, '"' | '\\') {
                        path.push('\\');
                    }
                    path.push(character);
                }
                path.push('"');
            }
            JsonStep::Index(index) => path.push_str(&index.to_string()),
        }
    }
    path.push('}');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted() {
        let key = |key: &str| JsonStep::Key(key.to_owned());
        let steps = [key("a.b"), JsonStep::Index(2), key(r#"q"\{,}"#), key("")];
        assert_eq!(path(&steps), r#"{"a.b",2,"q\"\\{,}",""}"#);
        assert_eq!(path(&[]), "{}");
    }
}
