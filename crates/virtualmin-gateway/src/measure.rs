//! What a measurement needs of the gateway's inside.

use crate::panel::{
    domains::{self, Listed},
    envelope::{self, Envelope},
    programs,
};

/// Reads the answer of a listing of all virtual servers into typed ones, as the gateway does, and counts them.
///
/// # Errors
///
/// Why it cannot be read.
pub fn domains(body: &str) -> Result<usize, String> {
    let read = envelope::decode::<Vec<Listed<'_>>>(&programs::domains::LIST, body);
    let Envelope::Success { data: Some(data), .. } = read.map_err(|error| format!("{error:?}"))?
    else {
        return Err("it is no listing".to_owned());
    };
    domains::records(data).map(|domains| domains.len()).map_err(|error| format!("{error:?}"))
}
