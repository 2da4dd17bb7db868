-- Work: jobs, their journal, what they hold, what is to be published, and what could not be done.

CREATE TABLE job_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
COMMENT ON TABLE job_transitions IS 'The changes of status that a job may make; a test holds it to model::job. Written by: migrations.';
INSERT INTO job_transitions VALUES
    ('pending', 'running'), ('running', 'pending'), ('running', 'waiting'), ('waiting', 'pending'),
    ('running', 'completed'), ('running', 'unwinding'), ('unwinding', 'failed'),
    ('unwinding', 'cancelled'), ('unwinding', 'stuck'), ('stuck', 'unwinding'),
    ('failed', 'pending'), ('cancelled', 'pending');

CREATE TABLE resources (
    name        text PRIMARY KEY,
    capacity    integer NOT NULL CHECK (capacity > 0)
);
COMMENT ON TABLE resources IS 'Resources that jobs hold units of while they run, such as a server''s mutation slot. Written by: api.';

CREATE SEQUENCE jobs_seq;

-- Open jobs and finished ones are apart, so that what is worked on stays small whatever has been done. Questions about all
-- jobs ask `jobs`; the engine's statements name the partition. A job moves when `finished_at` is set or emptied.
CREATE TABLE jobs (
    id                  uuid NOT NULL,
    -- The order of filing; filers lock the target's row first, so it is also the order of commits on a target. Unique by how
    -- it is made: an index to say so would cost every job several writes, and nothing is looked up by it.
    seq                 bigint NOT NULL DEFAULT nextval('jobs_seq'),
    -- No foreign key: the filer has the tenant from a row that refers to it, and the check would lock one row for all
    -- jobs of a tenant that are filed at the same time.
    tenant_id           uuid NOT NULL,
    kind                text NOT NULL,
    target              text NOT NULL,
    queue               text NOT NULL CHECK (queue IN ('provisioning', 'bulk', 'sync', 'monitoring', 'dns')),
    lane                text NOT NULL CHECK (lane IN ('urgent', 'interactive', 'bulk', 'reconciling')),
    -- Its turn among the jobs that wait for its resource: see job_place_v1.
    turn                bigint NOT NULL DEFAULT 0,
    payload             jsonb NOT NULL,
    -- What a claim of it must hold a unit of. Null: nothing.
    resource            text REFERENCES resources,
    -- The jobs that filed it and that it waits for. No foreign keys: they may be in the other partition.
    parent_id           uuid,
    waiting_on          uuid,
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'running', 'waiting', 'unwinding', 'completed', 'failed', 'cancelled', 'stuck')),
    -- The tries in a row: claims since it was filed or restarted, or since a step that had been held was done.
    attempts            integer NOT NULL DEFAULT 0,
    -- The claims in a row whose worker died or lost the job.
    lost_leases         integer NOT NULL DEFAULT 0 CHECK (lost_leases >= 0),
    -- Since when the step under way fails for a reason that may pass, and until when that is waited for. Null: it does not.
    held_since          timestamptz,
    held_until          timestamptz,
    -- The number of its claims: each claim is one higher than the one before.
    epoch               bigint NOT NULL DEFAULT 0,
    -- The process that works on it, and until when the claim lasts. Null: none.
    lease_owner         text,
    lease_until         timestamptz,
    -- The unit of the resource that it holds, for as long as its lease.
    slot                integer,
    due_at              timestamptz NOT NULL DEFAULT now(),
    -- It is to be tried again at `due_at`. Until it is claimed or woken then, it is in no queue.
    delayed             boolean NOT NULL DEFAULT false,
    -- A claim found another job before it on its target. Until that one ends, it is in no queue.
    behind              boolean NOT NULL DEFAULT false,
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
    CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
    CONSTRAINT jobs_held CHECK ((held_since IS NULL) = (held_until IS NULL)),
    CONSTRAINT jobs_slot CHECK ((slot IS NOT NULL) = (resource IS NOT NULL AND lease_owner IS NOT NULL))
) PARTITION BY LIST ((finished_at IS NULL));
ALTER SEQUENCE jobs_seq OWNED BY jobs.seq;
COMMENT ON TABLE jobs IS 'Every change to the outside world. Written by: api files, engine carries on.';

