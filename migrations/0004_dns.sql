-- DNS: the servers that zones are written to, and zones as they are wanted.

CREATE TABLE dns_servers (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    name            text NOT NULL,
    kind            text NOT NULL DEFAULT 'powerdns' CHECK (kind IN ('powerdns')),
    api_url         text NOT NULL,
    -- Sealed; only the DNS manager opens it. Null: the server was deleted.
    sealed_api_key  bytea,
    nameservers     text[] NOT NULL CHECK (cardinality(nameservers) BETWEEN 1 AND 13),
    -- What the apex of each zone says: the host names of NS records (the first is the primary of the SOA record), the mail
    -- address of the SOA record, and the addresses of name servers by name.
    ns_names        text[] NOT NULL CHECK (cardinality(ns_names) BETWEEN 1 AND 13),
    hostmaster      text NOT NULL CHECK (hostmaster LIKE '_%@_%'),
    glue            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(glue) = 'object'),
    -- The addresses of secondary name servers, which fetch zones from this server and are notified of changes.
    secondaries     text[] NOT NULL DEFAULT '{}' CHECK (cardinality(secondaries) <= 13),
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- When it was deleted; zones that have ended still name it. Null: it was not.
    deleted_at      timestamptz,
    -- The key that the key to its API is sealed with.
    api_key_sealed_by   text COLLATE "C" GENERATED ALWAYS AS (sealed_by_v1(sealed_api_key)) STORED,
    CONSTRAINT dns_servers_key CHECK ((sealed_api_key IS NULL) = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX dns_servers_tenant_id_name_key ON dns_servers (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX dns_servers_by_tenant ON dns_servers (tenant_id, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX dns_servers_api_key_key ON dns_servers (api_key_sealed_by, id);
COMMENT ON TABLE dns_servers IS
    'DNS servers that zones are written to, and what zones say about who serves them. Written by: api; DNS manager seals keys anew.';

CREATE TABLE zones (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    account_id      uuid REFERENCES accounts,
    dns_server_id   uuid NOT NULL REFERENCES dns_servers,
    name            text NOT NULL CHECK (name = lower(name) AND length(name) <= 253),
    wanted          boolean NOT NULL DEFAULT true,
    -- When every name server last answered as wanted.
    verified_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX zones_wanted_name ON zones (dns_server_id, name) WHERE wanted;
CREATE UNIQUE INDEX zones_account ON zones (account_id);
-- The zones of a DNS server, page by page.
CREATE INDEX zones_of_dns_server ON zones (dns_server_id, id) WHERE wanted;
COMMENT ON TABLE zones IS 'Zones as they are wanted. Written by: provisioning worker wants them, DNS manager verifies them.';

-- No zone is wanted on a deleted DNS server. The lock makes a deletion under way and the wish wait for each other.
CREATE FUNCTION zones_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM dns_servers WHERE id = NEW.dns_server_id AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no DNS server %', NEW.dns_server_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dns_server_deleted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER zones_guard BEFORE INSERT OR UPDATE OF wanted, dns_server_id ON zones
    FOR EACH ROW WHEN (NEW.wanted) EXECUTE FUNCTION zones_guard();

CREATE TABLE zone_records (
    zone_id     uuid NOT NULL REFERENCES zones ON DELETE CASCADE,
    name        text NOT NULL CHECK (name = lower(name)),
    kind        text NOT NULL CHECK (kind IN ('A', 'AAAA', 'MX', 'TXT')),
    ttl         integer NOT NULL CHECK (ttl BETWEEN 1 AND 2147483647),
    contents    text[] NOT NULL CHECK (cardinality(contents) BETWEEN 1 AND 100),
    PRIMARY KEY (zone_id, name, kind)
);
COMMENT ON TABLE zone_records IS 'The record sets of a zone that the platform writes. Written by: provisioning worker.';
