//! The system account for PostgreSQL, which refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

const NAME: &str = "postgres";

/// The account that runs PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The user of this process, if it is not root.
    Own,
    /// The account `postgres` of the Debian package, if this process runs as root.
    Packaged {
        user: u32,
        group: u32,
        /// Whether some folder above the data is closed to other users than root. The server then needs the
        /// capability to pass it.
        passes_closed_folders: bool,
    },
}

impl Account {
    /// The account for a server whose files are below `directory`.
    pub(super) fn for_directory(directory: &Path) -> Result<Self> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let (user, group) = ids(&passwd).context(
            "PostgreSQL does not run as root and there is no user postgres: install Debian's package postgresql",
        )?;
        let closed = |folder: &Path| {
            fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o001 == 0)
        };
        Ok(Self::Packaged { user, group, passes_closed_folders: directory.ancestors().any(closed) })
    }

    /// A command that runs `program` under this account.
    pub(super) fn command(self, program: &Path) -> Command {
        let Self::Packaged { user, group, passes_closed_folders } = self else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={user}")).arg(format!("--regid={group}"));
        command.arg("--clear-groups");
        if passes_closed_folders {
            command.args(["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Gives a file or folder to this account.
    pub(super) fn give(self, path: &Path) -> Result<()> {
        if let Self::Packaged { user, group, .. } = self {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("cannot give {} to {NAME}", path.display()))?;
        }
        Ok(())
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The ids of the user and group `postgres` in the text of `/etc/passwd`.
fn ids(passwd: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(NAME))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_ids_of_postgres_and_not_of_a_similar_name() {
        let passwd = "root:x:0:0::/:/bin/sh\npostgres2:x:7:7:::\npostgres:x:101:104:a:/b:/bin/sh\n";
        assert_eq!(ids(passwd), Some((101, 104)));
        assert_eq!(ids("root:x:0:0::/:/bin/sh"), None);
    }
}
