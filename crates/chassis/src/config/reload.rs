//! Reads a configuration again on SIGHUP and when its file has changed.

use std::time::Duration;

use anyhow::Context;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::{Faults, Section, Source};
use crate::Shutdown;

/// The pause between two looks at the file. A look also sees what a watch of the file does not: a network's file system, or
/// the swapped link of a `ConfigMap`.
const PAUSE: Duration = Duration::from_secs(2);

/// Gives each new configuration to `apply` until a stop is requested. One with faults changes nothing, and the log has its
/// faults.
///
/// # Errors
/// If the process cannot listen for the signal.
pub async fn keep_up<C: Section + Send + 'static>(
    source: Source,
    shutdown: Shutdown,
    apply: impl Fn(C),
) -> anyhow::Result<()> {
    let mut hangups = signal(SignalKind::hangup()).context("SIGHUP cannot be listened for")?;
    let mut looks = interval(PAUSE);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = content(&source).await;
    loop {
        let is_asked = tokio::select! {
            _ = hangups.recv() => true,
            _ = looks.tick() => false,
            () = shutdown.requested() => return Ok(()),
        };
        match again(&source, &mut known, is_asked).await? {
            None => {}
            Some(Ok(config)) => {
                apply(config);
                tracing::info!("the configuration was read again");
            }
            Some(Err(faults)) => tracing::error!(
                "the changed configuration is refused, and the old one counts: {faults}"
            ),
        }
    }
}

/// Reads the configuration again if its file is not as `known`, or if that is asked for.
async fn again<C: Section + Send + 'static>(
    source: &Source,
    known: &mut Option<Vec<u8>>,
    is_asked: bool,
) -> anyhow::Result<Option<Result<C, Faults>>> {
    let present = content(source).await;
    if !is_asked && present == *known {
        return Ok(None);
    }
    *known = present;
    let source = source.clone();
    Ok(Some(tokio::task::spawn_blocking(move || source.load::<C>()).await?))
}

/// The text of the file; `None` if there is none.
async fn content(source: &Source) -> Option<Vec<u8>> {
    tokio::fs::read(source.file()?).await.ok()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, fs};

    use super::*;
    use crate::config::Keys;

    struct Only(u64);

    impl Section for Only {
        fn read(keys: &mut Keys<'_>) -> Self {
            Self(keys.number("pace", 1, 1..=9))
        }
    }

    #[tokio::test]
    async fn a_changed_file_is_read_again_and_a_wrong_one_is_refused() {
        let scratch = testkit::Scratch::new("reload");
        let file = scratch.path().join("service.toml");
        let write = |pace: &str| fs::write(&file, format!("pace = {pace}")).unwrap();
        write("2");
        let source = Source::new(Some(file.clone()), HashMap::new(), &[]);
        let mut known = content(&source).await;
        assert!(again::<Only>(&source, &mut known, false).await.unwrap().is_none());
        write("20");
        let refused = again::<Only>(&source, &mut known, false).await.unwrap().unwrap();
        assert!(refused.is_err_and(|faults| faults.to_string().contains("pace")));
        assert!(again::<Only>(&source, &mut known, false).await.unwrap().is_none());
        write("3");
        let read = again::<Only>(&source, &mut known, false).await.unwrap().unwrap();
        assert_eq!(read.unwrap().0, 3);
        assert!(again::<Only>(&source, &mut known, true).await.unwrap().is_some());
    }
}
