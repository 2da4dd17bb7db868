//! Connections that end or hang: relay and consumer come back by themselves, and no message is lost.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use messaging::Verdict;
use testkit::{
    eventually, eventually_within,
    proxy::{Line, Proxy},
};
use tokio::{sync::Semaphore, time::timeout};

use crate::world::{Running, World, message, number};

/// The shared broker behind a proxy, and its URL there.
async fn stretch() -> (Proxy, String) {
    let servers = testkit::servers();
    let (login, address) = servers.amqp_url.rsplit_once('@').unwrap();
    let address = address.trim_end_matches("/%2f");
    let proxy = Proxy::start(address.parse().unwrap()).await.unwrap();
    let url = format!("{login}@{}/%2f?heartbeat=1", proxy.address());
    (proxy, url)
}

/// Ends the proxy's connections, then lets new ones through.
async fn cut(proxy: &Proxy, world: &World) {
    proxy.set(Line::Cut);
    eventually("the line is cut", async || world.broker.ping().await.err()).await;
    proxy.set(Line::Good);
}

/// A relay and a consumer, with the numbers of the handled messages.
pub(crate) struct Both {
    relay: Running,
    consumer: Running,
    handled: Arc<Mutex<HashSet<u64>>>,
}

impl Both {
    pub(crate) fn start(world: &World) -> Self {
        let handled = Arc::new(Mutex::new(HashSet::new()));
        let noting = Arc::clone(&handled);
        let consumer = world.consume(10, move |delivery| {
            noting.lock().unwrap().insert(number(&delivery));
            async { Verdict::Ack }
        });
        Self { relay: world.relay(), consumer, handled }
    }

    pub(crate) async fn handles(&self, count: usize) {
        let limit = Duration::from_secs(60);
        eventually_within(limit, "all are handled", async || {
            let handled = self.handled.lock().unwrap().len();
            if handled == count { Ok(()) } else { Err(handled) }
        })
        .await;
    }

    pub(crate) async fn stop(self) {
        self.relay.stop().await;
        self.consumer.stop().await;
    }
}

#[tokio::test]
async fn connections_closed_by_an_operator_lose_nothing() {
    let world = World::new().await;
    let both = Both::start(&world);
    let mut filed = 0;
    for _ in 0..2 {
        for _ in 0..20 {
            filed += 1;
            world.file(&[message(filed)]).await;
        }
        // The management API lists connections half a second after they open.
        eventually("both connections are closed", async || {
            (world.close_connections().await >= 2).then_some(())
        })
        .await;
        filed += 1;
        world.file(&[message(filed)]).await;
    }
    both.handles(filed).await;
    world.relayed().await;
    both.stop().await;
}

#[tokio::test]
async fn a_handler_goes_on_over_a_break_and_leaves_room_for_others() {
    let (proxy, url) = stretch().await;
    let world = World::by(&url).await;
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (passing, seeing) = (Arc::clone(&gate), Arc::clone(&seen));
    let consumer = world.consume(3, move |delivery| {
        let (number, passing) = (number(&delivery), Arc::clone(&passing));
        seeing.lock().unwrap().push(number);
        async move {
            if number == 1 {
                passing.acquire().await.unwrap().forget();
            }
            Verdict::Ack
        }
    });
    let relay = world.relay();
    let begun = async |number: u64, times: usize| {
        eventually(&format!("{number} is begun {times} times"), async || {
            let seen = seen.lock().unwrap();
            (seen.iter().filter(|it| **it == number).count() == times).then_some(())
        })
        .await;
    };
    world.file(&[message(1)]).await;
    begun(1, 1).await;
    cut(&proxy, &world).await;
    begun(1, 2).await;
    world.file(&[message(2)]).await;
    begun(2, 1).await;
    gate.add_permits(2);
    relay.stop().await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_hanging_connection_is_given_up_and_readiness_soon_shows_it() {
    let (proxy, url) = stretch().await;
    let world = World::by(&url).await;
    let both = Both::start(&world);
    world.file(&[message(1)]).await;
    both.handles(1).await;

    proxy.set(Line::Frozen);
    let asked = Instant::now();
    assert!(world.broker.ping().await.is_err());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    world.file(&[message(2)]).await;
    cut(&proxy, &world).await;
    both.handles(2).await;
    eventually("it answers again", async || world.broker.ping().await.ok()).await;
    world.relayed().await;
    both.stop().await;
}

#[tokio::test]
async fn a_service_starts_and_stops_beside_a_broker_that_hangs() {
    let (proxy, url) = stretch().await;
    proxy.set(Line::Frozen);
    let began = Instant::now();
    let world = World::by(&url).await;
    let both = Both::start(&world);
    world.file(&[message(1)]).await;
    let asked = Instant::now();
    assert!(world.broker.ping().await.is_err());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let Both { relay, consumer, .. } = both;
    let stopping = async {
        let (relay, consumer) = tokio::join!(relay.ask(), consumer.ask());
        relay.unwrap();
        consumer.unwrap();
    };
    timeout(Duration::from_secs(10), stopping).await.expect("nobody waits for the broker");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let rows = world.store.lease_outbox(10, Duration::from_secs(60), &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "what could not be published was not even leased");

    // The earlier attempt to connect ends, and the next one reaches the broker.
    proxy.set(Line::Good);
    eventually("it answers again", async || world.broker.ping().await.ok()).await;
}
