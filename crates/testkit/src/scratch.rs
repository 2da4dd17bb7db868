//! A folder for one test that takes everything started in it along when it goes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::instance::recorded;
use crate::random::unique;
use crate::servers::directory;

/// A new empty folder; on drop the servers started below it are killed and it is removed.
///
/// It stays behind only when the test's own process is killed; `cargo xtask servers --stop` then
/// takes it away.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder. `name` is for the eye of whoever finds it.
    ///
    /// # Panics
    /// When the target directory cannot be written.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let path = directory().join("scratch").join(unique(name));
        fs::create_dir_all(&path).expect("the target directory can be written");
        Self(path)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Kills and removes what tests that were killed themselves have left behind.
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
        // A dying server may still write a file while its folder goes; the second attempt is after that.
        if fs::remove_dir_all(&self.0).is_err() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
