//! Backups and schedules in answers, without the logins of their destinations.

use contracts::gateway::v1;
use model::secret::Secret;

use crate::panel::{
    backups::{Run, Schedule},
    redact,
};

fn place(destination: &Secret) -> String {
    redact::without_logins(destination.expose())
}

impl From<Run> for v1::Backup {
    fn from(run: Run) -> Self {
        Self {
            place: place(&run.destination),
            id: run.id,
            succeeded: run.succeeded,
            ended_unix_seconds: run.ended_unix_seconds,
            bytes: run.bytes,
        }
    }
}

impl From<Schedule> for v1::BackupSchedule {
    fn from(schedule: Schedule) -> Self {
        Self {
            places: schedule.destinations.iter().map(place).collect(),
            id: schedule.id,
            features: schedule.features,
            schedule: schedule.schedule,
            enabled: schedule.enabled,
        }
    }
}
