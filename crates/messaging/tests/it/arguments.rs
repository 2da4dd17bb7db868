//! Tests of the topology as RabbitMQ reports it.

use messaging::topology::{DELIVERY_LIMIT, EXCHANGES, QUEUES, dead};
use serde_json::{Value, json};

use crate::world::World;

impl World {
    /// The management API's description of one of our exchanges or queues.
    async fn described(&self, kind: &str, name: &str) -> Value {
        let url = format!("{}/api/{kind}/%2f/{}{name}", self.management_url, self.prefix);
        let answer = testkit::http::client().get(url).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Exchange and key of each binding of a queue, without the default binding.
    async fn bindings(&self, queue: &str) -> Vec<(String, String)> {
        let bindings = self.described("queues", &format!("{queue}/bindings")).await;
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let all = bindings.as_array().unwrap().iter();
        all.map(|it| (text(&it["source"]), text(&it["routing_key"])))
            .filter(|(exchange, _)| !exchange.is_empty())
            .collect()
    }
}

#[tokio::test]
async fn queues_are_as_documented_and_declaring_them_again_is_fine() {
    let world = World::new().await;
    world.broker.declare().await.unwrap();
    world.broker.declare().await.unwrap();
    let named = |name: &str| format!("{}{name}", world.prefix);
    for (queue, exchange, key) in QUEUES {
        let it = world.described("queues", queue).await;
        assert_eq!((&it["durable"], &it["auto_delete"]), (&json!(true), &json!(false)), "{queue}");
        let expected = json!({
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": named("praho.dead"),
            "x-dead-letter-routing-key": named(&dead(queue)),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        });
        assert_eq!(it["arguments"], expected, "{queue}");
        assert_eq!(world.bindings(queue).await, [(named(exchange), key.to_owned())]);

        let grave = dead(queue);
        let it = world.described("queues", &grave).await;
        assert_eq!(it["arguments"], json!({ "x-queue-type": "quorum" }), "{grave}");
        assert_eq!(world.bindings(&grave).await, [(named("praho.dead"), named(&grave))]);
    }
    for (exchange, kind) in EXCHANGES {
        let it = world.described("exchanges", exchange).await;
        let kind = format!("{kind:?}").to_lowercase();
        assert_eq!((&it["type"], &it["durable"]), (&json!(kind), &json!(true)), "{exchange}");
    }
}
