//! Look-ups of texts by resolvers of the operator.

use std::net::SocketAddr;

use egress::Resolvers;
use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{CNAME, TXT},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

const NAME: &str = "_praho-challenge.acme.test";

/// The answer of a resolver to a question.
fn answer(question: &Message, code: ResponseCode, records: Vec<(&str, RData)>) -> Message {
    assert!(question.metadata.recursion_desired, "a resolver must ask others");
    let mut answer = question.clone();
    answer.metadata.message_type = MessageType::Response;
    answer.metadata.recursion_available = true;
    answer.metadata.response_code = code;
    let record = |(name, data)| Record::from_rdata(Name::from_ascii(name).unwrap(), 300, data);
    answer.add_answers(records.into_iter().map(record));
    answer
}

fn text(parts: &[&str]) -> RData {
    RData::TXT(TXT::new(parts.iter().map(ToString::to_string).collect()))
}

/// A resolver on this machine, which no tenant may name.
async fn resolver(reply: impl Fn(Message) -> Message + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let answer = reply(Message::from_vec(&buffer[..length]).unwrap());
            socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn the_texts_of_a_name_are_read_behind_an_alias_and_with_their_parts_joined() {
    let address = resolver(|question| {
        let alias = RData::CNAME(CNAME(Name::from_ascii("proofs.test.").unwrap()));
        let records = vec![
            (NAME, alias),
            ("proofs.test.", text(&["one"])),
            ("proofs.test.", text(&["of two ", "parts"])),
        ];
        answer(&question, ResponseCode::NoError, records)
    })
    .await;
    let texts = Resolvers::new([address]).texts(NAME).await.unwrap();
    assert_eq!(texts, ["one", "of two parts"]);
}

#[tokio::test]
async fn a_name_without_texts_has_none_and_a_failing_resolver_knows_nothing() {
    let none = resolver(|question| answer(&question, ResponseCode::NXDomain, Vec::new())).await;
    let failing = resolver(|question| answer(&question, ResponseCode::ServFail, Vec::new())).await;
    let no_resolver = resolver(|question| {
        let mut referral = answer(&question, ResponseCode::NoError, Vec::new());
        referral.metadata.recursion_available = false;
        referral
    })
    .await;
    for first in [failing, no_resolver] {
        assert!(Resolvers::new([first]).texts(NAME).await.is_err());
        let both = Resolvers::new([first, none]).texts(NAME).await;
        assert_eq!(both.unwrap(), Vec::<String>::new(), "the second one knows");
    }
}

#[tokio::test]
async fn a_long_answer_comes_by_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
        let question = Message::from_vec(&buffer[..length]).unwrap();
        let mut cut = answer(&question, ResponseCode::NoError, Vec::new());
        cut.metadata.truncation = true;
        socket.send_to(&cut.to_vec().unwrap(), peer).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut asked).await.unwrap();
        let question = Message::from_vec(&asked).unwrap();
        let long = "x".repeat(250);
        let records = (0..4).map(|_| (NAME, text(&[&long]))).collect();
        let bytes = answer(&question, ResponseCode::NoError, records).to_vec().unwrap();
        stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    assert_eq!(Resolvers::new([address]).texts(NAME).await.unwrap().len(), 4);
}
