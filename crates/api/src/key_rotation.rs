//! Ends a rotation of keys: once no value is left that has another key and opens, it is finished and told.

use std::{sync::Arc, time::Duration};

use chassis::{Shutdown, seal::Keyring};
use contracts::messages::v1;
use messaging::CloudEvent;
use model::{job::Origin, keys::SealedColumn};
use store::{Result, Store};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::key_uses;

/// How often a process looks whether a rotation is at its end.
const LOOK: Duration = Duration::from_secs(2);

/// Looks until a stop is requested. Any number of processes may; one of them tells.
pub(crate) async fn run(
    store: Store,
    keyring: Arc<Keyring>,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = shutdown.requested() => return Ok(()),
        }
        if let Err(error) = finish(&store, &keyring).await {
            tracing::warn!(%error, "nobody looked whether the rotation of keys is at its end");
        }
    }
}

/// Finishes the open rotation, if no value is left.
async fn finish(store: &Store, keyring: &Keyring) -> Result<()> {
    let Some(wanted) = store.wanted_key().await? else { return Ok(()) };
    if keyring.first_id() != wanted {
        return Ok(());
    }
    for column in SealedColumn::ALL {
        for old in store.keys_in_use(column).await? {
            if old != wanted && store.is_key_left(column, &old).await? {
                return Ok(());
            }
        }
    }
    let unopened = key_uses::left(&key_uses::by_key(store).await?, &wanted).unopened;
    let tx = store.begin().await?;
    if let Some(rotation) = tx.finish_key_rotation(&wanted).await? {
        let resealed = rotation.resealed;
        tracing::info!(key = wanted, resealed, unopened, "all values that open are sealed anew");
        let data = v1::KeysRotated { key_id: wanted.clone(), resealed, unopened };
        let event = CloudEvent::new("keys.rotated", format!("keys/{wanted}"), &data);
        tx.publish(&event.message(&origin())).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn origin() -> Origin {
    Origin {
        actor: "praho-api".to_owned(),
        correlation_id: Uuid::now_v7().to_string(),
        traceparent: None,
        client_address: None,
    }
}
