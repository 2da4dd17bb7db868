//! Resources that jobs hold while they run: each has a name and a number of units.

use crate::{
    Result, Tx,
    statement::{execute, sql},
};

impl Tx {
    /// Adds a resource, or changes its number of units.
    pub async fn ensure_resource(&self, name: &str, capacity: u32) -> Result<()> {
        let capacity = i32::try_from(capacity).unwrap_or(i32::MAX);
        let statement = sql(
            "INSERT INTO resources (name, capacity) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET capacity = excluded.capacity",
            [name.into(), capacity.into()],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}
