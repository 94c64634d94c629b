//! Questions to JSON, and changes of it. SQLite's own functions tell neither a truth value from a number nor the keys of an object from
//! their order.

use atlas_core::{
    statement::{JsonQuestion, JsonStep},
    types::serde_json::{self, Value as Json},
};
use rusqlite::{
    Connection, Error, Result,
    functions::{Context, FunctionFlags},
    types::Value,
};

use crate::functions::as_text;

/// How a question is written.
pub(crate) fn question(question: JsonQuestion) -> Option<&'static str> {
    Some(match question {
        JsonQuestion::Text => "atlas_json('text', {0}, {path}, NULL)",
        JsonQuestion::Integer => "atlas_json('integer', {0}, {path}, NULL)",
        JsonQuestion::Float => "atlas_json('float', {0}, {path}, NULL)",
        JsonQuestion::Bool => "atlas_json('bool', {0}, {path}, NULL)",
        JsonQuestion::Length => "atlas_json('length', {0}, {path}, NULL)",
        JsonQuestion::Exists => "atlas_json('exists', {0}, {path}, NULL)",
        JsonQuestion::Equals => "atlas_json('equals', {0}, {path}, {with})",
        JsonQuestion::Contains => "atlas_json('contains', {0}, {path}, {with})",
        _ => return None,
    })
}

/// How a change is written.
pub(crate) fn change(sets: bool) -> &'static str {
    if sets { "atlas_json_set({0}, {path}, {with})" } else { "atlas_json_set({0}, {path}, NULL)" }
}

/// A path as a JSON array of keys and numbers.
pub(crate) fn path(steps: &[JsonStep]) -> String {
    let steps = steps.iter().map(|step| match step {
        JsonStep::Key(key) => Json::from(key.as_str()),
        JsonStep::Index(index) => Json::from(*index),
    });
    Json::Array(steps.collect()).to_string()
}

/// Gives a connection what [`question`] writes.
///
/// # Errors
///
/// SQLite's, which has no reason for one.
pub(crate) fn register(connection: &Connection) -> Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("atlas_json", 4, flags, answer)?;
    connection.create_scalar_function("atlas_json_set", 3, flags, changed)
}

/// A document with a change inside; without the last argument, something is removed.
fn changed(context: &Context<'_>) -> Result<Option<String>> {
    let to = as_text(context.get_raw(2));
    let text = match as_text(context.get_raw(0)) {
        Some(text) => text,
        None if to.is_some() => "{}".into(),
        None => return Ok(None),
    };
    let mut document = parse(&text)?;
    let path = as_text(context.get_raw(1)).and_then(|path| serde_json::from_str::<Vec<Json>>(&path).ok());
    let to = to.map(|to| parse(&to)).transpose()?;
    change_at(&mut document, &path.unwrap_or_default(), to);
    Ok(Some(document.to_string()))
}

fn parse(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|reason| {
        Error::UserFunctionError(format!("a JSON column holds what is no JSON: {reason}").into())
    })
}

fn change_at(mut here: &mut Json, path: &[Json], to: Option<Json>) {
    let Some((last, way)) = path.split_last() else { return };
    for step in way {
        let next = match (here, step) {
            (Json::Object(keys), Json::String(key)) => keys.get_mut(key),
            (Json::Array(elements), at) => index(at).and_then(|at| elements.get_mut(at)),
            _ => None,
        };
        let Some(next) = next else { return };
        here = next;
    }
    match (here, last, to) {
        (Json::Object(keys), Json::String(key), Some(to)) => {
            keys.insert(key.clone(), to);
        }
        (Json::Object(keys), Json::String(key), None) => {
            keys.remove(key);
        }
        (Json::Array(elements), at, to) => match (index(at), to) {
            (Some(at), Some(to)) => match elements.get_mut(at) {
                Some(element) => *element = to,
                None => elements.push(to),
            },
            (Some(at), None) if at < elements.len() => {
                elements.remove(at);
            }
            _ => {}
        },
        _ => {}
    }
}

/// A step as a place in an array.
fn index(step: &Json) -> Option<usize> {
    step.as_u64().and_then(|at| usize::try_from(at).ok())
}

/// What is asked of two arrays: whether the first contains all of the second, or one of it; or both together.
pub(crate) fn array(question: &str, one: &str, other: &str) -> Result<Option<Value>> {
    let parsed = |text: &str| {
        serde_json::from_str::<Vec<Json>>(text).map_err(|reason| {
            Error::UserFunctionError(format!("an array column holds what is no array: {reason}").into())
        })
    };
    let (mut one, other) = (parsed(one)?, parsed(other)?);
    if question == "append" {
        one.extend(other);
        return Ok(Some(Json::Array(one).to_string().into()));
    }
    let mut there = other.iter().map(|value| one.contains(value));
    let answer = if question == "contains" { there.all(|there| there) } else { there.any(|there| there) };
    Ok(Some(Value::Integer(answer.into())))
}

fn answer(context: &Context<'_>) -> Result<Option<Value>> {
    let (Some(question), Some(text)) = (as_text(context.get_raw(0)), as_text(context.get_raw(1))) else {
        return Ok(None);
    };
    let document = parse(&text)?;
    // The path and what is compared with are the same for all rows, and taken apart once.
    let parsed = |value: rusqlite::types::ValueRef<'_>| {
        Ok::<_, Error>(
            as_text(value).and_then(|text| serde_json::from_str::<Json>(&text).ok()).unwrap_or_default(),
        )
    };
    let path = context.get_or_create_aux(2, parsed)?;
    let with = context.get_or_create_aux(3, parsed)?;
    let mut found = Some(&document);
    for step in path.as_array().into_iter().flatten() {
        found = found.and_then(|here| match (here, step) {
            (Json::Object(keys), Json::String(key)) => keys.get(key),
            (Json::Array(elements), at) => index(at).and_then(|at| elements.get(at)),
            _ => None,
        });
    }
    if question == "exists" {
        return Ok(Some(found.is_some().into()));
    }
    let Some(found) = found else { return Ok(None) };
    #[allow(clippy::cast_possible_truncation)]
    Ok(match &*question {
        "text" => found.as_str().map(|text| text.to_owned().into()),
        "integer" => {
            found.as_i64().or_else(|| found.as_f64().map(|number| number.trunc() as i64)).map(Value::from)
        }
        "float" => found.as_f64().map(Value::from),
        "bool" => found.as_bool().map(Value::from),
        "length" => found.as_array().and_then(|all| i64::try_from(all.len()).ok()).map(Value::from),
        "equals" => Some(equals(found, &with).into()),
        _ => Some(contains(found, &with).into()),
    })
}

/// Whether two documents are the same: numbers by their value.
fn equals(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equals(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| equals(value, other)))
        }
        (one, other) => one == other,
    }
}

/// Whether an array has what another has, or the element; an object the keys of another with what they contain.
fn contains(all: &Json, part: &Json) -> bool {
    match (all, part) {
        (Json::Array(all), Json::Array(parts)) => {
            parts.iter().all(|part| all.iter().any(|one| contains(one, part)))
        }
        (Json::Array(all), part) => all.iter().any(|one| contains(one, part)),
        (Json::Object(all), Json::Object(parts)) => {
            parts.iter().all(|(key, part)| all.get(key).is_some_and(|one| contains(one, part)))
        }
        (all, part) => equals(all, part),
    }
}
