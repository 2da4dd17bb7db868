//! Reads `list-backup-logs` and `list-scheduled-backups`, whose destinations may have logins in them.

use model::secret::Secret;
use serde::Deserialize;

use super::{
    objects::{self, List, Object, Reader, Record, Unrecognised},
    programs,
    request::{Refusal, Request},
};

/// A backup that ran.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The second of its end, a process and a number (`write_backup_log` in `backups-lib.pl` of 8.1.0).
    pub(crate) id: String,
    pub(crate) domains: Vec<String>,
    pub(crate) failed_domains: Vec<String>,
    pub(crate) destination: Secret,
    pub(crate) succeeded: bool,
    /// By the host's clock.
    pub(crate) ended_unix_seconds: i64,
    pub(crate) bytes: Option<u64>,
}

impl Run {
    /// Whether it is of this virtual server and went there.
    pub(crate) fn is(&self, domain: &str, destination: &Secret) -> bool {
        self.destination.expose() == destination.expose()
            && self.domains.iter().any(|it| it == domain)
    }

    /// Whether it ended well for this virtual server.
    pub(crate) fn is_good(&self, domain: &str) -> bool {
        self.succeeded && !self.failed_domains.iter().any(|it| it == domain)
    }
}

/// The values that we read of a run.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct RunValues<'a> {
    domains: Option<List<'a>>,
    failed_domains: Option<List<'a>>,
    destination: Option<List<'a>>,
    final_status: Option<List<'a>>,
    final_size: Option<List<'a>>,
}

impl Record for Run {
    type Object<'a> = Object<'a, RunValues<'a>>;

    fn read(Object { name: id, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&id)?;
        let reader = Reader(&id);
        let end = id.split('-').next().and_then(|it| it.parse().ok());
        let words = |list: Option<List<'_>>| list.map(|it| it.words()).unwrap_or_default();
        Ok(Self {
            ended_unix_seconds: end.ok_or(Unrecognised::Name)?,
            domains: words(values.domains),
            failed_domains: words(values.failed_domains),
            destination: reader.some(values.destination, "destination")?.into(),
            succeeded: match reader.some(values.final_status, "final_status")?.as_str() {
                "OK" => true,
                "Failed" => false,
                _ => return Err(reader.wrong("final_status")),
            },
            bytes: reader.parsed(values.final_size, "final_size")?,
            id: id.into_owned(),
        })
    }
}

/// A backup that runs on a schedule.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    /// Also a word such as `All`, which is no domain.
    pub(crate) domains: Vec<String>,
    pub(crate) destinations: Vec<Secret>,
    /// Empty for all.
    pub(crate) features: Vec<String>,
    pub(crate) schedule: String,
    pub(crate) is_folder: bool,
    pub(crate) enabled: bool,
}

/// The values that we read of a schedule.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(crate) struct ScheduleValues<'a> {
    domains: Option<List<'a>>,
    destination: Option<List<'a>>,
    features: Option<List<'a>>,
    format: Option<List<'a>>,
    enabled: Option<List<'a>>,
    cron_schedule: Option<List<'a>>,
}

impl Record for Schedule {
    type Object<'a> = Object<'a, ScheduleValues<'a>>;

    fn read(Object { name: id, values }: Self::Object<'_>) -> Result<Self, Unrecognised> {
        objects::check_name(&id)?;
        let reader = Reader(&id);
        let words = |list: Option<List<'_>>| list.map(|it| it.words()).unwrap_or_default();
        let destinations = values.destination.map(List::all).unwrap_or_default();
        let features = words(values.features);
        Ok(Self {
            domains: words(values.domains),
            destinations: destinations.into_iter().map(Into::into).collect(),
            features: if features == ["All"] { Vec::new() } else { features },
            schedule: reader.one(values.cron_schedule, "cron_schedule")?.unwrap_or_default(),
            is_folder: reader.some(values.format, "format")?.starts_with("One file per server"),
            enabled: match reader.some(values.enabled, "enabled")?.as_str() {
                "Yes" => true,
                "No" => false,
                _ => return Err(reader.wrong("enabled")),
            },
            id: id.into_owned(),
        })
    }
}

/// The call that lists the backups of a virtual server.
pub(crate) fn runs(domain: &str) -> Result<Request, Refusal> {
    Request::on(&programs::backups::LOGS, domain)
}

/// The call that lists all schedules: with a domain, the panel lists those that its owner made, and none of ours.
pub(crate) fn schedules() -> Request {
    Request::new(&programs::backups::LIST_SCHEDULED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of `list-backup-logs.pl` of 8.1.0.
    const RUN: &str = r#"{"name":"1795231561-4711-1","values":{"domains":["a.test b.test"],"failed_domains":["b.test"],
        "destination":["ssh://praho:s3cret@vault.test:/a"],"final_size":["118340"],"final_status":["OK"]}}"#;

    fn run(json: &str) -> Result<Run, Unrecognised> {
        Run::read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_run_is_good_for_one_virtual_server_and_not_for_another() {
        let run = run(RUN).unwrap();
        assert_eq!((run.ended_unix_seconds, run.bytes), (1_795_231_561, Some(118_340)));
        assert!(run.is_good("a.test") && !run.is_good("b.test"));
        let there = Secret::from("ssh://praho:s3cret@vault.test:/a".to_owned());
        assert!(run.is("a.test", &there) && !run.is("c.test", &there));
        assert!(!run.is("a.test", &Secret::from("/a".to_owned())));
        assert!(!format!("{run:?}").contains("s3cret"));
        for (good, bad) in
            [("\"OK\"", "\"Maybe\""), ("1795231561-", "x-"), ("\"destination\"", "\"d\"")]
        {
            assert!(self::run(&RUN.replace(good, bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_schedule_without_features_has_all() {
        let json = r#"{"name":"179523156100007","values":{"domains":["a.test"],"destination":["/b","/c"],
            "features":["All"],"format":["One file per server"],"enabled":["No"],"cron_schedule":["0 3 * * 1"]}}"#;
        let read = |json: &str| Schedule::read(serde_json::from_str(json).unwrap());
        let schedule = read(json).unwrap();
        assert!(schedule.features.is_empty() && schedule.is_folder && !schedule.enabled);
        assert_eq!((schedule.destinations.len(), schedule.schedule.as_str()), (2, "0 3 * * 1"));
        assert!(read(&json.replace("\"No\"", "\"Maybe\"")).is_err());
    }
}
