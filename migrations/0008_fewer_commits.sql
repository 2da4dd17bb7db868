-- One statement, and so one commit and one way to the database and back, for each thing a worker does to a job.

-- A transaction with a NOTIFY in it holds one lock of the whole database until its commit is on disk, so no two of them
-- share a write. Who changes something therefore tells of it after the commit: see crates/store/src/news.rs.
DROP TRIGGER outbox_notify ON outbox;
DROP TRIGGER jobs_notify ON jobs;
DROP TRIGGER job_steps_notify ON job_steps;
DROP FUNCTION outbox_notify(), jobs_notify(), job_steps_notify();

-- Takes a job if it is ready and what it must hold is free. The first claim of all also journals the first step of
-- the job's kind, from `kinds` and `steps`: nobody else can have begun it. No row: it was not to be had.
CREATE FUNCTION job_claim(wanted uuid, owner text, seconds double precision, kinds text[], steps text[])
RETURNS SETOF jobs LANGUAGE plpgsql AS $$
DECLARE
    mine jobs;
BEGIN
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
    WHERE target = mine.target AND status = 'pending' AND id <> ended AND due_at <= now()
    ORDER BY seq LIMIT 1;
    IF FOUND THEN
        PERFORM job_wake(follower);
    END IF;
END $$;
