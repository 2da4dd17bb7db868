-- One statement, and so one commit and one way to the database and back, for each thing a worker does to a job.

-- A transaction with a NOTIFY in it holds one lock of the whole database until its commit is on disk, so no two of them
-- share a write. Who changes something therefore tells of it after the commit: see crates/store/src/news.rs.
DROP TRIGGER outbox_notify ON outbox;
DROP TRIGGER jobs_notify ON jobs;
DROP TRIGGER job_steps_notify ON job_steps;
DROP FUNCTION outbox_notify(), jobs_notify(), job_steps_notify();

-- What every claim and every end of a job calls, in PL/pgSQL: PostgreSQL keeps the plans of such functions for as long as
-- the connection, and plans those in SQL anew at each call.

CREATE OR REPLACE FUNCTION job_wake(job jobs, pause interval DEFAULT '0') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (message_id, exchange, routing_key, message_type, body, correlation_id, traceparent, available_at)
    VALUES (gen_random_uuid(), 'praho.jobs', job.queue, 'job.wake_up', jsonb_build_object('job_id', job.id),
            job.correlation_id, job.traceparent, now() + pause);
END $$;

-- Each question below is one that an index answers in order, and no other index seems to: where the planner knows too little
-- of a table that grows fast, it joins several in bitmaps, which read the entries of dead rows again and again.
DROP INDEX jobs_due, jobs_leased, jobs_holding_resource;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_due ON jobs (due_at)
    WHERE status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL;
CREATE INDEX jobs_unwinding_for_resource ON jobs (resource, priority DESC, seq)
    WHERE resource IS NOT NULL AND status = 'unwinding' AND lease_owner IS NULL;

CREATE OR REPLACE FUNCTION job_ready(job jobs) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (job.status = 'pending'
            OR (job.status = 'unwinding' AND job.lease_owner IS NULL AND job.waiting_on IS NULL))
       AND job.due_at <= now()
       AND NOT EXISTS (
            SELECT FROM jobs other
            WHERE other.target = job.target AND other.id <> job.id
              AND other.status NOT IN ('completed', 'failed', 'cancelled')
              AND (other.status <> 'pending' OR other.seq < job.seq));
END $$;

-- Among those that wait for a resource, who is to be undone goes first.
CREATE OR REPLACE FUNCTION job_served(job jobs) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN job.resource IS NULL
        OR ((SELECT count(*) FROM resource_holds WHERE resource = job.resource)
                < (SELECT capacity FROM resources WHERE name = job.resource)
            AND (job.status = 'unwinding'
                 OR job.id = (
                    SELECT id FROM jobs other
                    WHERE other.resource = job.resource AND other.status = 'pending' AND job_ready(other)
                    ORDER BY other.priority DESC, other.seq
                    LIMIT 1)));
END $$;

CREATE OR REPLACE FUNCTION job_wake_next(freed text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    follower jobs;
BEGIN
    SELECT * INTO follower FROM jobs waiter
    WHERE waiter.resource = freed AND waiter.status = 'unwinding' AND waiter.lease_owner IS NULL
      AND job_ready(waiter)
    ORDER BY waiter.priority DESC, waiter.seq
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT * INTO follower FROM jobs waiter
        WHERE waiter.resource = freed AND waiter.status = 'pending' AND job_ready(waiter)
        ORDER BY waiter.priority DESC, waiter.seq
        LIMIT 1;
    END IF;
    IF FOUND THEN
        PERFORM job_wake(follower);
    END IF;
END $$;

-- Locks that let the filers of jobs refer to the row at the same time.
CREATE OR REPLACE FUNCTION resource_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room integer;
BEGIN
    SELECT capacity INTO room FROM resources WHERE name = NEW.resource FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM resource_holds WHERE resource = NEW.resource) >= room THEN
        RAISE EXCEPTION 'resource % is held by others', NEW.resource
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resource_capacity';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION audit_digest(entry audit_log) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN sha256(entry.previous_sha256 || convert_to(jsonb_build_array(
        entry.seq, entry.tenant_id, extract(epoch FROM entry.at), entry.actor, entry.action,
        entry.target, entry.correlation_id, entry.detail)::text, 'UTF8'));
END $$;

