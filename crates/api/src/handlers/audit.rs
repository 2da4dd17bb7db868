//! Handlers of the audit log: list and verify.

use contracts::{moment::from_timestamp, provisioning::v1};
use model::fault::Fault;
use store::audit::{AuditBy, AuditFilter, place};

use crate::{
    audit_proof,
    caller::{Api, Caller},
    present,
    validation::{self, Form},
};

/// Characters of an actor, a target or an action in a filter.
const MAX_WORDS: usize = 255;

pub(crate) async fn list_audit(
    api: Api,
    caller: Caller,
    request: v1::ListAuditRequest,
) -> Result<v1::ListAuditResponse, Fault> {
    let page = validation::page(request.page_size, &request.page_token)?;
    let mut form = Form::default();
    let by = by(&mut form, &request);
    let [since, until] =
        [("since", &request.since), ("until", &request.until)].map(|(field, at)| {
            let moment = from_timestamp(at.as_ref()?);
            form.read(field, moment.ok_or("is no moment; give one between the years 1 and 9999"))
        });
    if !form.is_good() {
        return Err(form.fault());
    }
    let filter = AuditFilter { by, since, until };
    let entries = api.store.audit_entries(caller.tenant_id, &filter, page).await?;
    Ok(v1::ListAuditResponse {
        next_page_token: validation::next_page_token(page, &entries, |it| place(it.number)),
        entries: entries.iter().map(present::audit_entry).collect(),
    })
}

/// The one filter of a request.
fn by(form: &mut Form, request: &v1::ListAuditRequest) -> Option<AuditBy> {
    let filters =
        [("actor", &request.actor), ("target", &request.target), ("action", &request.action)];
    let mut given = filters.into_iter().filter(|(_, text)| !text.is_empty());
    let (field, text) = given.next()?;
    if let Some((second, _)) = given.next() {
        form.add(second, format!("is given beside {field}; give one of actor, target and action"));
    }
    if text.chars().count() > MAX_WORDS || text.contains('\0') {
        form.add(field, format!("is not a text of 1 to {MAX_WORDS} characters without NUL"));
    }
    let text = text.clone();
    Some(match field {
        "actor" => AuditBy::Actor(text),
        "target" => AuditBy::Target(text),
        _ => AuditBy::Action(text),
    })
}

pub(crate) async fn verify_audit(
    api: Api,
    _caller: Caller,
    request: v1::VerifyAuditRequest,
) -> Result<v1::AuditVerification, Fault> {
    let mut form = Form::default();
    let mut number = |field, number: u64| {
        form.read(field, i64::try_from(number).map_err(|_| "is larger than any number of a row"))
    };
    let from = number("from_number", request.from_number);
    let head = number("head_number", request.head_number);
    let is_hash = request.head_sha256.len() == 64
        && request.head_sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    if (request.head_number > 0) == request.head_sha256.is_empty() {
        form.add("head_sha256", "belongs to head_number; give both or none");
    } else if request.head_number > 0 && !is_hash {
        form.add("head_sha256", "is not the hash of a head; give its 64 hexadecimal digits");
    }
    let (Some(from), Some(head)) = (from, head.filter(|_| form.is_good())) else {
        return Err(form.fault());
    };
    let window = audit_proof::check(&api.store, &api.keyring, from).await?;
    let mut problems = window.problems;
    if head > 0 {
        let hash = api.store.audit_hash(head).await?;
        if hash.map(hex::encode) != Some(request.head_sha256.to_lowercase()) {
            problems.push((head, "it is not the given head: it was changed or removed"));
        }
    }
    let problems = problems.into_iter().map(|(number, problem)| v1::AuditProblem {
        number: number.unsigned_abs(),
        problem: problem.to_owned(),
    });
    let checked_to = window.checked_to.unsigned_abs();
    Ok(v1::AuditVerification {
        problems: problems.collect(),
        checked_to,
        next_number: if window.complete { 0 } else { checked_to },
        complete: window.complete,
        good_heads: window.good_heads,
        unknown_heads: window.unknown_heads,
    })
}
