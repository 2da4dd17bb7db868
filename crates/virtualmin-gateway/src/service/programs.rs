//! The gRPC service `Programs`: calls of any program on the list, for operators.

use std::sync::Arc;

use contracts::gateway::v1::{self, programs_server::Programs};
use model::{
    fault::{Fault, FaultKind},
    fence::{Change, Object},
};
use tonic::Request;
use virtualmin::asked;

use super::{
    Call, Gateway,
    answers::{Answer, answer},
};
use crate::{
    panel::{client::Told, program::Class},
    servers::{Purpose, Server},
};

/// The most bytes of an answer, which is kept with the job that asked.
const MAX_ANSWER: usize = 256 << 10;

#[tonic::async_trait]
impl Programs for Gateway {
    async fn call_program(
        &self,
        request: Request<v1::CallProgramRequest>,
    ) -> Answer<v1::CallProgramResponse> {
        answer("CallProgram", call(self, self.receive(request)).await)
    }
}

/// Calls a program as a person asks for it.
///
/// # Errors
/// `Invalid` with the field for what is not on the list; `Refused` for a program whose answer is a secret, and for an answer
/// that is too long; faults of the panel.
async fn call(
    gateway: &Gateway,
    Call { message, deadline }: Call<v1::CallProgramRequest>,
) -> Result<v1::CallProgramResponse, Fault> {
    let v1::CallProgramRequest { server_id, fence, program, arguments } = message;
    let arguments = arguments.iter().map(|it| (it.flag.as_str(), it.value.as_deref()));
    let request = asked::request(&program, arguments)?;
    let class = request.program().class;
    let work = async move |server: Arc<Server>| Ok(server.panel.ask(&request, deadline).await?);
    let told = match class {
        Class::Read => gateway.read(&server_id, Purpose::Read, deadline, work).await?,
        Class::Change | Class::Long => {
            let fence = gateway.admit(&server_id, fence, Change::Call, Object::Host).await?;
            gateway.change(fence, deadline, work).await?
        }
    };
    present(told)
}

fn present(Told { data, output, failed }: Told) -> Result<v1::CallProgramResponse, Fault> {
    let data = data.map(|data| data.to_string()).unwrap_or_default();
    if data.len() + output.len() > MAX_ANSWER {
        let message = format!(
            "the answer is longer than {} KiB: ask for less, such as for one domain",
            MAX_ANSWER >> 10
        );
        return Err(
            Fault::new(FaultKind::Refused, message).with_effect(model::fault::Effect::Unknown)
        );
    }
    Ok(v1::CallProgramResponse { data, output, failed_step: failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_too_long_is_refused() {
        let output = "x".repeat(MAX_ANSWER + 1);
        let told = Told { data: None, output, failed: None };
        assert_eq!(present(told).unwrap_err().kind, FaultKind::Refused);
    }
}
