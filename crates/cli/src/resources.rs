//! The fields shown of plans, servers, services, accounts and jobs.

mod audit;
mod dead_letters;
mod domains;
mod drift;
mod keys;
mod programs;
mod tenancy;

use contracts::{
    moment::from_timestamp,
    provisioning::v1::{
        Account, AccountPassword, DnsServer, Glue, Job, JobStep, Login, Placement,
        PlacementVerdict, Plan, PlanOperation, ReleasedServerUrl, RetriedJobs, ServedSite, Server,
        ServerShell, Service, ServiceOperation, SiteAnswer,
    },
};

use crate::field::{
    Field,
    Place::{Detail, Extra, Status, Text, Whole, Wide, Words},
    Resource, limit, moment,
};

impl Resource for Plan {
    const PLURAL: &'static str = "plans";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Text, "name", &self.name),
            Field::new(Wide, "id", &self.id),
            Field::new(Extra, "disk MiB", limit(self.disk_mib)),
            Field::new(Extra, "traffic MiB", limit(self.bandwidth_mib)),
            Field::new(Extra, "mailboxes", limit(self.mailboxes)),
            Field::new(Extra, "databases", limit(self.databases)),
            Field::new(Extra, "features", self.features.join(",")),
            Field::new(Extra, "server tags", self.server_tags.join(",")),
            Field::new(
                Detail,
                "created",
                moment(self.created_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }
}

/// The pace of reading calls.
fn pace(reads_per_second: u32) -> String {
    match reads_per_second {
        0 => "as the gateway's settings say".to_owned(),
        own => own.to_string(),
    }
}

impl Resource for PlanOperation {
    const PLURAL: &'static str = "plans";

    fn fields(&self) -> Vec<Field> {
        let mut fields = self.plan.clone().unwrap_or_default().fields();
        fields.push(Field::new(Whole, "accounts to change", self.accounts));
        fields
    }
}

impl Resource for Server {
    const PLURAL: &'static str = "servers";

