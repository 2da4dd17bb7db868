//! Converts moments between `time` values, protobuf timestamps, and RFC 3339 text in JSON.

use prost_types::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de, ser};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment as a protobuf timestamp.
pub fn to_timestamp(moment: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: moment.unix_timestamp(),
        nanos: i32::try_from(moment.nanosecond()).expect("below 1e9"),
    }
}

/// A moment from a protobuf timestamp; `None` outside the years of `time`.
pub fn from_timestamp(timestamp: &Timestamp) -> Option<OffsetDateTime> {
    let seconds = OffsetDateTime::from_unix_timestamp(timestamp.seconds).ok()?;
    seconds.checked_add(time::Duration::nanoseconds(timestamp.nanos.into()))
}

/// Writes a timestamp as RFC 3339 in UTC.
pub fn serialize<S: Serializer>(
    timestamp: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match timestamp {
        None => serializer.serialize_none(),
        Some(timestamp) => {
            let moment = from_timestamp(timestamp)
                .ok_or_else(|| ser::Error::custom("a timestamp out of range"))?;
            serializer.serialize_str(&moment.format(&Rfc3339).map_err(ser::Error::custom)?)
        }
    }
}

/// Reads a timestamp from RFC 3339.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let moment = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
    Ok(Some(to_timestamp(moment)))
}
