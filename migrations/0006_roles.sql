-- What a token may do and until when, and whose tokens look after the platform.

ALTER TABLE tenants ADD COLUMN platform boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tenants.platform IS
    'Whether its owners look after the platform: tenants, and the tokens of all. Written by: api, at its start.';

-- Tokens that are there could do everything, and still can.
ALTER TABLE api_tokens
    ADD COLUMN role text NOT NULL DEFAULT 'owner' CHECK (role IN ('viewer', 'operator', 'admin', 'owner')),
    ADD COLUMN expires_at timestamptz,
    ADD CONSTRAINT api_tokens_expiry CHECK (expires_at > created_at);
ALTER TABLE api_tokens ALTER COLUMN role DROP DEFAULT;
CREATE INDEX api_tokens_by_tenant ON api_tokens (tenant_id, id DESC);

-- A flood of denied calls is one row a minute for each token and operation, however many processes answer it.
CREATE UNIQUE INDEX audit_log_denials
    ON audit_log (actor, target, date_trunc('minute', at AT TIME ZONE 'UTC')) WHERE action = 'access.denied';