    fn fields(&self) -> Vec<Field> {
        let fault_since = self.fault_since.as_ref().and_then(from_timestamp);
        let trust = match self.certificate_sha256.as_str() {
            "" => "the system's authorities",
            pin => pin,
        };
        vec![
            Field::new(Text, "name", &self.name),
            Field::new(Wide, "id", &self.id),
            Field::new(Status, "status", &self.status),
            Field::new(Whole, "accounts", format!("{}/{}", self.accounts, self.capacity)),
            Field::new(Words, "reason", &self.status_reason),
            Field::new(Words, "fault", &self.fault),
            Field::new(Extra, "url", &self.url),
            Field::new(Extra, "addresses", self.ip_addresses.join(",")),
            Field::new(Extra, "tags", self.tags.join(",")),
            Field::new(Detail, "fault since", moment(fault_since)),
            Field::new(Detail, "fault stops", &self.fault_stops),
            Field::new(Detail, "version", &self.version),
            Field::new(Detail, "features", self.features.join(",")),
            Field::new(Detail, "PHP", self.php_versions.join(",")),
            Field::new(Detail, "quotas", quotas(self)),
            Field::new(Detail, "certificate", trust),
            Field::new(Detail, "reads a second", pace(self.reads_per_second)),
            Field::new(Detail, "changes at a time", self.mutation_slots),
            Field::new(Detail, "SSH", self.shell.as_ref().map(way).unwrap_or_default()),
            Field::new(Detail, "break-glass", self.shell.as_ref().map(leave).unwrap_or_default()),
            Field::new(
                Detail,
                "created",
                moment(self.created_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }
}

impl Resource for ReleasedServerUrl {
    const PLURAL: &'static str = "servers";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Text, "url", &self.url),
            Field::new(Whole, "tenant", &self.tenant_name),
            Field::new(Whole, "server", &self.server_name),
        ]
    }
}

/// The way to a server's shell, with the host keys that are trusted.
fn way(shell: &ServerShell) -> String {
    let ServerShell { host, port, user, host_keys, .. } = shell;
    format!("{user}@{host} port {port}, {}", host_keys.join(" or "))
}

/// Until when a server may be called over SSH while its panel does not answer, why, and who says so.
fn leave(shell: &ServerShell) -> String {
    let Some(until) = shell.break_glass_until.as_ref().and_then(from_timestamp) else {
        return "not allowed".to_owned();
    };
    let (reason, by) = (&shell.break_glass_reason, &shell.break_glass_by);
    format!("until {}: {reason} ({by})", moment(Some(until)))
}

/// Whether the host keeps quotas, and what that means for plans with a limit on disk space if it does not.
fn quotas(server: &Server) -> &'static str {
    match (server.keeps_quotas, server.without_quotas.as_str()) {
        (Some(true), _) => "kept",
        (Some(false), "accept") => "not kept, which is accepted",
        (Some(false), _) => "not kept, so plans with a limit are refused",
        (None, "accept") => "not known; accepted without",
        (None, _) => "not known; refused without",
    }
}

impl Resource for DnsServer {
    const PLURAL: &'static str = "DNS servers";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Text, "name", &self.name),
            Field::new(Wide, "id", &self.id),
            Field::new(Extra, "API", &self.api_url),
            Field::new(Extra, "name servers", self.nameservers.join(",")),
            Field::new(Extra, "NS names", self.ns_names.join(",")),
            Field::new(Detail, "hostmaster", &self.hostmaster),
            Field::new(Detail, "glue", glue(&self.glue)),
            Field::new(Detail, "secondaries", self.secondaries.join(",")),
            Field::new(
                Detail,
                "created",
                moment(self.created_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }
}

fn glue(entries: &[Glue]) -> String {
    let entry = |it: &Glue| format!("{} {}", it.name, it.addresses.join(" "));
    entries.iter().map(entry).collect::<Vec<_>>().join(", ")
}

impl Resource for Service {
    const PLURAL: &'static str = "services";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Text, "domain", &self.domain),
            Field::new(Wide, "id", &self.id),
            Field::new(Status, "status", &self.status),
            Field::new(Extra, "external id", &self.external_id),
            Field::new(Extra, "plan", &self.plan_name),
            Field::new(Wide, "account id", &self.account_id),
            Field::new(Wide, "plan id", &self.plan_id),
            Field::new(
                Detail,
                "created",
                moment(self.created_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }
}

impl Resource for Account {
    const PLURAL: &'static str = "accounts";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Text, "domain", &self.domain),
            Field::new(Wide, "id", &self.id),
            Field::new(Status, "status", &self.status),
            Field::new(Whole, "protected", if self.protected { "yes" } else { "no" }),
            Field::new(Extra, "user", &self.username),
            Field::new(Extra, "server", &self.server_name),
            Field::new(Extra, "plan", &self.plan_name),
            Field::new(Wide, "server id", &self.server_id),
            Field::new(Wide, "service id", &self.service_id),
            Field::new(Wide, "plan id", &self.plan_id),
            Field::new(Detail, "panel", panel(self.login.as_ref())),
            Field::new(Detail, "SFTP", sftp(self.login.as_ref())),
            Field::new(Detail, "website", self.site.as_ref().map(website).unwrap_or_default()),
            Field::new(
                Detail,
                "placement",
                self.placement.as_ref().map(placement).unwrap_or_default(),
            ),
            Field::new(
                Detail,
                "unenforced",
                self.placement.as_ref().map(|it| it.unenforced.join("; ")).unwrap_or_default(),
            ),
            Field::new(
                Detail,
                "created",
                moment(self.created_at.as_ref().and_then(from_timestamp)),
            ),
            Field::new(
                Detail,
                "updated",
                moment(self.updated_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }
}

/// The last proof of an account's website, such as `http://a.ro/ answers 200 at 192.0.2.7, told by its page`.
fn website(site: &ServedSite) -> String {
    let answer = |it: &SiteAnswer| {
        let told = match it.told_by.as_str() {
            "default_site" => "as the default site".to_owned(),
            word => format!("by its {word}"),
        };
        let certificate = match it.certificate_sha256.as_str() {
            "" => String::new(),
            sha256 => format!(", certificate {sha256}"),
        };
        format!("{} answers {} at {}, told {told}{certificate}", it.url, it.status, site.ip_address)
    };
    let at = moment(site.proved_at.as_ref().and_then(from_timestamp));
    let answers: Vec<_> = site.answers.iter().map(answer).collect();
    format!("{}; asked {at}", answers.join("; "))
}

fn panel(login: Option<&Login>) -> String {
    login.map(|it| it.panel_url.clone()).unwrap_or_default()
}

fn sftp(login: Option<&Login>) -> String {
    login.map(|it| format!("{} port {}", it.sftp_host, it.sftp_port)).unwrap_or_default()
}

impl Resource for AccountPassword {
    const PLURAL: &'static str = "accounts";

