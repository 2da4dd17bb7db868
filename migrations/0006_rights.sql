-- Rights: each service has a role of its own, named like its program, with what its code needs and no more. The role that runs
-- the migrations owns everything; no service has its password.
--
-- A row lock needs the right to update some column of the row, so a few grants below are for a lock alone and say so.

-- A role without the right to make roles finds them made: deploy/roles.sql does that.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['praho_api', 'praho_provisioning_worker', 'praho_virtualmin_gateway', 'praho_dns_manager',
        'praho_drift_reconciler'] LOOP
        IF to_regrole(service) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I', service);
            EXCEPTION
                -- The migration of another database of this server made it meanwhile.
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'there is no role %: run deploy/roles.sql as a superuser first', service;
            END;
        END IF;
    END LOOP;
END $$;

-- What every service needs: the version of the schema, and a row in the audit log with each change.
GRANT SELECT ON _sqlx_migrations TO praho_api, praho_provisioning_worker, praho_virtualmin_gateway, praho_dns_manager, praho_drift_reconciler;
GRANT INSERT ON audit_log TO praho_api, praho_provisioning_worker, praho_virtualmin_gateway, praho_dns_manager, praho_drift_reconciler;

-- Publishing. The gateway only adds messages; a relay in each other service publishes those of all.
GRANT INSERT ON outbox TO praho_virtualmin_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO praho_api, praho_provisioning_worker, praho_dns_manager, praho_drift_reconciler;

-- Filing a job, and looking whether one is open.
GRANT SELECT ON jobs, resources, resources_next TO praho_api, praho_provisioning_worker, praho_dns_manager, praho_drift_reconciler;
GRANT SELECT, INSERT ON open_jobs TO praho_api, praho_provisioning_worker, praho_dns_manager, praho_drift_reconciler;
GRANT SELECT ON finished_jobs TO praho_api, praho_provisioning_worker, praho_dns_manager, praho_drift_reconciler;
GRANT USAGE ON SEQUENCE jobs_seq TO praho_api, praho_provisioning_worker, praho_dns_manager, praho_drift_reconciler;
GRANT SELECT ON job_transitions TO praho_api, praho_provisioning_worker, praho_virtualmin_gateway, praho_dns_manager, praho_drift_reconciler;

-- Keys: each process with a ring tells it; who opens a kind of sealed value also seals it anew.
GRANT SELECT, INSERT, UPDATE, DELETE ON key_rings TO praho_api, praho_provisioning_worker, praho_virtualmin_gateway, praho_dns_manager;
GRANT SELECT ON key_rotation, unopened_values TO praho_api, praho_virtualmin_gateway, praho_dns_manager;
GRANT UPDATE (resealed) ON key_rotation TO praho_virtualmin_gateway, praho_dns_manager;
GRANT INSERT ON unopened_values TO praho_api, praho_virtualmin_gateway, praho_dns_manager;

-- Carrying jobs out: the engine.
GRANT UPDATE, DELETE ON open_jobs TO praho_provisioning_worker, praho_dns_manager;
GRANT INSERT ON finished_jobs TO praho_provisioning_worker, praho_dns_manager;
GRANT SELECT, INSERT, UPDATE ON job_steps TO praho_provisioning_worker, praho_dns_manager;
GRANT SELECT, INSERT ON dead_letters TO praho_provisioning_worker, praho_dns_manager;

