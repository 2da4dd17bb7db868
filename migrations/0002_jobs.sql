-- The job engine: jobs, their journal, what they hold, and what is to be published.

CREATE TABLE job_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
COMMENT ON TABLE job_transitions IS 'What may follow what; a test holds it to model::job. Written by: migrations.';
INSERT INTO job_transitions VALUES
    ('pending', 'running'), ('running', 'pending'), ('running', 'waiting'), ('waiting', 'pending'),
    ('running', 'completed'), ('running', 'unwinding'), ('unwinding', 'failed'),
    ('unwinding', 'cancelled'), ('unwinding', 'stuck'), ('stuck', 'unwinding'),
    ('failed', 'pending'), ('cancelled', 'pending');

CREATE TABLE resources (
    name        text PRIMARY KEY,
    capacity    integer NOT NULL CHECK (capacity > 0)
);
COMMENT ON TABLE resources IS 'What jobs hold while they run, such as a server''s mutation slot. Written by: api.';

CREATE TABLE jobs (
    id                  uuid PRIMARY KEY,
    -- The order of filing; filers lock the target's row first, so it is also the order of commits.
    seq                 bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    tenant_id           uuid NOT NULL REFERENCES tenants,
    kind                text NOT NULL,
    target              text NOT NULL,
    queue               text NOT NULL CHECK (queue IN ('provisioning', 'bulk', 'sync', 'monitoring', 'dns')),
    priority            smallint NOT NULL,
    payload             jsonb NOT NULL,
    resource            text REFERENCES resources,
    parent_id           uuid REFERENCES jobs,
    waiting_on          uuid REFERENCES jobs,
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'running', 'waiting', 'unwinding', 'completed', 'failed', 'cancelled', 'stuck')),
    attempts            integer NOT NULL DEFAULT 0,
    max_attempts        integer NOT NULL CHECK (max_attempts > 0),
    epoch               bigint NOT NULL DEFAULT 0,
    -- Who works on it, until when. Null: nobody.
    lease_owner         text,
    lease_until         timestamptz,
    due_at              timestamptz NOT NULL DEFAULT now(),
    cancel_requested    boolean NOT NULL DEFAULT false,
    fault               jsonb,
    actor               text NOT NULL,
    correlation_id      text NOT NULL,
    traceparent         text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK (lease_owner IS NULL OR status IN ('running', 'unwinding')),
    CHECK (status <> 'running' OR lease_owner IS NOT NULL),
    CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
);
COMMENT ON TABLE jobs IS 'Every change to the outside world. Written by: api files, engine carries on.';
-- Jobs on one target run one at a time.
CREATE UNIQUE INDEX jobs_one_at_a_time ON jobs (target) WHERE status IN ('running', 'waiting', 'unwinding', 'stuck');
CREATE INDEX jobs_unfinished_by_target ON jobs (target, seq) WHERE status NOT IN ('completed', 'failed', 'cancelled');
CREATE INDEX jobs_due ON jobs (due_at) WHERE status = 'pending' OR (status = 'unwinding' AND lease_owner IS NULL);
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_owner IS NOT NULL;
CREATE INDEX jobs_waiting_for_resource ON jobs (resource, priority DESC, seq) WHERE resource IS NOT NULL AND status = 'pending';
CREATE INDEX jobs_holding_resource ON jobs (resource) WHERE resource IS NOT NULL AND lease_owner IS NOT NULL;
CREATE INDEX jobs_by_child ON jobs (waiting_on) WHERE waiting_on IS NOT NULL;
CREATE INDEX jobs_by_tenant ON jobs (tenant_id, id DESC);
CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;

CREATE FUNCTION jobs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> NEW.status AND NOT EXISTS
        (SELECT FROM job_transitions WHERE from_status = OLD.status AND to_status = NEW.status)
    THEN
        RAISE EXCEPTION 'a job that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_transitions';
    END IF;
    IF NEW.epoch < OLD.epoch THEN
        RAISE EXCEPTION 'a job''s epoch never goes back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_guard BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_guard();

