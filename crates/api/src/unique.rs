//! JSON of which no object has a member twice; `serde_json` alone would keep the last one.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, map::Entry};

/// The number below which every integer is exact as a floating-point number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value without doubled members at any depth.
pub(crate) struct Unique(pub(crate) Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// To JSON Schema `2.0` is the integer 2, and some clients write it so.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        let text = value.to_string();
        let integer = text.parse().map(|it: i64| it.into()).ok().filter(|_| value.abs() < EXACT);
        Ok(integer.unwrap_or_else(|| value.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Unique(value))) = members.next_entry::<String, _>()? {
            match fields.entry(name) {
                Entry::Vacant(free) => _ = free.insert(value),
                Entry::Occupied(taken) => {
                    return Err(A::Error::custom(format!("duplicate field `{}`", taken.key())));
                }
            }
        }
        Ok(fields.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_json_reads_as_ever() {
        let text =
            r#"{"a": [null, true, -1, 18446744073709551615, 1.5, "\u00e9"], "b": {"a": {}}}"#;
        let Unique(read) = serde_json::from_str(text).unwrap();
        assert_eq!(read, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn an_integer_may_be_written_with_a_point() {
        let Unique(read) = serde_json::from_str("[2.0, -3e2, 1e300, 0.5]").unwrap();
        assert_eq!(read, serde_json::json!([2, -300, 1e300, 0.5]));
    }

    #[test]
    fn an_object_in_an_object_may_have_the_same_members() {
        assert!(serde_json::from_str::<Unique>(r#"{"a": {"a": 1}, "b": 1}"#).is_ok());
        assert!(serde_json::from_str::<Unique>(r#"{"a": {"b": 1, "b": 1}}"#).is_err());
        assert!(serde_json::from_str::<Unique>(&"[".repeat(200)).is_err(), "no deeper than usual");
    }
}
