//! What PostgreSQL tells those who listen (`LISTEN`, PostgreSQL manual).

use sqlx::postgres::PgListener;

use crate::{Error, Result, Store};

/// A connection that listens. It connects again by itself.
pub struct Notifications(PgListener);

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where it was said; empty after a lost connection.
    pub channel: String,
    /// What was said; empty after a lost connection, when anything may have been missed.
    pub payload: String,
}

impl Store {
    /// Listens to `channels` on a connection of its own. Look at the tables after this returns: what
    /// changed before was not heard.
    pub async fn listen(&self, channels: &[&str]) -> Result<Notifications> {
        let options = self.db.get_postgres_connection_pool().connect_options();
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(crate::ACQUIRE_TIMEOUT)
            .connect_lazy_with((*options).clone());
        let mut listener =
            PgListener::connect_with(&pool).await.map_err(|it| Error::from_sqlx(&it))?;
        let channels = channels.iter().copied();
        listener.listen_all(channels).await.map_err(|it| Error::from_sqlx(&it))?;
        Ok(Notifications(listener))
    }
}

impl Notifications {
    /// The next notification, or an empty one when the connection was lost and is there again.
    pub async fn next(&mut self) -> Result<Notification> {
        let heard = self.0.try_recv().await.map_err(|it| Error::from_sqlx(&it))?;
        Ok(heard.map_or_else(
            || Notification { channel: String::new(), payload: String::new() },
            |it| Notification { channel: it.channel().to_owned(), payload: it.payload().to_owned() },
        ))
    }
}
