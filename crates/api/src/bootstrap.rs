//! Makes the platform's tenant and its owner token, without which a new installation has no caller.

use anyhow::Context;
use chassis::ExposeSecret;
use store::Store;

use crate::{auth::token_sha256, config::Bootstrap};

/// The token's name in the database.
const TOKEN_NAME: &str = "bootstrap";

/// Makes the tenant and the token if they are missing. The database keeps the token's hash only.
pub(crate) async fn ensure(store: &Store, bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let what = || format!("cannot make tenant {}", bootstrap.tenant);
    let tx = store.begin().await.with_context(what)?;
    let tenant_id = tx.ensure_tenant(&bootstrap.tenant).await.with_context(what)?;
    tx.make_platform(tenant_id).await.with_context(what)?;
    let sha256 = token_sha256(bootstrap.token.expose_secret());
    let token_id = tx.ensure_token(tenant_id, TOKEN_NAME, sha256).await.with_context(what)?;
    tx.commit().await.with_context(what)?;
    tracing::info!(tenant.id = %tenant_id, token.id = %token_id, "tenant {} exists", bootstrap.tenant);
    Ok(())
}
