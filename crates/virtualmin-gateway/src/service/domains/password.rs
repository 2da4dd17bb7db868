//! Sets the password of the administrator of a virtual server that is ours, and reads it back.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{
    fault::{Effect, Fault, FaultKind},
    fence::Change,
    password::Place,
    plan::Feature,
    secret::Secret,
};
use tokio::time::Instant;

use crate::{
    panel::{
        client::Panel,
        domains::Domain,
        errors::failed_steps,
        faults::Error,
        passwords::{Kept, same},
        programs,
        request::Request,
    },
    servers::Server,
    service::{
        Call, Gateway,
        look::{self, Target},
        requests,
    },
};

/// Serves `SetDomainPassword`.
///
/// # Errors
/// `Invalid` with the field; those of [`set`].
pub(super) async fn serve(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SetDomainPasswordRequest>,
) -> Result<Domain, Fault> {
    let account = requests::same_account(&message.account_id, &message.marker)?;
    let target = requests::target(&message.domain, &message.marker)?;
    let place: Place = requests::parse("place", &message.place)?;
    let object = target.object();
    let fence =
        gateway.admit(&message.server_id, message.fence, Change::SetPassword, object).await?;
    let password = gateway.account_password(account, place).await?;
    // A request that cannot be sent fails before it waits for its turn.
    request(target.domain.as_str(), &password)?;
    let work =
        async move |server: Arc<Server>| set(&server.panel, &target, &password, deadline).await;
    gateway.change(fence, deadline, work).await
}

fn request(domain: &str, password: &Secret) -> Result<Request, Fault> {
    let request = Request::on(&programs::domains::MODIFY, domain);
    Ok(request.and_then(|it| it.secret("pass", password)).map_err(Error::from)?)
}

/// Sets the password and reads it back: the panel lists either the password or a hash of it. A hash has another salt
/// after each change, so another hash proves that a password was set, though not which.
///
/// # Errors
/// `Refused` for a virtual server that is switched off and has databases: Virtualmin keeps the Unix user locked, but would
/// open the login of the databases (`feature-mysql.pl` of 8.1.0, `modify_mysql`). `Conflict` if it is not ours, `NotFound`
/// if it does not exist, and nothing was touched.
async fn set(
    panel: &Panel,
    target: &Target,
    password: &Secret,
    deadline: Instant,
) -> Result<Domain, Fault> {
    let seen = look::present(panel, target, deadline).await?;
    let has_databases = seen.features.iter().any(|it| it == Feature::Mysql.as_str());
    if seen.disabled.is_some() && has_databases {
        let message = format!(
            "{} is switched off and has databases, whose login a new password would open",
            target.domain
        );
        return Err(Fault::new(FaultKind::Refused, message));
    }
    let before = panel.passwords(target.domain.as_str(), deadline).await?.administrator;
    let output = panel.run(request(target.domain.as_str(), password)?, deadline).await?;
    let step = failed_steps(&output, &[password]);
    let seen = look::after(panel, target, deadline).await?;
    let seen = seen.ok_or_else(|| look::without_effect("it is gone", step.clone()))?;
    let after = panel.passwords(target.domain.as_str(), deadline).await;
    let after = after.map_err(|error| Fault::from(error).with_effect(Effect::Unknown))?;
    if took(before, &after.administrator, password) {
        return look::whole(seen, step);
    }
    Err(look::without_effect("it has another password", step))
}

/// Whether the panel has the password now.
fn took(before: Option<Kept>, after: &Option<Kept>, password: &Secret) -> bool {
    match after {
        Some(Kept::Plain(kept)) => same(kept, password),
        Some(Kept::Hashed(hash)) => match before {
            Some(Kept::Hashed(old)) => !same(hash, &old),
            _ => true,
        },
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    fn plain(text: &str) -> Option<Kept> {
        Some(Kept::Plain(secret(text)))
    }

    fn hashed(text: &str) -> Option<Kept> {
        Some(Kept::Hashed(secret(text)))
    }

    #[test]
    fn a_listed_password_must_be_the_one_and_a_hash_another_than_before() {
        let wanted = secret("new-Passw0rd");
        assert!(took(plain("old"), &plain("new-Passw0rd"), &wanted));
        assert!(took(plain("new-Passw0rd"), &plain("new-Passw0rd"), &wanted), "a repeat");
        assert!(!took(plain("old"), &plain("old"), &wanted));
        assert!(!took(None, &plain("new-Passw0rd "), &wanted));
        assert!(took(hashed("$6$a$1"), &hashed("$6$b$2"), &wanted));
        assert!(!took(hashed("$6$a$1"), &hashed("$6$a$1"), &wanted));
        assert!(took(None, &hashed("$6$a$1"), &wanted));
        assert!(!took(hashed("$6$a$1"), &None, &wanted), "a listing without either proves nothing");
    }
}
