//! Reads passwords and keys from a file, a pipe or a hidden prompt, never from an argument, which others can see.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Read, Write, stdin},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use console::Term;
use model::secret::Secret;

use crate::failure::Failure;

/// A new password, which is generated if none is given
#[derive(Args, Debug, Default)]
pub(crate) struct NewPassword {
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// A file with the password
    #[arg(long, value_name = "PATH", conflicts_with = "password_stdin")]
    password_file: Option<PathBuf>,
}

impl NewPassword {
    /// The given password; `None` if one is to be generated.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) fn read(&self) -> Result<Option<Secret>, Failure> {
        match &self.password_file {
            None if !self.password_stdin => Ok(None),
            file => read("password", file.as_deref()).map(Some),
        }
    }
}

/// The longest secret, in bytes.
const MOST: u64 = 64 * 1024;

/// The secret from the file, from standard input, or typed at the terminal, without the line's end. `what`
/// names it in messages, such as `password`.
///
/// # Errors
/// If the file cannot be read, or no secret is given.
pub(crate) fn read(what: &'static str, file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) => fs::read_to_string(path).map_err(|error| {
            Failure::Usage(format!("the {what} file {} cannot be read: {error}", path.display()))
        })?,
        None => typed(what).map_err(|source| Failure::Local { what: "cannot ask", source })?,
    };
    let secret = Secret::from(text.trim_end_matches(['\r', '\n']).to_owned());
    if secret.is_empty() {
        let option = what.replace(' ', "-");
        return Err(Failure::Usage(format!(
            "no {what} was given: name a file with --{option}-file, or pipe it in"
        )));
    }
    Ok(secret)
}

fn typed(what: &str) -> io::Result<String> {
    if stdin().is_terminal() {
        let terminal = Term::stderr();
        terminal.write_str(&format!("{what}: "))?;
        return terminal.read_secure_line();
    }
    let mut text = String::new();
    stdin().take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// A new file for one secret. The file is removed if no secret was written.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: File,
    path: PathBuf,
    full: bool,
}

impl Keeper {
    /// Creates the file, readable by its owner only.
    ///
    /// # Errors
    /// If the file exists already or cannot be created.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| {
            Failure::Usage(format!("the file {} cannot be made: {error}", path.display()))
        })?;
        Ok(Self { file, path: path.to_owned(), full: false })
    }

    /// Writes the secret and a line end.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn keep(mut self, secret: &Secret) -> Result<(), Failure> {
        let line = Secret::from(format!("{}\n", secret.expose()));
        let written =
            self.file.write_all(line.expose().as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(|source| Failure::Local {
            what: "the secret cannot be kept, and is lost",
            source,
        })?;
        self.full = true;
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if !self.full {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use testkit::Scratch;

    use super::*;

    #[test]
    fn the_end_of_the_line_is_no_part_of_a_password() {
        let scratch = Scratch::new("praho-secret");
        let file = scratch.path().join("password");
        fs::write(&file, " with blanks \r\n").unwrap();
        assert_eq!(read("password", Some(&file)).unwrap().expose(), " with blanks ");
    }

    #[test]
    fn an_empty_file_is_refused() {
        let scratch = Scratch::new("praho-secret");
        let file = scratch.path().join("key");
        fs::write(&file, "\n").unwrap();
        let error = read("API key", Some(&file)).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("no API key"), "{error}");
    }

    #[test]
    fn a_kept_secret_is_for_its_owner_alone_and_replaces_nothing() {
        let scratch = Scratch::new("praho-secret");
        let path = scratch.path().join("token");
        drop(Keeper::open(&path).unwrap());
        assert!(!path.exists(), "nothing was kept");
        Keeper::open(&path).unwrap().keep(&"praho_x".to_owned().into()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "praho_x\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keeper::open(&path).unwrap_err().exit_code(), 2);
        assert!(path.exists());
    }
}
