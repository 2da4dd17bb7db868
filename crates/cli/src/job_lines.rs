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
    let mut lines: Vec<_> = changed.map(|it| of_step(it, told(it), palette)).collect();
    if before.is_none_or(|it| it.status != now.status) {
        let status = palette.status(&now.status, &now.status);
        lines.push(format!("{} {status}", now.kind));
    }
    lines
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
    let held = held(job).unwrap_or_default();
    format!("{} {}{step}{}{start}{held}", job.kind, job.status, place.unwrap_or_default())
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
