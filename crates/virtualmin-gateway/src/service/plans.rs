//! The gRPC service `Plans`: the panel's own plans and templates.

mod create;
mod delete;
mod look;
mod modify;
mod terms;

use std::sync::Arc;

use contracts::gateway::v1::{self, plans_server::Plans};
use model::fault::Fault;
use tonic::Request;

use self::look::plans;
use super::{
    Call, Gateway,
    answers::{Answer, answer},
    templates,
};
use crate::servers::{Purpose, Server};

#[tonic::async_trait]
impl Plans for Gateway {
    async fn list_plans(
        &self,
        request: Request<v1::ListPlansRequest>,
    ) -> Answer<v1::ListPlansResponse> {
        answer("ListPlans", list(self, self.receive(request)).await)
    }

    async fn create_plan(&self, request: Request<v1::CreatePlanRequest>) -> Answer<v1::PanelPlan> {
        answer("CreatePlan", create::serve(self, self.receive(request)).await)
    }

    async fn modify_plan(&self, request: Request<v1::ModifyPlanRequest>) -> Answer<v1::PanelPlan> {
        answer("ModifyPlan", modify::serve(self, self.receive(request)).await)
    }

    async fn delete_plan(
        &self,
        request: Request<v1::DeletePlanRequest>,
    ) -> Answer<v1::DeletePlanResponse> {
        let existed = delete::serve(self, self.receive(request)).await;
        answer("DeletePlan", existed.map(|existed| v1::DeletePlanResponse { existed }))
    }

    async fn list_templates(
        &self,
        request: Request<v1::ListTemplatesRequest>,
    ) -> Answer<v1::ListTemplatesResponse> {
        answer("ListTemplates", templates::list(self, self.receive(request)).await)
    }

    async fn get_template(
        &self,
        request: Request<v1::GetTemplateRequest>,
    ) -> Answer<v1::GetTemplateResponse> {
        answer("GetTemplate", templates::get(self, self.receive(request)).await)
    }

    async fn create_template(
        &self,
        request: Request<v1::CreateTemplateRequest>,
    ) -> Answer<v1::PanelTemplate> {
        answer("CreateTemplate", templates::create(self, self.receive(request)).await)
    }

    async fn modify_template(
        &self,
        request: Request<v1::ModifyTemplateRequest>,
    ) -> Answer<v1::ModifyTemplateResponse> {
        answer("ModifyTemplate", templates::modify(self, self.receive(request)).await)
    }

    async fn delete_template(
        &self,
        request: Request<v1::DeleteTemplateRequest>,
    ) -> Answer<v1::DeleteTemplateResponse> {
        let existed = templates::delete(self, self.receive(request)).await;
        answer("DeleteTemplate", existed.map(|existed| v1::DeleteTemplateResponse { existed }))
    }
}

async fn list(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::ListPlansRequest>,
) -> Result<v1::ListPlansResponse, Fault> {
    let work = async move |server: Arc<Server>| plans(&server.panel, deadline).await;
    let plans = gateway.read(&message.server_id, Purpose::Read, deadline, work).await?;
    Ok(v1::ListPlansResponse { plans: plans.into_iter().map(Into::into).collect() })
}
