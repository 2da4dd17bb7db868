//! The contract of `DnsProvider`: each scenario runs with every provider.

mod ownership;
mod powerdns;
mod sets;
mod zones;

use async_trait::async_trait;
use dns_manager::{
    apex::Apex,
    provider::{DnsProvider, registry::Providers},
    zone::{AUTHOR, Change, ChangeAction, Note, SeenRecord, SeenSet, SeenZone},
};
use model::{dns::DnsServer, secret::Secret};

/// The providers under test. Another one is a line here, and a file beside `powerdns.rs` that starts it.
async fn subjects() -> Vec<Subject> {
    vec![powerdns::start().await]
}

/// A provider's server under test.
struct Subject {
    server: DnsServer,
    key: Secret,
    operator: Box<dyn Operator>,
}

/// A person who works on the server without this product.
#[async_trait]
trait Operator {
    /// Creates a zone without our mark.
    async fn create_zone(&self, name: &str);
}

impl Subject {
    fn provider(&self) -> Box<dyn DnsProvider> {
        Providers::new(&fixtures::egress()).unwrap().open(&self.server, self.key.clone())
    }

    fn apex(&self) -> Apex {
        Apex::from(&self.server.authority)
    }

    /// A name that no zone has yet, with the provider's kind in it for messages of failed assertions.
    fn new_name(&self) -> String {
        format!("{}.test", testkit::unique(self.server.kind.as_str()))
    }

    /// An empty zone of ours.
    async fn new_zone(&self) -> String {
        let name = self.new_name();
        let created = self.provider().create(&name, &self.apex()).await.unwrap();
        assert!(created, "{name}");
        name
    }
}

fn our_note() -> Note {
    Note { text: "praho zone of a test".to_owned(), author: AUTHOR.to_owned() }
}

fn foreign_note() -> Note {
    Note { text: "ask Maria".to_owned(), author: "maria".to_owned() }
}

fn replace(
    name: &str,
    kind: &str,
    ttl: u32,
    contents: &[&str],
    notes: Option<Vec<Note>>,
) -> Change {
    let contents = contents.iter().map(|&content| content.to_owned()).collect();
    let action = ChangeAction::Replace { ttl, contents, notes };
    Change { name: name.to_owned(), kind: kind.to_owned(), action }
}

fn delete(name: &str, kind: &str) -> Change {
    Change { name: name.to_owned(), kind: kind.to_owned(), action: ChangeAction::Delete }
}

/// A record set as it should be seen.
fn set(name: &str, kind: &str, ttl: u32, contents: &[&str], notes: Vec<Note>) -> SeenSet {
    let record = |&content: &&str| SeenRecord { content: content.to_owned(), disabled: false };
    let records = contents.iter().map(record).collect();
    SeenSet { name: name.to_owned(), kind: kind.to_owned(), ttl, records, notes }
}

/// The zone, with its sets and their records in one order.
async fn read(provider: &dyn DnsProvider, name: &str) -> SeenZone {
    let mut zone = provider.zone(name).await.unwrap().unwrap();
    for set in &mut zone.sets {
        set.records.sort_by(|one, other| one.content.cmp(&other.content));
    }
    zone.sets.sort_by(|one, other| (&one.name, &one.kind).cmp(&(&other.name, &other.kind)));
    zone
}

/// The sets of a zone other than the SOA and NS sets of its apex, in the order of [`read`].
async fn sets(provider: &dyn DnsProvider, name: &str) -> Vec<SeenSet> {
    let mut sets = read(provider, name).await.sets;
    sets.retain(|set| !(["SOA", "NS"].contains(&set.kind.as_str()) && set.name == name));
    sets
}

async fn apply(provider: &dyn DnsProvider, name: &str, changes: &[Change]) {
    assert!(provider.change(name, changes).await.unwrap(), "{name}");
}
