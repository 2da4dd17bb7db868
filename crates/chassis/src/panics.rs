//! A panic is logged with its place like any other error, so that it is never only a line on
//! stderr.

use std::panic::{PanicHookInfo, set_hook};

/// Sends every panic of the process to the log.
pub(crate) fn log() {
    set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("a panic without words");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.message = message, panic.location = place, "a thread panicked");
    }));
}
