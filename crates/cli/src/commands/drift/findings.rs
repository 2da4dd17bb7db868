//! Reads findings from the API, for the commands that list them.

use contracts::provisioning::v1::{Finding, ListFindingsRequest};

use crate::{
    failure::Failure,
    listing::{self, List},
    options::Limit,
    session::Session,
};

/// Findings, newest first.
pub(super) async fn all(
    session: &Session,
    filter: ListFindingsRequest,
    limit: Limit,
) -> Result<List<Finding>, Failure> {
    listing::all(limit, async |page_size, page_token| {
        let request = ListFindingsRequest { page_size, page_token, ..filter.clone() };
        let page = session.client.read(session.client.drift().list_findings(request)).await?;
        Ok((page.findings, page.next_page_token))
    })
    .await
}
