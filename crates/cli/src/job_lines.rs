//! A job as lines of text: the changes since the last look, and the current step.

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{Job, JobStep},
};

use crate::{field::moment, palette::Palette, table::one_line};

/// One line for each changed step, then one for the job if its status has changed.
pub(crate) fn changes(before: Option<&Job>, now: &Job, palette: Palette) -> Vec<String> {
    let old = |step: &JobStep| {
        before.and_then(|it| it.steps.iter().find(|other| other.name == step.name))
    };
    let changed = now.steps.iter().filter(|step| {
        old(step).is_none_or(|old| (&old.status, old.attempts) != (&step.status, step.attempts))
    });
    let told = |step: &JobStep| old(step).is_some_and(|old| old.fault == step.fault);
    let changed: Vec<_> = changed.collect();
    let mut lines: Vec<_> = changed.iter().map(|it| of_step(it, told(it), palette)).collect();
    lines.extend(fault(before, now, &changed));
    if before.is_none_or(|it| it.status != now.status) {
        let status = palette.status(&now.status, &now.status);
        lines.push(format!("{} {status}", now.kind));
    }
    lines
}

/// A line about the fault of the job itself, when it or the number of attempts has changed and no line about a step
/// tells it.
fn fault(before: Option<&Job>, now: &Job, changed: &[&JobStep]) -> Option<String> {
    let fault = now.fault.as_ref()?;
    let old = before.is_some_and(|it| (&it.fault, it.attempts) == (&now.fault, now.attempts));
    let in_step = changed.iter().any(|it| it.fault.as_ref() == Some(fault) && it.status != "done");
    if old || in_step {
        return None;
    }
    let next = now.due_at.as_ref().and_then(from_timestamp).filter(|_| is_repeated(now));
    let next = next.map(|it| format!(", next try at {}", moment(Some(it)))).unwrap_or_default();
    let attempt = format!("attempt {}{next}", now.attempts);
    Some(one_line(&format!("  {}: {} ({attempt})", fault.kind, fault.message)))
}

/// Whether the job's work will be tried again by itself.
fn is_repeated(job: &Job) -> bool {
    matches!(job.status.as_str(), "pending" | "unwinding")
}

/// A line about a step, without its fault if that was shown before.
fn of_step(step: &JobStep, told: bool, palette: Palette) -> String {
    let status = palette.status(&step.status, &format!("{:<8}", step.status));
    let again =
        if step.attempts > 1 { format!(", attempt {}", step.attempts) } else { String::new() };
    let fault = step.fault.as_ref().filter(|_| step.status != "done" && !told);
    let fault = fault.map(|it| format!(": {}: {}", it.kind, it.message)).unwrap_or_default();
    format!("  {status} {}{again}{}", step.name, one_line(&fault))
}

/// The job's current status and step, in a few words, and what it waits for.
pub(crate) fn current(job: &Job) -> String {
    let step = under_way(job);
    let step = step.map(|it| format!(": {}", it.name)).unwrap_or_default();
    let place = job.queue_position.map(|it| format!(", number {it} in the queue"));
    let start = moment(job.estimated_start_at.as_ref().and_then(from_timestamp));
    let start = if start.is_empty() { start } else { format!(", starts about {start}") };
    let held = held(job);
    // A held job tells its fault with the hold.
    let fault = job.fault.as_ref().filter(|_| held.is_none());
    let fault = fault.map(|it| one_line(&format!(": {}: {}", it.kind, it.message)));
    let (place, held) = (place.unwrap_or_default(), held.unwrap_or_default());
    let fault = fault.unwrap_or_default();
    format!("{} {}{step}{place}{start}{held}{fault}", job.kind, job.status)
}

/// The step that runs or is being undone.
fn under_way(job: &Job) -> Option<&JobStep> {
    job.steps.iter().rfind(|it| it.status == "started" || it.status == "undoing")
}

/// For a job that is held: since when, by which fault, and until when.
fn held(job: &Job) -> Option<String> {
    let since = moment(job.held_since.as_ref().and_then(from_timestamp));
    let until = moment(job.held_until.as_ref().and_then(from_timestamp));
    let fault = under_way(job).and_then(|it| it.fault.as_ref()).or(job.fault.as_ref());
    let fault = fault.map(|it| format!("{}: {}", it.kind, it.message));
    let fault = one_line(&fault.unwrap_or_default());
    (!since.is_empty()).then(|| format!(", held since {since} by {fault}, until {until}"))
}

