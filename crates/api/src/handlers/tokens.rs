//! Handlers of API tokens: create, list and revoke; a token's secret is shown once and not stored.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contracts::{moment::from_timestamp, provisioning::v1};
use model::{
    fault::Fault,
    ids::{ApiTokenId, TenantId},
    role::Role,
    secret::Secret,
    tenant::ApiToken,
    tenant_quota::TenantQuota,
};
use serde_json::json;

use super::{refused, tenants};
use crate::{
    auth,
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn create_token(
    api: Api,
    caller: Caller,
    request: v1::CreateTokenRequest,
) -> Result<v1::CreatedToken, Fault> {
    let tenant_id = tenants::own_or_named(&api, &caller, &request.tenant_id).await?;
    let token = read(tenant_id, &request)?;
    let secret = generate();
    let sha256 = auth::token_sha256(secret.expose());
    let intent = Intent { operation: "token.create", key: &request.request_id, request: &request };
    // The answer kept for repeats is the token without its secret.
    let made = once(&api, &caller, intent, async |tx| {
        api.quotas.one_more(tx, tenant_id, TenantQuota::Tokens).await?;
        tx.insert_token(&token, sha256).await.map_err(|error| match error {
            store::Error::Refused { constraint, .. } if constraint == "api_tokens_expiry" => {
                Fault::invalid("expires_at", "is in the past; give a later time, or leave it out")
            }
            error => error.into(),
        })?;
        let target = token.id.target();
        let detail =
            json!({ "name": token.name, "role": token.role, "expires_at": request.expires_at.map(|it| it.seconds) });
        tx.audit(tenant_id, &caller.origin(), "token.create", &target, detail).await?;
        Ok(present::token(&token))
    })
    .await?;
    if made.id != token.id.to_string() {
        return Err(refused(format!(
            "token {} was made under this request_id before, and its secret was shown then; if it is lost, \
             revoke that token and make another under a new request_id",
            made.id
        )));
    }
    Ok(v1::CreatedToken { token: Some(made), secret: secret.expose().to_owned() })
}

fn read(tenant_id: TenantId, request: &v1::CreateTokenRequest) -> Result<ApiToken, Fault> {
    let mut form = Form::default();
    let name = form.read("name", validation::name(&request.name));
    let role = validation::choice(&request.role, &Role::ALL, Role::as_str);
    let role = form.read("role", role.and_then(|it| it.ok_or_else(no_role)));
    let expires_at = request.expires_at.as_ref().map(from_timestamp);
    let expires_at = match expires_at {
        Some(None) => Err("is outside the calendar; give a time within a few years"),
        Some(moment) => Ok(moment),
        None => Ok(None),
    };
    let expires_at = form.read("expires_at", expires_at);
    let (Some(name), Some(role), Some(expires_at)) = (name, role, expires_at) else {
        return Err(form.fault());
    };
    let id = ApiTokenId::generate();
    Ok(ApiToken { id, tenant_id, name, role, expires_at, revoked_at: None })
}

fn no_role() -> String {
    let words = Role::ALL.map(Role::as_str).join(", ");
    format!("is missing; choose the least role that suffices: {words}")
}

/// 256 random bits after a prefix that people and leak scanners recognise.
fn generate() -> Secret {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).expect("Linux always has random bytes once it has started");
    Secret::from(format!("praho_{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
}

pub(crate) async fn get_token(
    api: Api,
    caller: Caller,
    request: v1::GetTokenRequest,
) -> Result<v1::Token, Fault> {
    Ok(present::token(&find(&api, &caller, validation::id(&request.id)?).await?))
}

async fn find(api: &Api, caller: &Caller, id: ApiTokenId) -> Result<ApiToken, Fault> {
    let token = api.store.token(id).await?;
    token
        .filter(|it| tenants::sees(caller, it.tenant_id))
        .ok_or_else(|| Fault::not_found("token", id))
}

pub(crate) async fn list_tokens(
    api: Api,
    caller: Caller,
    request: v1::ListTokensRequest,
) -> Result<v1::ListTokensResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let tenant_id = tenants::own_or_named(&api, &caller, &request.tenant_id).await?;
    let tokens = api.store.tokens(tenant_id, page).await?;
    Ok(v1::ListTokensResponse {
        next_page_token: validation::next_page_token(page, &tokens, |it| it.id.uuid()),
        tokens: tokens.iter().map(present::token).collect(),
    })
}

pub(crate) async fn revoke_token(
    api: Api,
    caller: Caller,
    request: v1::RevokeTokenRequest,
) -> Result<v1::Token, Fault> {
    let before = find(&api, &caller, validation::id(&request.id)?).await?;
    let id = before.id;
    // A caller cannot revoke the token in use, so no tenant is locked out by mistake.
    if auth::actor(id) == caller.actor {
        return Err(refused("it is the token of this call; revoke it with another owner's token"));
    }
    let intent = Intent { operation: "token.revoke", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        let token = tx.revoke_token(id).await?.ok_or_else(|| Fault::not_found("token", id))?;
        if before.revoked_at.is_none() {
            let target = id.target();
            let detail = json!({ "name": token.name, "role": token.role });
            tx.audit(token.tenant_id, &caller.origin(), "token.revoke", &target, detail).await?;
        }
        Ok(present::token(&token))
    })
    .await
}
