//! Commands on a host: arguments that no shell interprets, output that is bounded, and an outcome that is known or not.

use std::time::Duration;

use bytes::Bytes;
use russh::{Channel, ChannelMsg, client::Msg};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    connection::Connection,
    error::{NotRun, Why},
    quote,
};

/// The most bytes of input. It is sent before any output is read, so it must fit into the window of an OpenSSH server, 2 MiB.
const MOST_INPUT: usize = 32 << 10;
/// How long output may be silent after the command has ended. What it left running may keep the output open for ever.
const AFTERMATH: Duration = Duration::from_secs(2);
/// Output of the second kind (RFC 4254 section 5.2).
const STDERR: u32 = 1;

/// A command, and how much of its output the caller takes. It is not printed, since it may hold secrets.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    /// The program and its arguments.
    pub arguments: &'a [&'a str],
    /// What the command reads; it always meets an end.
    pub stdin: &'a [u8],
    /// The most bytes of its output.
    pub stdout_at_most: usize,
    /// The most bytes of its errors.
    pub stderr_at_most: usize,
}

/// What a command wrote, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub ended: Ended,
    /// Its output.
    pub stdout: Vec<u8>,
    /// Its errors.
    pub stderr: Vec<u8>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Status(u32),
    /// By this signal, such as `KILL`.
    Signal(String),
}

/// A piece of what a command writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Of its output.
    Stdout(Bytes),
    /// Of its errors.
    Stderr(Bytes),
}

/// A command that has begun.
pub struct Running<'c> {
    channel: Channel<Msg>,
    ended: Option<Ended>,
    _connection: &'c Connection,
}

impl Connection {
    /// Runs a command to its end, all before `deadline`. A command that is given up may go on running.
    ///
    /// # Errors
    ///
    /// [`NotRun`]. An exit status that is not zero is no error.
    pub async fn run(&self, command: Command<'_>, deadline: Instant) -> Result<Output, NotRun> {
        let began = self.start(command.arguments, command.stdin, deadline).await?;
        timeout_at(deadline, began.collect(command))
            .await
            .unwrap_or(Err(Why::TimedOut))
            .map_err(NotRun::MayHaveBegun)
    }

    /// Begins a command, whose output the caller reads.
    ///
    /// # Errors
    ///
    /// [`NotRun`].
    pub async fn start(
        &self,
        arguments: &[&str],
        stdin: &[u8],
        deadline: Instant,
    ) -> Result<Running<'_>, NotRun> {
        let line = quote::line(arguments).map_err(NotRun::NotBegun)?;
        if stdin.len() > MOST_INPUT {
            return Err(NotRun::NotBegun(Why::TooLong { stream: "stdin", bound: MOST_INPUT }));
        }
        let channel = timeout_at(deadline, self.channel()).await.map_err(|_| Why::TimedOut);
        let mut channel = channel.and_then(|it| Ok(it?)).map_err(NotRun::NotBegun)?;
        if deadline <= Instant::now() {
            return Err(NotRun::NotBegun(Why::TimedOut));
        }
        let begin = async {
            channel.exec(true, line).await?;
            loop {
                match channel.wait().await {
                    Some(ChannelMsg::Success) => break,
                    Some(ChannelMsg::Failure) => return Ok(false),
                    Some(_) => {}
                    None => return Err(hung_up()),
                }
            }
            if !stdin.is_empty() {
                channel.data_bytes(Bytes::copy_from_slice(stdin)).await?;
            }
            channel.eof().await?;
            Ok(true)
        };
        match timeout_at(deadline, begin).await {
            Ok(Ok(true)) => Ok(Running { channel, ended: None, _connection: self }),
            Ok(Ok(false)) => Err(NotRun::NotBegun(Why::Refused)),
            Ok(Err(why)) => Err(NotRun::MayHaveBegun(why)),
            Err(_) => Err(NotRun::MayHaveBegun(Why::TimedOut)),
        }
    }
}

impl Running<'_> {
    /// The next piece of what the command writes; `None` at its end.
    ///
    /// # Errors
    ///
    /// If the connection breaks before the command has ended.
    pub async fn chunk(&mut self) -> Result<Option<Chunk>, Why> {
        loop {
            let message = match self.ended {
                None => self.channel.wait().await,
                Some(_) => timeout(AFTERMATH, self.channel.wait()).await.unwrap_or_default(),
            };
            match message {
                Some(ChannelMsg::Data { data }) => return Ok(Some(Chunk::Stdout(data))),
                Some(ChannelMsg::ExtendedData { data, ext: STDERR }) => {
                    return Ok(Some(Chunk::Stderr(data)));
                }
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    self.ended = Some(Ended::Status(exit_status));
                }
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    self.ended = Some(Ended::Signal(format!("{signal_name:?}")));
                }
                Some(ChannelMsg::Close) | None if self.ended.is_some() => return Ok(None),
                Some(ChannelMsg::Close) | None => return Err(hung_up()),
                Some(_) => {}
            }
        }
    }

    /// How the command ended.
    ///
    /// # Errors
    ///
    /// If it has not ended as far as [`chunk`](Self::chunk) has read.
    pub fn ended(self) -> Result<Ended, Why> {
        self.ended.ok_or_else(hung_up)
    }

    async fn collect(mut self, bounds: Command<'_>) -> Result<Output, Why> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(chunk) = self.chunk().await? {
            let (stream, kept, bound, more) = match chunk {
                Chunk::Stdout(more) => ("stdout", &mut stdout, bounds.stdout_at_most, more),
                Chunk::Stderr(more) => ("stderr", &mut stderr, bounds.stderr_at_most, more),
            };
            if kept.len() + more.len() > bound {
                return Err(Why::TooLong { stream, bound });
            }
            kept.extend_from_slice(&more);
        }
        Ok(Output { ended: self.ended()?, stdout, stderr })
    }
}

fn hung_up() -> Why {
    Why::Lost("the host hung up before the command had ended".to_owned())
}