CREATE TABLE open_jobs PARTITION OF jobs (PRIMARY KEY (id)) FOR VALUES IN (true);
COMMENT ON TABLE open_jobs IS 'The jobs that have not ended.';
CREATE TABLE finished_jobs PARTITION OF jobs (PRIMARY KEY (id)) FOR VALUES IN (false);
COMMENT ON TABLE finished_jobs IS 'The jobs that have ended. They leave by retention.';

-- Every job leaves dead rows in the one and a row in the other; a percentage of a large table is too late for both.
ALTER TABLE open_jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
ALTER TABLE finished_jobs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 5000);

-- Each question about open jobs has an index in the order in which the question reads it. A statement looks up one row of an
-- index at a time, in a subquery with LIMIT 1, which the planner can do in one way only; no statement joins open jobs with
-- each other. So its cost hangs neither on statistics nor on how much is open.

-- Jobs on one target run one at a time.
CREATE UNIQUE INDEX jobs_one_at_a_time ON open_jobs (target) WHERE status IN ('running', 'waiting', 'unwinding', 'stuck');
-- A unit of a resource has one holder.
CREATE UNIQUE INDEX jobs_holding ON open_jobs (resource, slot) WHERE slot IS NOT NULL;
-- The first job of a target: the one that has begun, or else the one filed first.
CREATE INDEX jobs_of_targets ON open_jobs (target, (status = 'pending'), seq);
-- The queue of a resource: a job that has begun goes first.
CREATE INDEX jobs_queued ON open_jobs (resource, (started_at IS NULL), turn, seq)
    WHERE resource IS NOT NULL AND status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL
        AND NOT delayed AND NOT behind;
-- The last job of a flow: of a tenant, in a lane, for a resource.
CREATE INDEX jobs_of_flows ON open_jobs (resource, tenant_id, lane, turn)
    WHERE resource IS NOT NULL AND status = 'pending' AND started_at IS NULL;
-- The sweep: claims that have run out, and due jobs that stand in no resource's queue.
CREATE INDEX jobs_leased ON open_jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_due ON open_jobs (due_at)
    WHERE (resource IS NULL OR delayed) AND status IN ('pending', 'unwinding') AND lease_until IS NULL
        AND waiting_on IS NULL AND NOT behind;
-- The jobs that wait for the end of an outage of what they need.
CREATE INDEX jobs_held ON open_jobs (resource, due_at) WHERE held_since IS NOT NULL AND delayed;
-- The parent that waits for a job.
CREATE INDEX jobs_by_child ON open_jobs (waiting_on) WHERE waiting_on IS NOT NULL;
-- Lists, one index for each filter of them. Their order is `seq`: a plan that was made while the table was empty takes any index
-- that has the column `id` for a lookup by it, and later reads the whole index.
CREATE INDEX jobs_by_tenant ON jobs (tenant_id, seq DESC);
CREATE INDEX jobs_by_target ON jobs (tenant_id, target, seq DESC);
CREATE INDEX jobs_by_status ON jobs (tenant_id, status, seq DESC);
CREATE INDEX jobs_by_kind ON jobs (tenant_id, kind, seq DESC);
CREATE INDEX jobs_by_kind_and_status ON jobs (tenant_id, kind, status, seq DESC);
CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
-- The jobs on an account that ended since a look at its server began.
CREATE INDEX jobs_ended ON finished_jobs (target, finished_at);
-- The last jobs that held a resource, for the pace of its queue.
CREATE INDEX jobs_by_resource ON finished_jobs (resource, finished_at DESC) WHERE resource IS NOT NULL AND status = 'completed';
-- The jobs of a tenant that are restarted together.
CREATE INDEX jobs_to_retry ON finished_jobs (tenant_id, status, finished_at, id)
    WHERE status IN ('failed', 'cancelled') AND parent_id IS NULL;
-- Retention.
CREATE INDEX jobs_by_end ON finished_jobs (finished_at);

-- Looks at all rows of a statement at once.
CREATE FUNCTION jobs_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER jobs_guard AFTER UPDATE ON open_jobs REFERENCING OLD TABLE AS jobs_before NEW TABLE AS jobs_after
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_guard();

