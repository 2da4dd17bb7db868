-- Drift: when each server is looked at, and where servers are not as the rows want.

CREATE TABLE server_sweeps (
    server_id           uuid PRIMARY KEY REFERENCES servers,
    due_at              timestamptz NOT NULL DEFAULT now(),
    -- What is done about quotas that differ from the account's plan, and about domains that no row claims.
    terms_policy        text NOT NULL DEFAULT 'report' CHECK (terms_policy IN ('report', 'heal')),
    unknown_policy      text NOT NULL DEFAULT 'report' CHECK (unknown_policy IN ('report', 'quarantine')),
    -- The claim under which a replica sweeps it, and until when. Null: none does.
    holder              uuid,
    lease_until         timestamptz,
    last_started_at     timestamptz,
    last_finished_at    timestamptz,
    -- Checks of its health that failed in a row.
    failures            integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_error          text CHECK (length(last_error) <= 1000),
    -- The status that failed checks have led to. Null: none, or a person has set another since.
    set_status          text CHECK (set_status IN ('degraded', 'unavailable')),
    CHECK ((holder IS NULL) = (lease_until IS NULL))
);
CREATE INDEX server_sweeps_due ON server_sweeps (due_at);
COMMENT ON TABLE server_sweeps IS
    'When each server is looked at. Written by: drift reconciler; api sets policies and makes a server due.';

CREATE TABLE drift_findings (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    server_id       uuid NOT NULL REFERENCES servers,
    -- Null: no account claims the domain, or the finding is about the whole server.
    account_id      uuid REFERENCES accounts,
    -- Empty: the finding is about the whole server.
    domain          text NOT NULL,
    field           text NOT NULL CHECK (field IN
        ('existence', 'owner', 'name', 'status', 'user', 'quota', 'features', 'unknown',
         'quota_support', 'listing')),
    severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    wanted          text NOT NULL CHECK (length(wanted) <= 500),
    seen            text NOT NULL CHECK (length(seen) <= 500),
    -- Sweeps that have found it since it opened, or since it changed after a person had accepted it.
    count           integer NOT NULL DEFAULT 1 CHECK (count > 0),
    first_seen_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at    timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    -- The last job that was filed to heal it; no foreign key, since jobs are in partitions and leave by retention.
    job_id          uuid,
    -- The person who accepted it as it is, and when. Null: none, or it has changed since.
    accepted_by     text,
    accepted_at     timestamptz,
    status          text NOT NULL GENERATED ALWAYS AS (CASE WHEN closed_at IS NOT NULL THEN 'closed'
        WHEN accepted_at IS NOT NULL THEN 'accepted' ELSE 'open' END) STORED,
    CHECK ((accepted_by IS NULL) = (accepted_at IS NULL))
);
CREATE UNIQUE INDEX drift_findings_open ON drift_findings (server_id, account_id, domain, field)
    NULLS NOT DISTINCT WHERE closed_at IS NULL;
CREATE INDEX drift_findings_by_tenant ON drift_findings (tenant_id, id DESC);
CREATE INDEX drift_findings_by_status ON drift_findings (tenant_id, status, id DESC);
CREATE INDEX drift_findings_by_server ON drift_findings (server_id, id DESC);
CREATE INDEX drift_findings_by_server_and_status ON drift_findings (server_id, status, id DESC);
COMMENT ON TABLE drift_findings IS
    'Where servers are not as the rows say; closed once healed. Written by: drift reconciler; api accepts and heals.';
