//! A folder for one test, removed at the end together with the servers that the test started in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::instance::recorded;
use crate::random::unique;
use crate::servers::directory;

/// A new empty folder. On drop the servers below it are killed and the folder is removed.
///
/// The folder stays only if the test process itself is killed; `cargo xtask servers --stop` then removes it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates the folder. `name` shows a reader which test made it.
    ///
    /// # Panics
    /// If the target directory cannot be written.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let path = directory().join("scratch").join(unique(name));
        fs::create_dir_all(&path).expect("the target directory can be written");
        Self(path)
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Kills the servers and removes the folders of tests that were killed.
    pub fn sweep() {
        let folders = fs::read_dir(directory().join("scratch")).into_iter().flatten().flatten();
        for folder in folders {
            drop(Self(folder.path()));
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for server in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            for process in recorded(&server.path()) {
                process.kill();
            }
        }
        // A dying server may still write a file during the removal, so a second attempt follows.
        if fs::remove_dir_all(&self.0).is_err() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
