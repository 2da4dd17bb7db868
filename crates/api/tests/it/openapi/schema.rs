//! Checks answers against the document, with the part of JSON Schema that the document uses.

use reqwest::Method;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The mismatch of an answer with the document; `None` if it matches or the document has no such operation.
pub(crate) fn objection(method: &Method, path: &str, status: u16, body: &Value) -> Option<String> {
    let document: Value =
        serde_json::from_str(include_str!("../../../../../proto/openapi.json")).unwrap();
    let operation = find(&document, method, path)?;
    let answers = &operation["responses"];
    let answer = answers.get(status.to_string()).unwrap_or(&answers["default"]);
    let answer = resolve(&document, answer);
    let content = answer["content"].as_object().unwrap();
    let (kind, content) = content.iter().next().unwrap();
    if kind == "text/event-stream" {
        return None;
    }
    if status < 300 && kind == "application/problem+json" {
        return Some(format!("{status} is not in the document"));
    }
    check(&document, &content["schema"], body).err()
}

fn find<'a>(document: &'a Value, method: &Method, path: &str) -> Option<&'a Value> {
    let verb = method.as_str().to_lowercase();
    let parts: Vec<_> = path.split('/').collect();
    let paths = document["paths"].as_object().unwrap();
    let fits = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        template.len() == parts.len()
            && template.iter().zip(&parts).all(|(wanted, part)| wanted == part || *wanted == "{id}")
    };
    paths.iter().find(|(template, _)| fits(template))?.1.get(verb)
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref") {
        Some(place) => document.pointer(place.as_str().unwrap().trim_start_matches('#')).unwrap(),
        None => value,
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "uuid" => Uuid::parse_str(text).is_ok_and(|it| it.to_string() == text),
        "date-time" => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        other => panic!("say how {other} looks"),
    }
}

/// Checks a value against a schema of the document; the error describes the mismatch.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(document, schema);
    if let Some(any) = schema.get("anyOf") {
        let fits = any.as_array().unwrap().iter().any(|it| check(document, it, value).is_ok());
        return if fits { Ok(()) } else { Err(format!("fits none of {any}: {value}")) };
    }
    if let Some(constant) = schema.get("const") {
        return if constant == value { Ok(()) } else { Err(format!("is not {constant}: {value}")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    if kinds != kind && !kinds.as_array().is_some_and(|it| it.iter().any(|it| it == kind)) {
        return Err(format!("should be {kinds}: {value}"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        return Err(format!("is none of {words:?}: {value}"));
    }
    if let (Some(format), Some(text)) =
        (schema.get("format").and_then(Value::as_str), value.as_str())
        && !has_format(text, format)
    {
        return Err(format!("is no {format}: {value}"));
    }
    for item in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], item)?;
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            return Err(format!("lacks {name}: {value}"));
        }
    }
    for (name, value) in fields {
        let property = schema["properties"].get(name);
        let property = property.ok_or_else(|| format!("has a field {name} of its own"))?;
        check(document, property, value).map_err(|it| format!("{name}: {it}"))?;
    }
    Ok(())
}
