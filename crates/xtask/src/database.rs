//! PRAHO's database, with a role of its own for each program.

use std::collections::HashMap;

use anyhow::{Context, Result};
use testkit::password;
use testkit::postgres::Postgres;

use crate::cargo::workspace;
use crate::login::as_user;

/// The program that owns the schema.
pub(crate) const MIGRATE: &str = "praho-migrate";
const PROGRAMS: [&str; 6] = [
    MIGRATE,
    "praho-api",
    "praho-provisioning-worker",
    "praho-virtualmin-gateway",
    "praho-dns-manager",
    "praho-drift-reconciler",
];
/// The name in `deploy/roles.sql`.
pub(crate) const NAME: &str = "praho";

/// The URLs of the database, one for each program.
pub(crate) struct Database(HashMap<&'static str, String>);

impl Database {
    /// Makes the roles and the empty database as `deploy/roles.sql` says, with new passwords.
    pub(crate) async fn create(postgres: &Postgres) -> Result<Self> {
        postgres.run_script(&workspace().join("deploy/roles.sql")).await?;
        let mut urls = HashMap::new();
        for program in PROGRAMS {
            let (role, password) = (program.replace('-', "_"), password());
            postgres.set_password(&role, &password).await?;
            urls.insert(program, as_user(&postgres.url(NAME), &role, &password)?);
        }
        Ok(Self(urls))
    }

    /// The URL for a program.
    ///
    /// # Errors
    /// If the program has no role.
    pub(crate) fn url(&self, program: &str) -> Result<&str> {
        let url = self.0.get(program).with_context(|| format!("{program} has no role"))?;
        Ok(url)
    }
}