-- A unit of a resource that a job holds, for as long as its lease.
CREATE TABLE resource_holds (
    job_id      uuid PRIMARY KEY REFERENCES jobs,
    resource    text NOT NULL REFERENCES resources,
    held_since  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX resource_holds_resource ON resource_holds (resource);
COMMENT ON TABLE resource_holds IS 'Resources held. Written by: engine, with the claim and its release.';

CREATE FUNCTION resource_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room integer;
BEGIN
    SELECT capacity INTO room FROM resources WHERE name = NEW.resource FOR UPDATE;
    IF (SELECT count(*) FROM resource_holds WHERE resource = NEW.resource) >= room THEN
        RAISE EXCEPTION 'resource % is held by others', NEW.resource
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resource_capacity';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resource_guard BEFORE INSERT ON resource_holds FOR EACH ROW EXECUTE FUNCTION resource_guard();

CREATE TABLE job_steps (
    job_id      uuid NOT NULL REFERENCES jobs,
    position    smallint NOT NULL,
    name        text NOT NULL,
    status      text NOT NULL CHECK (status IN ('started', 'done', 'failed', 'undoing', 'undone')),
    attempts    integer NOT NULL DEFAULT 1,
    -- The claim that wrote it last.
    epoch       bigint NOT NULL,
    output      jsonb,
    fault       jsonb,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (job_id, name),
    UNIQUE (job_id, position)
);
COMMENT ON TABLE job_steps IS 'The journal. Written by: engine, guarded by the job''s epoch.';

-- A worker that lost its lease may not write the journal, whatever its code does.
CREATE FUNCTION job_steps_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.epoch <> (SELECT epoch FROM jobs WHERE id = NEW.job_id) THEN
        RAISE EXCEPTION 'job % is in other hands', NEW.job_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_steps_fence BEFORE INSERT OR UPDATE ON job_steps
    FOR EACH ROW EXECUTE FUNCTION job_steps_fence();

CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id      uuid NOT NULL UNIQUE,
    exchange        text NOT NULL,
    routing_key     text NOT NULL,
    message_type    text NOT NULL,
    content_type    text NOT NULL DEFAULT 'application/json',
    body            jsonb NOT NULL,
    headers         jsonb NOT NULL DEFAULT '{}',
    correlation_id  text NOT NULL,
    traceparent     text,
    available_at    timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- While a relay publishes it, others leave it alone.
    leased_until    timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text
);
CREATE INDEX outbox_available ON outbox (available_at, id);
COMMENT ON TABLE outbox IS
    'What is to be published, deleted once confirmed. Written by: whoever changes state, in the same transaction; emptied by the relay.';

CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('praho_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();

-- Tells the workers of a job's queue to look at it, not before `pause` has passed.
CREATE FUNCTION job_wake(job jobs, pause interval DEFAULT '0') RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (message_id, exchange, routing_key, message_type, body, correlation_id, traceparent, available_at)
    VALUES (gen_random_uuid(), 'praho.jobs', job.queue, 'job.wake_up', jsonb_build_object('job_id', job.id),
            job.correlation_id, job.traceparent, now() + pause)
$$;

-- Whether nothing stands before a job: it is due, nobody works on it, its target is free and it is
-- its turn there.
CREATE FUNCTION job_ready(job jobs) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (job.status = 'pending'
            OR (job.status = 'unwinding' AND job.lease_owner IS NULL AND job.waiting_on IS NULL))
       AND job.due_at <= now()
       AND NOT EXISTS (
            SELECT FROM jobs other
            WHERE other.target = job.target AND other.id <> job.id
              AND (other.status IN ('running', 'waiting', 'unwinding', 'stuck')
                   OR (other.status = 'pending' AND other.seq < job.seq)))
$$;

-- Whether there is a free unit of what a job must hold, and nobody goes before it.
CREATE FUNCTION job_served(job jobs) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT job.resource IS NULL
        OR ((SELECT count(*) FROM resource_holds WHERE resource = job.resource)
                < (SELECT capacity FROM resources WHERE name = job.resource)
            AND NOT EXISTS (
                SELECT FROM jobs other
                WHERE other.resource = job.resource AND other.status = 'pending' AND other.id <> job.id
                  AND (other.priority > job.priority
                       OR (other.priority = job.priority AND other.seq < job.seq))
                  AND job_ready(other)))
$$;

-- Wakes whoever is next for a resource.
CREATE FUNCTION job_wake_next(freed text) RETURNS void LANGUAGE sql AS $$
    SELECT job_wake(next) FROM (
        SELECT * FROM jobs waiter
        WHERE waiter.resource = freed
          AND (waiter.status = 'pending' OR (waiter.status = 'unwinding' AND waiter.lease_owner IS NULL))
          AND job_ready(waiter)
        ORDER BY (waiter.status = 'unwinding') DESC, waiter.priority DESC, waiter.seq
        LIMIT 1
    ) next
$$;

-- Watchers of a job hear of each change.
CREATE FUNCTION jobs_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('praho_jobs', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_notify AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_notify();
CREATE FUNCTION job_steps_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('praho_jobs', NEW.job_id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER job_steps_notify AFTER INSERT OR UPDATE ON job_steps FOR EACH ROW EXECUTE FUNCTION job_steps_notify();

CREATE TABLE dead_letters (
    id          uuid PRIMARY KEY,
    queue       text NOT NULL,
    job_id      uuid REFERENCES jobs,
    reason      text NOT NULL,
    -- The beginning of what could not be read, never a whole body.
    excerpt     text NOT NULL DEFAULT '' CHECK (length(excerpt) <= 1000),
    message_id  text,
    correlation_id text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_created ON dead_letters (created_at);
COMMENT ON TABLE dead_letters IS 'Messages that nobody could use, and failed jobs, with the reason. Written by: consumers, engine.';