-- The API: everything that people ask for. It cancels, restarts and retires jobs, and does not claim them. It writes credentials of
-- servers, keys for shells and keys of DNS servers, and reads neither.
GRANT SELECT, INSERT, DELETE ON publishers TO praho_api;
GRANT SELECT, INSERT, UPDATE ON domain_proofs, tenant_quotas TO praho_api;
GRANT SELECT ON tenant_uses TO praho_api;
GRANT SELECT, INSERT, UPDATE ON tenants, api_tokens, plans, servers, services, accounts TO praho_api;
GRANT SELECT ON audit_log, audit_anchor TO praho_api;
GRANT EXECUTE ON FUNCTION audit_retire_v1 TO praho_api;
GRANT SELECT, INSERT ON audit_heads TO praho_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys, dead_letters, server_sweeps TO praho_api;
GRANT INSERT, UPDATE ON resources TO praho_api;
GRANT UPDATE ON jobs, open_jobs TO praho_api;
GRANT UPDATE, DELETE ON finished_jobs TO praho_api;
GRANT SELECT, DELETE ON job_steps TO praho_api;
GRANT INSERT, UPDATE ON key_rotation TO praho_api;
GRANT DELETE ON unopened_values TO praho_api;
GRANT SELECT (server_id, kind, username_sealed_by, secret_sealed_by), INSERT, UPDATE, DELETE ON server_credentials TO praho_api;
GRANT SELECT (server_id, private_key_sealed_by), INSERT, UPDATE, DELETE ON server_shell_keys TO praho_api;
GRANT SELECT (server_id), INSERT, UPDATE (try_at), DELETE ON server_pace TO praho_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_passwords TO praho_api;
GRANT SELECT (id, tenant_id, name, kind, api_url, nameservers, ns_names, hostmaster, glue, secondaries, created_at, deleted_at,
    api_key_sealed_by), INSERT, UPDATE ON dns_servers TO praho_api;
GRANT SELECT ON zones, zone_records TO praho_api;
GRANT SELECT, UPDATE ON drift_findings TO praho_api;

-- The provisioning worker: the life of accounts, and what servers say about themselves.
GRANT SELECT ON plans, servers, services, accounts, zones, zone_records TO praho_provisioning_worker;
GRANT UPDATE (status, status_reason, verified_at, version, programs, features, php_versions, keeps_quotas) ON servers TO praho_provisioning_worker;
GRANT UPDATE (status) ON services TO praho_provisioning_worker;
GRANT UPDATE (username, terms, status, site_proof, site_proved_at) ON accounts TO praho_provisioning_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_passwords TO praho_provisioning_worker;
GRANT SELECT (id, tenant_id, name, kind, api_url, nameservers, ns_names, hostmaster, glue, secondaries, created_at, deleted_at)
    ON dns_servers TO praho_provisioning_worker;
GRANT INSERT, UPDATE ON zones TO praho_provisioning_worker;
GRANT INSERT, DELETE ON zone_records TO praho_provisioning_worker;

-- The gateway: credentials, the pace of calls, the fence, and whether a server is out of service.
GRANT SELECT ON servers, services, accounts, account_passwords, open_jobs, resources, resources_next TO praho_virtualmin_gateway;
GRANT SELECT ON server_credentials, server_shell_keys, server_pace TO praho_virtualmin_gateway;
GRANT SELECT (action, actor, target, at) ON audit_log TO praho_virtualmin_gateway;
GRANT UPDATE (sealed_username, sealed_secret) ON server_credentials TO praho_virtualmin_gateway;
GRANT UPDATE (sealed_private_key) ON server_shell_keys TO praho_virtualmin_gateway;
GRANT UPDATE (fault, fault_since, fault_stops) ON servers TO praho_virtualmin_gateway;
GRANT UPDATE ON server_pace TO praho_virtualmin_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON server_turns TO praho_virtualmin_gateway;
-- The jobs that waited for the end of an outage.
GRANT UPDATE (due_at, delayed) ON open_jobs TO praho_virtualmin_gateway;

-- The DNS manager.
GRANT SELECT ON dns_servers, zones, zone_records, accounts TO praho_dns_manager;
GRANT UPDATE (verified_at) ON zones TO praho_dns_manager;
-- Also for a lock: the turn to write to a server.
GRANT UPDATE (sealed_api_key) ON dns_servers TO praho_dns_manager;

-- The drift reconciler.
GRANT SELECT ON servers, services, accounts TO praho_drift_reconciler;
GRANT SELECT, INSERT, UPDATE ON server_sweeps, drift_findings TO praho_drift_reconciler;
GRANT UPDATE (status, status_reason, version, programs, features, php_versions, keeps_quotas) ON servers TO praho_drift_reconciler;
-- For a lock: the account and the service whose healing is filed.
GRANT UPDATE (created_at) ON services, accounts TO praho_drift_reconciler;
