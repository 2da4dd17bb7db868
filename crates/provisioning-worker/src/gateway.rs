//! The way to Virtualmin hosts: calls the gateway for a job, and reads its answers and its silence.

mod strangers;

use std::{error::Error, time::Duration};

use chassis::grpc::{self, Connection};
use contracts::{
    conversions::ceiling,
    gateway::v1::{self, virtualmin_gateway_client::VirtualminGatewayClient},
    status,
};
use model::{
    account::Account,
    fault::{Effect, Fault, FaultKind},
    ids::ServerId,
    job::Job,
};
use tonic::{Code, ConnectError, Request, Status};
use url::Url;

/// How long a reading call may take, its wait for the server's pace counted.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// How long a change may take, its wait for the server's turn counted. Creating a virtual server with
/// every feature takes a real host about ten seconds, deleting a large one minutes.
const CHANGE_LIMIT: Duration = Duration::from_secs(300);

/// A client of the gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway(VirtualminGatewayClient<Connection>);

pub(crate) use strangers::Stranger;

/// How the virtual server of an account stands on its host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// There is none of that domain.
    Absent,
    /// It is there, with our mark.
    Ours,
    /// Someone else's has the domain.
    Foreign,
}

impl Gateway {
    /// A client of the gateway at `url`, which is connected to when first called.
    ///
    /// # Errors
    ///
    /// A URL that cannot be an endpoint.
    pub fn connect(url: &Url) -> anyhow::Result<Self> {
        Ok(Self(VirtualminGatewayClient::new(grpc::connect(url, CHANGE_LIMIT)?)))
    }

    /// Looks whether an account's virtual server is there.
    pub(crate) async fn find(&self, account: &Account) -> Result<Standing, Fault> {
        let request = v1::GetDomainRequest {
            server_id: account.server_id.to_string(),
            domain: account.domain.to_string(),
        };
        match self.0.clone().get_domain(reading(request)).await {
            Ok(answer) if answer.get_ref().marker == Account::marker(account.id) => {
                Ok(Standing::Ours)
            }
            Ok(_) => Ok(Standing::Foreign),
            Err(status) => match unread(&status) {
                fault if fault.kind == FaultKind::NotFound => Ok(Standing::Absent),
                fault => Err(fault),
            },
        }
    }

