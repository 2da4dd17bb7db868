//! Many activations at once, and the check of their results.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulators::virtualmin::EffectKind;
use testkit::{eventually_by_progress, eventually_within, unique};
use tokio::time::interval;

use crate::{
    broker::Broker,
    system::{System, id},
};

/// Simultaneous requests, like those of a billing system with a few workers.
const AT_ONCE: usize = 8;
/// The longest time without progress after a fault. A busy machine is slow but makes progress. Work that a
/// fault left behind resumes within a lease and the longest pause between two tries.
const STALL: Duration = Duration::from_secs(60);
/// The interval between two listings of everything; shorter intervals would add load.
const LOOK: Duration = Duration::from_secs(1);

/// An ordered account.
pub(crate) struct Order {
    account: String,
    domain: String,
}

impl System {
    /// Orders `count` accounts like a careful billing system: a request without an answer, or with the answer
    /// "later", is repeated under its key.
    pub(crate) async fn order(&self, count: usize) -> Vec<Order> {
        let orders = (0..count).map(|_| self.order_one());
        stream::iter(orders).buffer_unordered(AT_ONCE).collect().await
    }

    async fn order_one(&self) -> Order {
        let domain = format!("{}.test", unique("order").to_lowercase());
        let body = json!({ "plan_id": self.plan, "domain": domain });
        let service = id(&self.insist("/services", body).await);
        let activation = self.insist(&format!("/services/{service}/activate"), json!({})).await;
        Order { account: id(&activation["account"]), domain }
    }

    async fn insist(&self, path: &str, body: Value) -> Value {
        let key = unique("key");
        eventually_within(STALL, path, async || {
            match self.send(Method::POST, path, &key, Some(&body)).await {
                Some((status, answer)) if status.is_success() => Ok(answer),
                Some((status, answer))
                    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS =>
                {
                    Err(Some(answer))
                }
                None => Err(None),
                Some((status, answer)) => panic!("POST {path}: {status} {answer}"),
            }
        })
        .await
    }

    /// Waits until `count` virtual servers were created.
    pub(crate) async fn created(&self, count: usize) {
        eventually_by_progress(STALL, &format!("{count} virtual servers"), async || {
            let created = self.panels.iter().map(|panel| {
                panel.effects().iter().filter(|effect| effect.kind == EffectKind::Created).count()
            });
            let created: Vec<_> = created.collect();
            if created.iter().sum::<usize>() >= count { Ok(()) } else { Err(created) }
        })
        .await;
    }

    /// Waits until all work is done, and checks that nothing was lost, doubled or given up.
    pub(crate) async fn all_is_well(&self, orders: &[Order]) {
        self.all_are("/jobs", "jobs", "completed").await;
        self.all_are("/accounts", "accounts", "active").await;
        let accounts = self.get("/accounts?page_size=1000").await;
        let mut ids: Vec<_> = accounts["accounts"].as_array().unwrap().iter().map(id).collect();
        let mut ordered: Vec<_> = orders.iter().map(|it| it.account.clone()).collect();
        ids.sort_unstable();
        ordered.sort_unstable();
        assert_eq!(ids, ordered, "the accounts are those that were ordered");
        for order in orders {
            assert_eq!(self.creations(&order.domain), 1, "{}", order.domain);
            let there: Vec<_> =
                self.panels.iter().filter_map(|it| it.domain(&order.domain)).collect();
            let [there] = there.as_slice() else { panic!("{there:?}") };
            assert!(!there.corrupt && !there.half_made && there.disabled.is_none(), "{there:?}");
        }
        for panel in &self.panels {
            assert_eq!(panel.mutations_at_once(), 1);
        }
        for order in orders.iter().step_by(10) {
            let address = self.dig(&order.domain);
            assert!(address.starts_with("127.0.0.1"), "{}: {address:?}", order.domain);
        }
    }

    /// The number of dead letters in all queues of the broker at `amqp_url`.
    pub(crate) async fn dead_letters(&self, amqp_url: &str) -> u32 {
        let broker = Broker::connect(amqp_url, &self.prefix).await;
        let mut dead = broker.depth("praho.commands.dead").await;
        for queue in ["provisioning", "bulk", "dns"] {
            dead += broker.depth(&format!("praho.jobs.{queue}.dead")).await;
        }
        dead
    }

    async fn all_are(&self, path: &str, items: &str, wanted: &str) {
        let mut looks = interval(LOOK);
        eventually_by_progress(STALL, &format!("all {items} {wanted}"), async || {
            looks.tick().await;
            let page = self.get(&format!("{path}?page_size=1000")).await;
            let mut others = BTreeMap::<_, Vec<_>>::new();
            for item in page[items].as_array().unwrap().iter().filter(|it| it["status"] != wanted) {
                others.entry(item["status"].to_string()).or_default().push(item.clone());
            }
            if others.is_empty() { Ok(()) } else { Err(Others(others)) }
        })
        .await;
    }
}

/// The items without the wanted status, by status. The debug output has the count and the first item of each.
#[derive(PartialEq)]
struct Others(BTreeMap<String, Vec<Value>>);

impl std::fmt::Debug for Others {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first = self.0.iter().map(|(status, items)| (status, (items.len(), items.first())));
        f.debug_map().entries(first).finish()
    }
}
