//! Compares expectations with answers, and asks local name servers with scripted answers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hickory_proto::{op::MessageType, rr::rdata::A};
use tokio::net::UdpSocket;

use super::*;

/// Asks again soon.
fn verifier() -> Verifier {
    Verifier::new(fixtures::egress(), VerifySettings { interval_ms: 25 })
}

/// Never asks again within the time limit.
fn slow_verifier() -> Verifier {
    Verifier::new(fixtures::egress(), VerifySettings { interval_ms: 3_600_000 })
}

fn set() -> RecordSet {
    let contents = vec!["192.0.2.7".to_owned()];
    RecordSet { name: "www.example.ro".to_owned(), kind: RecordType::A, ttl: 300, contents }
}

/// The authoritative answer to a question, with these addresses.
fn answer(question: &Message, ttl: u32, addresses: &[[u8; 4]]) -> Message {
    let mut answer = question.clone();
    answer.metadata.message_type = MessageType::Response;
    answer.metadata.authoritative = true;
    let name = question.queries[0].name().clone();
    answer.add_answers(addresses.iter().map(|[a, b, c, d]| {
        Record::from_rdata(name.clone(), ttl, RData::A(A::new(*a, *b, *c, *d)))
    }));
    answer
}

fn question() -> Message {
    let mut question = Message::query();
    question.add_query(query(&set().name, WireType::A).unwrap());
    question
}

fn compared(expectation: Expectation, answer: Message) -> Result<(), String> {
    expectation.met_by(&query(&set().name, WireType::A).unwrap(), Ok(answer))
}

#[test]
fn a_served_set_is_exact_and_its_time_to_live_may_have_been_counted_down() {
    let served = || Expectation::Served(set());
    let right = [192, 0, 2, 7];
    assert_eq!(compared(served(), answer(&question(), 300, &[right])), Ok(()));
    assert_eq!(compared(served(), answer(&question(), 12, &[right])), Ok(()));
    for wrong in [
        answer(&question(), 3600, &[right]),
        answer(&question(), 300, &[]),
        answer(&question(), 300, &[[192, 0, 2, 8]]),
        answer(&question(), 300, &[right, [192, 0, 2, 8]]),
    ] {
        assert!(compared(served(), wrong).is_err());
    }
}

#[test]
fn a_served_set_needs_authority_and_no_error() {
    let right = answer(&question(), 300, &[[192, 0, 2, 7]]);
    let mut from_a_cache = right.clone();
    from_a_cache.metadata.authoritative = false;
    let mut refused = right;
    refused.metadata.response_code = ResponseCode::Refused;
    for wrong in [from_a_cache, refused] {
        assert!(compared(Expectation::Served(set()), wrong).is_err());
    }
}

#[test]
fn a_removed_set_may_be_missing_refused_or_replaced() {
    let gone = || Expectation::Gone(set());
    let of = |code| {
        let mut answer = answer(&question(), 300, &[]);
        answer.metadata.response_code = code;
        answer
    };
    for code in [ResponseCode::NoError, ResponseCode::NXDomain, ResponseCode::Refused] {
        assert_eq!(compared(gone(), of(code)), Ok(()));
    }
    assert!(compared(gone(), of(ResponseCode::ServFail)).is_err());
    assert_eq!(compared(gone(), answer(&question(), 300, &[[203, 0, 113, 9]])), Ok(()));
    assert!(compared(gone(), answer(&question(), 300, &[[192, 0, 2, 7]])).is_err());
}

/// A name server on loopback that answers each datagram with the messages of `reply`.
async fn name_server(
    reply: impl Fn(Message) -> Vec<Message> + Send + 'static,
) -> std::net::SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            for answer in reply(Message::from_vec(&buffer[..length]).unwrap()) {
                socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn waits_for_a_name_server_that_is_behind() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let slow = name_server(move |question| {
        let addresses: &[_] =
            if counted.fetch_add(1, Ordering::SeqCst) < 2 { &[] } else { &[[192, 0, 2, 7]] };
        vec![answer(&question, 300, addresses)]
    })
    .await;
    let quick = name_server(|question| vec![answer(&question, 300, &[[192, 0, 2, 7]])]).await;
    let both = [quick.to_string(), slow.to_string()];
    verifier().wait_for(&both, &[Expectation::Served(set())]).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn asks_for_the_first_time_without_waiting() {
    let right = name_server(|question| vec![answer(&question, 300, &[[192, 0, 2, 7]])]).await;
    let expected = [Expectation::Served(set())];
    slow_verifier().wait_for(&[right.to_string()], &expected).await.unwrap();
}

#[tokio::test]
async fn a_period_beyond_the_time_limit_does_not_extend_it() {
    let wrong = name_server(|question| vec![answer(&question, 300, &[[192, 0, 2, 8]])]).await;
    let limit = Duration::from_millis(400);
    let began = Instant::now();
    let expected = [Expectation::Served(set())];
    let waited = slow_verifier().wait_within(limit, &[wrong.to_string()], &expected).await;
    let fault = waited.unwrap_err();
    assert!(fault.message.ends_with("it does not answer as wanted yet"), "{fault}");
    assert!(began.elapsed() < Duration::from_secs(1800));
}

#[tokio::test]
async fn names_the_name_server_that_does_not_answer_as_wanted() {
    let right = name_server(|question| vec![answer(&question, 300, &[[192, 0, 2, 7]])]).await;
    let wrong = name_server(|question| vec![answer(&question, 300, &[[192, 0, 2, 8]])]).await;
    let both = [right.to_string(), wrong.to_string()];
    let limit = Duration::from_millis(400);
    let wanted = [Expectation::Served(set())];
    let fault = verifier().wait_within(limit, &both, &wanted).await.unwrap_err();
    assert!(fault.kind.is_transient());
    let expected =
        format!("name server {wrong}, www.example.ro A: it does not answer as wanted yet");
    assert_eq!(fault.message, expected);
}

#[tokio::test]
async fn takes_no_answer_to_a_question_that_was_not_asked() {
    let forger = name_server(|question| {
        let mut forged = answer(&question, 300, &[[203, 0, 113, 9]]);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        vec![forged, answer(&question, 300, &[[192, 0, 2, 7]])]
    })
    .await;
    verifier().wait_for(&[forger.to_string()], &[Expectation::Served(set())]).await.unwrap();
}

#[tokio::test]
async fn a_name_server_at_an_inner_address_is_not_asked() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let inner = name_server(move |question| {
        counted.fetch_add(1, Ordering::SeqCst);
        vec![answer(&question, 300, &[[192, 0, 2, 7]])]
    })
    .await;
    let verifier = Verifier::new(Egress::default(), VerifySettings { interval_ms: 25 });
    let limit = Duration::from_millis(200);
    for place in [inner.to_string(), format!("localhost:{}", inner.port())] {
        let wanted = [Expectation::Served(set())];
        let fault = verifier.wait_within(limit, &[place], &wanted).await.unwrap_err();
        assert!(fault.message.contains("[egress] allow"), "{fault}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
