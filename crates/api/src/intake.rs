//! Commands on RabbitMQ: a row says for which tenant the commands of the broker's user act, and what they may do.

use std::time::Duration;

use chassis::{
    Shutdown,
    propagation::{Correlation, current_traceparent},
};
use contracts::messages::v1::{CommandRejected, ServiceCommand};
use messaging::{CloudEvent, Delivery, Verdict};
use model::{
    dead_letter::DeadCommand,
    fault::{Fault, FaultKind},
    ids::TenantId,
    job::Origin,
    tenant::Publisher,
};
use serde_json::{Map, Value, json};
use store::dead_letters::NewDeadLetter;
use tokio::time::timeout;

use crate::{
    bounds::MAX_BODY,
    caller::{Api, Caller},
    commands::{self, Keepsake},
    handlers,
    json::object,
};

/// The queue of commands.
pub(crate) const QUEUE: &str = "praho.commands";
/// The event that tells the publisher of a refused command.
const REJECTED: &str = "command.rejected";
/// Pause between two tries while the database is unavailable, and tries before the broker gets the command
/// back.
const PATIENCE: (Duration, u32) = (Duration::from_secs(2), 150);
/// Characters of a publisher's name.
const MAX_ACTOR: usize = 64;
/// Characters of a reason, and of a value in an excerpt.
const MAX_WORDS: (usize, usize) = (1000, 100);
/// Fields of an excerpt.
const MAX_FIELDS: usize = 10;

pub(crate) struct Intake {
    pub(crate) api: Api,
    pub(crate) shutdown: Shutdown,
    /// Whether every publisher may act for every tenant.
    pub(crate) trust: Trust,
}

/// Whose commands count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those of the users that have a row.
    Publishers,
    /// All: whoever may publish is trusted as the operator, and acts for the tenant of the service that is named.
    Everybody,
}

impl Intake {
    /// Executes a command. It retries while the database is unavailable, because the command itself is not
    /// wrong.
    pub(crate) async fn take(&self, delivery: Delivery) -> Verdict {
        let correlation = Correlation::parse_or_generate(delivery.correlation_id.as_deref());
        let (pause, tries) = PATIENCE;
        for _ in 0..tries {
            match self.attempt(&delivery, &correlation).await {
                Ok(verdict) => return verdict,
                Err(fault) => handlers::log(&fault),
            }
            if timeout(pause, self.shutdown.requested()).await.is_ok() {
                break;
            }
        }
        Verdict::Requeue
    }

    /// Tries once; returns a transient fault only.
    async fn attempt(
        &self,
        delivery: &Delivery,
        correlation: &Correlation,
    ) -> Result<Verdict, Fault> {
        match self.carry_out(delivery, correlation).await {
            Ok(()) => Ok(Verdict::Ack),
            Err(fault) if fault.kind.is_transient() => Err(fault),
            Err(fault) => {
                handlers::log(&fault);
                self.reject(delivery, correlation, &fault).await?;
                let reason = clip(&fault.message, MAX_WORDS.0);
                Ok(match commands::keepsake(&delivery.body) {
                    Keepsake::Whole => Verdict::Dead { reason },
                    Keepsake::Hash => Verdict::Withheld { reason },
                    // The row and the event tell of it.
                    Keepsake::Nothing => Verdict::Ack,
                })
            }
        }
    }

    async fn carry_out(&self, delivery: &Delivery, correlation: &Correlation) -> Result<(), Fault> {
        let publisher = self.publisher(delivery).await?;
        let command = read(delivery)?;
        let tenant_id = match &publisher {
            Some(publisher) => publisher.tenant_id,
            None => commands::tenant(&self.api, &command).await?,
        };
        if let Some(publisher) = publisher {
            let right = commands::right(&delivery.routing_key)?;
            if !right.is_given(publisher.role, false) {
                let why = format!(
                    "user_id: this publisher has the role {}; the command needs {}",
                    publisher.role.as_str(),
                    right.name()
                );
                return Err(Fault::new(FaultKind::Denied, why));
            }
        }
        let caller = Caller {
            tenant_id,
            platform: false,
            actor: actor(delivery),
            holder: None,
            client_address: None,
            correlation_id: correlation.to_string(),
            traceparent: traceparent(delivery),
        };
        commands::carry_out(self.api.clone(), caller, &delivery.routing_key, command).await?;
        tracing::info!(command = delivery.routing_key, "carried out");
        Ok(())
    }