-- A job leaves the open ones only as a finished one, by a change of status that it may make.
CREATE FUNCTION jobs_guard_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT was.id, was.status AS was, now.status AS became INTO wrong
    FROM jobs_before was LEFT JOIN finished_jobs now USING (id)
    WHERE NOT EXISTS (SELECT FROM job_transitions WHERE from_status = was.status AND to_status = now.status)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'job % is % and cannot become %', wrong.id, wrong.was, coalesce(wrong.became, 'nothing')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_transitions';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_guard_end AFTER DELETE ON open_jobs REFERENCING OLD TABLE AS jobs_before
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_guard_end();

CREATE TABLE job_steps (
    -- No foreign key: job_steps_fence sees that the job is open, and the journal leaves with its job.
    job_id      uuid NOT NULL,
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
    PRIMARY KEY (job_id, name)
);
COMMENT ON TABLE job_steps IS 'The journal. Written by: engine, guarded by the job''s epoch.';

-- A worker that lost its lease may not write the journal, whatever its code does. Looks at all rows of a statement at once.
CREATE FUNCTION job_steps_fence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT job_id INTO wrong FROM written
    WHERE epoch IS DISTINCT FROM (SELECT open_jobs.epoch FROM open_jobs WHERE id = job_id) LIMIT 1;
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

CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Random, so unique without an index.
    message_id      uuid NOT NULL,
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
    -- Until when the relay that publishes it has it for itself.
    leased_until    timestamptz,
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text
);
CREATE INDEX outbox_available ON outbox (available_at, id);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
COMMENT ON TABLE outbox IS
    'Messages to be published, deleted once confirmed. Written by: each process that changes state, in the same transaction; emptied by the relay.';

