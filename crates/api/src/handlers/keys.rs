//! Handlers of keys: list them, and rotate to the first key of the API.

use std::collections::BTreeMap;

use ::keys::ALIVE;
use contracts::provisioning::v1;
use model::{
    fault::Fault,
    keys::{self, Key},
};
use serde_json::json;

use super::refused;
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    key_uses::{self, Uses},
    present,
};

pub(crate) async fn list_keys(
    api: Api,
    _caller: Caller,
    _request: v1::ListKeysRequest,
) -> Result<v1::ListKeysResponse, Fault> {
    let rings = api.store.key_rings(ALIVE).await?;
    let rotation = api.store.key_rotation().await?;
    let used = key_uses::by_key(&api.store).await?;
    let rotation_left = rotation.as_ref().map(|it| (it, key_uses::left(&used, &it.key_id)));
    let wanted = rotation.as_ref().filter(|it| it.finished_at.is_none());
    let mut all: BTreeMap<&str, Uses> = BTreeMap::new();
    for id in rings.iter().flat_map(|ring| &ring.keys).map(|key| &key.id) {
        all.entry(id).or_default();
    }
    for (id, uses) in &used {
        all.insert(id, uses.clone());
    }
    let wanted = wanted.map(|it| it.key_id.as_str());
    Ok(v1::ListKeysResponse {
        keys: all.iter().map(|(id, uses)| present::key(id, uses, &rings, wanted)).collect(),
        rotation: rotation_left.map(|(it, left)| present::key_rotation(it, left)),
    })
}

pub(crate) async fn rotate_keys(
    api: Api,
    caller: Caller,
    request: v1::RotateKeysRequest,
) -> Result<v1::KeyRotation, Fault> {
    let first = api.keyring.marks().next();
    let wanted = first.map(|(id, mark)| Key { id: id.to_owned(), mark });
    let wanted = wanted.ok_or_else(|| Fault::internal("the key ring is empty"))?;
    let rings = api.store.key_rings(ALIVE).await?;
    let left = key_uses::left(&key_uses::by_key(&api.store).await?, &wanted.id);
    let intent = Intent { operation: "key.rotate", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        if let Some(obstacle) = keys::obstacle(&rings, &wanted) {
            return Err(refused(obstacle));
        }
        let is_new = tx.open_key_rotation(&wanted.id, &caller.actor).await?;
        if is_new {
            let target = format!("key/{}", wanted.id);
            tx.audit(caller.tenant_id, &caller.origin(), "key.rotate", &target, json!({})).await?;
        }
        let rotation = tx.key_rotation().await?;
        let rotation = rotation.ok_or_else(|| Fault::internal("the rotation is gone"))?;
        let left = if is_new { left.again() } else { left };
        Ok(present::key_rotation(&rotation, left))
    })
    .await
}
