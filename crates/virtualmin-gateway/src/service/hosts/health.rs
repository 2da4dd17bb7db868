//! How this gateway stands with a host: its breakers, its queue and its fault.

use contracts::gateway::v1;
use model::fault::Fault;

use crate::{
    panel::breakers::State,
    service::{Call, Gateway, requests},
};

/// Serves `GetHealth`.
///
/// # Errors
/// `Invalid`; `NotFound`; faults of the store.
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, .. }: Call<v1::GetHealthRequest>,
) -> Result<v1::Health, Fault> {
    let id = requests::server(&message.server_id)?;
    let row = gateway.store.server_by_id(id).await?;
    let row = row.ok_or_else(|| Fault::not_found("server", id))?;
    let known = gateway.servers.known(id);
    let (running, waiting) = known.as_ref().map(|it| it.turns.load()).unwrap_or_default();
    let here = known.as_ref().map_or(State::Closed, |it| it.panel.gate().state());
    let programs = known.map(|it| it.panel.breakers().open()).unwrap_or_default();
    Ok(v1::Health {
        // What another gateway has met counts here too.
        breaker: if row.fault.is_some() { State::Open } else { here }.as_str().to_owned(),
        fault: row.fault.map(|it| it.fault.message).unwrap_or_default(),
        programs: programs
            .into_iter()
            .map(|(program, state)| v1::ProgramBreaker {
                program: program.to_owned(),
                breaker: state.as_str().to_owned(),
            })
            .collect(),
        changes_under_way: u32::try_from(running).unwrap_or(u32::MAX),
        changes_waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
    })
}
