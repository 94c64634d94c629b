//! Questions to JSON, as MySQL and MariaDB answer them.

use atlas_core::statement::{JsonQuestion, JsonStep};

/// How a question is written. MariaDB has JSON as text, and compares it by a function, for which what is not there
/// equals anything.
pub(crate) fn question(question: JsonQuestion, mariadb: bool) -> Option<&'static str> {
    Some(match question {
        JsonQuestion::Text if mariadb => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) = 'STRING' \
             THEN JSON_UNQUOTE(JSON_EXTRACT({0}, {path})) COLLATE utf8mb4_nopad_bin END)"
        }
        JsonQuestion::Text => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) = 'STRING' \
             THEN JSON_UNQUOTE(JSON_EXTRACT({0}, {path})) COLLATE utf8mb4_0900_bin END)"
        }
        JsonQuestion::Integer => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) IN ('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE') \
             THEN CAST(TRUNCATE(CAST(JSON_EXTRACT({0}, {path}) AS DECIMAL(65, 20)), 0) AS SIGNED) END)"
        }
        JsonQuestion::Float => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) IN ('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE') \
             THEN JSON_EXTRACT({0}, {path}) + 0E0 END)"
        }
        JsonQuestion::Bool => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) = 'BOOLEAN' \
             THEN JSON_CONTAINS({0}, 'true', {path}) END)"
        }
        JsonQuestion::Length => {
            "(CASE WHEN JSON_TYPE(JSON_EXTRACT({0}, {path})) = 'ARRAY' THEN JSON_LENGTH({0}, {path}) END)"
        }
        JsonQuestion::Exists => "JSON_CONTAINS_PATH({0}, 'one', {path})",
        JsonQuestion::Equals if mariadb => {
            "IF(JSON_CONTAINS_PATH({0}, 'one', {path}), JSON_EQUALS(JSON_EXTRACT({0}, {path}), {with}), NULL)"
        }
        JsonQuestion::Equals => "(JSON_EXTRACT({0}, {path}) = CAST({with} AS JSON))",
        JsonQuestion::Contains => {
            "IF(JSON_CONTAINS_PATH({0}, 'one', {path}), JSON_CONTAINS({0}, {with}, {path}), NULL)"
        }
        _ => return None,
    })
}

/// How a change is written. An index into what is no array counts as the thing itself here, and is looked at first.
/// MariaDB keeps JSON as it is written, and would write it with spaces.
pub(crate) fn change(sets: bool, path: &[JsonStep], mariadb: bool) -> Option<&'static str> {
    let looks = path.iter().any(|step| matches!(step, JsonStep::Index(_)));
    Some(match (sets, looks, mariadb) {
        (true, false, true) => {
            "JSON_COMPACT(JSON_SET(COALESCE({0}, JSON_OBJECT()), {path}, JSON_EXTRACT({with}, '$')))"
        }
        (true, true, true) => {
            "IF({fits}, JSON_COMPACT(JSON_SET(COALESCE({0}, JSON_OBJECT()), {path}, JSON_EXTRACT({with}, '$'))), {0})"
        }
        (true, false, false) => "JSON_SET(COALESCE({0}, JSON_OBJECT()), {path}, CAST({with} AS JSON))",
        (true, true, false) => {
            "IF({fits}, JSON_SET(COALESCE({0}, JSON_OBJECT()), {path}, CAST({with} AS JSON)), {0})"
        }
        (false, false, true) => "JSON_COMPACT(JSON_REMOVE({0}, {path}))",
        (false, true, true) => "IF({fits}, JSON_COMPACT(JSON_REMOVE({0}, {path})), {0})",
        (false, false, false) => "JSON_REMOVE({0}, {path})",
        (false, true, false) => "IF({fits}, JSON_REMOVE({0}, {path}), {0})",
    })
}

/// Whether there is what a step leads into.
pub(crate) fn container(step: &JsonStep) -> &'static str {
    match step {
        JsonStep::Key(_) => "JSON_TYPE(JSON_EXTRACT(COALESCE({0}, JSON_OBJECT()), {path})) = 'OBJECT'",
        JsonStep::Index(_) => "JSON_TYPE(JSON_EXTRACT(COALESCE({0}, JSON_OBJECT()), {path})) = 'ARRAY'",
    }
}
