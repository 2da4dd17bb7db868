//! Connections to PostgreSQL, to RabbitMQ and to the panels are slow, and are cut.

use std::{net::SocketAddr, time::Duration};

use testkit::proxy::{Line, Proxy};
use url::Url;

use super::ORDERS;
use crate::system::{Ground, System};

/// The delay to another town. A job makes many calls to the database, so the delays add up.
const SLOW: Line = Line::Slow(Duration::from_millis(10));

/// A proxy before the server of a URL, and the URL of the proxy.
async fn before(url: &str) -> (Proxy, String) {
    let mut url: Url = url.parse().unwrap();
    let port = url.port().unwrap();
    let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    url.set_port(Some(proxy.address().port())).unwrap();
    (proxy, url.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_and_slow() {
    let servers = testkit::servers();
    let database = testkit::postgres::fresh("empty", async |_| Ok::<_, String>(())).await;
    let (to_postgres, database_url) = before(&database.url).await;
    let (to_rabbitmq, amqp_url) = before(&servers.amqp_url).await;
    let ground = Ground {
        amqp_url,
        database_url: Some(database_url),
        panel_seconds: 5,
        ..Ground::default()
    };
    let system = System::start_on(ground).await;
    let (api, worker) = (system.service_named("praho-api"), system.service_named("worker 1"));
    let (orders, ()) = tokio::join!(system.order(ORDERS), async {
        system.created(10).await;
        system.lines[0].set(SLOW);
        system.created(20).await;
        system.lines[0].set(Line::Cut);
        // The other panel continues.
        system.created(30).await;
        system.lines[0].set(Line::Good);
        for (number, line) in [&to_postgres, &to_rabbitmq].into_iter().enumerate() {
            system.created(40 + 50 * number).await;
            line.set(SLOW);
            system.created(50 + 50 * number).await;
            line.set(Line::Cut);
            worker.not_ready().await;
            line.set(Line::Good);
            worker.ready().await;
            api.ready().await;
        }
    });
    system.all_is_well(&orders).await;
    assert_eq!(system.dead_letters(&servers.amqp_url).await, 0);
}