-- Who is refused a job because another holds its target or its resource counts on being woken by whoever frees it, and who frees
-- it wakes whom he sees. Were both to look at the same time, neither would see the other, and the job would wait for
-- the sweep. So they take turns, always in this order: the target, the resource, the job's row.
CREATE FUNCTION job_take_turns(job uuid, of_target boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mine jobs;
BEGIN
    SELECT * INTO mine FROM jobs WHERE id = job;
    IF of_target THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(mine.target, 0));
    END IF;
    IF mine.resource IS NOT NULL THEN
        PERFORM FROM resources WHERE name = mine.resource FOR NO KEY UPDATE;
    END IF;
END $$;

-- Takes a job if it is ready and what it must hold is free. The first claim of all also journals the first step of
-- the job's kind, from `kinds` and `steps`: nobody else can have begun it. No row: it was not to be had.
CREATE FUNCTION job_claim(wanted uuid, owner text, seconds double precision, kinds text[], steps text[])
RETURNS SETOF jobs LANGUAGE plpgsql AS $$
DECLARE
    mine jobs;
BEGIN
    PERFORM job_take_turns(wanted, true);
    UPDATE jobs job SET
        status = CASE status WHEN 'pending' THEN 'running' ELSE status END,
        lease_owner = owner, lease_until = now() + seconds * interval '1 second',
        epoch = epoch + 1, attempts = attempts + 1, started_at = coalesce(started_at, now())
    WHERE id = wanted AND job_ready(job) AND job_served(job)
    RETURNING * INTO mine;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF mine.resource IS NOT NULL THEN
        INSERT INTO resource_holds (job_id, resource) VALUES (mine.id, mine.resource);
    END IF;
    IF mine.epoch = 1 THEN
        INSERT INTO job_steps (job_id, epoch, position, name, status)
        SELECT mine.id, 1, 0, first.step, 'started' FROM unnest(kinds, steps) AS first (kind, step)
        WHERE first.kind = mine.kind;
    END IF;
    RETURN NEXT mine;
END $$;

-- Ends a job that is held under `claim`, with the result of its last step if there is one, frees what it held, and
-- wakes whoever waited for it, for its target or for what it held. Answers the seconds since it was filed, and the
-- job that waited for it.
CREATE FUNCTION job_end(
    ended uuid, claim bigint, became text, step text, result jsonb, OUT age double precision, OUT waiter uuid
) LANGUAGE plpgsql AS $$
DECLARE
    mine jobs;
    parent jobs;
    follower jobs;
    freed text;
    final constant boolean := became IN ('completed', 'failed', 'cancelled');
BEGIN
    PERFORM job_take_turns(ended, final);
    IF step IS NOT NULL THEN
        UPDATE job_steps SET status = 'done', epoch = claim, output = result, fault = NULL, finished_at = now()
        WHERE job_id = ended AND name = step;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'step % is not in the journal', step;
        END IF;
    END IF;
    UPDATE jobs SET lease_owner = NULL, lease_until = NULL, status = became,
        finished_at = CASE WHEN final THEN now() END
    WHERE id = ended AND epoch = claim AND lease_owner IS NOT NULL
    RETURNING * INTO mine;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job % is in other hands', ended
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    age := extract(epoch FROM now() - mine.created_at);
    IF mine.resource IS NOT NULL THEN
        DELETE FROM resource_holds WHERE job_id = ended RETURNING resource INTO freed;
        IF FOUND THEN
            PERFORM job_wake_next(freed);
        END IF;
    END IF;
    IF NOT final THEN
        RETURN;
    END IF;
    UPDATE jobs SET waiting_on = NULL, due_at = now(),
        status = CASE status WHEN 'waiting' THEN 'pending' ELSE status END
    WHERE waiting_on = ended RETURNING * INTO parent;
    IF FOUND THEN
        waiter := parent.id;
        PERFORM job_wake(parent);
    END IF;
    SELECT * INTO follower FROM jobs
    WHERE target = mine.target AND status NOT IN ('completed', 'failed', 'cancelled') AND status = 'pending'
      AND id <> ended AND due_at <= now()
    ORDER BY seq LIMIT 1;
    IF FOUND THEN
        PERFORM job_wake(follower);
    END IF;
END $$;
