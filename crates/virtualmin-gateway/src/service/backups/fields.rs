//! What the requests for backups share: the destination and the features.

use model::secret::Secret;

use crate::panel::request::{Refusal, Request};

/// Adds the features, or that it is all of them.
///
/// # Errors
/// [`Refusal`] if one has not the form of a feature.
pub(super) fn features(request: Request, features: &[String]) -> Result<Request, Refusal> {
    match features {
        [] => request.switch("all-features"),
        features => request.values("feature", features.iter().map(String::as_str)),
    }
}

/// Adds that the destination is a folder. Only one of the host itself can be made.
///
/// # Errors
/// [`Refusal`] if the program has no such flag.
pub(super) fn folder(
    request: Request,
    is_folder: bool,
    destination: &Secret,
) -> Result<Request, Refusal> {
    match (is_folder, destination.expose().starts_with('/')) {
        (false, _) => Ok(request),
        (true, false) => request.switch("newformat"),
        (true, true) => request.switch("newformat")?.switch("mkdir"),
    }
}
