//! Logs every panic once, with its place, and answers it as an internal error.

use std::{
    any::Any,
    panic::{PanicHookInfo, set_hook},
};

use axum::{
    body::Body,
    http::{Response, StatusCode},
    response::IntoResponse,
};
use tonic::Status;

/// Sends every panic of the process to the log.
pub(crate) fn log() {
    set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let message = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.message = message, panic.location = place, "a thread panicked");
    }));
}

/// The HTTP answer of a handler that panicked; the hook has logged the reason.
pub(crate) fn http(_: Box<dyn Any + Send>) -> Response<Body> {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The gRPC answer of a method that panicked; the hook has logged the reason.
pub(crate) fn grpc(_: Box<dyn Any + Send>) -> Response<tonic::body::Body> {
    Status::internal("internal error").into_http()
}