    /// The publisher of a command; `None` if everybody is trusted.
    async fn publisher(&self, delivery: &Delivery) -> Result<Option<Publisher>, Fault> {
        if self.trust == Trust::Everybody {
            return Ok(None);
        }
        let unknown = |why: &str| Fault::new(FaultKind::Unauthenticated, format!("user_id: {why}"));
        let Some(user) = &delivery.user_id else {
            return Err(unknown(
                "is missing; set this property of the message to the name of your RabbitMQ user, which RabbitMQ checks",
            ));
        };
        let publisher = self.api.store.publisher_named(user).await?;
        let nobody = "is the name of no publisher; an owner of the platform lets it publish: praho publishers create";
        publisher.map(Some).ok_or_else(|| unknown(nobody))
    }

    /// The tenant that sees the dead letter of a refused command. `None`: the platform's.
    async fn concerned(
        &self,
        delivery: &Delivery,
        command: Option<&ServiceCommand>,
    ) -> Result<Option<TenantId>, Fault> {
        let tenant = match (self.publisher(delivery).await, command) {
            (Ok(Some(publisher)), _) => Ok(publisher.tenant_id),
            (Ok(None), Some(command)) => commands::tenant(&self.api, command).await,
            (Ok(None), None) => return Ok(None),
            (Err(fault), _) => Err(fault),
        };
        match tenant {
            Err(fault) if fault.kind.is_transient() => Err(fault),
            tenant => Ok(tenant.ok()),
        }
    }

    /// Publishes the refusal and records the dead letter in one transaction.
    async fn reject(
        &self,
        delivery: &Delivery,
        correlation: &Correlation,
        fault: &Fault,
    ) -> Result<(), Fault> {
        let reason = clip(&fault.message, MAX_WORDS.0);
        let data = CommandRejected {
            command: clip(&delivery.routing_key, MAX_WORDS.1),
            kind: fault.kind.as_str().to_owned(),
            reason: reason.clone(),
        };
        let origin = Origin {
            actor: actor(delivery),
            correlation_id: correlation.to_string(),
            traceparent: traceparent(delivery),
            client_address: None,
        };
        // A readable command is kept, so that a person can redrive it later.
        let command = read(delivery).ok();
        let tenant_id = self.concerned(delivery, command.as_ref()).await?;
        let dead = DeadCommand {
            routing_key: clip(&delivery.routing_key, MAX_WORDS.1),
            body: command.map(serde_json::to_value).transpose().map_err(Fault::internal)?,
        };
        let event = CloudEvent::new(REJECTED, format!("commands/{}", data.command), &data);
        let tx = self.api.store.begin().await?;
        tx.publish(&event.message(&origin)).await?;
        let letter = NewDeadLetter {
            queue: QUEUE.to_owned(),
            job_id: None,
            reason,
            excerpt: excerpt(&delivery.body),
            message_id: delivery.message_id.as_deref().map(|it| clip(it, MAX_WORDS.1)),
            correlation_id: Some(correlation.to_string()),
        };
        tx.insert_dead_command(&letter, tenant_id, &dead).await?;
        Ok(tx.commit().await?)
    }
}

/// The command in a message.
fn read(delivery: &Delivery) -> Result<ServiceCommand, Fault> {
    commands::must_be_json(delivery.content_type.as_deref(), delivery.content_encoding.as_deref())?;
    commands::read(&delivery.body)
}

/// The publisher: `user_id`, which the broker has checked, else `app_id`, the name that the program gives
/// itself.
fn actor(delivery: &Delivery) -> String {
    let name = delivery.user_id.as_deref().or(delivery.app_id.as_deref()).unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_graphic).take(MAX_ACTOR).collect();
    format!("amqp:{}", if name.is_empty() { "unknown" } else { &name })
}

/// The trace to continue: the current span's, else the message's.
fn traceparent(delivery: &Delivery) -> Option<String> {
    current_traceparent().or_else(|| delivery.traceparent.clone())
}

/// The fields of a command. Unknown fields show their names only, since a value may be a password. The
/// dead-letter queue has the whole body, if that is JSON without a password.
fn excerpt(body: &[u8]) -> String {
    let known = json!(ServiceCommand::default());
    let Ok(fields) = object(&body[..body.len().min(MAX_BODY)]) else {
        return format!("{} bytes that are not a JSON object", body.len());
    };
    let shown = |(name, value): (String, Value)| {
        let value = match value {
            Value::String(text) if known.get(&name).is_some() => clip(&text, MAX_WORDS.1),
            _ => "***".to_owned(),
        };
        (clip(&name, MAX_WORDS.1), Value::from(value))
    };
    let fields: Map<String, Value> = fields.into_iter().take(MAX_FIELDS).map(shown).collect();
    Value::Object(fields).to_string()
}

fn clip(text: &str, most: usize) -> String {
    text.chars().filter(|it| !it.is_control()).take(most).collect()
}
