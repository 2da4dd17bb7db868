-- Hosting: plans, the hosts that carry accounts, the services that are sold, and their accounts.

CREATE TABLE plans (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL,
    terms       jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- When it was deleted; what was sold on it still names it. Null: it was not.
    deleted_at  timestamptz
);
CREATE UNIQUE INDEX plans_tenant_id_name_key ON plans (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX plans_by_tenant ON plans (tenant_id, id DESC) WHERE deleted_at IS NULL;
COMMENT ON TABLE plans IS 'Plans that a tenant sells. Written by: api.';

CREATE TABLE servers (
    id                  uuid PRIMARY KEY,
    tenant_id           uuid NOT NULL REFERENCES tenants,
    name                text NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('virtualmin', 'bare', 'bench')),
    -- Where its panel listens. Null: it has none yet.
    url                 text CHECK (url LIKE 'https://%'),
    -- SHA-256 of the certificate's DER form, lower-case hexadecimal. Null: the system's authorities.
    certificate_sha256  text CHECK (certificate_sha256 ~ '^[0-9a-f]{64}$'),
    addresses           text[] NOT NULL CHECK (cardinality(addresses) BETWEEN 1 AND 16),
    capacity            integer NOT NULL CHECK (capacity > 0),
    -- Kept by accounts_occupy.
    accounts            integer NOT NULL DEFAULT 0 CHECK (accounts >= 0),
    tags                text[] NOT NULL DEFAULT '{}',
    status              text NOT NULL DEFAULT 'unverified' CHECK (status IN
        ('unverified', 'active', 'draining', 'maintenance', 'degraded', 'unavailable')),
    status_reason       text,
    -- When the panel last answered at this URL with these credentials good. Null: not since the URL was given.
    verified_at         timestamptz,
    -- Null: the pace that the gateway's settings give to every server.
    reads_per_second    integer CHECK (reads_per_second BETWEEN 1 AND 1000),
    mutation_slots      integer NOT NULL DEFAULT 1 CHECK (mutation_slots BETWEEN 1 AND 16),
    -- What the host said about itself when last asked: its panel's version, the panel programs that it has of those that
    -- the gateway can call, the features that are switched on there, its versions of PHP, and whether it keeps quotas.
    -- Null: not known.
    version             text,
    programs            text[] NOT NULL DEFAULT '{}',
    features            text[],
    php_versions        text[],
    keeps_quotas        boolean,
    -- Whether accounts with a limit on disk space are placed here while the host keeps no quotas.
    without_quotas      text NOT NULL DEFAULT 'refuse' CHECK (without_quotas IN ('refuse', 'accept')),
    -- Why it is out of service, since when, and whether that stops all calls or only changes. Null: it is not.
    fault               jsonb,
    fault_since         timestamptz,
    fault_stops         text CHECK (fault_stops IN ('calls', 'changes')),
    -- The way to its shell, and the fingerprints of the host keys that it may have: two while they are exchanged. Null: none.
    ssh_host            text,
    ssh_port            integer CHECK (ssh_port BETWEEN 1 AND 65535),
    ssh_user            text,
    ssh_host_keys       text[] CHECK (cardinality(ssh_host_keys) BETWEEN 1 AND 2),
    -- Until when a person lets it be called by its shell while its panel is down, why, and who. Null: nobody does.
    break_glass_until   timestamptz,
    break_glass_reason  text,
    break_glass_by      text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    -- When it was deleted, without its credentials; accounts that have ended still name it. Null: it was not.
    deleted_at          timestamptz,
    CONSTRAINT servers_capacity CHECK (accounts <= capacity),
    CONSTRAINT servers_deleted CHECK (deleted_at IS NULL OR accounts = 0),
    CONSTRAINT servers_fault CHECK (num_nulls(fault, fault_since, fault_stops) IN (0, 3)),
    CONSTRAINT servers_shell CHECK (num_nulls(ssh_host, ssh_port, ssh_user, ssh_host_keys) IN (0, 4)),
    CONSTRAINT servers_break_glass CHECK (num_nulls(break_glass_until, break_glass_reason, break_glass_by) IN (0, 3)
        AND (break_glass_until IS NULL OR ssh_host IS NOT NULL)),
    CONSTRAINT servers_panel CHECK (kind <> 'virtualmin' OR url IS NOT NULL)
);
CREATE UNIQUE INDEX servers_tenant_id_name_key ON servers (tenant_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX servers_tenant_id_url_key ON servers (tenant_id, url) WHERE deleted_at IS NULL;
-- Over all tenants a URL counts once it was verified: a registration alone proves nothing, so it excludes nobody.
CREATE UNIQUE INDEX servers_url_key ON servers (url) WHERE deleted_at IS NULL AND verified_at IS NOT NULL;
CREATE INDEX servers_by_tenant ON servers (tenant_id, id DESC) WHERE deleted_at IS NULL;
COMMENT ON TABLE servers IS
    'Hosts, with or without a panel. Written by: api registers and opens shells, workers and drift reconciler set status and what the host says, gateway sets the fault.';

CREATE TABLE server_credentials (
    server_id       uuid NOT NULL REFERENCES servers,
    -- What they open: the panel.
    kind            text NOT NULL CHECK (kind IN ('panel')),
    sealed_username bytea NOT NULL,
    sealed_secret   bytea NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- The keys that they are sealed with.
    username_sealed_by  text COLLATE "C" GENERATED ALWAYS AS (sealed_by_v1(sealed_username)) STORED,
    secret_sealed_by    text COLLATE "C" GENERATED ALWAYS AS (sealed_by_v1(sealed_secret)) STORED,
    PRIMARY KEY (server_id, kind)
);
CREATE INDEX server_credentials_username_key ON server_credentials (username_sealed_by, server_id, kind);
CREATE INDEX server_credentials_secret_key ON server_credentials (secret_sealed_by, server_id, kind);
COMMENT ON TABLE server_credentials IS
    'How to log in to hosts, sealed. Written by: api; gateway seals them anew. Read by: gateway alone, which opens them.';

CREATE TABLE server_shell_keys (
    server_id           uuid PRIMARY KEY REFERENCES servers,
    sealed_private_key  bytea NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    -- The key that it is sealed with.
    private_key_sealed_by   text COLLATE "C" GENERATED ALWAYS AS (sealed_by_v1(sealed_private_key)) STORED
);
CREATE INDEX server_shell_keys_key ON server_shell_keys (private_key_sealed_by, server_id);
COMMENT ON TABLE server_shell_keys IS
    'The private keys for the shells of hosts. Written by: api, sealed; gateway seals anew. Opened by the gateway.';

CREATE TABLE server_pace (
    server_id       uuid PRIMARY KEY REFERENCES servers,
    -- When the reading calls let through so far are paid for (generic cell rate algorithm).
    reads_paid_at   timestamptz NOT NULL DEFAULT '-infinity',
    -- How many changes have begun and ended: what was read before the last of them counts no more.
    changes         bigint NOT NULL DEFAULT 0,
    -- While the server is out of service: when the next call may try it.
    try_at          timestamptz NOT NULL DEFAULT '-infinity',
    -- Of a verified server: the registration with its URL that may call it to be verified too, and until when no other
    -- may. Wrong passwords of strangers must not have the panel block our address.
    stranger        uuid,
    stranger_until  timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE server_pace IS 'The pace of calls to one server, over all gateways. Written by: gateway; api lets a verification try at once.';

CREATE TABLE server_turns (
    server_id   uuid NOT NULL REFERENCES servers,
    -- From 1 to the server's mutation_slots.
    slot        integer NOT NULL CHECK (slot BETWEEN 1 AND 16),
    -- The change under way: other changes get this slot when it ends or its time passes. Null: the server settles.
    holder      uuid,
    until       timestamptz NOT NULL,
    PRIMARY KEY (server_id, slot)
);
COMMENT ON TABLE server_turns IS 'The changes under way, over all gateways. Written by: gateway.';

CREATE TABLE services (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    plan_id     uuid NOT NULL REFERENCES plans,
    domain      text NOT NULL CHECK (domain = lower(domain) AND length(domain) <= 253),
    external_id text,
    status      text NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'active', 'suspended', 'terminated')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX services_external ON services (tenant_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX services_domain ON services (tenant_id, domain) WHERE status <> 'terminated';
-- The services of a domain and of the names above it, over all tenants.
CREATE INDEX services_at ON services (domain, tenant_id) WHERE status <> 'terminated';
-- The services of the names below a domain, over all tenants: reversed, they all begin like it.
CREATE INDEX services_below ON services (reverse(domain) COLLATE "C", tenant_id) WHERE status <> 'terminated';
CREATE INDEX services_by_tenant ON services (tenant_id, id DESC);
-- The newest service of a domain.
CREATE INDEX services_by_domain ON services (tenant_id, domain, id DESC);
CREATE INDEX services_by_plan ON services (plan_id) WHERE status <> 'terminated';
COMMENT ON TABLE services IS 'Plans sold to customers, as billing wants them. Written by: api; a worker resets one whose account could not be made.';

-- Nothing is sold on a deleted plan. The lock makes a deletion under way and a sale wait for each other. Guards that lock or
-- write other tables run as the owner, so that a service needs no rights to those.
CREATE FUNCTION services_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM plans WHERE id = NEW.plan_id AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no plan %', NEW.plan_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_deleted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER services_guard BEFORE INSERT OR UPDATE OF plan_id ON services
    FOR EACH ROW EXECUTE FUNCTION services_guard();

-- A tenant's count of services follows the rows. The lock on the count lets one transaction of a tenant at a time add or end services;
-- each of them is soon to wait for the audit log's lock, which lets one of all tenants commit at a time. Many rows are counted at once.
CREATE FUNCTION services_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO tenant_uses AS uses (tenant_id, services)
    SELECT tenant_id, count(*) FROM added WHERE status <> 'terminated' GROUP BY tenant_id ORDER BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET services = uses.services + excluded.services;
    RETURN NULL;
END $$;
CREATE TRIGGER services_count AFTER INSERT ON services REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION services_count();

CREATE FUNCTION services_recount() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE tenant_uses SET services = services + CASE WHEN TG_OP = 'UPDATE' AND OLD.status = 'terminated' THEN 1 ELSE -1 END
    WHERE tenant_id = OLD.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER services_recount AFTER UPDATE OF status ON services FOR EACH ROW
    WHEN ((OLD.status = 'terminated') <> (NEW.status = 'terminated')) EXECUTE FUNCTION services_recount();
CREATE TRIGGER services_recount_removed AFTER DELETE ON services FOR EACH ROW
    WHEN (OLD.status <> 'terminated') EXECUTE FUNCTION services_recount();

-- One row a domain, since only one tenant controls it: the last that proved it or was given it.
CREATE TABLE domain_proofs (
    domain      text PRIMARY KEY CHECK (domain = lower(domain) AND length(domain) <= 253),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    -- By a TXT record, or by the decision of an owner of the platform.
    how         text NOT NULL CHECK (how IN ('txt', 'platform')),
    proven_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE domain_proofs IS 'Which tenant controls a domain that several want. Written by: api.';

CREATE TABLE accounts (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    service_id      uuid NOT NULL REFERENCES services,
    plan_id         uuid NOT NULL REFERENCES plans,
    server_id       uuid NOT NULL REFERENCES servers,
    domain          text NOT NULL CHECK (domain = lower(domain) AND length(domain) <= 253),
    username        text,
    terms           jsonb NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'active', 'suspended', 'terminated', 'failed')),
    protected       boolean NOT NULL DEFAULT true,
    placement       jsonb NOT NULL,
    -- What its website answered, and when. Null: it was not asked yet, or there is none.
    site_proof      jsonb,
    site_proved_at  timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT accounts_site CHECK (num_nulls(site_proof, site_proved_at) IN (0, 2))
);
CREATE UNIQUE INDEX accounts_live_domain ON accounts (domain) WHERE status IN ('pending', 'active', 'suspended');
CREATE UNIQUE INDEX accounts_live_service ON accounts (service_id) WHERE status IN ('pending', 'active', 'suspended');
CREATE UNIQUE INDEX accounts_live_username ON accounts (server_id, username) WHERE status IN ('pending', 'active', 'suspended');
CREATE INDEX accounts_by_tenant ON accounts (tenant_id, id DESC);
CREATE INDEX accounts_by_status ON accounts (tenant_id, status, id DESC);
-- The newest account of a domain.
CREATE INDEX accounts_by_domain ON accounts (tenant_id, domain, id DESC);
CREATE INDEX accounts_by_server ON accounts (server_id) WHERE status IN ('pending', 'active', 'suspended');
-- The accounts of a plan, page by page.
CREATE INDEX accounts_by_plan ON accounts (plan_id, id) WHERE status IN ('pending', 'active', 'suspended');
-- The accounts of a server that changed since a look at it began.
CREATE INDEX accounts_changed ON accounts (server_id, updated_at);
COMMENT ON TABLE accounts IS 'Virtual servers that carry services. Written by: api places them, workers carry on.';

CREATE TABLE account_passwords (
    account_id  uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    -- The account's own, the one that a reset is to set, or the one before the last reset, for the undo of that reset.
    place       text NOT NULL CHECK (place IN ('current', 'pending', 'former')),
    -- Sealed; the gateway opens it to set it, and the api to show a generated one once.
    sealed      bytea NOT NULL,
    source      text NOT NULL CHECK (source IN ('given', 'generated')),
    -- The reset that set it or is to set it. Null: the account was made with it.
    job_id      uuid,
    -- The end of the time in which it may be shown. Null: the host does not have it yet, or it was given.
    show_until  timestamptz,
    shown_at    timestamptz,
    -- The key that it is sealed with.
    sealed_by   text COLLATE "C" GENERATED ALWAYS AS (sealed_by_v1(sealed)) STORED,
    PRIMARY KEY (account_id, place),
    CONSTRAINT account_passwords_given CHECK (source = 'generated' OR (show_until IS NULL AND shown_at IS NULL)),
    CONSTRAINT account_passwords_pending CHECK (place <> 'pending' OR (job_id IS NOT NULL AND show_until IS NULL AND shown_at IS NULL))
);
CREATE INDEX account_passwords_key ON account_passwords (sealed_by, account_id, place);
COMMENT ON TABLE account_passwords IS
    'Passwords of accounts, sealed. Written by: api places given ones, marks one as shown and seals all anew, workers generate and replace them.';

CREATE FUNCTION accounts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.protected THEN
            RAISE EXCEPTION 'account % is protected', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_protected';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.status = 'terminated' AND OLD.status <> 'terminated' AND OLD.protected THEN
        RAISE EXCEPTION 'account % is protected', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_protected';
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_guard BEFORE UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION accounts_guard();

-- A server's count of accounts follows the rows; its capacity refuses one too many.
CREATE FUNCTION accounts_occupy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before uuid := CASE WHEN TG_OP <> 'INSERT' AND OLD.status IN ('pending', 'active', 'suspended') THEN OLD.server_id END;
    after  uuid := CASE WHEN TG_OP <> 'DELETE' AND NEW.status IN ('pending', 'active', 'suspended') THEN NEW.server_id END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        UPDATE servers SET accounts = accounts - 1 WHERE id = before;
        UPDATE servers SET accounts = accounts + 1 WHERE id = after;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_occupy AFTER INSERT OR UPDATE OR DELETE ON accounts
    FOR EACH ROW EXECUTE FUNCTION accounts_occupy();
