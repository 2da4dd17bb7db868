//! `praho drift scan`.

use clap::Args;
use contracts::{
    moment::from_timestamp,
    provisioning::v1::{
        GetServerDriftRequest, ListFindingsRequest, ScanServerRequest, ServerDrift,
    },
};
use model::drift::FindingStatus;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};

use super::findings;
use crate::{
    awaited::Awaited,
    failure::Failure,
    field::moment,
    options::{Intent, Limit, Patience},
    progress::Progress,
    session::Session,
    waiting::{PAUSE, TRIES, patiently},
};

#[derive(Args, Debug)]
pub(crate) struct Scan {
    /// The server's id or name
    server: String,
    #[command(flatten)]
    intent: Intent,
    /// Wait for the check and show the server's open findings; the exit code is 0 only if the server could be seen
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    patience: Patience,
}

impl Scan {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let request = ScanServerRequest { request_id: request_id.clone(), id: self.server };
        let mut drift = session.client.drift();
        let asked = session.client.change(&request_id, drift.scan_server(request)).await?;
        let (server_id, name) = (asked.server_id.clone(), asked.server_name.clone());
        if !self.wait {
            session.output.note(&format!("praho drift list --server {name} shows the findings"));
            return session.output.one(&asked);
        }
        let awaited = Awaited::Sweep { server: name.clone() };
        let ended = patiently(awaited, self.patience.limit(), ended(session, asked)).await?;
        if !ended.last_error.is_empty() {
            return Err(Failure::Unseen { server: name, error: ended.last_error });
        }
        let filter = ListFindingsRequest {
            server_id,
            status: FindingStatus::Open.as_str().to_owned(),
            ..ListFindingsRequest::default()
        };
        session.output.list(&findings::all(session, filter, Limit::default()).await?)
    }
}

/// Waits for the end of the requested sweep.
async fn ended(session: &Session, asked: ServerDrift) -> Result<ServerDrift, Failure> {
    let progress = Progress::new(session.output);
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_tries = 0;
    loop {
        pause.tick().await;
        let request = GetServerDriftRequest { id: asked.server_id.clone() };
        match session.client.read(session.client.drift().get_server_drift(request)).await {
            Ok(now) if is_over(&asked, &now) => return Ok(now),
            Ok(_) => {
                silent_tries = 0;
                progress.now(format!("due since {}, not looked at yet", moment(due(&asked))));
            }
            Err(failure) if failure.may_pass() && silent_tries < TRIES => silent_tries += 1,
            Err(failure) => return Err(failure),
        }
    }
}

/// Whether the requested sweep has ended. A sweep that was already under way may also end after the request, but
/// it does not move the time when the server is due.
fn is_over(asked: &ServerDrift, now: &ServerDrift) -> bool {
    let swept = now.swept_at.as_ref().and_then(from_timestamp);
    due(now) > due(asked) && swept >= due(asked)
}

fn due(drift: &ServerDrift) -> Option<OffsetDateTime> {
    drift.due_at.as_ref().and_then(from_timestamp)
}

#[cfg(test)]
mod tests {
    use contracts::moment::to_timestamp;

    use super::*;

    fn drift(due: i64, swept: Option<i64>) -> ServerDrift {
        let at = |second| OffsetDateTime::from_unix_timestamp(second).map(to_timestamp).unwrap();
        ServerDrift { due_at: Some(at(due)), swept_at: swept.map(at), ..ServerDrift::default() }
    }

    #[test]
    fn only_a_sweep_that_began_after_it_was_asked_for_counts() {
        let asked = drift(100, Some(50));
        for (now, over) in [
            (asked.clone(), false),
            // The sweep that was under way has ended.
            (drift(100, Some(101)), false),
            (drift(400, Some(103)), true),
            // Another request has come since, and no sweep has begun.
            (drift(102, Some(50)), false),
        ] {
            assert_eq!(is_over(&asked, &now), over, "{now:?}");
        }
        assert!(is_over(&drift(100, None), &drift(400, Some(101))), "its first");
        assert!(!is_over(&drift(100, None), &drift(100, None)));
    }
}
