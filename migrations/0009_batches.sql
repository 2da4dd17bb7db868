-- What many jobs go through at the same time, in one statement for all of them.

-- What a job holds stands in its own row: a unit of its resource, for as long as its lease.
ALTER TABLE jobs ADD COLUMN slot integer;
UPDATE jobs SET slot = held.slot FROM (
    SELECT job_id, row_number() OVER (PARTITION BY resource ORDER BY held_since) AS slot FROM resource_holds
) held WHERE id = held.job_id;
ALTER TABLE jobs ADD CONSTRAINT jobs_slot
    CHECK ((slot IS NOT NULL) = (resource IS NOT NULL AND lease_owner IS NOT NULL));
CREATE UNIQUE INDEX jobs_holding ON jobs (resource, slot) WHERE slot IS NOT NULL;
DROP TABLE resource_holds;
DROP FUNCTION resource_guard(), job_claim(uuid, text, double precision, text[], text[]),
    job_end(uuid, bigint, text, text, jsonb), job_take_turns(uuid, boolean), job_wake_next(text),
    job_served(jobs), job_ready(jobs);

-- Unique by how they are made, and nothing is looked up by them: each index cost every job several writes.
ALTER TABLE jobs DROP CONSTRAINT jobs_seq_key;
ALTER TABLE outbox DROP CONSTRAINT outbox_message_id_key;
ALTER TABLE job_steps DROP CONSTRAINT job_steps_job_id_position_key;

-- Whoever files a job has the tenant from a row that refers to it, and nobody ever deletes one. To check it locks one row for all
-- jobs of a tenant that are filed at the same time.
ALTER TABLE jobs DROP CONSTRAINT jobs_tenant_id_fkey;

-- The guards look at all rows of a statement at once. That of the journal sees also that the jobs are there, which
-- nobody ever deletes, so it stands for the foreign key.
DROP TRIGGER jobs_guard ON jobs;
DROP TRIGGER job_steps_fence ON job_steps;
ALTER TABLE job_steps DROP CONSTRAINT job_steps_job_id_fkey;

CREATE OR REPLACE FUNCTION jobs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT was.status AS was, now.status AS became, now.epoch < was.epoch AS back INTO wrong
    FROM jobs_before was JOIN jobs_after now USING (id)
    WHERE now.epoch < was.epoch
       OR (was.status <> now.status AND NOT EXISTS (
            SELECT FROM job_transitions WHERE from_status = was.status AND to_status = now.status))
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF wrong.back THEN
        RAISE EXCEPTION 'a job''s epoch never goes back' USING ERRCODE = 'check_violation';
    END IF;
    RAISE EXCEPTION 'a job that is % cannot become %', wrong.was, wrong.became
        USING ERRCODE = 'check_violation', CONSTRAINT = 'job_transitions';
END $$;
CREATE TRIGGER jobs_guard AFTER UPDATE ON jobs REFERENCING OLD TABLE AS jobs_before NEW TABLE AS jobs_after
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_guard();

CREATE OR REPLACE FUNCTION job_steps_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT job_id INTO wrong FROM written LEFT JOIN jobs ON id = job_id
    WHERE jobs.epoch IS DISTINCT FROM written.epoch LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'job % is in other hands', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER job_steps_fence_insert AFTER INSERT ON job_steps REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION job_steps_fence();
CREATE TRIGGER job_steps_fence_update AFTER UPDATE ON job_steps REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION job_steps_fence();

-- Jobs before which nothing stands: due, in nobody's hands, the target free and it is their turn there. What they hold while
-- they run may still be in other hands.
CREATE VIEW jobs_ready AS
    SELECT id, status, target, resource, priority, seq, due_at FROM jobs job
    WHERE status IN ('pending', 'unwinding') AND status NOT IN ('completed', 'failed', 'cancelled')
      AND lease_owner IS NULL AND waiting_on IS NULL AND due_at <= now()
      AND NOT EXISTS (
        SELECT FROM jobs other
        WHERE other.target = job.target AND other.id <> job.id
          AND other.status NOT IN ('completed', 'failed', 'cancelled')
          AND (other.status <> 'pending' OR other.seq < job.seq));

-- Of each resource a unit that is free, if there is one, and the job that gets the next: who is to be undone goes first.
CREATE VIEW resources_next AS
    SELECT name,
        (SELECT unit FROM generate_series(1, capacity) AS unit
         WHERE NOT EXISTS (SELECT FROM jobs WHERE jobs.resource = name AND jobs.slot = unit)
           AND (SELECT count(*) FROM jobs WHERE jobs.resource = name AND slot IS NOT NULL) < capacity
         LIMIT 1) AS free,
        coalesce(
            (SELECT id FROM jobs_ready WHERE resource = name AND status = 'unwinding'
             ORDER BY priority DESC, seq LIMIT 1),
            (SELECT id FROM jobs_ready WHERE resource = name AND status = 'pending'
             ORDER BY priority DESC, seq LIMIT 1)) AS job_id
    FROM resources;

