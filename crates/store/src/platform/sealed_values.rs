//! Sealed values, by the keys that they are sealed with, and how they are sealed anew.
//!
//! Each statement reads along an index on the key, so that its cost is that of the keys, or of the values that it answers.

use std::fmt;

use model::keys::SealedColumn;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::{
    Error, Result, Store, Tx,
    columns::count,
    statement::{all, execute, is_there, sql, values},
};

/// Where counting ends.
pub const COUNTED: u32 = 100_000;

/// The place of a column's values.
struct Table {
    name: &'static str,
    /// The id of the row; its values are sealed in the context of it.
    row: &'static str,
    /// What else tells two values of an id apart.
    place: &'static str,
    sealed: &'static str,
    /// The id of the key, which PostgreSQL reads out of the value.
    key: &'static str,
}

fn table(column: SealedColumn) -> Table {
    let credentials = |sealed, key| Table {
        name: "server_credentials",
        row: "server_id",
        place: "it.kind",
        sealed,
        key,
    };
    match column {
        SealedColumn::PanelUsername => credentials("sealed_username", "username_sealed_by"),
        SealedColumn::PanelPassword => credentials("sealed_secret", "secret_sealed_by"),
        SealedColumn::ShellKey => Table {
            name: "server_shell_keys",
            row: "server_id",
            place: "''",
            sealed: "sealed_private_key",
            key: "private_key_sealed_by",
        },
        SealedColumn::AccountPassword => Table {
            name: "account_passwords",
            row: "account_id",
            place: "it.place",
            sealed: "sealed",
            key: "sealed_by",
        },
        SealedColumn::DnsKey => Table {
            name: "dns_servers",
            row: "id",
            place: "''",
            sealed: "sealed_api_key",
            key: "api_key_sealed_by",
        },
    }
}

impl Table {
    /// The ids of the keys in use, each found by one step into the index.
    fn used(&self) -> String {
        let Self { name, key, .. } = self;
        format!(
            "WITH RECURSIVE used (key_id) AS (
                (SELECT {key} FROM {name} WHERE {key} IS NOT NULL ORDER BY {key} LIMIT 1)
                UNION ALL
                SELECT (SELECT {key} FROM {name} WHERE {key} > used.key_id ORDER BY {key} LIMIT 1)
                FROM used WHERE used.key_id IS NOT NULL)"
        )
    }

    /// The condition that no rotation has passed over the value. `$1` is the key, `$2` the column.
    fn not_passed_over(&self) -> String {
        let Self { row, place, .. } = self;
        format!(
            "NOT EXISTS (SELECT FROM unopened_values
                WHERE sealed_column = $2 AND key_id = $1 AND row_id = it.{row} AND place = {place})"
        )
    }
}

/// A sealed value. Its `Debug` form leaves the value out.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// The id of its row.
    pub row: Uuid,
    /// Which of the row's values it is.
    pub place: String,
    /// The value.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.row, self.place)
    }
}

/// How much is sealed with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The id of the key; empty for bytes that are no sealed value.
    pub key_id: String,
    /// The values; counting ends at [`COUNTED`].
    pub values: u32,
    /// Those of them that the last rotation passed over, because they do not open.
    pub unopened: u32,
}

impl Store {
    /// The ids of the keys that values of a column are sealed with.
    pub async fn keys_in_use(&self, column: SealedColumn) -> Result<Vec<String>> {
        let used = table(column).used();
        let text = format!("{used} SELECT key_id FROM used WHERE key_id IS NOT NULL");
        values(&self.db, sql(&text, [])).await
    }

    /// The keys that values of a column are sealed with, and how many.
    pub async fn key_uses(&self, column: SealedColumn) -> Result<Vec<KeyUse>> {
        let table = table(column);
        let Table { name, row, place, key, .. } = &table;
        let text = format!(
            "{} SELECT key_id,
                (SELECT count(*) FROM (SELECT FROM {name} WHERE {key} = used.key_id LIMIT $1) counted) AS values,
                (SELECT count(*) FROM (
                    SELECT FROM unopened_values passed
                    WHERE passed.sealed_column = $2 AND passed.key_id = used.key_id AND EXISTS (
                        SELECT FROM {name} it
                        WHERE it.{key} = passed.key_id AND it.{row} = passed.row_id AND {place} = passed.place)
                    LIMIT $1) counted) AS unopened
             FROM used WHERE key_id IS NOT NULL",
            table.used()
        );
        let statement = sql(&text, [i64::from(COUNTED).into(), column.as_str().into()]);
        all::<UseRow, _>(&self.db, statement).await
    }

