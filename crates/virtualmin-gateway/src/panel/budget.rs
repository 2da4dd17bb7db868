//! The memory for the answers that are being read, over all hosts.
//!
//! A tenant chooses the host, so the host may send as much as it likes and then stop. A small answer needs none of the budget,
//! so that hosts which send much keep no one else's changes waiting; what goes beyond is taken piece by piece, and is given
//! back when the answer was read or given up.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The bytes of an answer that need no budget.
pub(crate) const FREE: usize = 64 << 10;
/// The bytes that an answer takes at a time.
pub(crate) const PIECE: usize = 1 << 20;
/// The pieces of all answers together.
const PIECES: usize = 128;
/// How long an answer waits for a piece. All might wait for each other, so one has to give up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pieces. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    patience: Duration,
}

/// The pieces that one answer has.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

/// There are too many large answers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Budget {
    /// All pieces.
    pub(crate) fn new() -> Self {
        Self::of(PIECES, PATIENCE)
    }

    fn of(pieces: usize, patience: Duration) -> Self {
        Self { pieces: Arc::new(Semaphore::new(pieces)), patience }
    }

    /// Takes one more piece.
    ///
    /// # Errors
    /// [`Crowded`].
    pub(crate) async fn grow(&self, held: &mut Held) -> Result<(), Crowded> {
        let piece = timeout(self.patience, self.pieces.clone().acquire_owned()).await;
        let piece = piece.map_err(|_| Crowded)?.map_err(|_| Crowded)?;
        match &mut held.0 {
            Some(pieces) => pieces.merge(piece),
            none => *none = Some(piece),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_than_all_pieces_are_held_and_each_comes_back() {
        let budget = Budget::of(8, Duration::from_millis(20));
        let mut answers: Vec<Held> = (0..4).map(|_| Held::default()).collect();
        for number in 0..8 {
            budget.grow(&mut answers[number % 4]).await.unwrap();
        }
        let mut late = Held::default();
        assert_eq!(budget.grow(&mut late).await, Err(Crowded));
        answers.pop();
        for _ in 0..2 {
            budget.grow(&mut late).await.unwrap();
        }
        assert_eq!(budget.grow(&mut late).await, Err(Crowded));
    }
}
