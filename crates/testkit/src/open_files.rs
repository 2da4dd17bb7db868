//! The number of files and connections that a test may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of this process as far as its user may, for tests that open thousands of connections.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where it fails, the test tells how many connections it could open.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
