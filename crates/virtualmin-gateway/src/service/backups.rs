//! The gRPC service `Backups`: backups of virtual servers that are ours.

mod back_up;
mod fields;
mod look;
mod present;
mod restore;
mod schedule;
mod switch;
mod unschedule;

use std::sync::Arc;

use contracts::gateway::v1::{self, backups_server::Backups};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::servers::{Purpose, Server};

#[tonic::async_trait]
impl Backups for Gateway {
    async fn list_backups(
        &self,
        request: Request<v1::ListBackupsRequest>,
    ) -> Answer<v1::ListBackupsResponse> {
        answer("ListBackups", runs(self, self.receive(request)).await)
    }

    async fn back_up_domain(
        &self,
        request: Request<v1::BackUpDomainRequest>,
    ) -> Answer<v1::Backup> {
        answer("BackUpDomain", back_up::serve(self, self.receive(request)).await)
    }

    async fn restore_domain(
        &self,
        request: Request<v1::RestoreDomainRequest>,
    ) -> Answer<v1::RestoreDomainResponse> {
        answer("RestoreDomain", restore::serve(self, self.receive(request)).await)
    }

    async fn list_backup_schedules(
        &self,
        request: Request<v1::ListBackupSchedulesRequest>,
    ) -> Answer<v1::ListBackupSchedulesResponse> {
        answer("ListBackupSchedules", schedules(self, self.receive(request)).await)
    }

    async fn create_backup_schedule(
        &self,
        request: Request<v1::CreateBackupScheduleRequest>,
    ) -> Answer<v1::BackupSchedule> {
        answer("CreateBackupSchedule", schedule::serve(self, self.receive(request)).await)
    }

    async fn switch_backup_schedule(
        &self,
        request: Request<v1::SwitchBackupScheduleRequest>,
    ) -> Answer<v1::BackupSchedule> {
        answer("SwitchBackupSchedule", switch::serve(self, self.receive(request)).await)
    }

    async fn delete_backup_schedule(
        &self,
        request: Request<v1::DeleteBackupScheduleRequest>,
    ) -> Answer<v1::DeleteBackupScheduleResponse> {
        let existed = unschedule::serve(self, self.receive(request)).await;
        let response = |existed| v1::DeleteBackupScheduleResponse { existed };
        answer("DeleteBackupSchedule", existed.map(response))
    }
}

async fn runs(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListBackupsRequest>,
) -> Result<v1::ListBackupsResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let work =
        async move |server: Arc<Server>| look::runs(&server.panel, domain.as_str(), deadline).await;
    let runs = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListBackupsResponse { backups: runs.into_iter().map(Into::into).collect() })
}

async fn schedules(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListBackupSchedulesRequest>,
) -> Result<v1::ListBackupSchedulesResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let work = async move |server: Arc<Server>| {
        look::schedules(&server.panel, domain.as_str(), deadline).await
    };
    let schedules = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListBackupSchedulesResponse {
        schedules: schedules.into_iter().map(Into::into).collect(),
    })
}
