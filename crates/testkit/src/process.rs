//! A process of the operating system, identified by pid and start time, so that a reused pid is never
//! mistaken for it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::eventually::poll;

/// A process that any process of the same user can signal.
///
/// The pair of pid and start time (field 22 of `/proc/PID/stat`, see proc(5)) identifies one process for the
/// uptime of the machine: a pid may be reused, the pair is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pid: i32,
    started: u64,
}

impl Process {
    /// Starts `command` in a new process group, and appends both outputs to `log`.
    ///
    /// The group protects the process from a Ctrl-C at the terminal, and the process outlives its parent. A
    /// thread waits for its end, so it never stays a zombie.
    pub fn spawn(command: &mut Command, log: &Path) -> io::Result<Self> {
        let output = appended(log)?;
        let errors = output.try_clone()?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        let mut child = command.spawn()?;
        let process = Self::of(child.id().cast_signed());
        std::thread::spawn(move || child.wait());
        Ok(process)
    }

    /// The process that now has this pid.
    pub(crate) fn of(pid: i32) -> Self {
        Self { pid, started: stat(pid).map_or(0, |stat| stat.started) }
    }

    /// The process id, for messages.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether this process still runs. A zombie counts as running until its last thread ends: until then the
    /// killed process keeps its files and ports open.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| {
            stat.started == self.started && (stat.state != 'Z' || stat.threads > 1)
        })
    }

    /// Sends SIGKILL to the process and its group: no clean-up, as after a power cut.
    pub fn kill(&self) {
        self.signal_group(Signal::KILL);
    }

    /// Freezes the process with SIGSTOP, like a long pause of its machine, and waits until it has stopped.
    pub async fn pause(&self) {
        self.signal_group(Signal::STOP);
        // The signal is pending at first, and later signals could overtake it.
        let stands = async || match stat(self.pid) {
            Some(Stat { state: 'T', .. }) | None => Ok(()),
            Some(_) => Err(()),
        };
        let _ = poll(Duration::from_secs(5), stands).await;
    }

    /// Resumes the process after [`Process::pause`].
    pub fn resume(&self) {
        self.signal_group(Signal::CONT);
    }

    /// Sends SIGTERM, the request to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGINT, which PostgreSQL treats as "fast shutdown".
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends SIGTERM, waits up to `grace`, and then kills the process.
    ///
    /// Returns whether the process ended by itself.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.terminate();
        let left = self.gone(grace).await;
        if !left {
            self.kill();
            self.gone(Duration::from_secs(5)).await;
        }
        left
    }

    /// Waits up to `limit` for the end of the process; returns whether it ended.
    pub async fn gone(&self, limit: Duration) -> bool {
        poll(limit, async || if self.is_alive() { Err(()) } else { Ok(()) }).await.is_ok()
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.target() {
            // The only possible error is that the process has just ended, which is the aim anyway.
            let _ = kill_process(pid, signal);
        }
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(pid) = self.target() {
            // A process that leads no group, such as the child of a script, is signalled alone.
            let _ = kill_process_group(pid, signal).or_else(|_| kill_process(pid, signal));
        }
    }

    fn target(&self) -> Option<Pid> {
        if self.is_alive() { Pid::from_raw(self.pid) } else { None }
    }
}

/// Opens a log to append to it, in a folder that is made if it does not exist.
pub(crate) fn appended(log: &Path) -> io::Result<File> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(log)
}

struct Stat {
    state: char,
    threads: u32,
    started: u64,
}

/// Reads `/proc/PID/stat`. A command name may contain spaces and brackets, so the fields are counted from the
/// last closing bracket.
fn stat(pid: i32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        threads: fields.get(17)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Process {
        Process::spawn(Command::new("sleep").arg("60"), &folder.join("log")).unwrap()
    }

    #[tokio::test]
    async fn lives_until_it_is_killed() {
        let folder = crate::Scratch::new("process");
        let process = sleeper(folder.path());
        assert!(process.is_alive());
        process.kill();
        assert!(process.gone(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn leaves_by_itself_when_asked_to() {
        let folder = crate::Scratch::new("process");
        let process = sleeper(folder.path());
        assert!(process.stop(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn a_paused_process_does_not_leave_until_resumed() {
        let folder = crate::Scratch::new("process");
        let process = sleeper(folder.path());
        process.pause().await;
        process.terminate();
        assert!(!process.gone(Duration::from_millis(200)).await);
        process.resume();
        assert!(process.gone(Duration::from_secs(5)).await);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let own = std::process::id().cast_signed();
        assert!(Process::of(own).is_alive());
        assert!(!Process { pid: own, started: 1 }.is_alive());
    }
}