CREATE TABLE dead_letters (
    id              uuid PRIMARY KEY,
    -- The tenant of the job or of the service that it is about. Null: not known, so it is the platform's.
    tenant_id       uuid REFERENCES tenants,
    -- The tenant, or the nil UUID: an index keeps the order of the rows of one owner, but not that of rows without one.
    owner           uuid NOT NULL GENERATED ALWAYS AS (coalesce(tenant_id, '00000000-0000-0000-0000-000000000000')) STORED,
    queue           text NOT NULL,
    -- No foreign key: jobs are in partitions. A job stays for as long as a dead letter about it is open.
    job_id          uuid,
    reason          text NOT NULL,
    -- The beginning of what could not be read, never a whole body.
    excerpt         text NOT NULL DEFAULT '' CHECK (length(excerpt) <= 1000),
    message_id      text,
    correlation_id  text,
    -- What a command was published under, and the command itself if it could be read: enough to carry it out.
    routing_key     text CHECK (length(routing_key) <= 255),
    command         jsonb CHECK (length(command::text) <= 2000),
    status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'redriven', 'discarded')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    resolved_at     timestamptz,
    resolved_by     text,
    CONSTRAINT dead_letters_resolved
        CHECK ((status = 'open') = (resolved_at IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE INDEX dead_letters_created ON dead_letters (created_at);
CREATE INDEX dead_letters_by_owner ON dead_letters (owner, id DESC);
CREATE INDEX dead_letters_by_status ON dead_letters (owner, status, id DESC);
CREATE INDEX dead_letters_by_queue ON dead_letters (owner, queue, id DESC);
CREATE INDEX dead_letters_by_queue_and_status ON dead_letters (owner, queue, status, id DESC);
CREATE INDEX dead_letters_of_jobs ON dead_letters (job_id) WHERE status = 'open';
CREATE INDEX dead_letters_ended ON dead_letters (resolved_at) WHERE resolved_at IS NOT NULL;
COMMENT ON TABLE dead_letters IS
    'Messages that no consumer could use, and failed jobs, with the reason. Written by: consumers, engine; resolved by: api.';

-- Tells the workers of a job's queue to look at it, not before `pause` has passed.
CREATE FUNCTION job_wake(job jobs, pause interval DEFAULT '0') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (message_id, exchange, routing_key, message_type, body, correlation_id, traceparent, available_at)
    VALUES (gen_random_uuid(), 'praho.jobs', job.queue, 'job.wake_up', jsonb_build_object('job_id', job.id),
            job.correlation_id, job.traceparent, now() + pause);
END $$;

-- The first job of a target: the one that has begun, or else the one filed first.
CREATE FUNCTION job_first_of(place text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT id FROM open_jobs WHERE target = place ORDER BY status = 'pending', seq LIMIT 1);
END $$;

-- Those of the jobs before which nothing stands: they are due, not claimed, and the first of their target. The resource that
-- they need may still be held by others. OFFSET makes each a lookup by id alone: with more conditions the planner would
-- rather read all that is pending from an index of the status.
CREATE FUNCTION jobs_ready(asked uuid[]) RETURNS SETOF open_jobs LANGUAGE sql STABLE AS $$
    SELECT job.* FROM unnest(asked) AS one (id),
        LATERAL (SELECT * FROM open_jobs WHERE open_jobs.id = one.id OFFSET 0) job
    WHERE status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL AND due_at <= now()
      AND job.id = (
        SELECT head.id FROM open_jobs head WHERE head.target = job.target
        ORDER BY head.status = 'pending', head.seq LIMIT 1)
$$;

-- The free units of each resource for which a job waits, each with the job that gets it.
CREATE VIEW resources_next AS
    SELECT name, free, job_id FROM resources,
        LATERAL (SELECT greatest(capacity - count(*), 0) AS units FROM open_jobs WHERE resource = name AND slot IS NOT NULL) left_over,
        LATERAL (
            SELECT unit AS free, row_number() OVER () AS nth FROM generate_series(1, capacity) AS unit
            WHERE NOT EXISTS (SELECT FROM open_jobs WHERE open_jobs.resource = name AND open_jobs.slot = unit)
            LIMIT units) unit
        JOIN LATERAL (
            SELECT id AS job_id, row_number() OVER () AS nth FROM (
                SELECT id FROM open_jobs job
                WHERE resource = name AND status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL
                  AND NOT delayed AND NOT behind AND due_at <= now()
                  AND id = (
                    SELECT head.id FROM open_jobs head WHERE head.target = job.target
                    ORDER BY head.status = 'pending', head.seq LIMIT 1)
                ORDER BY started_at IS NULL, turn, seq LIMIT units) heads) job USING (nth);

-- How many turns lie between two jobs of a flow: the lane's weight is its inverse. A test holds it to model::job.
CREATE FUNCTION lane_stride(lane text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE lane WHEN 'urgent' THEN 1 WHEN 'interactive' THEN 4 WHEN 'bulk' THEN 16 ELSE 64 END
$$;

-- The turn that the queue of a resource is at: that of the first job in it that has not begun. Null: there is none. In PL/pgSQL,
-- whose plans a connection keeps.
CREATE FUNCTION resource_turn(wanted text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- The words are those of the index jobs_queued.
    RETURN (SELECT turn FROM open_jobs
        WHERE resource = wanted AND status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL
          AND NOT delayed AND NOT behind AND started_at IS NULL
        ORDER BY turn, seq LIMIT 1);
END $$;

-- The turn of a new job in the queue of the resource that it needs, and whether it is to be woken.
--
-- The jobs of one tenant in one lane that wait for a resource are a flow. Each job of a flow comes a stride after the one before
-- it, and the first gets the turn that the queue is at. So the flows take turns by the weights of their lanes, and none waits
-- for the backlog of another (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996). No lock is taken: jobs of a flow
-- that are filed at the same time may get the same turn, and then the order of filing counts.
--
-- A job that is not near the head of its queue needs no wake-up, because each job that frees the resource wakes the next. So a
-- backlog waits here, and not in the broker, where the wake-ups of all tenants stand in one line. A job on a target that has an open
-- job is woken, so that a claim finds it behind that one.
CREATE FUNCTION job_place_v1(wanted text, place text, of_tenant uuid, in_lane text, OUT turn bigint, OUT near boolean)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    few bigint;
    waiting bigint;
BEGIN
    SELECT capacity + 8, (
        SELECT count(*) FROM (
            SELECT FROM open_jobs
            WHERE resource = wanted AND status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL
              AND NOT delayed AND NOT behind
            LIMIT capacity + 8) queued)
    INTO few, waiting FROM resources WHERE name = wanted;
    -- Also for a job that needs none.
    IF coalesce(waiting, 0) = 0 THEN
        turn := 0;
        near := true;
        RETURN;
    END IF;
    turn := coalesce(
        (SELECT last.turn + lane_stride(in_lane) FROM open_jobs last
         WHERE resource = wanted AND tenant_id = of_tenant AND lane = in_lane AND status = 'pending' AND started_at IS NULL
         ORDER BY last.turn DESC LIMIT 1),
        resource_turn(wanted), 0);
    near := waiting < few OR EXISTS (SELECT FROM open_jobs WHERE target = place);
END $$;

-- A claim can fail because the target or the resource is taken. The job that frees it must then wake the next one, and both
-- take these locks so that neither misses the other, always in this order: targets, resources, rows of jobs.
CREATE FUNCTION job_lock_turns_v1(locked uuid[], of_targets boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT place, hashtextextended(name, place) AS key
        FROM open_jobs, LATERAL (VALUES (0, target), (1, resource)) AS held (place, name)
        WHERE id = ANY(locked) AND name IS NOT NULL AND (of_targets OR place = 1)
        ORDER BY place, key) turns;
END $$;

-- The functions below are what a worker does to jobs. Each is a function for one of two reasons, or for both. Its statements
-- must see what the locks taken before them let through. And it plans once for as long as the connection, perhaps while no job
-- is open: a whole table, or a whole index beside another in a bitmap, is then the cheapest to read, so both are forbidden. A
-- test holds what they read to be the same however much waits. Its version is in its name: a release that changes one adds the
-- next version, and removes the version before a release later, when no process calls it any more.

-- Takes those of the jobs that are ready and have what they must hold. The first claim of all also journals the
-- first step of the job's kind, from `kinds` and `steps`: no other claim can have begun it. A job that is refused because
-- another is before it on its target leaves its resource's queue until that one ends.
CREATE FUNCTION job_claim_v1(wanted uuid[], owner text, seconds double precision, kinds text[], steps text[])
RETURNS SETOF open_jobs LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    claimed integer;
BEGIN
    PERFORM job_lock_turns_v1(wanted, true);
    UPDATE open_jobs SET delayed = false WHERE id = ANY(wanted) AND delayed AND due_at <= now();
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT ready.id, ready.status, turn.free AS slot
        FROM jobs_ready(wanted) ready
        LEFT JOIN resources_next turn ON turn.name = ready.resource AND turn.job_id = ready.id
        WHERE ready.resource IS NULL OR turn.free IS NOT NULL),
    taken AS (
        UPDATE open_jobs SET
            status = CASE open_jobs.status WHEN 'pending' THEN 'running' ELSE open_jobs.status END,
            slot = chosen.slot, lease_owner = owner, lease_until = now() + seconds * interval '1 second',
            epoch = epoch + 1, attempts = attempts + 1, started_at = coalesce(started_at, now())
        FROM chosen
        -- IS NOT DISTINCT FROM uses no index: the one lookup is by id.
        WHERE open_jobs.id = ANY(wanted) AND open_jobs.id = chosen.id
          AND open_jobs.status IS NOT DISTINCT FROM chosen.status AND lease_owner IS NULL
        RETURNING open_jobs.*),
    begun AS (
        INSERT INTO job_steps (job_id, epoch, position, name, status)
        SELECT id, 1, 0, step, 'started' FROM taken JOIN unnest(kinds, steps) AS first (kind, step) USING (kind)
        WHERE epoch = 1)
    SELECT * FROM taken;
    GET DIAGNOSTICS claimed = ROW_COUNT;
    IF claimed < cardinality(wanted) THEN
        UPDATE open_jobs SET behind = true
        WHERE id = ANY(wanted) AND NOT behind AND status IS NOT DISTINCT FROM 'pending' AND id <> job_first_of(target);
    END IF;
END $$;

-- Writes the results of steps that were journalled as started.
CREATE FUNCTION job_steps_done_v1(entries jsonb) RETURNS void LANGUAGE plpgsql AS $$
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

-- Writes the journals of jobs, each under its claim: a result, the intent of a step, or both.
CREATE FUNCTION job_journal_v1(entries jsonb) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    PERFORM job_steps_done_v1(entries);
    INSERT INTO job_steps (job_id, epoch, position, name, status)
    SELECT job, claim, place, next, 'started'
    FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint, place smallint, next text)
    WHERE next IS NOT NULL
    ON CONFLICT (job_id, name) DO UPDATE SET status = 'started', epoch = excluded.epoch,
        attempts = job_steps.attempts + 1, fault = NULL;
END $$;

-- Ends jobs, each held under its claim, with the result of its last step if there is one; frees what they held; and
-- wakes the jobs that waited for them, for their targets or for what they held. Answers for each the seconds since it
-- was filed, the job that waited for it, and whether any job was woken by any.
CREATE FUNCTION job_end_v1(entries jsonb, became text)
RETURNS TABLE (job uuid, age double precision, waiter uuid, woke boolean) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
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
    PERFORM job_lock_turns_v1(mine, final);
    PERFORM job_steps_done_v1(entries);
    IF final THEN
        WITH done AS (
            DELETE FROM open_jobs USING jsonb_to_recordset(entries) AS entry (job uuid, claim bigint)
            WHERE id = ANY(mine) AND id = entry.job AND epoch = claim AND lease_owner IS NOT NULL
            RETURNING open_jobs.*),
        kept AS (
            INSERT INTO finished_jobs (id, seq, tenant_id, kind, target, queue, lane, turn, payload, resource, parent_id,
                status, attempts, epoch, due_at, cancel_requested, fault, actor, correlation_id, traceparent,
                created_at, started_at, finished_at)
            SELECT id, seq, tenant_id, kind, target, queue, lane, turn, payload, resource, parent_id,
                became, attempts, epoch, due_at, cancel_requested, fault, actor, correlation_id, traceparent,
                created_at, started_at, now()
            FROM done)
        SELECT array_agg(id), array_agg(extract(epoch FROM now() - created_at)), array_agg(target), array_agg(resource)
        INTO ended, ages, targets, freed FROM done;
    ELSE
        WITH done AS (
            UPDATE open_jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, status = became,
                held_since = NULL, held_until = NULL
            FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint)
            WHERE id = ANY(mine) AND id = entry.job AND epoch = claim AND lease_owner IS NOT NULL
            RETURNING open_jobs.*)
        SELECT array_agg(id), array_agg(extract(epoch FROM now() - created_at)), array_agg(resource)
        INTO ended, ages, freed FROM done;
    END IF;
    IF coalesce(cardinality(ended), 0) < cardinality(mine) THEN
        RAISE EXCEPTION 'a job is in other hands' USING ERRCODE = 'check_violation', CONSTRAINT = 'job_epoch';
    END IF;
    IF final THEN
        WITH parent AS (
            UPDATE open_jobs SET waiting_on = NULL, due_at = now(), delayed = false,
                status = CASE status WHEN 'waiting' THEN 'pending' ELSE status END
            FROM unnest(ended) AS child (id) WHERE waiting_on = ANY(ended) AND waiting_on = child.id
            RETURNING child.id AS child, open_jobs.id)
        SELECT array_agg(child), array_agg(id) INTO children, parents FROM parent;
        followers := ARRAY(SELECT job_first_of(name) FROM unnest(targets) AS place (name));
        -- The queue may have begun again at turn 0 meanwhile.
        UPDATE open_jobs SET behind = false, turn = least(turn, resource_turn(resource) + lane_stride(lane))
        WHERE id = ANY(followers) AND behind;
    END IF;
    followers := parents || ARRAY(
        -- OFFSET keeps the planner from looking the job up once more for the condition.
        SELECT job_id FROM (SELECT job_id FROM resources_next WHERE name = ANY(freed) OFFSET 0) next
        UNION
        SELECT id FROM jobs_ready(followers));
    woke := cardinality(followers) > 0;
    IF woke THEN
        PERFORM job_wake(follower::jobs) FROM open_jobs follower WHERE id = ANY(followers);
    END IF;
    RETURN QUERY
    SELECT done.id, done.age, parent.id, woke
    FROM unnest(ended, ages) AS done (id, age) LEFT JOIN unnest(children, parents) AS parent (child, id)
        ON parent.child = done.id;
END $$;

-- Wakes the jobs that get the free units of a resource, if there are any.
CREATE FUNCTION job_wake_next_v1(freed text) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    followers constant uuid[] := ARRAY(SELECT job_id FROM resources_next WHERE name = freed);
BEGIN
    PERFORM job_wake(job::jobs) FROM open_jobs job WHERE id = ANY(followers);
END $$;

-- After the end of an outage: makes jobs due that are held and need the resource, `most` at most, and answers their number.
-- The first of them is woken; each wakes the next when it frees the resource. The held job on the target `place`, which may
-- need no resource, is woken too.
CREATE FUNCTION job_wake_held_v1(freed text, place text, most bigint) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    head constant uuid := job_first_of(place);
    made_due bigint;
BEGIN
    UPDATE open_jobs SET due_at = now(), delayed = false
    WHERE id = ANY(ARRAY(
        SELECT id FROM open_jobs WHERE resource = freed AND held_since IS NOT NULL AND delayed
        ORDER BY due_at LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS made_due = ROW_COUNT;
    PERFORM job_wake_next_v1(freed);
    -- OFFSET makes it a lookup by id alone: with the conditions beside it the planner may read the index of all held jobs.
    UPDATE open_jobs SET due_at = now(), delayed = false
    WHERE id = (
        SELECT id FROM (SELECT id, delayed, held_since FROM open_jobs WHERE id = head OFFSET 0) job
        WHERE delayed AND held_since IS NOT NULL);
    IF FOUND THEN
        PERFORM job_wake(job::jobs) FROM open_jobs job WHERE id = head;
    END IF;
    RETURN made_due;
END $$;

-- Takes back leases that have ended, `most` at most, and wakes their jobs. The epoch moves on, so that a worker that held one
-- can write no more.
CREATE FUNCTION job_take_back_v1(most bigint) RETURNS SETOF uuid LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN QUERY
    WITH lost AS MATERIALIZED (
        SELECT id FROM open_jobs WHERE lease_until < now() ORDER BY lease_until LIMIT most FOR UPDATE SKIP LOCKED),
    back AS (
        UPDATE open_jobs SET lease_owner = NULL, lease_until = NULL, slot = NULL, epoch = epoch + 1, due_at = now(),
            lost_leases = lost_leases + 1,
            status = CASE status WHEN 'running' THEN 'pending' ELSE status END
        WHERE id = ANY(ARRAY(SELECT id FROM lost))
        RETURNING open_jobs.*),
    woken AS MATERIALIZED (SELECT id, job_wake(back::jobs) FROM back)
    SELECT id FROM woken;
END $$;

-- The jobs that have been ready for longer than `patience` seconds, `most` at most: nobody was woken for them, or nobody came.
--
-- A job that needs a resource is looked for at the head of the resource's queue alone, so the walk is as long as there are
-- resources, however many jobs wait for them. The others, and those whose delay is over, come in the order in which they
-- became due. One that is not the first of its target is claimed in vain once, and is then behind.
CREATE FUNCTION jobs_overdue_v1(patience double precision, most bigint) RETURNS uuid[] LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    since constant timestamptz := now() - patience * interval '1 second';
    ready constant uuid[] := ARRAY(SELECT job_id FROM resources_next) || ARRAY(
        -- The words are those of the index jobs_due.
        SELECT id FROM open_jobs
        WHERE (resource IS NULL OR delayed) AND status IN ('pending', 'unwinding') AND lease_until IS NULL
          AND waiting_on IS NULL AND NOT behind AND due_at < since
        ORDER BY due_at LIMIT most);
BEGIN
    RETURN ARRAY(SELECT id FROM open_jobs WHERE id = ANY(ready) AND lease_owner IS NULL AND due_at < since
        ORDER BY due_at LIMIT most);
END $$;

-- Wakes jobs again that have been ready for longer than `patience` seconds, `most` at most, and answers their number. One
-- process at a time looks for them; another finds none meanwhile.
CREATE FUNCTION job_wake_overdue_v1(patience double precision, most bigint) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    overdue uuid[];
    woken bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('wake overdue jobs')) THEN
        RETURN 0;
    END IF;
    overdue := jobs_overdue_v1(patience, most);
    WITH still AS MATERIALIZED (
        SELECT id FROM open_jobs
        WHERE id = ANY(overdue) AND lease_owner IS NULL AND due_at < now() - patience * interval '1 second'
        ORDER BY due_at FOR UPDATE SKIP LOCKED),
    again AS (
        UPDATE open_jobs SET due_at = now(), delayed = false WHERE id = ANY(ARRAY(SELECT id FROM still))
        RETURNING open_jobs.*),
    told AS MATERIALIZED (SELECT job_wake(again::jobs) FROM again)
    SELECT count(*) INTO woken FROM told;
    RETURN woken;
END $$;

-- The open jobs of a tenant, counted up to `most`.
CREATE FUNCTION open_jobs_of_v1(of_tenant uuid, most bigint) RETURNS bigint LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    RETURN (SELECT count(*) FROM (
        SELECT FROM open_jobs WHERE tenant_id = of_tenant ORDER BY seq DESC LIMIT most) job);
END $$;
