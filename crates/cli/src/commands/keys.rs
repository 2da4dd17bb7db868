//! `praho keys`.

use clap::{Args, Subcommand};
use contracts::provisioning::v1::{
    KeyRotation, ListKeysRequest, ListKeysResponse, RotateKeysRequest,
};
use model::fault::{Fault, FaultKind};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    awaited::Awaited,
    failure::Failure,
    listing::List,
    options::{Intent, Patience},
    progress::Progress,
    session::Session,
    waiting::{PAUSE, TRIES, patiently},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the keys, what is sealed with each, and which of them may be dropped
    List,
    /// Show how far the last rotation is
    Status,
    /// Seal everything anew with the first key of the key file, in the background
    Rotate(Rotate),
}

#[derive(Args, Debug)]
pub(crate) struct Rotate {
    #[command(flatten)]
    intent: Intent,
    /// Show the progress until all is sealed anew; the exit code is 0 only if every value could be
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::List => {
            let answer = look(session).await?;
            session.output.list(&List { items: answer.keys, next_page_token: String::new() })?;
            if let Some(note) = answer.rotation.as_ref().and_then(open) {
                session.output.note(&note);
            }
            Ok(())
        }
        Command::Status => match look(session).await?.rotation {
            Some(rotation) => session.output.one(&rotation),
            None => {
                let message = "no rotation was asked for; praho keys rotate asks for one";
                Err(Fault::new(FaultKind::NotFound, message).into())
            }
        },
        Command::Rotate(rotate) => rotate.run(session).await,
    }
}

async fn look(session: &Session) -> Result<ListKeysResponse, Failure> {
    session.client.read(session.client.keys().list_keys(ListKeysRequest {})).await
}

/// How far a rotation is that has not ended.
fn open(rotation: &KeyRotation) -> Option<String> {
    let KeyRotation { key_id, resealed, left, .. } = rotation;
    rotation.finished_at.is_none().then(|| {
        format!("a rotation to {key_id} is under way: {resealed} sealed anew, {left} left")
    })
}

impl Rotate {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let request_id = self.intent.id();
        let request = RotateKeysRequest { request_id: request_id.clone() };
        let mut keys = session.client.keys();
        let asked = session.client.change(&request_id, keys.rotate_keys(request)).await?;
        if !self.wait {
            session.output.note("praho keys status shows how far it is");
            return session.output.one(&asked);
        }
        let limit = self.patience.limit();
        let ended = patiently(Awaited::Rotation, limit, ended(session, asked)).await?;
        session.output.one(&ended)?;
        match ended.unopened {
            0 => Ok(()),
            values => Err(Failure::Unopened { values }),
        }
    }
}

/// Waits for the end of the rotation.
async fn ended(session: &Session, asked: KeyRotation) -> Result<KeyRotation, Failure> {
    let progress = Progress::new(session.output);
    let mut pause = interval(PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_tries = 0;
    loop {
        pause.tick().await;
        let now = match look(session).await {
            Ok(answer) => answer.rotation.unwrap_or_default(),
            Err(failure) if failure.may_pass() && silent_tries < TRIES => {
                silent_tries += 1;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        silent_tries = 0;
        if now.key_id != asked.key_id {
            let message = format!("another rotation was asked for, to the key {}", now.key_id);
            return Err(Fault::new(FaultKind::Conflict, message).into());
        }
        match open(&now) {
            Some(words) => progress.now(words),
            None => return Ok(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rotation_under_way_is_noted() {
        let rotation = KeyRotation { key_id: "k2".to_owned(), left: 3, ..KeyRotation::default() };
        assert!(open(&rotation).unwrap().ends_with("0 sealed anew, 3 left"));
        let ended = KeyRotation { finished_at: Some(Default::default()), ..rotation };
        assert_eq!(open(&ended), None);
    }
}
