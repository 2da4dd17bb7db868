//! Publishes with confirms and `mandatory`: either a queue has the message, or the caller gets an error.

use std::sync::Arc;

use futures_util::future::join_all;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, PublisherConfirm,
    message::BasicReturnMessage, options::BasicPublishOptions, types::ShortString,
};
use tokio::time::{Instant, timeout_at};

use crate::{Error, Result, line::ANSWER};

/// A message with its names and properties as sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) exchange: String,
    pub(crate) routing_key: String,
    pub(crate) body: Vec<u8>,
    pub(crate) properties: BasicProperties,
    /// Whether the publication fails if no queue takes the message.
    pub(crate) mandatory: bool,
}

/// A channel for publishing. It is useless after a failure that concerns more than one message.
pub(crate) struct Publisher {
    connection: Arc<Connection>,
    channel: Channel,
}

/// The broker's answer to one message.
struct Answer {
    acknowledged: bool,
    /// A message that was returned at about that time: this one or another.
    returned: Option<Identity>,
}

/// The parts of a message that distinguish it from the others of its batch.
#[derive(PartialEq)]
struct Identity {
    message_id: Option<ShortString>,
    exchange: String,
    routing_key: String,
}

impl Publisher {
    /// A publisher on `channel` of `connection`; the channel is in confirm mode.
    pub(crate) fn new(connection: Arc<Connection>, channel: Channel) -> Self {
        Self { connection, channel }
    }

    /// Whether a publication can succeed now.
    pub(crate) fn usable(&self) -> bool {
        let connection = self.connection.status();
        connection.connected() && !connection.blocked() && self.channel.status().connected()
    }

    /// Publishes a batch within ten seconds: sends all messages, then waits for all confirms. Returns one
    /// result for each message, in order.
    pub(crate) async fn publish(&self, messages: &[Outgoing]) -> Vec<Result<()>> {
        let deadline = Instant::now() + ANSWER;
        let mut sent: Vec<Result<PublisherConfirm>> = Vec::with_capacity(messages.len());
        let mut broken = None;
        for message in messages {
            let sending = match broken.clone() {
                None => by(deadline, self.send(message)).await,
                Some(error) => Err(error),
            };
            match &sending {
                Ok(_) | Err(Error::Unroutable { .. }) => {}
                Err(error) => broken = Some(error.clone()),
            }
            sent.push(sending);
        }
        let answers = sent.into_iter().map(|sent| by(deadline, answer(sent)));
        judge(messages, join_all(answers).await)
    }

    async fn send(&self, message: &Outgoing) -> Result<PublisherConfirm> {
        let name = |it: &str| ShortString::try_new(it).map_err(|_| message.unroutable());
        let (exchange, key) = (name(&message.exchange)?, name(&message.routing_key)?);
        let options =
            BasicPublishOptions { mandatory: message.mandatory, ..BasicPublishOptions::default() };
        let properties = message.properties.clone();
        Ok(self.channel.basic_publish(exchange, key, options, &message.body, properties).await?)
    }
}

impl Outgoing {
    fn identity(&self) -> Identity {
        Identity {
            message_id: self.properties.message_id().clone(),
            exchange: self.exchange.clone(),
            routing_key: self.routing_key.clone(),
        }
    }

    fn unroutable(&self) -> Error {
        Error::Unroutable { exchange: self.exchange.clone(), routing_key: self.routing_key.clone() }
    }
}

async fn by<T>(deadline: Instant, request: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(deadline, request).await.map_err(|_| Error::Timeout(ANSWER))?
}

async fn answer(sent: Result<PublisherConfirm>) -> Result<Answer> {
    let identity = |it: Box<BasicReturnMessage>| Identity {
        message_id: it.properties.message_id().clone(),
        exchange: it.exchange.to_string(),
        routing_key: it.routing_key.to_string(),
    };
    let (acknowledged, returned) = match sent?.await? {
        Confirmation::Ack(returned) => (true, returned),
        Confirmation::Nack(returned) => (false, returned),
        Confirmation::NotRequested => (false, None),
    };
    Ok(Answer { acknowledged, returned: returned.map(Box::new).map(identity) })
}

/// The result of each message.
///
/// RabbitMQ returns an unroutable message before it confirms it, and lapin attaches a return to the next
/// confirm, which may belong to another message. So a return counts for the message that it contains.
fn judge(messages: &[Outgoing], answers: Vec<Result<Answer>>) -> Vec<Result<()>> {
    let returned: Vec<&Identity> =
        answers.iter().flatten().filter_map(|it| it.returned.as_ref()).collect();
    let lost = answers.iter().find_map(|it| it.as_ref().err().cloned());
    let verdict = |message: &Outgoing, answer: &Result<Answer>| {
        let answer = answer.as_ref().map_err(Error::clone)?;
        if !answer.acknowledged {
            return Err(Error::Refused);
        }
        if !returned.is_empty() && returned.contains(&&message.identity()) {
            return Err(message.unroutable());
        }
        match &lost {
            // The return of this message may have been attached to a confirm that was lost.
            Some(error) if answer.returned.is_some() => Err(error.clone()),
            _ => Ok(()),
        }
    };
    messages.iter().zip(&answers).map(|(message, answer)| verdict(message, answer)).collect()
}

#[cfg(test)]
mod tests;
