//! The state on disk: a snapshot, and one line for each later change.
//!
//! Lines are appended before the program's answer is sent, so a killed simulator loses nothing. Rewriting the whole
//! state each time would be slow with a thousand domains. At the start both files are read, and one rename replaces
//! the snapshot.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::state::{Change, State};

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    lines: File,
}

impl Journal {
    /// Reads the state from `directory` (created if absent), merges the journal into the snapshot, and opens an
    /// empty journal.
    ///
    /// # Errors
    /// If the directory cannot be used, or the snapshot is not one of this program.
    pub(super) fn open(directory: &Path) -> Result<(State, Self)> {
        let (snapshot, journal) = (directory.join("state.json"), directory.join("journal.jsonl"));
        let mut state = read_snapshot(&snapshot)?;
        replay(&mut state, &journal).with_context(|| format!("reading {}", journal.display()))?;
        write_atomically(&snapshot, &serde_json::to_vec(&state)?)
            .with_context(|| format!("writing {}", snapshot.display()))?;
        let lines =
            File::create(&journal).with_context(|| format!("creating {}", journal.display()))?;
        Ok((state, Self { lines }))
    }

    /// Appends changes in one write.
    pub(super) fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut text = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut text, change)?;
            text.push(b'\n');
        }
        self.lines.write_all(&text)
    }
}

fn read_snapshot(path: &Path) -> Result<State> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not a simulator's state; remove it", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::fresh()),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Applies the journal. A kill may cut off the last line; no client had an answer for it, so reading ends there.
fn replay(state: &mut State, path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).lines() {
        match serde_json::from_str::<Change>(&line?) {
            Ok(change) => state.apply(change),
            Err(_) => break,
        }
    }
    Ok(())
}

fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh: PathBuf = path.with_extension("new");
    fs::write(&fresh, bytes)?;
    fs::rename(fresh, path)
}
