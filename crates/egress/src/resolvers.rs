//! The operator's resolvers, which find a text in the DNS wherever it is served.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hickory_proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use tokio::time::timeout;

use crate::question::{Chosen, ask_at};

/// Where a Unix system names its resolvers (`resolv.conf(5)`).
const SYSTEM: &str = "/etc/resolv.conf";
/// How long one look-up takes at most, over all resolvers.
const LIMIT: Duration = Duration::from_secs(5);

/// Resolvers that ask all name servers of the world for us. The operator chose their addresses. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Resolvers(Option<Arc<[SocketAddr]>>);

impl Resolvers {
    /// These resolvers, which are asked in turn until one knows.
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(Some(addresses.into_iter().collect()))
    }

    /// Those of the system, as it names them at each look-up.
    pub fn of_the_system() -> Self {
        Self(None)
    }

    /// The texts of the TXT records of a name, each with its parts joined; none if there are no such records.
    ///
    /// # Errors
    ///
    /// If no resolver can tell.
    pub async fn texts(&self, name: &str) -> io::Result<Vec<String>> {
        // A name that is too long for the DNS has no records.
        let Ok(name) = Name::from_ascii(format!("{name}.")) else { return Ok(Vec::new()) };
        let query = Query::query(name, RecordType::TXT);
        let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "no resolver answers in time"));
        timeout(LIMIT, self.ask(&query)).await.unwrap_or_else(late)
    }

    async fn ask(&self, query: &Query) -> io::Result<Vec<String>> {
        let addresses = match &self.0 {
            Some(addresses) => addresses.to_vec(),
            None => named_in(&tokio::fs::read_to_string(SYSTEM).await?),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no resolver");
        for address in addresses {
            match ask_at(Chosen::ByOperator, address, query).await.and_then(|it| texts(&it)) {
                Ok(texts) => return Ok(texts),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// The resolvers that a text in the system's format names.
fn named_in(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines.filter_map(|it| Some(SocketAddr::new(it.trim().parse().ok()?, 53))).collect()
}

/// The texts in an answer. An alias was followed by the resolver, so the texts may have another name.
fn texts(answer: &Message) -> io::Result<Vec<String>> {
    match answer.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        code => return Err(io::Error::other(format!("the resolver answers {code}"))),
    }
    if !answer.metadata.recursion_available && !answer.metadata.authoritative {
        return Err(io::Error::other("it is no resolver: it asks no other name server"));
    }
    let texts = answer.answers.iter().filter_map(|record| match &record.data {
        RData::TXT(txt) => Some(txt.txt_data.concat()),
        _ => None,
    });
    Ok(texts.map(|it| String::from_utf8_lossy(&it).into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_names_its_resolvers_in_a_file() {
        let text = "# ours\nsearch example.net\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver x\n";
        assert_eq!(
            named_in(text),
            ["192.0.2.53:53", "[2001:db8::53]:53"].map(|it| it.parse().unwrap())
        );
    }

    #[tokio::test]
    async fn without_a_resolver_nothing_is_known() {
        let none = Resolvers::new([]);
        assert!(none.texts("example.com").await.is_err());
        let long = format!("{}.ro", ["x".repeat(63).as_str(); 4].join("."));
        assert_eq!(none.texts(&long).await.unwrap(), Vec::<String>::new(), "no such name");
    }
}
