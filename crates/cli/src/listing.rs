//! Reads lists page by page, and finds things by name.

use model::fault::{Fault, FaultKind};
use uuid::Uuid;

use crate::failure::Failure;

/// The page size: the API's maximum, because the calls of each token are limited.
const PAGE: u32 = 1000;

/// All items, or the first `limit`. `page` takes a size and a page token, and returns items and the next
/// token, which is empty on the last page.
pub(crate) async fn all<T>(
    limit: Option<usize>,
    page: impl AsyncFn(u32, String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let limit = limit.unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut token = String::new();
    while items.len() < limit {
        let size = u32::try_from(limit - items.len()).map_or(PAGE, |missing| missing.min(PAGE));
        let (more, next) = page(size, token.clone()).await?;
        items.extend(more);
        if next.is_empty() {
            break;
        }
        if next == token {
            let message = "the API gives the same page for ever";
            return Err(Fault::new(FaultKind::Protocol, message).into());
        }
        token = next;
    }
    items.truncate(limit);
    Ok(items)
}

/// The only thing with that name.
///
/// # Errors
/// If no thing has it, or several have it.
pub(crate) fn named<T>(
    what: &str,
    name: &str,
    items: Vec<T>,
    name_of: impl Fn(&T) -> &str,
) -> Result<T, Failure> {
    let mut found = items.into_iter().filter(|it| name_of(it) == name);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Failure::not_found(what, name)),
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("more than one {what} is called {name:?}; give the id")))
        }
    }
}

/// Whether the text is an id and not a name.
pub(crate) fn is_id(text: &str) -> bool {
    Uuid::try_parse(text).is_ok()
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
            assert_eq!(all(None, pages(count)).await.unwrap(), (0..count).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_read() {
        for limit in [0, 1, 1000, 2500, 9000] {
            let seen = all(Some(limit), pages(3000)).await.unwrap();
            assert_eq!(seen.len(), limit.min(3000));
        }
    }

    #[tokio::test]
    async fn a_page_that_leads_to_itself_ends() {
        let same = async |_, _| Ok((vec![1], "again".to_owned()));
        assert_eq!(all(None, same).await.unwrap_err().exit_code(), 1);
    }

    #[test]
    fn a_name_must_fit_exactly_one() {
        let find = |name| named("plan", name, vec!["a", "b", "b"], |it| it);
        assert_eq!(find("a").unwrap(), "a");
        assert_eq!(find("c").unwrap_err().exit_code(), 3);
        assert_eq!(find("b").unwrap_err().exit_code(), 2);
    }
}
