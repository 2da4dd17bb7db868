//! One operating-system process, known by pid and start time, so that a reused pid is never mistaken for it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::eventually::poll;

/// A process that somebody started, and that can be signalled from any other process of the same user.
///
/// The pair of pid and start time (field 22 of `/proc/PID/stat`, see proc(5)) names one process for
/// as long as the machine is up: after the process ends the same pid may come back, the pair does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pid: i32,
    started: u64,
}

impl Process {
    /// Starts `command` in a process group of its own, with both outputs appended to `log`.
    ///
    /// The group keeps a Ctrl-C at the terminal away from it, and it outlives the process that
    /// called this. Its end is waited for in a thread, so it never stays behind as a zombie.
    pub fn spawn(command: &mut Command, log: &Path) -> io::Result<Self> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let output = OpenOptions::new().create(true).append(true).open(log)?;
        let errors = output.try_clone()?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
        let mut child = command.spawn()?;
        let process = Self::of(child.id().cast_signed());
        std::thread::spawn(move || child.wait());
        Ok(process)
    }

    /// The process that has this pid now.
    pub(crate) fn of(pid: i32) -> Self {
        Self { pid, started: stat(pid).map_or(0, |stat| stat.started) }
    }

    /// The pid, for messages.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether this very process still runs. A zombie does not, once its last thread has ended: until then
    /// the killed process has its files and ports open.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| {
            stat.started == self.started && (stat.state != 'Z' || stat.threads > 1)
        })
    }

    /// Sends SIGKILL to the process and to its group: no clean-up, as after a power cut.
    pub fn kill(&self) {
        self.signal_group(Signal::KILL);
    }

    /// Freezes the process with SIGSTOP, as a long pause of its machine would, and waits until it stands.
    pub async fn pause(&self) {
        self.signal_group(Signal::STOP);
        // The signal is only pending at first, and others would overtake it.
        let stands = async || match stat(self.pid) {
            Some(Stat { state: 'T', .. }) | None => Ok(()),
            Some(_) => Err(()),
        };
        let _ = poll(Duration::from_secs(5), stands).await;
    }

    /// Thaws the process after [`Process::pause`].
    pub fn resume(&self) {
        self.signal_group(Signal::CONT);
    }

    /// Sends SIGTERM: the polite request to finish and leave.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGINT, which PostgreSQL takes as "fast shutdown".
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Asks the process to leave, waits up to `grace`, and kills it if it has not left by then.
    ///
    /// Answers whether it left by itself.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.terminate();
        let left = self.gone(grace).await;
        if !left {
            self.kill();
            self.gone(Duration::from_secs(5)).await;
        }
        left
    }

    /// Waits up to `limit` for the process to end; whether it did.
    pub async fn gone(&self, limit: Duration) -> bool {
        poll(limit, async || if self.is_alive() { Err(()) } else { Ok(()) }).await.is_ok()
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.target() {
            // The only error left is that it ended a moment ago, which is what the caller wants to cause.
            let _ = kill_process(pid, signal);
        }
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(pid) = self.target() {
            // One that leads no group, such as the child of a script that we started, is signalled alone.
            let _ = kill_process_group(pid, signal).or_else(|_| kill_process(pid, signal));
        }
    }

    fn target(&self) -> Option<Pid> {
        if self.is_alive() { Pid::from_raw(self.pid) } else { None }
    }
}

struct Stat {
    state: char,
    threads: u32,
    started: u64,
}

/// Reads `/proc/PID/stat`. The command's name may hold spaces and brackets, so the fields are
/// counted from the last closing bracket.
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
