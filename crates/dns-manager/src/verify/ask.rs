//! One question to one name server, directly: UDP, and TCP where the answer does not fit (RFC 7766).

use std::{io, net::SocketAddr, time::Duration};

use egress::Egress;
use hickory_proto::op::{Message, MessageType, Query};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

/// How long a name server may take over an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The most octets of a datagram that are read. The question announces RFC 1035's 512.
const MAX_DATAGRAM: usize = 4096;

/// Asks the name server at `place` (`host:port`). Its addresses are tried in turn until one answers.
///
/// # Errors
///
/// The failure at the last address.
pub(super) async fn ask(egress: &Egress, place: &str, query: &Query) -> io::Result<Message> {
    let addresses = limited(egress.addresses(place)).await?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "its name has no address");
    for address in addresses {
        match ask_at(egress, address, query).await {
            Ok(answer) => return Ok(answer),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn ask_at(egress: &Egress, address: SocketAddr, query: &Query) -> io::Result<Message> {
    // A random id: RFC 5452 section 4.3.
    let mut question = Message::query();
    question.add_query(query.clone());
    let bytes = question.to_vec().map_err(io::Error::other)?;
    let answer = limited(by_udp(egress, address, &question, &bytes)).await?;
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    limited(by_tcp(egress, address, &question, &bytes)).await
}

async fn by_udp(
    egress: &Egress,
    address: SocketAddr,
    question: &Message,
    bytes: &[u8],
) -> io::Result<Message> {
    let socket = egress.udp(address).await?;
    socket.send(bytes).await?;
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Ok(answer) = Message::from_vec(&buffer[..length])
            && answers(&answer, question)
        {
            return Ok(answer);
        }
    }
}

async fn by_tcp(
    egress: &Egress,
    address: SocketAddr,
    question: &Message,
    bytes: &[u8],
) -> io::Result<Message> {
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut stream = egress.tcp(address).await?;
    stream.write_all(&[&length.to_be_bytes()[..], bytes].concat()).await?;
    let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut buffer).await?;
    let answer = Message::from_vec(&buffer).map_err(io::Error::other)?;
    match answers(&answer, question) {
        true => Ok(answer),
        false => Err(io::Error::new(io::ErrorKind::InvalidData, "it answers another question")),
    }
}

fn answers(answer: &Message, question: &Message) -> bool {
    answer.metadata.message_type == MessageType::Response
        && answer.metadata.id == question.metadata.id
        && answer.queries == question.queries
}

async fn limited<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(ANSWER_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")))
}
