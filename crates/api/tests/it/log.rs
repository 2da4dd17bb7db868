//! A log in memory.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// A log in memory. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes the log of this process. `false` where another test of the process has taken it before, which happens
    /// without nextest.
    pub(crate) fn take(&self) -> bool {
        let filter = EnvFilter::new("debug,h2=info,hyper=info,hyper_util=info,lapin=info");
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(self.clone());
        log.with_env_filter(filter).try_init().is_ok()
    }

    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
