//! Calls that change a host, each under the claim of a job.

use contracts::gateway::v1;
use model::{
    account::Account,
    domain::DomainName,
    drift::Seen,
    fault::{Effect, Fault},
    ids::ServerId,
    job::Job,
    password::Place,
    server::{CallProgram, ProgramAnswer},
};
use tonic::{Response, Status};

use super::{CHANGE_LIMIT, Virtualmin, within};
use crate::{
    answer::failed,
    virtual_server::{creation, quotas, seen},
};

impl Virtualmin {
    /// Creates an account's virtual server, with the password of the account's row, and returns it as listed then.
    ///
    /// A complete virtual server from an earlier try is a success.
    ///
    /// # Errors
    ///
    /// The fault of the host or of the gateway, with its effect.
    pub async fn create(&self, job: &Job, account: &Account) -> Result<Seen, Fault> {
        let request = within(CHANGE_LIMIT, creation(account, fence(job))?);
        let answer = self.domains.clone().create_domain(request).await;
        answer.map(|domain| seen(domain.into_inner())).map_err(|status| failed(&status))
    }

    /// Switches an account's virtual server off; one that is off already is success.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn disable(&self, job: &Job, account: &Account, reason: &str) -> Result<(), Fault> {
        let request = v1::DisableDomainRequest {
            server_id: account.server_id.to_string(),
            fence: Some(fence(job)),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            reason: reason.to_owned(),
            unclaimed: false,
        };
        done(self.domains.clone().disable_domain(within(CHANGE_LIMIT, request)).await)
    }

    /// Switches an account's virtual server on; one that is on already is success.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn enable(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::EnableDomainRequest {
            server_id: account.server_id.to_string(),
            fence: Some(fence(job)),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            unclaimed: false,
        };
        done(self.domains.clone().enable_domain(within(CHANGE_LIMIT, request)).await)
    }

    /// Sets the disk space and the transfer of an account's virtual server.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn set_quota(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::ModifyDomainRequest {
            server_id: account.server_id.to_string(),
            fence: Some(fence(job)),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            limits: Some(quotas(account)),
            ..v1::ModifyDomainRequest::default()
        };
        done(self.domains.clone().modify_domain(within(CHANGE_LIMIT, request)).await)
    }

    /// Sets the password of an account's user to the one at this place of the account's rows, and reads it back.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); `Refused` if the virtual server is switched off and has databases.
    pub async fn set_password(
        &self,
        job: &Job,
        account: &Account,
        place: Place,
    ) -> Result<(), Fault> {
        let request = v1::SetDomainPasswordRequest {
            server_id: account.server_id.to_string(),
            fence: Some(fence(job)),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
            account_id: account.id.to_string(),
            place: place.as_str().to_owned(),
        };
        done(self.domains.clone().set_domain_password(within(CHANGE_LIMIT, request)).await)
    }

    /// Deletes an account's virtual server; a missing one is success.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn delete(&self, job: &Job, account: &Account) -> Result<(), Fault> {
        let request = v1::DeleteDomainRequest {
            server_id: account.server_id.to_string(),
            fence: Some(fence(job)),
            domain: account.domain.to_string(),
            marker: Account::marker(account.id),
        };
        done(self.domains.clone().delete_domain(within(CHANGE_LIMIT, request)).await)
    }

    /// Lets the panel of a server test the configuration of its host; returns what it finds wrong.
    ///
    /// # Errors
    ///
    /// `Refused` if the host lacks the program; else as [`create`](Self::create).
    pub async fn check_config(&self, job: &Job, server: ServerId) -> Result<Option<String>, Fault> {
        let request =
            v1::CheckConfigRequest { server_id: server.to_string(), fence: Some(fence(job)) };
        let answer = self.hosts.clone().check_config(within(CHANGE_LIMIT, request)).await;
        let complaint = answer.map_err(|status| failed(&status))?.into_inner().complaint;
        Ok(Some(complaint).filter(|it| !it.is_empty()))
    }

    /// Calls a program of a server's panel as an operator asks, and returns its answer.
    ///
    /// # Errors
    ///
    /// `Invalid` for a program or a parameter that is not on the list; else as [`create`](Self::create).
    pub async fn call_program(
        &self,
        job: &Job,
        order: &CallProgram,
    ) -> Result<ProgramAnswer, Fault> {
        let argument = |(flag, value): &(String, Option<String>)| v1::Argument {
            flag: flag.clone(),
            value: value.clone(),
        };
        let request = v1::CallProgramRequest {
            server_id: order.server_id.to_string(),
            fence: Some(fence(job)),
            program: order.program.clone(),
            arguments: order.arguments.iter().map(argument).collect(),
        };
        let answer = self.programs.clone().call_program(within(CHANGE_LIMIT, request)).await;
        let answer = answer.map_err(|status| failed(&status))?.into_inner();
        let v1::CallProgramResponse { data, output, failed_step } = answer;
        Ok(ProgramAnswer { effect: Effect::Applied, data, output, failed_step })
    }

    /// Switches off a virtual server that no account claims; one that is off already is success.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn disable_unclaimed(
        &self,
        job: &Job,
        server: ServerId,
        domain: &DomainName,
        reason: &str,
    ) -> Result<(), Fault> {
        let request = v1::DisableDomainRequest {
            server_id: server.to_string(),
            fence: Some(fence(job)),
            domain: domain.to_string(),
            marker: String::new(),
            reason: reason.to_owned(),
            unclaimed: true,
        };
        done(self.domains.clone().disable_domain(within(CHANGE_LIMIT, request)).await)
    }

    /// Switches on a virtual server that no account claims; one that is on already is success.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn enable_unclaimed(
        &self,
        job: &Job,
        server: ServerId,
        domain: &DomainName,
    ) -> Result<(), Fault> {
        let request = v1::EnableDomainRequest {
            server_id: server.to_string(),
            fence: Some(fence(job)),
            domain: domain.to_string(),
            marker: String::new(),
            unclaimed: true,
        };
        done(self.domains.clone().enable_domain(within(CHANGE_LIMIT, request)).await)
    }
}