    /// Creates a virtual server; one that an earlier try made is success, once it is whole.
    pub(crate) async fn create(
        &self,
        job: &Job,
        wanted: v1::CreateDomainRequest,
    ) -> Result<(), Fault> {
        let request = v1::CreateDomainRequest { fence: fence(job), ..wanted };
        let answer = self.0.clone().create_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Switches an account's virtual server off; one that is off already is success.
    pub(crate) async fn disable(
        &self,
        job: &Job,
        account: &Account,
        reason: &str,
    ) -> Result<(), Fault> {
        let request = v1::DisableDomainRequest {
            server_id: account.server_id.to_string(),
            fence: fence(job),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            reason: reason.to_owned(),
            stranger: false,
        };
        let answer = self.0.clone().disable_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Switches an account's virtual server on; one that is on already is success.
    pub(crate) async fn enable(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::EnableDomainRequest {
            server_id: account.server_id.to_string(),
            fence: fence(job),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            stranger: false,
        };
        let answer = self.0.clone().enable_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Sets the disk space and the transfer of an account's virtual server.
    pub(crate) async fn set_quota(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::ModifyDomainRequest {
            server_id: account.server_id.to_string(),
            fence: fence(job),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            limits: Some(v1::Limits {
                disk_mib: ceiling(account.terms.disk_mib),
                bandwidth_mib: ceiling(account.terms.bandwidth_mib),
                // What is counted cannot be changed on a virtual server that is there.
                mailboxes: None,
                databases: None,
            }),
            sealed_password: Vec::new(),
            account_id: account.id.to_string(),
        };
        let answer = self.0.clone().modify_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Removes an account's virtual server; one that is gone already is success.
    pub(crate) async fn delete(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::DeleteDomainRequest {
            server_id: account.server_id.to_string(),
            fence: fence(job),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
        };
        let answer = self.0.clone().delete_domain(changing(request)).await;
        answer.map(drop).map_err(|it| unanswered(&it))
    }

    /// Asks a host what it is, which proves that it takes our credentials.
    pub(crate) async fn server_info(
        &self,
        server: ServerId,
    ) -> Result<v1::ServerInfoResponse, Fault> {
        let request = v1::ServerInfoRequest { server_id: server.to_string() };
        let answer = self.0.clone().server_info(reading(request)).await;
        answer.map(tonic::Response::into_inner).map_err(|it| unread(&it))
    }
}

/// What lets a job change a host: the gateway asks whether it still holds its lease under this epoch.
fn fence(job: &Job) -> Option<v1::Fence> {
    Some(v1::Fence { job_id: job.id.to_string(), epoch: job.epoch })
}

fn reading<T>(message: T) -> Request<T> {
    within(READ_LIMIT, message)
}

fn changing<T>(message: T) -> Request<T> {
    within(CHANGE_LIMIT, message)
}

/// The gateway hears of the deadline too, and answers a little before it.
fn within<T>(limit: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(limit);
    request
}

/// The fault of a reading call.
fn unread(status: &Status) -> Fault {
    unanswered(status).with_effect(Effect::NotApplied)
}

/// The fault of a call: the gateway's own, or what its silence means.
///
/// A status with a source was made on this side, because no answer came. Only a connection that never
/// opened says that nothing was done.
fn unanswered(status: &Status) -> Fault {
    let Some(source) = Error::source(status) else { return status::from_status(status) };
    if never_connected(source) {
        return Fault::new(FaultKind::Unavailable, "the gateway cannot be reached")
            .caused_by(status.message());
    }
    let fault = match status.code() {
        Code::Cancelled | Code::DeadlineExceeded => {
            Fault::new(FaultKind::Timeout, "the gateway did not answer in time")
        }
        _ => Fault::new(FaultKind::Unavailable, "the connection to the gateway broke"),
    };
    fault.with_effect(Effect::Unknown).caused_by(status.message())
}

fn never_connected(error: &(dyn Error + 'static)) -> bool {
    error.is::<ConnectError>() || error.source().is_some_and(never_connected)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn a_gateway_that_is_not_there_has_done_nothing() {
        let url = format!("http://127.0.0.1:{}", testkit::free_port()).parse().unwrap();
        let mut client = Gateway::connect(&url).unwrap().0;
        let status = client.delete_domain(v1::DeleteDomainRequest::default()).await.unwrap_err();
        let fault = unanswered(&status);
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::NotApplied));
    }

    /// Takes one HTTP/2 connection (RFC 9113), and drops it when a request has arrived.
    async fn hang_up_on_the_first_request(listener: TcpListener) {
        const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        const PREFACE: usize = 24;
        const HEADERS: u8 = 1;
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&SETTINGS).await.unwrap();
        stream.read_exact(&mut [0; PREFACE]).await.unwrap();
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            if head[3] == HEADERS {
                return;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut frame = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut frame).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_that_breaks_leaves_the_effect_unknown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let gateway = tokio::spawn(hang_up_on_the_first_request(listener));
        let mut client = Gateway::connect(&url).unwrap().0;
        let status = client.delete_domain(v1::DeleteDomainRequest::default()).await.unwrap_err();
        let fault = unanswered(&status);
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::Unknown));
        gateway.await.unwrap();
    }

    #[tokio::test]
    async fn a_gateway_that_says_nothing_leaves_the_effect_unknown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let mut client = Gateway::connect(&url).unwrap().0;
        let request = within(Duration::from_millis(50), v1::DeleteDomainRequest::default());
        let fault = unanswered(&client.delete_domain(request).await.unwrap_err());
        assert_eq!((fault.kind, fault.effect), (FaultKind::Timeout, Effect::Unknown));
        drop(listener);
    }

    #[test]
    fn what_the_gateway_says_is_believed() {
        let said = Fault::new(FaultKind::Busy, "others change it").with_effect(Effect::NotApplied);
        assert_eq!(unanswered(&status::to_status(&said)), said);
    }
}
