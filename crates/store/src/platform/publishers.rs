//! Publishers: `RabbitMQ` users whose commands act for a tenant.

use model::{ids::PublisherId, tenant::Publisher};
use sea_orm::{Condition, FromQueryResult};
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::word,
    page::{Page, newest},
    statement::{all, execute, one, sql},
};

impl Tx {
    /// Adds a publisher.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] by `publishers_user_name_key`.
    pub async fn insert_publisher(&self, publisher: &Publisher) -> Result<()> {
        let statement = sql(
            "INSERT INTO publishers (id, tenant_id, user_name, role) VALUES ($1, $2, $3, $4)",
            [
                publisher.id.uuid().into(),
                publisher.tenant_id.uuid().into(),
                publisher.user_name.as_str().into(),
                publisher.role.as_str().into(),
            ],
        );
        execute(&self.db, statement).await?;
        Ok(())
    }

    /// Removes a publisher and returns it, if there is one.
    pub async fn delete_publisher(&self, id: PublisherId) -> Result<Option<Publisher>> {
        let text = "DELETE FROM publishers WHERE id = $1 RETURNING *";
        one::<PublisherRow, _>(&self.db, sql(text, [id.uuid().into()])).await
    }
}

impl Store {
    /// A publisher.
    pub async fn publisher(&self, id: PublisherId) -> Result<Option<Publisher>> {
        let text = "SELECT * FROM publishers WHERE id = $1";
        one::<PublisherRow, _>(&self.db, sql(text, [id.uuid().into()])).await
    }

    /// The publisher with this user in `RabbitMQ`.
    pub async fn publisher_named(&self, user_name: &str) -> Result<Option<Publisher>> {
        let text = "SELECT * FROM publishers WHERE user_name = $1";
        one::<PublisherRow, _>(&self.db, sql(text, [user_name.into()])).await
    }

    /// The publishers of all tenants, newest first.
    pub async fn publishers(&self, page: Page) -> Result<Vec<Publisher>> {
        all::<PublisherRow, _>(&self.db, newest("publishers", Condition::all(), page)).await
    }
}

#[derive(FromQueryResult)]
struct PublisherRow {
    id: Uuid,
    tenant_id: Uuid,
    user_name: String,
    role: String,
}

impl TryFrom<PublisherRow> for Publisher {
    type Error = Error;

    fn try_from(row: PublisherRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant_id: row.tenant_id.into(),
            user_name: row.user_name,
            role: word("role", row.role)?,
        })
    }
}
