//! Whether other users of the machine may use a file with a secret.

use std::{fs::File, io, os::unix::fs::PermissionsExt};

/// The permission bits of users who are neither the file's owner nor in its group.
const OTHERS: u32 = 0o007;

/// The permission bits of an open file that other users may use; `None` if they may not.
pub(crate) fn of(file: &File) -> io::Result<Option<u32>> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & OTHERS != 0).then_some(mode))
}