    fn fields(&self) -> Vec<Field> {
        let account = self.account.clone().unwrap_or_default();
        let login = account.login.as_ref();
        vec![
            Field::new(Text, "domain", &account.domain),
            Field::new(Wide, "id", &account.id),
            Field::new(Whole, "user", &account.username),
            Field::new(Whole, "password", &self.password),
            Field::new(Extra, "panel", panel(login)),
            Field::new(Extra, "SFTP", sftp(login)),
        ]
    }
}

/// The servers that were considered for an account, each with its load and the verdict on it.
fn placement(placement: &Placement) -> String {
    let verdict = |it: &PlacementVerdict| {
        let why = match it.outcome.as_str() {
            "not_active" => it.status.clone(),
            "missing_tags" => format!("lacks {}", it.missing_tags.join(",")),
            "missing_features" => format!("lacks {}", it.missing_features.join(",")),
            word => word.replace('_', " "),
        };
        format!("{} {}/{} {why}", it.server_name, it.accounts, it.capacity)
    };
    let verdicts: Vec<_> = placement.verdicts.iter().map(verdict).collect();
    verdicts.join(", ")
}

impl Resource for ServiceOperation {
    const PLURAL: &'static str = "operations";

    fn fields(&self) -> Vec<Field> {
        let service = self.service.clone().unwrap_or_default();
        let account = self.account.clone().unwrap_or_default();
        let job = self.job.clone().unwrap_or_default();
        let unenforced = account.placement.map(|it| it.unenforced).unwrap_or_default();
        vec![
            Field::new(Text, "domain", service.domain),
            Field::new(Wide, "service", service.id),
            Field::new(Status, "service status", service.status),
            Field::new(Whole, "account", account.id),
            Field::new(Status, "account status", account.status),
            Field::new(Extra, "user", account.username),
            Field::new(Extra, "server", account.server_name),
            Field::new(Detail, "unenforced", unenforced.join("; ")),
            Field::new(Whole, "job", job.id),
            Field::new(Status, "job status", job.status),
        ]
    }
}

impl Resource for Job {
    const PLURAL: &'static str = "jobs";

    fn fields(&self) -> Vec<Field> {
        let fault = self.fault.as_ref();
        let fault = fault.map(|it| format!("{}: {}", it.kind, it.message)).unwrap_or_default();
        let start = self.estimated_start_at.as_ref().and_then(from_timestamp);
        let cancel = if self.cancel_requested { "requested" } else { "" };
        let held_since = self.held_since.as_ref().and_then(from_timestamp);
        let held_until = self.held_until.as_ref().and_then(from_timestamp);
        let place = self.queue_position.map(|it| it.to_string()).unwrap_or_default();
        vec![
            Field::new(Whole, "id", &self.id),
            Field::new(Whole, "kind", &self.kind),
            Field::new(Status, "status", &self.status),
            Field::new(Extra, "created", moment(self.created_at.as_ref().and_then(from_timestamp))),
            Field::new(Extra, "about", &self.target_name),
            Field::new(Wide, "target", &self.target),
            Field::new(Extra, "attempts", self.attempts),
            Field::new(Words, "fault", fault),
            Field::new(Detail, "held since", moment(held_since)),
            Field::new(Detail, "held until", moment(held_until)),
            Field::new(Detail, "lane", &self.lane),
            Field::new(Detail, "place in queue", place),
            Field::new(Detail, "may start", moment(start)),
            Field::new(Detail, "cancellation", cancel),
            Field::new(Detail, "part of job", &self.parent_id),
            Field::new(Detail, "asked by", &self.actor),
            Field::new(Detail, "correlation", &self.correlation_id),
            Field::new(Detail, "due", moment(self.due_at.as_ref().and_then(from_timestamp))),
            Field::new(
                Detail,
                "started",
                moment(self.started_at.as_ref().and_then(from_timestamp)),
            ),
            Field::new(
                Detail,
                "finished",
                moment(self.finished_at.as_ref().and_then(from_timestamp)),
            ),
        ]
    }

    fn steps(&self) -> &[JobStep] {
        &self.steps
    }
}

impl Resource for RetriedJobs {
    const PLURAL: &'static str = "jobs";

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new(Whole, "kind", &self.kind),
            Field::new(Whole, "fault", &self.fault),
            Field::new(Whole, "jobs", self.jobs),
        ]
    }
}

impl Resource for JobStep {
    const PLURAL: &'static str = "steps";

    fn fields(&self) -> Vec<Field> {
        let started = self.started_at.as_ref().and_then(from_timestamp);
        let finished = self.finished_at.as_ref().and_then(from_timestamp);
        let took = match (started, finished) {
            (Some(started), Some(finished)) => {
                format!("{:.1} s", (finished - started).as_seconds_f64())
            }
            _ => String::new(),
        };
        let fault = self.fault.as_ref();
        let fault = fault.map(|it| format!("{}: {}", it.kind, it.message)).unwrap_or_default();
        vec![
            Field::new(Whole, "step", &self.name),
            Field::new(Status, "status", &self.status),
            Field::new(Whole, "attempts", self.attempts),
            Field::new(Whole, "took", took),
            Field::new(Text, "fault", fault),
            Field::new(Extra, "started", moment(started)),
        ]
    }
}

#[cfg(test)]
mod tests;
