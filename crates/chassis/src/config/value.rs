//! Reads one value of a configuration, and describes a fault without quoting the value.

use config::Value;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// The origin that the `config` crate gives to variables.
const ENVIRONMENT: &str = "the environment";

/// Whether a value came from a variable; variables contain only text.
pub(super) fn is_variable(value: &Value) -> bool {
    value.origin() == Some(ENVIRONMENT)
}

/// Reads a value. A variable is tried as text, as a number or boolean, and as a list separated by commas.
///
/// # Errors
/// The fault, such as `is text, not a boolean`.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    let is_variable = is_variable(&value);
    let plain: Json = value.try_deserialize().map_err(|_| NOT_VALID.to_owned())?;
    let mut readings = vec![plain];
    if let (true, Some(text)) = (is_variable, readings[0].as_str()) {
        let scalar = serde_json::from_str(text.trim()).ok();
        let scalar = scalar.filter(|json: &Json| json.is_number() || json.is_boolean());
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let list = items.map(Json::from).collect();
        readings.extend(scalar.into_iter().chain([list]));
    }
    let mut problems = Vec::new();
    for reading in readings {
        match serde_json::from_value(reading.clone()) {
            Ok(value) => return Ok(value),
            Err(error) => problems.push(problem(&reading, &error.to_string())),
        }
    }
    // The problem of a reading with the right type is more useful than that of a wrong type.
    problems.sort_by_key(|(wrong_type, _)| *wrong_type);
    Err(problems.swap_remove(0).1)
}

const NOT_VALID: &str = "is not valid";

/// Whether a reading has the wrong type, and its problem, from serde's `problem, expected something`.
fn problem(reading: &Json, message: &str) -> (bool, String) {
    let wrong_type = message.starts_with("invalid type");
    let expected = message.split_once(", expected ").map(|(_, expected)| expected);
    // Types of other crates may quote the given value.
    let quoted = |expected: &&str| reading.as_str().is_some_and(|text| expected.contains(text));
    let problem = match expected.filter(|expected| !quoted(expected)) {
        Some(expected) if wrong_type => format!("is {}, not {expected}", noun(reading)),
        Some(expected) => format!("is not {expected}"),
        None => NOT_VALID.to_owned(),
    };
    (wrong_type, problem)
}

/// The type of a value, in words.
fn noun(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number",
        Json::Number(_) => "a whole number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a section",
    }
}
