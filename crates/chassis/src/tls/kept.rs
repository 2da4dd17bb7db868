//! A configuration that is made again when its files have changed; after a bad change the old one stays.

use std::sync::{Arc, Mutex, PoisonError};

use super::files::{Contents, FileProblem, Files};

/// The configuration that the files last described.
pub(crate) struct Kept<F: Files> {
    files: F,
    state: Mutex<State<F::Config>>,
    finish: fn(&mut F::Config),
}

struct State<C> {
    config: Arc<C>,
    used: Contents,
    /// The last problem, so that it is told once.
    told: Option<String>,
}

impl<F: Files> Kept<F> {
    /// Reads the files. `finish` sets what is the same for all of them, as ALPN is.
    pub(crate) fn new(files: F, finish: fn(&mut F::Config)) -> Result<Self, FileProblem> {
        let used = files.read()?;
        let mut config = files.config(&used)?;
        finish(&mut config);
        let state = State { config: Arc::new(config), used, told: None };
        Ok(Self { files, state: Mutex::new(state), finish })
    }

    /// The present configuration.
    pub(crate) fn current(&self) -> Arc<F::Config> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// Looks at the files, and takes what has changed for all connections to come.
    ///
    /// The files are small and seldom change, so they are read as a whole; a modification time would not show that a
    /// link points elsewhere.
    pub(crate) fn look(&self) {
        let read = self.files.read();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_ok_and(|contents| *contents == state.used) {
            state.told = None;
            return;
        }
        match read.and_then(|contents| Ok((self.files.config(&contents)?, contents))) {
            Ok((mut config, used)) => {
                (self.finish)(&mut config);
                *state = State { config: Arc::new(config), used, told: None };
                tracing::info!("took the new certificate");
            }
            Err(problem) => {
                let problem = problem.to_string();
                if state.told.as_ref() != Some(&problem) {
                    tracing::error!(
                        problem,
                        "a changed certificate is of no use; the old one stays"
                    );
                    state.told = Some(problem);
                }
            }
        }
    }
}
