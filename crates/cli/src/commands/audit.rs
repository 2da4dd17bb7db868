//! `praho audit`.

use clap::{Args, Subcommand};
use contracts::{
    moment::to_timestamp,
    provisioning::v1::{AuditEntry, AuditVerification, ListAuditRequest, VerifyAuditRequest},
};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

use crate::{failure::Failure, listing, options::Limit, session::Session};

/// The rows that one call of an export reads.
const PAGE: u32 = 1000;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List changes and their actors, newest first
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        limit: Limit,
    },
    /// Write changes as JSON, one a line, newest first
    Export {
        #[command(flatten)]
        filter: Filter,
    },
    /// Check that no row was changed or removed; the exit code is 0 only then. Needs an owner of the platform's tenant
    Verify {
        /// A head that was kept from an event: its number and its hash, as 1234:0f3c…
        #[arg(long, value_name = "NUMBER:SHA256", value_parser = head)]
        head: Option<(u64, String)>,
    },
}

/// The changes to list
#[derive(Args, Debug)]
pub(crate) struct Filter {
    /// Only changes by this actor, such as token:0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f
    #[arg(long, conflicts_with_all = ["target", "action"])]
    actor: Option<String>,
    /// Only changes of this target, such as account/0190d3e8-7b5c-7c3a-9d2e-0a1b2c3d4e5f
    #[arg(long, conflicts_with = "action")]
    target: Option<String>,
    /// Only changes of this kind, such as service.activate
    #[arg(long)]
    action: Option<String>,
    /// Only changes from then on: 2026-01-31 or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Only changes before then
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    until: Option<OffsetDateTime>,
}

/// Reads a day, which begins at midnight in UTC, or a moment.
fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    day.map(|day| day.midnight().assume_utc())
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .map_err(|_| "give a day as 2026-01-31 or a moment as 2026-01-31T08:00:00Z".to_owned())
}

fn head(text: &str) -> Result<(u64, String), String> {
    let parts = text.split_once(':').and_then(|(number, hash)| {
        Some((number.parse().ok().filter(|it| *it > 0)?, hash.to_owned()))
    });
    parts.ok_or_else(|| "give the number and the hash, with a colon between them".to_owned())
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List { filter, limit } => {
            let request = filter.request();
            let entries: listing::List<AuditEntry> =
                listing::all(limit, async |page_size, page_token| {
                    page(session, &request, page_size, page_token).await
                })
                .await?;
            session.output.list(&entries)
        }
        Command::Export { filter } => {
            let (request, mut token) = (filter.request(), String::new());
            loop {
                let (entries, next) = page(session, &request, PAGE, token).await?;
                for entry in entries {
                    session.output.line(&entry)?;
                }
                token = next;
                if token.is_empty() {
                    return Ok(());
                }
            }
        }
        Command::Verify { head } => verify(session, head.unwrap_or_default()).await,
    }
}

async fn page(
    session: &Session,
    request: &ListAuditRequest,
    page_size: u32,
    page_token: String,
) -> Result<(Vec<AuditEntry>, String), Failure> {
    let client = &session.client;
    let request = ListAuditRequest { page_size, page_token, ..request.clone() };
    let page = client.read(client.audit().list_audit(request)).await?;
    Ok((page.entries, page.next_page_token))
}

/// Checks the log part by part, and writes the sum of the results.
async fn verify(session: &Session, head: (u64, String)) -> Result<(), Failure> {
    let client = &session.client;
    let mut request =
        VerifyAuditRequest { head_number: head.0, head_sha256: head.1, from_number: 0 };
    let mut all = AuditVerification::default();
    while !all.complete {
        let part = client.read(client.audit().verify_audit(request)).await?;
        request = VerifyAuditRequest { from_number: part.next_number, ..Default::default() };
        all.problems.extend(part.problems);
        all.good_heads += part.good_heads;
        all.unknown_heads += part.unknown_heads;
        (all.checked_to, all.complete) = (part.checked_to, part.complete);
    }
    session.output.one(&all)?;
    match all.problems.len() {
        0 => Ok(()),
        problems => Err(Failure::AuditBroken { problems }),
    }
}

impl Filter {
    fn request(self) -> ListAuditRequest {
        ListAuditRequest {
            actor: self.actor.unwrap_or_default(),
            target: self.target.unwrap_or_default(),
            action: self.action.unwrap_or_default(),
            since: self.since.map(to_timestamp),
            until: self.until.map(to_timestamp),
            ..ListAuditRequest::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        assert_eq!(moment("2026-01-31"), Ok(datetime!(2026-01-31 00:00 UTC)));
        assert_eq!(moment("2026-01-31T08:00:00+02:00"), Ok(datetime!(2026-01-31 08:00 +2)));
        assert!(moment("yesterday").unwrap_err().contains("2026-01-31"));
    }

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        assert_eq!(head("7:0f"), Ok((7, "0f".to_owned())));
        for text in ["7", "0:0f", "-1:0f", "x:0f"] {
            assert!(head(text).is_err(), "{text}");
        }
    }
}
