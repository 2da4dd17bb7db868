//! The queue of changes before one server: so many at a time, the urgent ones first, and none that would wait in vain.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::job::Lane;
use opentelemetry::metrics::{Histogram, UpDownCounter};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// A change that takes longer, such as a backup, tells nothing about the others, so it counts as this.
const LONG: Duration = Duration::from_secs(60);

/// The instruments of all queues. Create them after telemetry has started.
#[derive(Clone, Debug)]
pub(crate) struct Instruments {
    waiting: UpDownCounter<i64>,
    running: UpDownCounter<i64>,
    wait: Histogram<f64>,
}

/// The queue before one server.
#[derive(Debug)]
pub(crate) struct Turns {
    state: Mutex<State>,
    instruments: Instruments,
}

#[derive(Debug, Default)]
struct State {
    slots: usize,
    running: usize,
    /// Who waits, by lane and then by arrival.
    waiting: BTreeMap<(Lane, u64), oneshot::Sender<Turn>>,
    arrivals: u64,
    /// How long a change takes, as a moving average.
    usual: Duration,
}

/// The right to make a change; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Arc<Turns>,
    /// `None` until its change has it.
    began: Option<Instant>,
}

/// There is no turn, and nothing was done. The server may have one after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full(pub(crate) Duration);

impl Instruments {
    /// Instruments of this service's meter.
    pub(crate) fn new() -> Self {
        let meter = chassis::telemetry::meter("virtualmin-gateway");
        let waiting = meter
            .i64_up_down_counter("virtualmin.queue.depth")
            .with_description("Changes that wait for their turn, over all servers")
            .build();
        let running = meter
            .i64_up_down_counter("virtualmin.slots.used")
            .with_description("Changes under way, over all servers")
            .build();
        let wait = meter
            .f64_histogram("virtualmin.queue.wait")
            .with_description("Time that a change waited for its turn")
            .with_unit("s")
            .with_boundaries(vec![0.01, 0.1, 1.0, 5.0, 20.0, 60.0, 300.0])
            .build();
        // Shown from the start.
        waiting.add(0, &[]);
        running.add(0, &[]);
        Self { waiting, running, wait }
    }
}

