-- Dead letters as operators work with them: whose they are, what was asked, and what became of them.

ALTER TABLE dead_letters
    -- Whose job or service it is about; null where nobody can tell: then it is the platform's.
    ADD COLUMN tenant_id uuid REFERENCES tenants,
    -- What a command was published under, and the command itself if it could be read: enough to carry it out.
    ADD COLUMN routing_key text CHECK (length(routing_key) <= 255),
    ADD COLUMN command jsonb CHECK (length(command::text) <= 2000),
    ADD COLUMN status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'redriven', 'discarded')),
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN resolved_by text,
    ADD CONSTRAINT dead_letters_resolved
        CHECK ((status = 'open') = (resolved_at IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL));
UPDATE dead_letters SET tenant_id = jobs.tenant_id FROM jobs WHERE jobs.id = job_id;
CREATE INDEX dead_letters_by_tenant ON dead_letters (tenant_id, id DESC);
CREATE INDEX dead_letters_of_jobs ON dead_letters (job_id) WHERE status = 'open';
CREATE INDEX dead_letters_ended ON dead_letters (resolved_at) WHERE resolved_at IS NOT NULL;
COMMENT ON TABLE dead_letters IS
    'Messages that nobody could use, and failed jobs, with the reason. Written by: consumers, engine; resolved by: api.';
