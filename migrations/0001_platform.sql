-- The platform: tenants, their tokens and the roles of these, the audit log, and idempotency keys.

CREATE TABLE tenants (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    platform    boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenants IS 'Hosting companies. Written by: api.';
COMMENT ON COLUMN tenants.platform IS
    'Whether its owners look after the platform: tenants, and the tokens of all. Written by: api, at its start.';

-- Null: the default, a setting of the API. A tenant without a row has all defaults.
CREATE TABLE tenant_quotas (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    servers     integer CHECK (servers >= 0),
    dns_servers integer CHECK (dns_servers >= 0),
    plans       integer CHECK (plans >= 0),
    tokens      integer CHECK (tokens >= 0),
    services    integer CHECK (services >= 0),
    open_jobs   integer CHECK (open_jobs >= 0),
    -- Calls in one window. At least one, or nobody of the platform's tenant could raise it again.
    requests    integer CHECK (requests >= 1)
);
COMMENT ON TABLE tenant_quotas IS 'The most that tenants may have, where it is not the default. Written by: api.';

-- Counts of what is made at a rate at which counting it each time would take too long.
CREATE TABLE tenant_uses (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    -- Those that are not terminated. Kept by services_count and services_recount.
    services    integer NOT NULL DEFAULT 0 CHECK (services >= 0)
);
COMMENT ON TABLE tenant_uses IS 'How much tenants have of what a quota counts. Written by: triggers.';

CREATE TABLE api_tokens (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL,
    role        text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'owner')),
    -- SHA-256 of a token with 256 random bits: there is nothing to guess, so no slow hash is needed.
    sha256      bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    revoked_at  timestamptz,
    CONSTRAINT api_tokens_expiry CHECK (expires_at > created_at)
);
CREATE INDEX api_tokens_by_tenant ON api_tokens (tenant_id, id DESC);
-- The live tokens of a tenant: those that never expire, and those that have not expired.
CREATE INDEX api_tokens_live ON api_tokens (tenant_id, expires_at) WHERE revoked_at IS NULL;
COMMENT ON TABLE api_tokens IS 'Bearer tokens, hashed. Written by: api.';

