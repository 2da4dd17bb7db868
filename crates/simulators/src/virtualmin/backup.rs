//! Backups of virtual servers: what was archived, what ran, and what is to run.

use serde::{Deserialize, Serialize};

use super::virtual_server::VirtualServer;

/// A file or folder with archives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Archive {
    /// Where it is, as it was given.
    pub place: String,
    /// The virtual servers as they were.
    pub servers: Vec<VirtualServer>,
}

/// A backup that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupRun {
    /// Its end in seconds since 1970, a process and a number.
    pub id: String,
    /// The domains.
    pub domains: Vec<String>,
    /// Where it went, as it was given.
    pub place: String,
    /// Whether it ended well.
    pub ok: bool,
    /// Whether each virtual server has a file of its own.
    pub separate: bool,
    /// When it began, in seconds since 1970.
    pub started_at: i64,
}

/// A backup that runs on a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupSchedule {
    /// The id, which is digits.
    pub id: String,
    /// The domains; none for all.
    pub domains: Vec<String>,
    /// Where it goes, as it was given.
    pub places: Vec<String>,
    /// The features; none for all.
    pub features: Vec<String>,
    /// A word such as `daily`, or five fields of cron.
    pub schedule: String,
    /// Whether each virtual server has a file of its own.
    pub separate: bool,
    /// Whether it runs.
    pub enabled: bool,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Backups {
    pub(super) archives: Vec<Archive>,
    /// The oldest first.
    pub(super) runs: Vec<BackupRun>,
    pub(super) schedules: Vec<BackupSchedule>,
}

/// A change of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BackupChange {
    /// An archive was written.
    Archive(Archive),
    /// A backup ended.
    Run(BackupRun),
    /// A schedule was added or replaced.
    Schedule(BackupSchedule),
    /// The schedule with this id was removed.
    Unschedule(String),
}

impl Backups {
    /// Makes one change; a repeat changes nothing.
    pub(super) fn apply(&mut self, change: BackupChange) {
        match change {
            BackupChange::Archive(new) => {
                self.archives.retain(|own| own.place != new.place);
                self.archives.push(new);
            }
            BackupChange::Run(new) => {
                self.runs.retain(|own| own.id != new.id);
                self.runs.push(new);
            }
            BackupChange::Schedule(new) => {
                match self.schedules.iter_mut().find(|own| own.id == new.id) {
                    Some(own) => *own = new,
                    None => self.schedules.push(new),
                }
            }
            BackupChange::Unschedule(id) => self.schedules.retain(|own| own.id != id),
        }
    }

    /// The archive at this place.
    pub(super) fn archive(&self, place: &str) -> Option<&Archive> {
        self.archives.iter().find(|it| it.place == place)
    }
}
