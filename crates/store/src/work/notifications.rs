//! Notifications that PostgreSQL sends to a listening connection (`LISTEN`, PostgreSQL manual).

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{ACQUIRE_TIMEOUT, Error, Result, Store};

/// The shortest time between two attempts to reconnect.
const RECONNECT_EVERY: Duration = Duration::from_secs(1);

/// A listening connection, which reconnects by itself.
pub struct Notifications {
    options: PgConnectOptions,
    channels: Vec<String>,
    /// `None` from a lost connection until the next one.
    listener: Option<PgListener>,
    reconnects: Interval,
}

/// A notification on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The channel; empty after a lost connection.
    pub channel: String,
    /// The payload, such as a job's id. Empty after a lost connection, when any notification may have been missed.
    pub payload: String,
}

impl Store {
    /// Listens to `channels` on a connection of its own. Read the tables after this returns, because earlier
    /// changes bring no notification.
    pub async fn listen(&self, channels: &[&str]) -> Result<Notifications> {
        let options = self.db.get_postgres_connection_pool().connect_options();
        let options = (*options).clone();
        let channels: Vec<String> = channels.iter().map(|&channel| channel.to_owned()).collect();
        let listener = Some(connect(&options, &channels).await?);
        let mut reconnects = interval(RECONNECT_EVERY);
        reconnects.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Notifications { options, channels, listener, reconnects })
    }
}

impl Notifications {
    /// The next notification, or an empty one after the connection was lost and made again. The future may be
    /// dropped at any time.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the connection could not be made again. The next call tries again, after a second
    /// at the earliest.
    pub async fn next(&mut self) -> Result<Notification> {
        if let Some(listener) = &mut self.listener {
            match listener.try_recv().await {
                Ok(Some(notification)) => {
                    return Ok(Notification {
                        channel: notification.channel().to_owned(),
                        payload: notification.payload().to_owned(),
                    });
                }
                // The driver reports some breaks, such as a reset by the peer, as errors of a live connection.
                // Here each counts as a break: a new connection shows what is wrong.
                Ok(None) | Err(_) => self.listener = None,
            }
        }
        self.reconnects.tick().await;
        self.listener = Some(connect(&self.options, &self.channels).await?);
        Ok(Notification { channel: String::new(), payload: String::new() })
    }
}

async fn connect(options: &PgConnectOptions, channels: &[String]) -> Result<PgListener> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.clone());
    let listening = async {
        let mut listener = PgListener::connect_with(&pool).await?;
        // The driver would otherwise reconnect silently, and missed notifications would stay unnoticed.
        listener.eager_reconnect(false);
        listener.listen_all(channels.iter().map(String::as_str)).await?;
        Ok(listener)
    };
    listening.await.map_err(|error: sqlx::Error| Error::from_sqlx(&error))
}
