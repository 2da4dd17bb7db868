-- The roles of an installation and its database. Run it once as a superuser, before praho-migrate:
--
--   psql -v ON_ERROR_STOP=1 -d postgres -f deploy/roles.sql
--
-- Then give each role a password (\password praho_api) or a client certificate. What the roles of the services may do is granted by
-- the migrations. praho_migrate owns everything; no service gets its password.

CREATE ROLE praho_migrate LOGIN;
CREATE ROLE praho_api LOGIN;
CREATE ROLE praho_provisioning_worker LOGIN;
CREATE ROLE praho_virtualmin_gateway LOGIN;
CREATE ROLE praho_dns_manager LOGIN;
CREATE ROLE praho_drift_reconciler LOGIN;

CREATE DATABASE praho OWNER praho_migrate;
REVOKE ALL ON DATABASE praho FROM PUBLIC;
GRANT CONNECT ON DATABASE praho TO praho_api, praho_provisioning_worker, praho_virtualmin_gateway, praho_dns_manager, praho_drift_reconciler;
