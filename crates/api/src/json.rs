//! Reads a message from JSON, and describes errors without any value, since a value may be a password.

use model::fault::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::unique::Unique;

/// The field name for errors about the whole body.
const BODY: &str = "body";
/// Characters of a misspelt field's name, or of a parser's message, that an error repeats.
const MAX_WORDS: usize = 400;

/// Parses a body as a JSON object. A member that comes twice is an error, since two readers could each believe
/// another one.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice(body).map(|Unique(value)| value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Fault::invalid(BODY, "is JSON, but not an object; send {\"field\": value}")),
        Err(error) if error.is_data() => Err(Fault::invalid(BODY, clip(&error.to_string()))),
        Err(error) => Err(Fault::invalid(BODY, format!("is not JSON: {error}"))),
    }
}

/// Reads a message from its fields.
pub(crate) fn message<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Fault> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { BODY } else { path.as_str() };
        Fault::invalid(clip(field), clip(&without_values(&error.inner().to_string())))
    })
}

/// `invalid type: string "secret", expected u32` contains the value; only the expected type is kept.
fn without_values(words: &str) -> String {
    match words.strip_prefix("invalid ").and_then(|it| it.rsplit_once(", expected ")) {
        Some((_, expected)) => format!("has the wrong form; expected {expected}"),
        None => words.to_owned(),
    }
}

fn clip(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use contracts::provisioning::v1::{CreatePlanRequest, RegisterServerRequest};

    use super::*;

    fn fault<T: DeserializeOwned>(body: &str) -> Fault {
        object(body.as_bytes()).and_then(message::<T>).err().unwrap()
    }

    #[test]
    fn names_a_misspelt_field() {
        let fault = fault::<CreatePlanRequest>(r#"{"nmae": "x"}"#);
        assert_eq!(fault.violations[0].field, "nmae");
        assert!(fault.message.contains("unknown field"), "{fault}");
    }

    #[test]
    fn names_a_field_of_the_wrong_type_without_its_value() {
        let fault = fault::<RegisterServerRequest>(r#"{"password": {"is": "hunter2"}}"#);
        assert_eq!(fault.violations[0].field, "password");
        assert!(fault.message.contains("expected a string"), "{fault}");
        let fault = self::fault::<RegisterServerRequest>(r#"{"capacity": "hunter2, expected"}"#);
        assert!(fault.message.starts_with("capacity: "), "{fault}");
        assert!(!format!("{fault:?}").contains("hunter2"), "{fault:?}");
    }

    #[test]
    fn says_where_json_breaks_off() {
        let fault = fault::<CreatePlanRequest>(r#"{"name": "#);
        assert_eq!(fault.violations[0].field, "body");
        assert!(fault.message.contains("line 1"), "{fault}");
        assert!(self::fault::<CreatePlanRequest>("[]").message.contains("not an object"));
    }

    #[test]
    fn names_a_member_that_comes_twice_at_any_depth() {
        for body in [
            r#"{"name": "a", "name": "b"}"#,
            r#"{"name": "a", "tags": [{"name": "b", "name": "b"}]}"#,
        ] {
            let fault = fault::<CreatePlanRequest>(body);
            assert_eq!(fault.violations[0].field, "body");
            assert!(fault.message.contains("duplicate field `name`"), "{fault}");
        }
    }

    #[test]
    fn an_empty_object_is_a_message_of_defaults() {
        let request: CreatePlanRequest = message(object(b"{}").unwrap()).unwrap();
        assert_eq!(request, CreatePlanRequest::default());
    }
}