CREATE TABLE publishers (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_name   text NOT NULL UNIQUE,
    role        text NOT NULL CHECK (role IN ('operator', 'admin', 'owner')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE publishers IS 'RabbitMQ users whose commands act for a tenant. Written by: api.';

CREATE TABLE audit_log (
    seq             bigint PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    at              timestamptz NOT NULL,
    actor           text NOT NULL,
    action          text NOT NULL,
    target          text NOT NULL,
    correlation_id  text NOT NULL,
    detail          jsonb NOT NULL DEFAULT '{}',
    previous_sha256 bytea NOT NULL,
    sha256          bytea NOT NULL
);
-- Lists, one index for each filter of them. `at` grows with `seq`, so it finds where a period begins and ends.
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, seq DESC);
CREATE INDEX audit_log_by_actor ON audit_log (tenant_id, actor, seq DESC);
CREATE INDEX audit_log_by_target ON audit_log (tenant_id, target, seq DESC);
CREATE INDEX audit_log_by_action ON audit_log (tenant_id, action, seq DESC);
CREATE INDEX audit_log_at ON audit_log (at);
-- A flood of denied calls is one row a minute for each token and operation, however many processes answer it.
CREATE UNIQUE INDEX audit_log_denials
    ON audit_log (actor, target, date_trunc('minute', at AT TIME ZONE 'UTC')) WHERE action = 'access.denied';
COMMENT ON TABLE audit_log IS
    'Changes and their actors, each row hashed over the one before it. Written by: api, workers, in the transaction of the change.';

-- The row before the first of the log: the one that retention removed last. The chain goes on from it.
CREATE TABLE audit_anchor (
    is_one  boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    seq     bigint NOT NULL,
    at      timestamptz NOT NULL,
    sha256  bytea NOT NULL
);
INSERT INTO audit_anchor (seq, at, sha256) VALUES (0, '-infinity', '');
COMMENT ON TABLE audit_anchor IS 'Where the audit log begins. Written by: api, for its retention.';

-- In PL/pgSQL, whose plans a connection keeps: every change of the platform calls it.
CREATE FUNCTION audit_digest(entry audit_log) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN sha256(entry.previous_sha256 || convert_to(jsonb_build_array(
        entry.seq, entry.tenant_id, extract(epoch FROM entry.at), entry.actor, entry.action,
        entry.target, entry.correlation_id, entry.detail)::text, 'UTF8'));
END $$;

-- Rows are numbered and chained under one lock, so the order of numbers is the order of commits. It runs as the owner, so that a
-- service adds rows without reading any; its search path is fixed, so that a service cannot put tables of its own before ours.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_log'));
    SELECT seq, sha256 INTO last FROM audit_log ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT seq, sha256 INTO last FROM audit_anchor;
    END IF;
    NEW.seq := last.seq + 1;
    NEW.at := clock_timestamp();
    NEW.previous_sha256 := last.sha256;
    NEW.sha256 := audit_digest(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- A row leaves only once it is before the anchor, and its head with it.
CREATE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM removed WHERE seq > (SELECT seq FROM audit_anchor)) THEN
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_removal AFTER DELETE ON audit_log REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_removal();

-- The anchor moves forward only, and onto a row of the log that is at least 30 days old.
CREATE FUNCTION audit_anchor_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <= OLD.seq OR NEW.at > now() - interval '30 days' OR NOT EXISTS (
        SELECT FROM audit_log WHERE seq = NEW.seq AND at = NEW.at AND sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'the anchor of the audit log moves forward, onto a row that is 30 days old'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_anchor_guard BEFORE UPDATE ON audit_anchor FOR EACH ROW EXECUTE FUNCTION audit_anchor_guard();
CREATE TRIGGER audit_anchor_stays BEFORE DELETE OR TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Looks at `most` rows after the number `after`, and answers the numbers of those that do not follow from the row before. There
-- are none, unless a row was changed or removed past the triggers. `checked_to` is the last row looked at; null: there is none.
CREATE FUNCTION audit_check_v1(after bigint, most bigint, OUT checked_to bigint, OUT breaks bigint[]) LANGUAGE sql STABLE AS $$
    WITH start AS (
        SELECT greatest(after, anchor.seq) AS seq,
            CASE WHEN after > anchor.seq THEN coalesce((SELECT sha256 FROM audit_log WHERE seq = after), '') ELSE anchor.sha256 END AS sha256
        FROM audit_anchor anchor),
    looked AS (
        SELECT log AS entry, log.seq, log.previous_sha256, log.sha256 FROM audit_log log
        WHERE log.seq > (SELECT seq FROM start) ORDER BY log.seq LIMIT most),
    compared AS (
        SELECT looked.*, lag(looked.seq, 1, start.seq) OVER (ORDER BY looked.seq) AS before_seq,
            lag(looked.sha256, 1, start.sha256) OVER (ORDER BY looked.seq) AS before_sha256
        FROM looked, start)
    SELECT max(seq), coalesce(array_agg(seq ORDER BY seq) FILTER (
        WHERE seq <> before_seq + 1 OR previous_sha256 <> before_sha256 OR sha256 <> audit_digest(entry)), '{}')
    FROM compared
$$;

-- A head says what the last row of the log was, signed with a key that is not in the database. A log that was rewritten with
-- fitting hashes, or cut, does not agree with its heads.
CREATE TABLE audit_heads (
    seq             bigint PRIMARY KEY,
    sha256          bytea NOT NULL,
    signed_at       timestamptz NOT NULL DEFAULT now(),
    key_id          text NOT NULL,
    public_key      bytea NOT NULL,
    signature       bytea NOT NULL
);
-- Which keys have signed heads, and how many.
CREATE INDEX audit_heads_by_key ON audit_heads (key_id);
COMMENT ON TABLE audit_heads IS 'Signed heads of the audit log, also published as events. Written by: api.';

-- A head is of a row of the log, and after the heads before it.
CREATE FUNCTION audit_heads_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log WHERE seq = NEW.seq AND sha256 = NEW.sha256)
       OR EXISTS (SELECT FROM audit_heads WHERE seq >= NEW.seq) THEN
        RAISE EXCEPTION 'a head is of a row of the audit log after the last head' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_heads_guard BEFORE INSERT ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_heads_guard();
CREATE TRIGGER audit_heads_stay BEFORE UPDATE OR TRUNCATE ON audit_heads
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_heads_removal AFTER DELETE ON audit_heads REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_removal();

-- Removes the first rows of the log, `most` at most, if they are older than `kept`, with their heads, and returns them. The log then
-- begins at the last of them. One transaction at a time does this; another gets no rows. No role may delete rows in another way.
CREATE FUNCTION audit_retire_v1(kept interval, most bigint) RETURNS SETOF audit_log LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    goes_to bigint;
BEGIN
    PERFORM FROM audit_anchor FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE audit_anchor SET seq = last.seq, at = last.at, sha256 = last.sha256
    FROM (SELECT * FROM (SELECT * FROM audit_log ORDER BY seq LIMIT most) first
          WHERE at < now() - kept ORDER BY seq DESC LIMIT 1) last
    RETURNING audit_anchor.seq INTO goes_to;
    IF goes_to IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM audit_heads WHERE seq <= goes_to;
    RETURN QUERY WITH old AS (DELETE FROM audit_log WHERE seq <= goes_to RETURNING *) SELECT * FROM old ORDER BY seq;
END $$;
REVOKE EXECUTE ON FUNCTION audit_retire_v1 FROM PUBLIC;

CREATE TABLE idempotency_keys (
    tenant_id       uuid NOT NULL REFERENCES tenants,
    key             text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    operation       text NOT NULL,
    request_sha256  bytea NOT NULL CHECK (octet_length(request_sha256) = 32),
    response        jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key)
);
COMMENT ON TABLE idempotency_keys IS
    'First answers to mutations by the caller''s key. Written by: api, in the transaction of the change.';

