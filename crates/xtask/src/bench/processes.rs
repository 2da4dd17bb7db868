//! The costs of processes as Linux counts them (proc(5)): processor time and memory.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Clock ticks per second in `/proc/PID/stat`: `USER_HZ`, which is 100 on every supported architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time so far, by the name of the part.
pub(crate) type Seconds = BTreeMap<String, f64>;

/// The measured parts: a name, and the pid at the root of its process tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts(Vec<(String, i32)>);

/// The memory of a service, in KiB.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) service: String,
    /// Resident memory once the service is ready.
    pub(crate) idle_kib: u64,
    /// Peak of the resident memory.
    pub(crate) peak_kib: u64,
}

struct Row {
    pid: i32,
    parent: i32,
    ticks: f64,
}

impl Parts {
    pub(crate) fn add(&mut self, name: &str, pid: i32) {
        self.0.push((name.to_owned(), pid));
    }

    /// Adds the process whose command line contains `text` while its parent's does not.
    pub(crate) fn add_by_command_line(&mut self, name: &str, text: &str) -> Result<()> {
        let rows = rows();
        let holds = |pid: i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(text)
        };
        let own = std::process::id().cast_signed();
        let mut roots = rows.iter().filter(|row| row.pid != own && holds(row.pid));
        let root = roots.find(|row| !holds(row.parent));
        let root = root.with_context(|| format!("no process of {name} is found"))?;
        self.add(name, root.pid);
        Ok(())
    }

    /// The processor time of each part so far, with its child processes, also ended ones.
    pub(crate) fn seconds(&self) -> Seconds {
        let rows = rows();
        let mut children: HashMap<i32, Vec<&Row>> = HashMap::new();
        for row in &rows {
            children.entry(row.parent).or_default().push(row);
        }
        let mut seconds = Seconds::new();
        for (name, root) in &self.0 {
            let mut ticks = 0.0;
            let mut left: Vec<&Row> = rows.iter().filter(|row| row.pid == *root).collect();
            while let Some(row) = left.pop() {
                ticks += row.ticks;
                // This process's own children are separate parts.
                if *root != std::process::id().cast_signed() {
                    left.extend(children.get(&row.pid).into_iter().flatten());
                }
            }
            *seconds.entry(name.clone()).or_default() += ticks / TICKS_PER_SECOND;
        }
        seconds
    }
}

/// The processor time between two measurements.
pub(crate) fn spent(before: &Seconds, after: &Seconds) -> Seconds {
    let since = |name: &String| before.get(name).copied().unwrap_or_default();
    after.iter().map(|(name, seconds)| (name.clone(), (seconds - since(name)).max(0.0))).collect()
}

fn rows() -> Vec<Row> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| row(&entry.path())).collect()
}

fn row(process: &Path) -> Option<Row> {
    let pid = process.file_name()?.to_str()?.parse().ok()?;
    let text = fs::read_to_string(process.join("stat")).ok()?;
    // A command name may contain spaces and brackets, so the fields are counted from the last closing
    // bracket: ppid is the 4th field of all, utime, stime, cutime and cstime are the 14th to 17th.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|it| it.parse::<f64>().ok()).sum();
    Some(Row { pid, parent: fields.get(1)?.parse().ok()?, ticks })
}

/// A line of `/proc/PID/status` in KiB: `VmRSS` is the resident memory now, `VmHWM` its peak.
pub(crate) fn memory_kib(pid: i32, line: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let value = text.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':'));
    let value = value.and_then(|it| it.split_whitespace().next()?.parse().ok());
    value.with_context(|| format!("{path} tells no {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_this_very_process() {
        let own = std::process::id().cast_signed();
        assert!(memory_kib(own, "VmHWM").unwrap() >= memory_kib(own, "VmRSS").unwrap() / 2);
        let mut parts = Parts::default();
        parts.add("own", own);
        let before = parts.seconds();
        assert!(before.contains_key("own"));
        assert!(spent(&before, &parts.seconds())["own"] >= 0.0);
    }

    #[test]
    fn the_spent_time_counts_a_new_process_in_full() {
        let after = Seconds::from([("a".to_owned(), 3.0), ("b".to_owned(), 2.0)]);
        let before = Seconds::from([("a".to_owned(), 1.0)]);
        assert_eq!(
            spent(&before, &after),
            Seconds::from([("a".to_owned(), 2.0), ("b".to_owned(), 2.0)])
        );
    }
}
