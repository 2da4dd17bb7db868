//! Files of environment variables that a shell can source and a program can read.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes `export NAME='value'` lines to `path`. Only the owner can read the file, because values hold
/// passwords.
///
/// The file is replaced by a rename, so a reader never sees half of it.
pub fn write(path: &Path, variables: &[(&str, String)]) -> io::Result<()> {
    let mut text = String::new();
    for (name, value) in variables {
        text.push_str(&format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
    }
    write_private(path, &text)
}

/// Reads the variables of a file that [`write`] has written.
pub fn read(path: &Path) -> io::Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(path)?;
    Ok(text
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, value)| {
            let value = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            (name.to_owned(), value.unwrap_or_default().replace(r"'\''", "'"))
        })
        .collect())
}

/// Replaces the file at `path` with one that holds `text` and has mode 0600.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_value_with_quotes_survives_and_only_its_owner_can_read_it() {
        let folder = crate::Scratch::new("environment");
        let path = folder.path().join("env");
        let value = r#"it's "quoted" $HOME"#.to_owned();
        write(&path, &[("NAME", value.clone())]).unwrap();
        assert_eq!(read(&path).unwrap()["NAME"], value);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let shell = std::process::Command::new("sh")
            .args(["-c", r#". "$0" && printf %s "$NAME""#])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(shell.stdout).unwrap(), value);
    }
}
