//! What jobs hold while they run: named, with a number of units.

use crate::{
    Result, Tx,
    statement::{execute, sql},
};

impl Tx {
    /// Makes a resource, or changes how many units it has.
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