/// The claim of the job. The gateway asks the database whether the job still holds its lease.
fn fence(job: &Job) -> v1::Fence {
    v1::Fence { job_id: job.id.to_string(), epoch: job.epoch }
}

/// The result of another change. The caller does not need the virtual server that the gateway read back.
fn done<T>(answer: Result<Response<T>, Status>) -> Result<(), Fault> {
    answer.map(drop).map_err(|status| failed(&status))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::fault::{Effect, FaultKind};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn delete(listener_url: &str, limit: Duration) -> Fault {
        let gateway = Virtualmin::connect(&listener_url.parse().unwrap()).unwrap();
        let request = within(limit, v1::DeleteDomainRequest::default());
        done(gateway.domains.clone().delete_domain(request).await).unwrap_err()
    }

    #[tokio::test]
    async fn a_gateway_that_cannot_be_reached_has_done_nothing() {
        let url = format!("http://127.0.0.1:{}", testkit::free_port());
        let fault = delete(&url, CHANGE_LIMIT).await;
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::NotApplied));
    }

    /// Accepts one HTTP/2 connection (RFC 9113), and drops it after the first request.
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
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = tokio::spawn(hang_up_on_the_first_request(listener));
        let fault = delete(&url, CHANGE_LIMIT).await;
        assert_eq!((fault.kind, fault.effect), (FaultKind::Unavailable, Effect::Unknown));
        gateway.await.unwrap();
    }

    #[tokio::test]
    async fn a_gateway_that_does_not_answer_leaves_the_effect_unknown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fault = delete(&url, Duration::from_millis(50)).await;
        assert_eq!((fault.kind, fault.effect), (FaultKind::Timeout, Effect::Unknown));
        drop(listener);
    }
}
