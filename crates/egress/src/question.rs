//! One question to one name server, directly: UDP, and TCP where the answer does not fit (RFC 7766).

use std::{io, net::SocketAddr, time::Duration};

use hickory_proto::op::{Message, MessageType, Query};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::{policy::Egress, sockets};

/// How long a name server may take over an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The most octets of a datagram that are read. The question announces RFC 1035's 512.
const MAX_DATAGRAM: usize = 4096;

/// Who chose the address of a name server.
#[derive(Clone, Copy)]
pub(crate) enum Chosen<'a> {
    /// A tenant, so it is judged.
    ByTenant(&'a Egress),
    /// The operator.
    ByOperator,
}

impl Chosen<'_> {
    async fn udp(self, to: SocketAddr) -> io::Result<UdpSocket> {
        match self {
            Self::ByTenant(egress) => egress.udp(to).await,
            Self::ByOperator => sockets::udp(to).await,
        }
    }

    async fn tcp(self, to: SocketAddr) -> io::Result<TcpStream> {
        match self {
            Self::ByTenant(egress) => egress.tcp(to).await,
            Self::ByOperator => sockets::tcp(to).await,
        }
    }
}

impl Egress {
    /// Asks the name server at `place` (`host:port`). Its addresses are tried in turn until one answers.
    ///
    /// # Errors
    ///
    /// The failure at the last address.
    pub async fn ask(&self, place: &str, query: &Query) -> io::Result<Message> {
        let addresses = limited(self.addresses(place)).await?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "its name has no address");
        for address in addresses {
            match ask_at(Chosen::ByTenant(self), address, query).await {
                Ok(answer) => return Ok(answer),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Asks the name server at one address.
///
/// # Errors
///
/// That of the connection, or that no answer came in time.
pub(crate) async fn ask_at(
    chosen: Chosen<'_>,
    address: SocketAddr,
    query: &Query,
) -> io::Result<Message> {
    // A random id: RFC 5452 section 4.3.
    let mut question = Message::query();
    question.add_query(query.clone());
    // A resolver asks others for us; a name server is asked what it knows itself.
    question.metadata.recursion_desired = matches!(chosen, Chosen::ByOperator);
    let bytes = question.to_vec().map_err(io::Error::other)?;
    let answer = limited(by_udp(chosen, address, &question, &bytes)).await?;
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    limited(by_tcp(chosen, address, &question, &bytes)).await
}

async fn by_udp(
    chosen: Chosen<'_>,
    address: SocketAddr,
    question: &Message,
    bytes: &[u8],
) -> io::Result<Message> {
    let socket = chosen.udp(address).await?;
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
    chosen: Chosen<'_>,
    address: SocketAddr,
    question: &Message,
    bytes: &[u8],
) -> io::Result<Message> {
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut stream = chosen.tcp(address).await?;
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