    /// Whether a value of a column is sealed with this key, apart from those that the last rotation passed over.
    pub async fn is_key_left(&self, column: SealedColumn, key_id: &str) -> Result<bool> {
        let table = table(column);
        let Table { name, row, key, .. } = &table;
        let text = format!(
            "SELECT FROM {name} it WHERE it.{key} = $1 AND {} ORDER BY it.{key}, it.{row} LIMIT 1",
            table.not_passed_over()
        );
        is_there(&self.db, sql(&text, [key_id.into(), column.as_str().into()])).await
    }
}

impl Tx {
    /// Locks values of a column that are sealed with a key: `most` at the most, by the ids of their rows, after the row `after`.
    /// Those that another transaction has locked, and those that were passed over, are left out.
    pub async fn lock_sealed_values(
        &self,
        column: SealedColumn,
        key_id: &str,
        after: Uuid,
        most: u32,
    ) -> Result<Vec<SealedValue>> {
        let table = table(column);
        let Table { name, row, place, sealed, key } = &table;
        let text = format!(
            "SELECT it.{row} AS row, {place} AS place, it.{sealed} AS sealed FROM {name} it
             WHERE it.{key} = $1 AND it.{row} > $3 AND {}
             ORDER BY it.{row} LIMIT $4 FOR NO KEY UPDATE OF it SKIP LOCKED",
            table.not_passed_over()
        );
        let statement = sql(
            &text,
            [key_id.into(), column.as_str().into(), after.into(), i64::from(most).into()],
        );
        all::<ValueRow, _>(&self.db, statement).await
    }

    /// Replaces locked values.
    pub async fn set_sealed_values(
        &self,
        column: SealedColumn,
        resealed: Vec<SealedValue>,
    ) -> Result<()> {
        let Table { name, row, place, sealed, .. } = table(column);
        let text = format!(
            "UPDATE {name} it SET {sealed} = new.sealed
             FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS new (row_id, place, sealed)
             WHERE it.{row} = new.row_id AND {place} = new.place"
        );
        let (rows, places) = keys(&resealed);
        let values: Vec<Vec<u8>> = resealed.into_iter().map(|it| it.sealed).collect();
        execute(&self.db, sql(&text, [rows.into(), places.into(), values.into()])).await?;
        Ok(())
    }

    /// Notes locked values that do not open, so that no look of this rotation takes them again.
    pub async fn pass_over_sealed_values(
        &self,
        column: SealedColumn,
        key_id: &str,
        unopened: &[SealedValue],
    ) -> Result<()> {
        let statement = sql(
            "INSERT INTO unopened_values (sealed_column, key_id, row_id, place)
             SELECT $1, $2, row_id, place FROM unnest($3::uuid[], $4::text[]) AS new (row_id, place)
             ON CONFLICT DO NOTHING",
            {
                let (rows, places) = keys(unopened);
                [column.as_str().into(), key_id.into(), rows.into(), places.into()]
            },
        );
        execute(&self.db, statement).await?;
        Ok(())
    }
}

/// The keys of the values' rows.
fn keys(values: &[SealedValue]) -> (Vec<Uuid>, Vec<String>) {
    values.iter().map(|it| (it.row, it.place.clone())).unzip()
}

#[derive(FromQueryResult)]
struct UseRow {
    key_id: String,
    values: i64,
    unopened: i64,
}

impl TryFrom<UseRow> for KeyUse {
    type Error = Error;

    fn try_from(row: UseRow) -> Result<Self> {
        let values = count("values", row.values)?;
        Ok(Self { key_id: row.key_id, values, unopened: count("unopened", row.unopened)? })
    }
}

#[derive(FromQueryResult)]
struct ValueRow {
    row: Uuid,
    place: String,
    sealed: Vec<u8>,
}

impl TryFrom<ValueRow> for SealedValue {
    type Error = Error;

    fn try_from(row: ValueRow) -> Result<Self> {
        Ok(Self { row: row.row, place: row.place, sealed: row.sealed })
    }
}