#[cfg(test)]
mod tests {
    use contracts::{moment::to_timestamp, provisioning::v1::JobFault};
    use time::OffsetDateTime;

    use super::*;

    fn step(name: &str, status: &str, attempts: u32) -> JobStep {
        JobStep { name: name.to_owned(), status: status.to_owned(), attempts, ..JobStep::default() }
    }

    fn job(status: &str, steps: Vec<JobStep>) -> Job {
        let kind = "account.provision".to_owned();
        Job { kind, status: status.to_owned(), steps, ..Job::default() }
    }

    #[test]
    fn only_changes_are_shown() {
        let first = job("running", vec![step("choose", "done", 1), step("create", "started", 1)]);
        let second = job("running", vec![step("choose", "done", 1), step("create", "done", 2)]);
        let palette = Palette::plain();
        assert_eq!(
            changes(None, &first, palette),
            ["  done     choose", "  started  create", "account.provision running"]
        );
        assert_eq!(changes(Some(&first), &second, palette), ["  done     create, attempt 2"]);
        assert!(changes(Some(&second), &second, palette).is_empty());
        let ended = job("completed", second.steps.clone());
        assert_eq!(changes(Some(&second), &ended, palette), ["account.provision completed"]);
    }

    #[test]
    fn a_fault_is_shown_once() {
        let with = |status: &str| {
            let message = "no answer".to_owned();
            let fault = Some(JobFault { kind: "timeout".to_owned(), message });
            job("unwinding", vec![JobStep { fault, ..step("create", status, 1) }])
        };
        let (failed, undone) = (with("failed"), with("undone"));
        let lines = changes(None, &failed, Palette::plain());
        assert_eq!(lines[0], "  failed   create: timeout: no answer");
        assert_eq!(changes(Some(&failed), &undone, Palette::plain()), ["  undone   create"]);
    }

    #[test]
    fn a_fault_cannot_steer_the_terminal() {
        let mut broken = step("create", "failed", 1);
        let message = "a\u{1b}[2Jb\nc".to_owned();
        broken.fault = Some(JobFault { kind: "protocol".to_owned(), message });
        let lines = changes(None, &job("unwinding", vec![broken]), Palette::plain());
        assert_eq!(lines[0], "  failed   create: protocol: a [2Jb c");
    }

    #[test]
    fn the_fault_of_the_job_itself_is_shown_at_each_attempt() {
        let at = |attempts| Job {
            fault: Some(JobFault {
                kind: "unavailable".to_owned(),
                message: "no route".to_owned(),
            }),
            attempts,
            ..job("unwinding", vec![step("create", "undoing", 1)])
        };
        let palette = Palette::plain();
        let line = |attempt| format!("  unavailable: no route (attempt {attempt})");
        assert_eq!(changes(Some(&job("unwinding", at(1).steps)), &at(1), palette), [line(1)]);
        assert!(changes(Some(&at(1)), &at(1), palette).is_empty());
        assert_eq!(changes(Some(&at(1)), &at(2), palette), [line(2)]);
        assert!(current(&at(2)).ends_with("unavailable: no route"));

        let mut failed = at(3);
        failed.steps[0] = JobStep { fault: failed.fault.clone(), ..step("create", "failed", 3) };
        let lines = changes(Some(&at(2)), &failed, palette);
        assert_eq!(lines, ["  failed   create, attempt 3: unavailable: no route"], "told once");
    }

    #[test]
    fn the_place_in_the_queue_is_shown() {
        let waiting = Job { queue_position: Some(3), ..job("pending", vec![]) };
        assert_eq!(current(&waiting), "account.provision pending, number 3 in the queue");
        let running = job("running", vec![step("choose", "done", 1), step("create", "started", 1)]);
        assert_eq!(current(&running), "account.provision running: create");
    }

    #[test]
    fn a_held_job_says_since_when_for_what_and_until_when() {
        let at =
            |seconds| Some(to_timestamp(OffsetDateTime::from_unix_timestamp(seconds).unwrap()));
        let message = "the panel cannot be reached".to_owned();
        let held = Job {
            fault: Some(JobFault { kind: "unavailable".to_owned(), message }),
            held_since: at(0),
            held_until: at(86_400),
            ..job("pending", vec![step("create", "started", 3)])
        };
        assert_eq!(
            current(&held),
            "account.provision pending: create, held since 1970-01-01T00:00:00Z by unavailable: the \
             panel cannot be reached, until 1970-01-02T00:00:00Z"
        );
    }
}
