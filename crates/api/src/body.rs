//! Reads the body of a request whole, within a size and a time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::fault::{Fault, FaultKind};
use tokio::time::timeout;

use crate::refusal::Refusal;

/// Reads a body of at most `most` bytes.
///
/// # Errors
///
/// A body that is larger, slower than `limit`, or cut off.
pub(crate) async fn whole(body: Body, most: usize, limit: Duration) -> Result<Bytes, Refusal> {
    match timeout(limit, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let fault = Fault::invalid("body", "is larger than 64 KiB; send less");
            Err(Refusal::with(StatusCode::PAYLOAD_TOO_LARGE, fault))
        }
        Ok(Err(_)) => {
            let fault = Fault::invalid("body", "broke off; send it again");
            Err(Refusal::with(StatusCode::BAD_REQUEST, fault))
        }
        Err(_) => {
            let why = format!(
                "the body did not come within {} s; send it with the head",
                limit.as_secs()
            );
            let fault = Fault::new(FaultKind::Timeout, why);
            Err(Refusal::with(StatusCode::REQUEST_TIMEOUT, fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, io};

    use futures_util::{StreamExt, stream};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn parts(
        sizes: &[usize],
    ) -> impl futures_util::Stream<Item = Result<Vec<u8>, Infallible>> + use<> {
        stream::iter(sizes.iter().map(|size| Ok(vec![7; *size])).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_body_in_parts_is_read_whole() {
        let body = whole(Body::from_stream(parts(&[3, 4])), 7, LIMIT).await.unwrap();
        assert_eq!(&body[..], [7; 7]);
    }

    #[tokio::test]
    async fn a_body_that_is_large_slow_or_cut_off_is_refused() {
        let large = Body::from_stream(parts(&[3, 5]));
        let slow = Body::from_stream(parts(&[3]).chain(stream::pending()));
        let cut = stream::iter([Ok(vec![7]), Err(io::Error::other("reset"))]);
        for (body, status, word) in [
            (large, StatusCode::PAYLOAD_TOO_LARGE, "64 KiB"),
            (slow, StatusCode::REQUEST_TIMEOUT, "did not come"),
            (Body::from_stream(cut), StatusCode::BAD_REQUEST, "broke off"),
        ] {
            let refusal = whole(body, 7, LIMIT).await.unwrap_err();
            assert_eq!(refusal.status, Some(status));
            assert!(refusal.fault.message.contains(word), "{}", refusal.fault);
        }
    }
}