-- The id of the key that a value is sealed with (chassis/src/seal.rs): the version, the length of the id, the id. Empty: the bytes
-- are no sealed value. Generated columns keep it, so it never changes; another layout gets another function.
CREATE FUNCTION sealed_by_v1(sealed bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(sealed) < 2 THEN ''
        WHEN get_byte(sealed, 0) <> 1 OR octet_length(sealed) < 2 + get_byte(sealed, 1) THEN ''
        ELSE encode(substr(sealed, 3, get_byte(sealed, 1)), 'escape') END
$$;

CREATE TABLE key_rings (
    service     text NOT NULL,
    -- One run of a process.
    instance    uuid NOT NULL,
    -- The first seals.
    key_ids     text[] NOT NULL CHECK (cardinality(key_ids) > 0),
    -- By which two keys of the same id are told apart, in the same order.
    marks       text[] NOT NULL,
    seen_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, instance),
    CONSTRAINT key_rings_marks CHECK (cardinality(marks) = cardinality(key_ids))
);
COMMENT ON TABLE key_rings IS
    'The ids of the keys that each running process has. Written by: api, gateway, workers, DNS manager, every 30 seconds.';

-- The last rotation that was asked for.
CREATE TABLE key_rotation (
    is_one      boolean PRIMARY KEY DEFAULT true CHECK (is_one),
    -- The key with which all values are to be sealed.
    key_id      text NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    asked_by    text NOT NULL,
    -- Values that were sealed anew.
    resealed    bigint NOT NULL DEFAULT 0,
    -- When no value was left. Null: services are at it.
    finished_at timestamptz
);
COMMENT ON TABLE key_rotation IS
    'The rotation to another key. Written by: api opens and finishes it; api, gateway and DNS manager count what they have sealed anew.';

-- A value stays here with the key that it had; one that was set anew meanwhile has another key in its own row.
CREATE TABLE unopened_values (
    -- Where it is: model::keys::SealedColumn, and the key of its row.
    sealed_column   text NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    row_id          uuid NOT NULL,
    place           text NOT NULL,
    found_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sealed_column, key_id, row_id, place)
);
COMMENT ON TABLE unopened_values IS
    'Sealed values that the last rotation passed over, because they do not open. Written by: api, gateway, DNS manager; api clears it.';
