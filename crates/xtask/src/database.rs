//! PRAHO's database, with a role of its own for each program.

use std::collections::HashMap;

use anyhow::{Context, Result};
use testkit::password;
use testkit::postgres::Postgres;
use url::Url;

use crate::cargo::workspace;

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
        let mut url = Url::parse(&postgres.url(NAME)).context("the server's URL is not one")?;
        let mut urls = HashMap::new();
        for program in PROGRAMS {
            let (role, password) = (program.replace('-', "_"), password());
            postgres.set_password(&role, &password).await?;
            let named = url.set_username(&role).and_then(|()| url.set_password(Some(&password)));
            named.ok().context("the server's URL takes no user")?;
            urls.insert(program, url.to_string());
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
