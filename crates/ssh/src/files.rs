//! Files on a host, by SFTP.

use model::secret::Secret;
use russh_sftp::{
    client::{Config, SftpSession, error::Error},
    protocol::{FileAttributes, OpenFlags, StatusCode},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{connection::Connection, error::FileError};

/// A file that nobody but its owner may read.
const PRIVATE: u32 = 0o600;

impl Connection {
    /// Reads a file of at most `bound` bytes, before `deadline`.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub async fn read_file(
        &self,
        path: &str,
        bound: usize,
        deadline: Instant,
    ) -> Result<Vec<u8>, FileError> {
        let read = async {
            let file = self.sftp(deadline).await?.open(path).await?;
            let mut content = Vec::new();
            // One byte more, to tell a file that fits from a larger one.
            let most = u64::try_from(bound).unwrap_or(u64::MAX).saturating_add(1);
            file.take(most).read_to_end(&mut content).await.map_err(|error| lost(&error))?;
            if content.len() > bound { Err(FileError::TooLarge { bound }) } else { Ok(content) }
        };
        timeout_at(deadline, read).await.unwrap_or(Err(FileError::TimedOut))
    }

    /// Makes a file that only the user may read. One that is there already is not touched.
    ///
    /// # Errors
    ///
    /// [`FileError`]. The file may be there in part, unless it was there before.
    pub async fn create_file(
        &self,
        path: &str,
        content: &Secret,
        deadline: Instant,
    ) -> Result<(), FileError> {
        let write = async {
            let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
            // Set as the file is made, so that there is no moment in which others may read it.
            let private = FileAttributes { permissions: Some(PRIVATE), ..FileAttributes::empty() };
            let sftp = self.sftp(deadline).await?;
            let mut file = sftp.open_with_flags_and_attributes(path, flags, private).await?;
            let written = file.write_all(content.expose().as_bytes()).await;
            written.map_err(|error| lost(&error))?;
            file.close().await.map_err(|error| lost(&error))
        };
        timeout_at(deadline, write).await.unwrap_or(Err(FileError::TimedOut))
    }

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub async fn remove_file(&self, path: &str, deadline: Instant) -> Result<(), FileError> {
        let remove = async { Ok(self.sftp(deadline).await?.remove_file(path).await?) };
        timeout_at(deadline, remove).await.unwrap_or(Err(FileError::TimedOut))
    }

    async fn sftp(&self, deadline: Instant) -> Result<SftpSession, FileError> {
        let broken = |error: russh::Error| FileError::Lost(error.to_string());
        let channel = self.channel().await.map_err(broken)?;
        channel.request_subsystem(true, "sftp").await.map_err(broken)?;
        // The caller's deadline ends all requests before this.
        let left = deadline.saturating_duration_since(Instant::now()).as_secs().saturating_add(1);
        let config = Config { request_timeout_secs: left, ..Config::default() };
        Ok(SftpSession::new_with_config(channel.into_stream(), config).await?)
    }
}

fn lost(error: &std::io::Error) -> FileError {
    FileError::Lost(error.to_string())
}

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        match error {
            Error::Status(status) => match status.status_code {
                StatusCode::NoSuchFile => Self::Missing,
                StatusCode::PermissionDenied => Self::Denied,
                _ => Self::Refused(status.error_message),
            },
            Error::Timeout => Self::TimedOut,
            error => Self::Lost(error.to_string()),
        }
    }
}
