//! Reads lists page by page.

use model::fault::{Fault, FaultKind};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{failure::Failure, field::Resource, options::Limit};

/// The page size: the API's maximum, because the calls of each token are limited.
const PAGE: u32 = 1000;

/// A list, which is written as the API's own message: the items under their name, and the next page's token.
#[derive(Debug)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// The token of the page after the last item; empty if there is none.
    pub(crate) next_page_token: String,
}

impl<T: Resource> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_map(Some(2))?;
        message.serialize_entry(&T::PLURAL.to_lowercase().replace(' ', "_"), &self.items)?;
        message.serialize_entry("next_page_token", &self.next_page_token)?;
        message.end()
    }
}

/// All items, or as many as `limit` says, from its page on. `page` takes a size and a page token, and returns
/// items and the next token, which is empty on the last page.
pub(crate) async fn all<T>(
    limit: Limit,
    page: impl AsyncFn(u32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<List<T>, Failure> {
    let Limit { limit, page_token: mut token } = limit;
    let limit = limit.unwrap_or(usize::MAX);
    let mut items = Vec::new();
    while items.len() < limit {
        let size = u32::try_from(limit - items.len()).map_or(PAGE, |missing| missing.min(PAGE));
        let (more, next) = page(size, token.clone()).await?;
        items.extend(more);
        if !next.is_empty() && next == token {
            let message = "the API gives the same page for ever";
            return Err(Fault::new(FaultKind::Protocol, message).into());
        }
        token = next;
        if token.is_empty() {
            break;
        }
    }
    Ok(List { items, next_page_token: token })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of the numbers below `count`.
    fn pages(count: u32) -> impl AsyncFn(u32, String) -> Result<(Vec<u32>, String), Failure> {
        async move |size, token: String| {
            let start: u32 = token.parse().unwrap_or(0);
            let end = (start + size).min(count);
            let next = if end < count { end.to_string() } else { String::new() };
            Ok(((start..end).collect(), next))
        }
    }

    #[tokio::test]
    async fn every_page_is_read() {
        for count in [0, 1, 999, 1000, 1001, 3000] {
            let seen = all(Limit::default(), pages(count)).await.unwrap();
            assert_eq!(seen.items, (0..count).collect::<Vec<_>>());
            assert_eq!(seen.next_page_token, "");
        }
    }

    #[tokio::test]
    async fn a_limited_list_goes_on_from_its_token() {
        for limit in [1, 1000, 2500, 9000] {
            let first = Limit { limit: Some(limit), ..Limit::default() };
            let seen = all(first, pages(3000)).await.unwrap();
            assert_eq!(seen.items.len(), limit.min(3000));
            assert_eq!(seen.next_page_token.is_empty(), limit > 3000);
            if !seen.next_page_token.is_empty() {
                let rest = Limit { page_token: seen.next_page_token, ..Limit::default() };
                let rest = all(rest, pages(3000)).await.unwrap();
                assert_eq!([seen.items, rest.items].concat(), (0..3000).collect::<Vec<_>>());
            }
        }
    }

    #[tokio::test]
    async fn a_page_that_leads_to_itself_ends() {
        let same = async |_, _| Ok((vec![1], "again".to_owned()));
        assert_eq!(all(Limit::default(), same).await.unwrap_err().exit_code(), 1);
    }

    #[test]
    fn a_list_is_written_as_the_api_writes_it() {
        use contracts::provisioning::v1::{DnsServer, ListDnsServersResponse};

        let servers = vec![DnsServer { name: "ns".to_owned(), ..DnsServer::default() }];
        let token = "0190d3e8".to_owned();
        let list = List { items: servers.clone(), next_page_token: token.clone() };
        let message = ListDnsServersResponse { dns_servers: servers, next_page_token: token };
        assert_eq!(serde_json::to_value(list).unwrap(), serde_json::to_value(message).unwrap());
    }
}
