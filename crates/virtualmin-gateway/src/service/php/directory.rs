//! Gives directories of websites versions of PHP of their own, and takes them away.

use std::sync::Arc;

use contracts::gateway::v1;
use model::{fault::Fault, fence};

use super::look::directories;
use crate::{
    panel::{domains::Domain, faults::Error, php::Directory, programs, request::Request},
    servers::Server,
    service::{
        Asked, Call, Gateway,
        proof::{Change, prove},
        requests,
    },
};

/// Serves `SetPhpDirectory`.
///
/// # Errors
/// `Invalid` with the field; faults of the panel, which has no such directories where PHP is run by FPM.
pub(super) async fn set(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::SetPhpDirectoryRequest>,
) -> Result<Directory, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::SetPhpDirectoryRequest { server_id, fence, directory, version, .. } = message;
    let request = Request::on(&programs::php::SET_DIRECTORY, target.domain.as_str())
        .and_then(|it| it.value("dir", &directory).map_err(|refusal| refusal.of("directory")))
        .and_then(|it| it.value("version", &version))
        .map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Website, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || {
            let listed = directories(panel, domain, deadline).await?;
            Ok(find(listed, &directory).filter(|it| it.version == version))
        };
        if let Some(found) = look().await? {
            return Ok(found);
        }
        let otherwise = "the directory has another version";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

/// Serves `DeletePhpDirectory`; the answer tells whether the directory had a version of its own.
///
/// # Errors
/// As [`set`].
pub(super) async fn delete(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::DeletePhpDirectoryRequest>,
) -> Result<bool, Fault> {
    let target = requests::target(&message.domain, &message.marker)?;
    let v1::DeletePhpDirectoryRequest { server_id, fence, directory, .. } = message;
    let request = Request::on(&programs::php::DELETE_DIRECTORY, target.domain.as_str())
        .and_then(|it| it.value("dir", &directory).map_err(|refusal| refusal.of("directory")))
        .map_err(Error::from)?;
    let asked = Asked { server: &server_id, fence, change: fence::Change::Website, target };
    let work = async move |server: Arc<Server>, seen: Domain| {
        let (panel, domain) = (&server.panel, seen.name.as_str());
        let look = async || {
            let listed = directories(panel, domain, deadline).await?;
            Ok(find(listed, &directory).is_none().then_some(true))
        };
        if look().await?.is_some() {
            return Ok(false);
        }
        let otherwise = "the directory still has a version of its own";
        let change = Change { request, there_already: None, otherwise };
        prove(panel, change, deadline, look).await
    };
    gateway.change_ours(asked, deadline, work).await
}

/// The directory of this name below that of the website's pages.
fn find(listed: Vec<Directory>, directory: &str) -> Option<Directory> {
    let root = listed.iter().find(|it| it.is_root)?.path.clone();
    let path = format!("{root}/{directory}");
    listed.into_iter().find(|it| it.path == path)
}
