//! The body of an answer as it comes, bounded, and with memory of the budget for what is not small.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{
    broken::Broken,
    budget::{Budget, FREE, Held, PIECE},
    errand::Bounds,
};

/// How long a large answer may pause, beyond what needs no budget.
const MAX_PAUSE: Duration = Duration::from_secs(15);
/// How long all of it may take from there.
const MAX_DURATION: Duration = Duration::from_secs(120);

/// What came so far.
#[derive(Debug)]
pub(super) struct Body<'b> {
    budget: &'b Budget,
    bounds: Bounds,
    bytes: Vec<u8>,
    held: Held,
    /// When a large answer must have ended.
    until: Option<Instant>,
}

impl<'b> Body<'b> {
    /// An empty body that may grow within its bounds.
    pub(super) fn new(budget: &'b Budget, bounds: Bounds) -> Self {
        Self { budget, bounds, bytes: Vec::new(), held: Held::default(), until: None }
    }

    /// Waits for the next chunk, but not longer than the answer may pause. The first one comes when the program ends, which
    /// may take minutes.
    pub(super) async fn wait<T>(&self, chunk: impl Future<Output = T>) -> Result<T, Broken> {
        if self.bytes.is_empty() {
            return Ok(chunk.await);
        }
        let now = Instant::now();
        let pause = match self.until {
            None => now + self.bounds.pause,
            Some(until) => (now + self.bounds.pause.min(MAX_PAUSE)).min(until),
        };
        timeout_at(pause, chunk).await.map_err(|_| Broken::TimedOut)
    }

    /// Adds a chunk.
    pub(super) async fn push(&mut self, chunk: &[u8]) -> Result<(), Broken> {
        let length = self.bytes.len() + chunk.len();
        if length > self.bounds.bytes {
            return Err(Broken::TooLarge(self.bounds.bytes));
        }
        if length > FREE {
            self.until = self.until.or_else(|| Some(Instant::now() + MAX_DURATION));
            while self.bytes.capacity() < length {
                self.budget.grow(&mut self.held).await.map_err(|_| Broken::Crowded)?;
                self.bytes.reserve_exact(self.bytes.capacity() + PIECE - self.bytes.len());
            }
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// The whole body as text, with what it has of the budget.
    pub(super) fn end(self) -> (String, Held) {
        (text(self.bytes), self.held)
    }
}

/// A body as text, without a second copy of it: a question mark stands for each octet that is not UTF-8.
fn text(mut body: Vec<u8>) -> String {
    let mut from = 0;
    while let Err(error) = std::str::from_utf8(&body[from..]) {
        let wrong = from + error.valid_up_to();
        from = error.error_len().map_or(body.len(), |length| wrong + length);
        body[wrong..from].fill(b'?');
    }
    String::from_utf8(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_that_are_not_text_are_replaced_one_by_one() {
        assert_eq!(text("ș = 1".as_bytes().to_vec()), "ș = 1");
        assert_eq!(text(b"a\xffb\xc3(\xe2\x82".to_vec()), "a?b?(??");
        assert_eq!(text(vec![0xff; 1000]), "?".repeat(1000));
    }
}
