//! The archive: rows that leave the database, as JSON lines in files of a directory.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;
use uuid::Uuid;

/// A file of the archive, made with the first rows. Nobody else writes to it.
pub(crate) struct Archive {
    /// `None`: rows are not archived.
    path: Option<PathBuf>,
}

impl Archive {
    /// An archive of rows called `name` in `directory`. By their names, files stand in the order of time.
    pub(crate) fn new(directory: Option<&Path>, name: &str) -> Self {
        let file = format!("{name}-{}.jsonl", Uuid::now_v7().simple());
        Self { path: directory.map(|directory| directory.join(file)) }
    }

    /// Appends each row as a line. The rows are on disk when this returns.
    pub(crate) async fn append(&self, rows: Vec<Value>) -> anyhow::Result<()> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        let written = tokio::task::spawn_blocking(move || {
            write(&path, &rows).with_context(|| format!("the archive {}", path.display()))
        });
        written.await?
    }
}

fn write(path: &Path, rows: &[Value]) -> anyhow::Result<()> {
    let is_new = !path.exists();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let mut lines = BufWriter::new(file);
    for row in rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.write_all(b"\n")?;
    }
    lines.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    if is_new && let Some(directory) = path.parent() {
        // The entry of a new file is on disk only after this (fsync(2)).
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
