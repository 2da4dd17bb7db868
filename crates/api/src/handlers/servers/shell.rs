//! The way to a server's shell.

use contracts::provisioning::v1;
use egress::Egress;
use model::{fault::Fault, shell::Shell};
use serde_json::json;

use super::{find, named};
use crate::{
    caller::{Api, Caller},
    idempotency::{Intent, once},
    present,
    validation::{self, Form},
};

pub(crate) async fn set_server_shell(
    api: Api,
    caller: Caller,
    request: v1::SetServerShellRequest,
) -> Result<v1::Server, Fault> {
    let id = named(&api, &caller, &request.id).await?.id;
    let shell = read(&api.egress, &request)?;
    let sealed = match request.private_key.as_str() {
        "" => None,
        key => Some(api.keyring.seal(&id.shell_key_context(), key.as_bytes())),
    };
    let intent = Intent { operation: "server.shell", key: &request.request_id, request: &request };
    once(&api, &caller, intent, async |tx| {
        tx.lock_server(id).await?;
        let before = find(&api, &caller, id).await?;
        if before.shell.is_none() && sealed.is_none() {
            let problem = "is missing; give the one that this user is let in by";
            return Err(Fault::invalid("private_key", problem));
        }
        let break_glass = before.shell.as_ref().and_then(|it| it.break_glass.clone());
        let shell = Shell { break_glass, ..shell.clone() };
        tx.set_server_shell(id, &shell, sealed.as_deref()).await?;
        let keys: Vec<String> = shell.keys.iter().map(ToString::to_string).collect();
        let detail = json!({
            "host": shell.host, "port": shell.port, "user": shell.user, "host_keys": keys, "new_key": sealed.is_some(),
        });
        let (tenant, origin) = (caller.tenant_id, caller.origin());
        tx.audit(tenant, &origin, "server.shell", &id.target(), detail).await?;
        Ok(present::server(&model::server::Server { shell: Some(shell), ..before }))
    })
    .await
}

fn read(egress: &Egress, request: &v1::SetServerShellRequest) -> Result<Shell, Fault> {
    let mut form = Form::default();
    let host = form.read("host", validation::ssh_host(egress, &request.host));
    let port = form.read("port", validation::ssh_port(request.port));
    let user = form.read("user", validation::ssh_user(&request.user));
    let keys = form.read("host_keys", validation::host_keys(&request.host_keys));
    form.read("private_key", validation::private_key(&request.private_key));
    let (Some(host), Some(port), Some(user), Some(keys), true) =
        (host, port, user, keys, form.is_good())
    else {
        return Err(form.fault());
    };
    Ok(Shell { host, port, user, keys, break_glass: None })
}