-- Who is refused a job because another holds its target or its resource counts on being woken by whoever frees it, and who frees
-- it wakes whom he sees. Were both to look at the same time, neither would see the other, and the job would wait for
-- the sweep. So they take turns, always in this order: targets, resources, rows of jobs.
CREATE FUNCTION job_take_turns(who uuid[], of_targets boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT place, hashtextextended(name, place) AS key
        FROM unnest(who) AS it (id) JOIN jobs USING (id),
             LATERAL (VALUES (0, target), (1, resource)) AS held (place, name)
        WHERE name IS NOT NULL AND (of_targets OR place = 1)
        ORDER BY place, key) turns;
END $$;

-- Takes those of the jobs that are ready and have what they must hold. The first claim of all also journals the
-- first step of the job's kind, from `kinds` and `steps`: nobody else can have begun it.
CREATE FUNCTION job_claim(wanted uuid[], owner text, seconds double precision, kinds text[], steps text[])
RETURNS SETOF jobs LANGUAGE plpgsql AS $$
BEGIN
    PERFORM job_take_turns(wanted, true);
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT DISTINCT ready.id, ready.status, turn.free AS slot
        FROM unnest(wanted) AS it (id) JOIN jobs_ready ready USING (id)
        LEFT JOIN resources_next turn ON turn.name = ready.resource
        WHERE ready.resource IS NULL OR (turn.free IS NOT NULL AND turn.job_id = ready.id)),
    taken AS (
        UPDATE jobs SET
            status = CASE jobs.status WHEN 'pending' THEN 'running' ELSE jobs.status END,
            slot = chosen.slot, lease_owner = owner, lease_until = now() + seconds * interval '1 second',
            epoch = epoch + 1, attempts = attempts + 1, started_at = coalesce(started_at, now())
        FROM chosen WHERE jobs.id = chosen.id AND jobs.status = chosen.status AND lease_owner IS NULL
        RETURNING jobs.*),
    begun AS (
        INSERT INTO job_steps (job_id, epoch, position, name, status)
        SELECT id, 1, 0, step, 'started' FROM taken JOIN unnest(kinds, steps) AS first (kind, step) USING (kind)
        WHERE epoch = 1)
    SELECT * FROM taken;
END $$;

-- Writes the journals of jobs, each under its claim: a result, the intent of a step, or both.
CREATE FUNCTION job_journal(entries jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM job_steps_done(entries);
    INSERT INTO job_steps (job_id, epoch, position, name, status)
    SELECT job, claim, place, next, 'started'
    FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint, place smallint, next text)
    WHERE next IS NOT NULL
    ON CONFLICT (job_id, name) DO UPDATE SET status = 'started', epoch = excluded.epoch,
        attempts = job_steps.attempts + 1;
END $$;

-- Writes the results of steps that were journalled as started.
CREATE FUNCTION job_steps_done(entries jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written bigint;
BEGIN
    UPDATE job_steps SET status = 'done', epoch = claim, output = coalesce(result, 'null'), fault = NULL,
        finished_at = now()
    FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint, done text, result jsonb)
    WHERE job_id = job AND name = done;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < (SELECT count(done) FROM jsonb_to_recordset(entries) AS entry (done text)) THEN
        RAISE EXCEPTION 'a step is not in the journal of its job';
    END IF;
END $$;

-- Ends jobs, each held under its claim, with the result of its last step if there is one; frees what they held; and
-- wakes whoever waited for them, for their targets or for what they held. Answers for each the seconds since it
-- was filed, the job that waited for it, and whether anybody was woken by any.
CREATE FUNCTION job_end(entries jsonb, became text)
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
BEGIN
    PERFORM job_take_turns(mine, final);
    PERFORM job_steps_done(entries);
    WITH done AS (
        UPDATE jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, status = became,
            finished_at = CASE WHEN final THEN now() END
        FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint)
        WHERE id = entry.job AND epoch = claim AND lease_owner IS NOT NULL
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
            FROM unnest(ended) AS child (id) WHERE waiting_on = child.id
            RETURNING child.id AS child, jobs.id)
        SELECT array_agg(child), array_agg(id) INTO children, parents FROM parent;
    END IF;
    PERFORM job_wake(follower) FROM jobs follower JOIN (
        SELECT unnest(parents) AS id
        UNION
        SELECT job_id FROM unnest(freed) AS it (name) JOIN resources_next USING (name)
        UNION
        SELECT next.id FROM unnest(targets) AS it (name), LATERAL (
            SELECT id FROM jobs_ready WHERE target = it.name AND status = 'pending' LIMIT 1) next
        WHERE final) woken USING (id);
    woke := FOUND;
    RETURN QUERY
    SELECT done.id, done.age, parent.id, woke
    FROM unnest(ended, ages) AS done (id, age) LEFT JOIN unnest(children, parents) AS parent (child, id)
        ON parent.child = done.id;
END $$;

-- They are asked with few jobs, and plan for as long as the connection: not by what the tables held when they were planned.
DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['job_claim', 'job_journal', 'job_end'] LOOP
        EXECUTE format('ALTER FUNCTION %I SET plan_cache_mode = force_generic_plan SET enable_seqscan = off '
            'SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off', f);
    END LOOP;
END $$;
