-- What is looked up by a key is found by its index, whatever the planner knew of the tables when a connection first asked. It had
-- taken a whole index for the shorter way where the table was still small, and kept to it while the table grew.

-- Only the sweep asks for what is due, and says so in the words of this index.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (due_at)
    WHERE status IN ('pending', 'unwinding') AND lease_until IS NULL AND waiting_on IS NULL;

CREATE OR REPLACE VIEW jobs_ready AS
    SELECT id, status, target, resource, priority, seq, due_at, lease_until FROM jobs job
    WHERE status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL AND due_at <= now()
      AND NOT EXISTS (
        SELECT FROM jobs other
        WHERE other.target = job.target AND other.id <> job.id
          AND other.status NOT IN ('completed', 'failed', 'cancelled')
          AND (other.status <> 'pending' OR other.seq < job.seq));

CREATE OR REPLACE FUNCTION job_steps_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT job_id INTO wrong FROM written
    WHERE epoch IS DISTINCT FROM (SELECT jobs.epoch FROM jobs WHERE id = job_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'job % is in other hands', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION job_take_turns(who uuid[], of_targets boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT place, hashtextextended(name, place) AS key
        FROM jobs, LATERAL (VALUES (0, target), (1, resource)) AS held (place, name)
        WHERE id = ANY(who) AND name IS NOT NULL AND (of_targets OR place = 1)
        ORDER BY place, key) turns;
END $$;

CREATE OR REPLACE FUNCTION job_claim(wanted uuid[], owner text, seconds double precision, kinds text[], steps text[])
RETURNS SETOF jobs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM job_take_turns(wanted, true);
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT ready.id, ready.status, turn.free AS slot
        FROM jobs_ready ready LEFT JOIN resources_next turn ON turn.name = ready.resource
        WHERE ready.id = ANY(wanted)
          AND (ready.resource IS NULL OR (turn.free IS NOT NULL AND turn.job_id = ready.id))),
    taken AS (
        UPDATE jobs SET
            status = CASE jobs.status WHEN 'pending' THEN 'running' ELSE jobs.status END,
            slot = chosen.slot, lease_owner = owner, lease_until = now() + seconds * interval '1 second',
            epoch = epoch + 1, attempts = attempts + 1, started_at = coalesce(started_at, now())
        FROM chosen
        WHERE jobs.id = ANY(wanted) AND jobs.id = chosen.id AND jobs.status = chosen.status AND lease_owner IS NULL
        RETURNING jobs.*),
    begun AS (
        INSERT INTO job_steps (job_id, epoch, position, name, status)
        SELECT id, 1, 0, step, 'started' FROM taken JOIN unnest(kinds, steps) AS first (kind, step) USING (kind)
        WHERE epoch = 1)
    SELECT * FROM taken;
END $$;

CREATE OR REPLACE FUNCTION job_steps_done(entries jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mine constant uuid[] := ARRAY(SELECT (entry ->> 'job')::uuid FROM jsonb_array_elements(entries) AS entry);
    written bigint;
BEGIN
    UPDATE job_steps SET status = 'done', epoch = claim, output = coalesce(result, 'null'), fault = NULL,
        finished_at = now()
    FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint, done text, result jsonb)
    WHERE job_id = ANY(mine) AND job_id = job AND name = done;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < (SELECT count(done) FROM jsonb_to_recordset(entries) AS entry (done text)) THEN
        RAISE EXCEPTION 'a step is not in the journal of its job';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION job_end(entries jsonb, became text)
RETURNS TABLE (job uuid, age double precision, waiter uuid, woke boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    final constant boolean := became IN ('completed', 'failed', 'cancelled');
    mine constant uuid[] := ARRAY(SELECT (entry ->> 'job')::uuid FROM jsonb_array_elements(entries) AS entry);
    ended uuid[];
    ages double precision[];
    targets text[];
    freed text[];
    children uuid[];
    parents uuid[];
    followers uuid[];
BEGIN
    PERFORM job_take_turns(mine, final);
    PERFORM job_steps_done(entries);
    WITH done AS (
        UPDATE jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, status = became,
            finished_at = CASE WHEN final THEN now() END
        FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint)
        WHERE id = ANY(mine) AND id = entry.job AND epoch = claim AND lease_owner IS NOT NULL
        RETURNING id, target, resource, extract(epoch FROM now() - created_at) AS age)
    SELECT array_agg(id), array_agg(age), array_agg(target), array_agg(resource)
    INTO ended, ages, targets, freed FROM done;
    IF coalesce(cardinality(ended), 0) < cardinality(mine) THEN
        RAISE EXCEPTION 'a job is in other hands' USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    IF final THEN
        WITH parent AS (
            UPDATE jobs SET waiting_on = NULL, due_at = now(),
                status = CASE status WHEN 'waiting' THEN 'pending' ELSE status END
            FROM unnest(ended) AS child (id) WHERE waiting_on = ANY(ended) AND waiting_on = child.id
            RETURNING child.id AS child, jobs.id)
        SELECT array_agg(child), array_agg(id) INTO children, parents FROM parent;
    END IF;
    followers := parents || ARRAY(
        SELECT job_id FROM resources_next WHERE name = ANY(freed) AND job_id IS NOT NULL
        UNION
        SELECT next.id FROM unnest(targets) AS it (name), LATERAL (
            SELECT id FROM jobs_ready
            WHERE target = it.name AND status = 'pending' AND status NOT IN ('completed', 'failed', 'cancelled')
            LIMIT 1) next
        WHERE final);
    woke := cardinality(followers) > 0;
    IF woke THEN
        PERFORM job_wake(follower) FROM jobs follower WHERE id = ANY(followers);
    END IF;
    RETURN QUERY
    SELECT done.id, done.age, parent.id, woke
    FROM unnest(ended, ages) AS done (id, age) LEFT JOIN unnest(children, parents) AS parent (child, id)
        ON parent.child = done.id;
END $$;

-- As before: they plan for few jobs and for as long as the connection.
DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['job_claim', 'job_end'] LOOP
        EXECUTE format('ALTER FUNCTION %I SET plan_cache_mode = force_generic_plan SET enable_seqscan = off '
            'SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off', f);
    END LOOP;
END $$;
