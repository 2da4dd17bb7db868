//! The gRPC service `Databases`: the databases of virtual servers that are ours.

mod create;
mod delete;
mod find;
mod password;

use std::sync::Arc;

use contracts::gateway::v1::{self, databases_server::Databases};
use model::{domain::DomainName, fault::Fault};
use tonic::Request;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
    requests,
};
use crate::{
    panel::{
        databases::{self, Database},
        faults::Error,
    },
    servers::{Purpose, Server},
};

#[tonic::async_trait]
impl Databases for Gateway {
    async fn list_databases(
        &self,
        request: Request<v1::ListDatabasesRequest>,
    ) -> Answer<v1::ListDatabasesResponse> {
        answer("ListDatabases", list(self, self.receive(request)).await)
    }

    async fn create_database(
        &self,
        request: Request<v1::CreateDatabaseRequest>,
    ) -> Answer<v1::Database> {
        answer("CreateDatabase", create::serve(self, self.receive(request)).await)
    }

    async fn delete_database(
        &self,
        request: Request<v1::DeleteDatabaseRequest>,
    ) -> Answer<v1::DeleteDatabaseResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeleteDatabase", existed.map(|existed| v1::DeleteDatabaseResponse { existed }))
    }

    async fn set_database_password(
        &self,
        request: Request<v1::SetDatabasePasswordRequest>,
    ) -> Answer<v1::SetDatabasePasswordResponse> {
        let set = password::serve(self, self.receive(request)).await;
        answer("SetDatabasePassword", set.map(|()| v1::SetDatabasePasswordResponse {}))
    }
}

impl From<Database> for v1::Database {
    fn from(Database { name, kind, size_bytes, tables }: Database) -> Self {
        Self { name, r#type: kind, size_bytes, tables }
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListDatabasesRequest>,
) -> Result<v1::ListDatabasesResponse, Fault> {
    let domain: DomainName = requests::parse("domain", &message.domain)?;
    let listing = databases::listing(domain.as_str()).map_err(Error::from)?;
    let work = async move |server: Arc<Server>| {
        Ok(server.panel.records::<Database>(&listing, deadline).await?)
    };
    let databases = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListDatabasesResponse { databases: databases.into_iter().map(Into::into).collect() })
}