impl Turns {
    /// An empty queue.
    pub(crate) fn new(instruments: Instruments) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), instruments })
    }

    /// Waits for one of `slots` turns. At most `most` wait.
    ///
    /// # Errors
    /// [`Full`] if too many wait already, or if the turn would come after `deadline` or has not come by then.
    pub(crate) async fn take(
        self: &Arc<Self>,
        lane: Lane,
        slots: u32,
        most: u64,
        deadline: Instant,
    ) -> Result<Turn, Full> {
        let arrived = Instant::now();
        let mut turn = match self.join(lane, slots, most, deadline)? {
            Joined::Now(turn) => turn,
            Joined::Later(key, turn) => {
                self.instruments.waiting.add(1, &[]);
                let turn = timeout_at(deadline, turn).await;
                self.instruments.waiting.add(-1, &[]);
                match turn {
                    Ok(Ok(turn)) => turn,
                    Ok(Err(_)) | Err(_) => {
                        let mut state = self.lock();
                        state.waiting.remove(&key);
                        return Err(Full(state.usual));
                    }
                }
            }
        };
        turn.began = Some(Instant::now());
        self.instruments.wait.record(arrived.elapsed().as_secs_f64(), &[]);
        Ok(turn)
    }

    /// How many changes are under way, and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.waiting.len())
    }

    fn join(
        self: &Arc<Self>,
        lane: Lane,
        slots: u32,
        most: u64,
        deadline: Instant,
    ) -> Result<Joined, Full> {
        let mut state = self.lock();
        state.slots = usize::try_from(slots).unwrap_or(1).max(1);
        if state.running < state.slots && state.waiting.is_empty() {
            return Ok(Joined::Now(self.begin(&mut state)));
        }
        let ahead = state.waiting.range(..=(lane, u64::MAX)).count() + 1;
        let rounds = ahead.div_ceil(state.slots);
        let expected = state.usual.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        if state.waiting.len() as u64 >= most || Instant::now() + expected > deadline {
            return Err(Full(expected));
        }
        state.arrivals += 1;
        let key = (lane, state.arrivals);
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(key, sender);
        Ok(Joined::Later(key, receiver))
    }

    fn begin(self: &Arc<Self>, state: &mut State) -> Turn {
        state.running += 1;
        self.instruments.running.add(1, &[]);
        Turn { turns: self.clone(), began: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Joined {
    Now(Turn),
    Later((Lane, u64), oneshot::Receiver<Turn>),
}

impl Drop for Turn {
    /// Gives the turn to the first who waits. One who has gone meanwhile gives it back in the same way.
    fn drop(&mut self) {
        let turns = self.turns.clone();
        let mut state = turns.lock();
        state.running -= 1;
        turns.instruments.running.add(-1, &[]);
        if let Some(took) = self.began.map(|it| it.elapsed().min(LONG)) {
            state.usual = if state.usual.is_zero() { took } else { (state.usual * 3 + took) / 4 };
        }
        while state.running < state.slots {
            let Some((_, next)) = state.waiting.pop_first() else { return };
            let turn = turns.begin(&mut state);
            if let Err(unwanted) = next.send(turn) {
                // Its own drop goes on with the next one, and needs the lock.
                drop(state);
                return drop(unwanted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const AMPLE: Duration = Duration::from_secs(1000);

    fn turns() -> Arc<Turns> {
        Turns::new(Instruments::new())
    }

    async fn take(turns: &Arc<Turns>, lane: Lane, slots: u32) -> Result<Turn, Full> {
        turns.take(lane, slots, 3, Instant::now() + AMPLE).await
    }

    #[tokio::test]
    async fn the_urgent_go_first_and_equals_in_the_order_of_their_arrival() {
        let turns = turns();
        let first = take(&turns, Lane::Bulk, 1).await.unwrap();
        let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
        for (name, lane) in [("bulk", Lane::Bulk), ("late", Lane::Bulk), ("urgent", Lane::Urgent)] {
            let (waiting, sender) = (turns.clone(), sender.clone());
            tokio::spawn(async move {
                let _turn = take(&waiting, lane, 1).await.unwrap();
                sender.send(name).unwrap();
            });
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.load(), (1, 3));
        drop(first);
        let names = [order.recv().await, order.recv().await, order.recv().await];
        assert_eq!(names.map(Option::unwrap), ["urgent", "bulk", "late"]);
        assert_eq!(turns.load(), (0, 0));
    }

    #[tokio::test]
    async fn as_many_change_the_server_at_a_time_as_it_has_slots() {
        let turns = turns();
        let held = [
            take(&turns, Lane::Bulk, 2).await.unwrap(),
            take(&turns, Lane::Bulk, 2).await.unwrap(),
        ];
        let soon = turns.take(Lane::Urgent, 2, 3, Instant::now() + Duration::from_millis(5)).await;
        assert_eq!(soon.unwrap_err(), Full(Duration::ZERO));
        drop(held);
        assert!(take(&turns, Lane::Bulk, 2).await.is_ok());
    }

    #[tokio::test]
    async fn who_would_wait_in_vain_is_told_at_once_and_when_to_come_back() {
        let turns = turns();
        let turn = take(&turns, Lane::Bulk, 1).await.unwrap();
        turns.lock().usual = Duration::from_secs(100);
        let soon = Instant::now() + Duration::from_secs(90);
        let full = turns.take(Lane::Bulk, 1, 3, soon).now_or_never().unwrap().unwrap_err();
        assert_eq!(full, Full(Duration::from_secs(100)));
        drop(turn);
        assert!(turns.lock().usual < Duration::from_secs(100), "the average moves");
    }

    #[tokio::test]
    async fn the_queue_has_an_end_and_who_left_it_is_passed_over() {
        let turns = turns();
        let turn = take(&turns, Lane::Bulk, 1).await.unwrap();
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { take(&turns, Lane::Bulk, 1).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(take(&turns, Lane::Urgent, 1).await.is_err(), "three wait already");
        waiting[0].abort();
        drop(turn);
        for task in waiting {
            assert!(task.await.map_or(true, |it| it.is_ok()));
        }
        assert_eq!(turns.load(), (0, 0));
    }
}
