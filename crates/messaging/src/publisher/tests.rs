//! Tests of which message a return belongs to, and of what counts as published.

use super::*;

fn message(id: &str) -> Outgoing {
    Outgoing {
        exchange: "praho.jobs".to_owned(),
        routing_key: "dns".to_owned(),
        body: Vec::new(),
        properties: BasicProperties::default().with_message_id(id.into()),
        mandatory: true,
    }
}

fn answer(acknowledged: bool, returned: Option<&str>) -> Result<Answer> {
    Ok(Answer { acknowledged, returned: returned.map(|id| message(id).identity()) })
}

/// The results of the messages `a`, `b` and `c`, one word each.
fn results(answers: [Result<Answer>; 3]) -> [&'static str; 3] {
    let messages = ["a", "b", "c"].map(message);
    let mut results = judge(&messages, answers.into()).into_iter().map(|it| match it {
        Ok(()) => "published",
        Err(Error::Unroutable { .. }) => "unroutable",
        Err(Error::Refused) => "refused",
        Err(Error::Timeout(_)) => "unknown",
        Err(_) => "other",
    });
    std::array::from_fn(|_| results.next().unwrap_or("none"))
}

#[test]
fn acknowledged_messages_are_published_and_others_are_refused() {
    let answers = [answer(true, None), answer(false, None), answer(true, None)];
    assert_eq!(results(answers), ["published", "refused", "published"]);
}

#[test]
fn a_return_counts_for_the_message_it_shows_whichever_confirm_brought_it() {
    let answers = [answer(true, Some("b")), answer(true, None), answer(true, None)];
    assert_eq!(results(answers), ["published", "unroutable", "published"]);
    let answers = [answer(true, Some("c")), answer(true, Some("b")), answer(true, None)];
    assert_eq!(results(answers), ["published", "unroutable", "unroutable"]);
}

#[test]
fn a_message_whose_own_return_may_not_have_been_heard_is_not_published() {
    let lost = || Err(Error::Timeout(ANSWER));
    // The return of `a` may come with the confirm of `c`; the return of `b` cannot, because it would have
    // come with the confirm of `b`.
    let answers = [answer(true, Some("c")), answer(true, None), lost()];
    assert_eq!(results(answers), ["unknown", "published", "unknown"]);
    assert_eq!(results([lost(), lost(), lost()]), ["unknown", "unknown", "unknown"]);
}
