-- Made by `store/tests/it/schema.rs` from the migrations. Read it, do not edit it.

CREATE FUNCTION public.accounts_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.protected THEN
            RAISE EXCEPTION 'account % is protected', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_protected';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.status = 'terminated' AND OLD.status <> 'terminated' AND OLD.protected THEN
        RAISE EXCEPTION 'account % is protected', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'account_protected';
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE FUNCTION public.accounts_occupy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    before uuid := CASE WHEN TG_OP <> 'INSERT' AND OLD.status IN ('pending', 'active', 'suspended') THEN OLD.server_id END;
    after  uuid := CASE WHEN TG_OP <> 'DELETE' AND NEW.status IN ('pending', 'active', 'suspended') THEN NEW.server_id END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        UPDATE servers SET accounts = accounts - 1 WHERE id = before;
        UPDATE servers SET accounts = accounts + 1 WHERE id = after;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.audit_anchor_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.seq <= OLD.seq OR NEW.at > now() - interval '30 days' OR NOT EXISTS (
        SELECT FROM audit_log WHERE seq = NEW.seq AND at = NEW.at AND sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'the anchor of the audit log moves forward, onto a row that is 30 days old'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.audit_check_v1(after bigint, most bigint, OUT checked_to bigint, OUT breaks bigint[]) RETURNS record
    LANGUAGE sql STABLE
    AS $$
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

CREATE TABLE public.audit_log (
    seq bigint NOT NULL,
    tenant_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    correlation_id text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    previous_sha256 bytea NOT NULL,
    sha256 bytea NOT NULL
);

COMMENT ON TABLE public.audit_log IS 'Changes and their actors, each row hashed over the one before it. Written by: api, workers, in the transaction of the change.';

CREATE FUNCTION public.audit_digest(entry public.audit_log) RETURNS bytea
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN sha256(entry.previous_sha256 || convert_to(jsonb_build_array(
        entry.seq, entry.tenant_id, extract(epoch FROM entry.at), entry.actor, entry.action,
        entry.target, entry.correlation_id, entry.detail)::text, 'UTF8'));
END $$;

CREATE FUNCTION public.audit_heads_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log WHERE seq = NEW.seq AND sha256 = NEW.sha256)
       OR EXISTS (SELECT FROM audit_heads WHERE seq >= NEW.seq) THEN
        RAISE EXCEPTION 'a head is of a row of the audit log after the last head' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.audit_refuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION public.audit_refuse_removal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM removed WHERE seq > (SELECT seq FROM audit_anchor)) THEN
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.audit_retire_v1(kept interval, most bigint) RETURNS SETOF public.audit_log
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE TABLE public.jobs (
    id uuid NOT NULL,
    seq bigint NOT NULL,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    turn bigint DEFAULT 0 NOT NULL,
    payload jsonb NOT NULL,
    resource text,
    parent_id uuid,
    waiting_on uuid,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lost_leases integer DEFAULT 0 NOT NULL,
    held_since timestamp with time zone,
    held_until timestamp with time zone,
    epoch bigint DEFAULT 0 NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    slot integer,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    delayed boolean DEFAULT false NOT NULL,
    behind boolean DEFAULT false NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    fault jsonb,
    actor text NOT NULL,
    correlation_id text NOT NULL,
    traceparent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT jobs_check CHECK (((lease_owner IS NULL) = (lease_until IS NULL))),
    CONSTRAINT jobs_check1 CHECK (((lease_owner IS NULL) OR (status = ANY (ARRAY['running'::text, 'unwinding'::text])))),
    CONSTRAINT jobs_check2 CHECK (((status <> 'running'::text) OR (lease_owner IS NOT NULL))),
    CONSTRAINT jobs_check3 CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_held CHECK (((held_since IS NULL) = (held_until IS NULL))),
    CONSTRAINT jobs_lane_check CHECK ((lane = ANY (ARRAY['urgent'::text, 'interactive'::text, 'bulk'::text, 'reconciling'::text]))),
    CONSTRAINT jobs_lost_leases_check CHECK ((lost_leases >= 0)),
    CONSTRAINT jobs_queue_check CHECK ((queue = ANY (ARRAY['provisioning'::text, 'bulk'::text, 'sync'::text, 'monitoring'::text, 'dns'::text]))),
    CONSTRAINT jobs_slot CHECK (((slot IS NOT NULL) = ((resource IS NOT NULL) AND (lease_owner IS NOT NULL)))),
    CONSTRAINT jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'unwinding'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'stuck'::text])))
)
PARTITION BY LIST (((finished_at IS NULL)));

COMMENT ON TABLE public.jobs IS 'Every change to the outside world. Written by: api files, engine carries on.';

CREATE SEQUENCE public.jobs_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.jobs_seq OWNED BY public.jobs.seq;

CREATE TABLE public.open_jobs (
    id uuid NOT NULL,
    seq bigint DEFAULT nextval('public.jobs_seq'::regclass) NOT NULL,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    turn bigint DEFAULT 0 NOT NULL,
    payload jsonb NOT NULL,
    resource text,
    parent_id uuid,
    waiting_on uuid,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lost_leases integer DEFAULT 0 NOT NULL,
    held_since timestamp with time zone,
    held_until timestamp with time zone,
    epoch bigint DEFAULT 0 NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    slot integer,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    delayed boolean DEFAULT false NOT NULL,
    behind boolean DEFAULT false NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    fault jsonb,
    actor text NOT NULL,
    correlation_id text NOT NULL,
    traceparent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT jobs_check CHECK (((lease_owner IS NULL) = (lease_until IS NULL))),
    CONSTRAINT jobs_check1 CHECK (((lease_owner IS NULL) OR (status = ANY (ARRAY['running'::text, 'unwinding'::text])))),
    CONSTRAINT jobs_check2 CHECK (((status <> 'running'::text) OR (lease_owner IS NOT NULL))),
    CONSTRAINT jobs_check3 CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_held CHECK (((held_since IS NULL) = (held_until IS NULL))),
    CONSTRAINT jobs_lane_check CHECK ((lane = ANY (ARRAY['urgent'::text, 'interactive'::text, 'bulk'::text, 'reconciling'::text]))),
    CONSTRAINT jobs_lost_leases_check CHECK ((lost_leases >= 0)),
    CONSTRAINT jobs_queue_check CHECK ((queue = ANY (ARRAY['provisioning'::text, 'bulk'::text, 'sync'::text, 'monitoring'::text, 'dns'::text]))),
    CONSTRAINT jobs_slot CHECK (((slot IS NOT NULL) = ((resource IS NOT NULL) AND (lease_owner IS NOT NULL)))),
    CONSTRAINT jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'unwinding'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'stuck'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='5000');

COMMENT ON TABLE public.open_jobs IS 'The jobs that have not ended.';

CREATE FUNCTION public.job_claim_v1(wanted uuid[], owner text, seconds double precision, kinds text[], steps text[]) RETURNS SETOF public.open_jobs
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.job_end_v1(entries jsonb, became text) RETURNS TABLE(job uuid, age double precision, waiter uuid, woke boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.job_first_of(place text) RETURNS uuid
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    RETURN (SELECT id FROM open_jobs WHERE target = place ORDER BY status = 'pending', seq LIMIT 1);
END $$;

CREATE FUNCTION public.job_journal_v1(entries jsonb) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
BEGIN
    PERFORM job_steps_done_v1(entries);
    INSERT INTO job_steps (job_id, epoch, position, name, status)
    SELECT job, claim, place, next, 'started'
    FROM jsonb_to_recordset(entries) AS entry (job uuid, claim bigint, place smallint, next text)
    WHERE next IS NOT NULL
    ON CONFLICT (job_id, name) DO UPDATE SET status = 'started', epoch = excluded.epoch,
        attempts = job_steps.attempts + 1, fault = NULL;
END $$;

CREATE FUNCTION public.job_lock_turns_v1(locked uuid[], of_targets boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT place, hashtextextended(name, place) AS key
        FROM open_jobs, LATERAL (VALUES (0, target), (1, resource)) AS held (place, name)
        WHERE id = ANY(locked) AND name IS NOT NULL AND (of_targets OR place = 1)
        ORDER BY place, key) turns;
END $$;

CREATE FUNCTION public.job_place_v1(wanted text, place text, of_tenant uuid, in_lane text, OUT turn bigint, OUT near boolean) RETURNS record
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.job_steps_done_v1(entries jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.job_steps_fence() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.job_take_back_v1(most bigint) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.job_wake(job public.jobs, pause interval DEFAULT '00:00:00'::interval) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO outbox (message_id, exchange, routing_key, message_type, body, correlation_id, traceparent, available_at)
    VALUES (gen_random_uuid(), 'praho.jobs', job.queue, 'job.wake_up', jsonb_build_object('job_id', job.id),
            job.correlation_id, job.traceparent, now() + pause);
END $$;

CREATE FUNCTION public.job_wake_held_v1(freed text, place text, most bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.job_wake_next_v1(freed text) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
DECLARE
    followers constant uuid[] := ARRAY(SELECT job_id FROM resources_next WHERE name = freed);
BEGIN
    PERFORM job_wake(job::jobs) FROM open_jobs job WHERE id = ANY(followers);
END $$;

CREATE FUNCTION public.job_wake_overdue_v1(patience double precision, most bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.jobs_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.jobs_guard_end() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.jobs_overdue_v1(patience double precision, most bigint) RETURNS uuid[]
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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

CREATE FUNCTION public.jobs_ready(asked uuid[]) RETURNS SETOF public.open_jobs
    LANGUAGE sql STABLE
    AS $$
    SELECT job.* FROM unnest(asked) AS one (id),
        LATERAL (SELECT * FROM open_jobs WHERE open_jobs.id = one.id OFFSET 0) job
    WHERE status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL AND due_at <= now()
      AND job.id = (
        SELECT head.id FROM open_jobs head WHERE head.target = job.target
        ORDER BY head.status = 'pending', head.seq LIMIT 1)
$$;

CREATE FUNCTION public.lane_stride(lane text) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE lane WHEN 'urgent' THEN 1 WHEN 'interactive' THEN 4 WHEN 'bulk' THEN 16 ELSE 64 END
$$;

CREATE FUNCTION public.open_jobs_of_v1(of_tenant uuid, most bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
BEGIN
    RETURN (SELECT count(*) FROM (
        SELECT FROM open_jobs WHERE tenant_id = of_tenant ORDER BY seq DESC LIMIT most) job);
END $$;

CREATE FUNCTION public.resource_turn(wanted text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    -- The words are those of the index jobs_queued.
    RETURN (SELECT turn FROM open_jobs
        WHERE resource = wanted AND status IN ('pending', 'unwinding') AND lease_owner IS NULL AND waiting_on IS NULL
          AND NOT delayed AND NOT behind AND started_at IS NULL
        ORDER BY turn, seq LIMIT 1);
END $$;

CREATE FUNCTION public.sealed_by_v1(sealed bytea) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT CASE WHEN octet_length(sealed) < 2 THEN ''
        WHEN get_byte(sealed, 0) <> 1 OR octet_length(sealed) < 2 + get_byte(sealed, 1) THEN ''
        ELSE encode(substr(sealed, 3, get_byte(sealed, 1)), 'escape') END
$$;

CREATE FUNCTION public.services_count() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO tenant_uses AS uses (tenant_id, services)
    SELECT tenant_id, count(*) FROM added WHERE status <> 'terminated' GROUP BY tenant_id ORDER BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET services = uses.services + excluded.services;
    RETURN NULL;
END $$;

CREATE FUNCTION public.services_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM plans WHERE id = NEW.plan_id AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no plan %', NEW.plan_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_deleted';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.services_recount() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    UPDATE tenant_uses SET services = services + CASE WHEN TG_OP = 'UPDATE' AND OLD.status = 'terminated' THEN 1 ELSE -1 END
    WHERE tenant_id = OLD.tenant_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.zones_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM dns_servers WHERE id = NEW.dns_server_id AND deleted_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no DNS server %', NEW.dns_server_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dns_server_deleted';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE public.account_passwords (
    account_id uuid NOT NULL,
    place text NOT NULL,
    sealed bytea NOT NULL,
    source text NOT NULL,
    job_id uuid,
    show_until timestamp with time zone,
    shown_at timestamp with time zone,
    sealed_by text GENERATED ALWAYS AS (public.sealed_by_v1(sealed)) STORED COLLATE pg_catalog."C",
    CONSTRAINT account_passwords_given CHECK (((source = 'generated'::text) OR ((show_until IS NULL) AND (shown_at IS NULL)))),
    CONSTRAINT account_passwords_pending CHECK (((place <> 'pending'::text) OR ((job_id IS NOT NULL) AND (show_until IS NULL) AND (shown_at IS NULL)))),
    CONSTRAINT account_passwords_place_check CHECK ((place = ANY (ARRAY['current'::text, 'pending'::text, 'former'::text]))),
    CONSTRAINT account_passwords_source_check CHECK ((source = ANY (ARRAY['given'::text, 'generated'::text])))
);

COMMENT ON TABLE public.account_passwords IS 'Passwords of accounts, sealed. Written by: api places given ones, marks one as shown and seals all anew, workers generate and replace them.';

CREATE TABLE public.accounts (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    service_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    server_id uuid NOT NULL,
    domain text NOT NULL,
    username text,
    terms jsonb NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    protected boolean DEFAULT true NOT NULL,
    placement jsonb NOT NULL,
    site_proof jsonb,
    site_proved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT accounts_domain_check CHECK (((domain = lower(domain)) AND (length(domain) <= 253))),
    CONSTRAINT accounts_site CHECK ((num_nulls(site_proof, site_proved_at) = ANY (ARRAY[0, 2]))),
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text, 'terminated'::text, 'failed'::text])))
);

COMMENT ON TABLE public.accounts IS 'Virtual servers that carry services. Written by: api places them, workers carry on.';

CREATE TABLE public.api_tokens (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_tokens_expiry CHECK ((expires_at > created_at)),
    CONSTRAINT api_tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text, 'owner'::text]))),
    CONSTRAINT api_tokens_sha256_check CHECK ((octet_length(sha256) = 32))
);

COMMENT ON TABLE public.api_tokens IS 'Bearer tokens, hashed. Written by: api.';

CREATE TABLE public.audit_anchor (
    is_one boolean DEFAULT true NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    sha256 bytea NOT NULL,
    CONSTRAINT audit_anchor_is_one_check CHECK (is_one)
);

COMMENT ON TABLE public.audit_anchor IS 'Where the audit log begins. Written by: api, for its retention.';

CREATE TABLE public.audit_heads (
    seq bigint NOT NULL,
    sha256 bytea NOT NULL,
    signed_at timestamp with time zone DEFAULT now() NOT NULL,
    key_id text NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL
);

COMMENT ON TABLE public.audit_heads IS 'Signed heads of the audit log, also published as events. Written by: api.';

CREATE TABLE public.dead_letters (
    id uuid NOT NULL,
    tenant_id uuid,
    owner uuid GENERATED ALWAYS AS (COALESCE(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED NOT NULL,
    queue text NOT NULL,
    job_id uuid,
    reason text NOT NULL,
    excerpt text DEFAULT ''::text NOT NULL,
    message_id text,
    correlation_id text,
    routing_key text,
    command jsonb,
    status text DEFAULT 'open'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text,
    CONSTRAINT dead_letters_command_check CHECK ((length((command)::text) <= 2000)),
    CONSTRAINT dead_letters_excerpt_check CHECK ((length(excerpt) <= 1000)),
    CONSTRAINT dead_letters_resolved CHECK ((((status = 'open'::text) = (resolved_at IS NULL)) AND ((resolved_at IS NULL) = (resolved_by IS NULL)))),
    CONSTRAINT dead_letters_routing_key_check CHECK ((length(routing_key) <= 255)),
    CONSTRAINT dead_letters_status_check CHECK ((status = ANY (ARRAY['open'::text, 'redriven'::text, 'discarded'::text])))
);

COMMENT ON TABLE public.dead_letters IS 'Messages that no consumer could use, and failed jobs, with the reason. Written by: consumers, engine; resolved by: api.';

CREATE TABLE public.dns_servers (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    kind text DEFAULT 'powerdns'::text NOT NULL,
    api_url text NOT NULL,
    sealed_api_key bytea,
    nameservers text[] NOT NULL,
    ns_names text[] NOT NULL,
    hostmaster text NOT NULL,
    glue jsonb DEFAULT '{}'::jsonb NOT NULL,
    secondaries text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    api_key_sealed_by text GENERATED ALWAYS AS (public.sealed_by_v1(sealed_api_key)) STORED COLLATE pg_catalog."C",
    CONSTRAINT dns_servers_glue_check CHECK ((jsonb_typeof(glue) = 'object'::text)),
    CONSTRAINT dns_servers_hostmaster_check CHECK ((hostmaster ~~ '_%@_%'::text)),
    CONSTRAINT dns_servers_key CHECK (((sealed_api_key IS NULL) = (deleted_at IS NOT NULL))),
    CONSTRAINT dns_servers_kind_check CHECK ((kind = 'powerdns'::text)),
    CONSTRAINT dns_servers_nameservers_check CHECK (((cardinality(nameservers) >= 1) AND (cardinality(nameservers) <= 13))),
    CONSTRAINT dns_servers_ns_names_check CHECK (((cardinality(ns_names) >= 1) AND (cardinality(ns_names) <= 13))),
    CONSTRAINT dns_servers_secondaries_check CHECK ((cardinality(secondaries) <= 13))
);

COMMENT ON TABLE public.dns_servers IS 'DNS servers that zones are written to, and what zones say about who serves them. Written by: api; DNS manager seals keys anew.';

CREATE TABLE public.domain_proofs (
    domain text NOT NULL,
    tenant_id uuid NOT NULL,
    how text NOT NULL,
    proven_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT domain_proofs_domain_check CHECK (((domain = lower(domain)) AND (length(domain) <= 253))),
    CONSTRAINT domain_proofs_how_check CHECK ((how = ANY (ARRAY['txt'::text, 'platform'::text])))
);

COMMENT ON TABLE public.domain_proofs IS 'Which tenant controls a domain that several want. Written by: api.';

CREATE TABLE public.drift_findings (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    server_id uuid NOT NULL,
    account_id uuid,
    domain text NOT NULL,
    field text NOT NULL,
    severity text NOT NULL,
    wanted text NOT NULL,
    seen text NOT NULL,
    count integer DEFAULT 1 NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    job_id uuid,
    accepted_by text,
    accepted_at timestamp with time zone,
    status text GENERATED ALWAYS AS (
CASE
    WHEN (closed_at IS NOT NULL) THEN 'closed'::text
    WHEN (accepted_at IS NOT NULL) THEN 'accepted'::text
    ELSE 'open'::text
END) STORED NOT NULL,
    CONSTRAINT drift_findings_check CHECK (((accepted_by IS NULL) = (accepted_at IS NULL))),
    CONSTRAINT drift_findings_count_check CHECK ((count > 0)),
    CONSTRAINT drift_findings_field_check CHECK ((field = ANY (ARRAY['existence'::text, 'owner'::text, 'name'::text, 'status'::text, 'user'::text, 'quota'::text, 'features'::text, 'unknown'::text, 'quota_support'::text, 'listing'::text]))),
    CONSTRAINT drift_findings_seen_check CHECK ((length(seen) <= 500)),
    CONSTRAINT drift_findings_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
    CONSTRAINT drift_findings_wanted_check CHECK ((length(wanted) <= 500))
);

COMMENT ON TABLE public.drift_findings IS 'Where servers are not as the rows say; closed once healed. Written by: drift reconciler; api accepts and heals.';

CREATE TABLE public.finished_jobs (
    id uuid NOT NULL,
    seq bigint DEFAULT nextval('public.jobs_seq'::regclass) NOT NULL,
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    queue text NOT NULL,
    lane text NOT NULL,
    turn bigint DEFAULT 0 NOT NULL,
    payload jsonb NOT NULL,
    resource text,
    parent_id uuid,
    waiting_on uuid,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lost_leases integer DEFAULT 0 NOT NULL,
    held_since timestamp with time zone,
    held_until timestamp with time zone,
    epoch bigint DEFAULT 0 NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    slot integer,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    delayed boolean DEFAULT false NOT NULL,
    behind boolean DEFAULT false NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    fault jsonb,
    actor text NOT NULL,
    correlation_id text NOT NULL,
    traceparent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT jobs_check CHECK (((lease_owner IS NULL) = (lease_until IS NULL))),
    CONSTRAINT jobs_check1 CHECK (((lease_owner IS NULL) OR (status = ANY (ARRAY['running'::text, 'unwinding'::text])))),
    CONSTRAINT jobs_check2 CHECK (((status <> 'running'::text) OR (lease_owner IS NOT NULL))),
    CONSTRAINT jobs_check3 CHECK (((finished_at IS NOT NULL) = (status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_held CHECK (((held_since IS NULL) = (held_until IS NULL))),
    CONSTRAINT jobs_lane_check CHECK ((lane = ANY (ARRAY['urgent'::text, 'interactive'::text, 'bulk'::text, 'reconciling'::text]))),
    CONSTRAINT jobs_lost_leases_check CHECK ((lost_leases >= 0)),
    CONSTRAINT jobs_queue_check CHECK ((queue = ANY (ARRAY['provisioning'::text, 'bulk'::text, 'sync'::text, 'monitoring'::text, 'dns'::text]))),
    CONSTRAINT jobs_slot CHECK (((slot IS NOT NULL) = ((resource IS NOT NULL) AND (lease_owner IS NOT NULL)))),
    CONSTRAINT jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'waiting'::text, 'unwinding'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'stuck'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02', autovacuum_analyze_threshold='5000');

COMMENT ON TABLE public.finished_jobs IS 'The jobs that have ended. They leave by retention.';

CREATE TABLE public.idempotency_keys (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    request_sha256 bytea NOT NULL,
    response jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
    CONSTRAINT idempotency_keys_request_sha256_check CHECK ((octet_length(request_sha256) = 32))
);

COMMENT ON TABLE public.idempotency_keys IS 'First answers to mutations by the caller''s key. Written by: api, in the transaction of the change.';

CREATE TABLE public.job_steps (
    job_id uuid NOT NULL,
    "position" smallint NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    epoch bigint NOT NULL,
    output jsonb,
    fault jsonb,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT job_steps_status_check CHECK ((status = ANY (ARRAY['started'::text, 'done'::text, 'failed'::text, 'undoing'::text, 'undone'::text])))
);

COMMENT ON TABLE public.job_steps IS 'The journal. Written by: engine, guarded by the job''s epoch.';

CREATE TABLE public.job_transitions (
    from_status text NOT NULL,
    to_status text NOT NULL
);

COMMENT ON TABLE public.job_transitions IS 'The changes of status that a job may make; a test holds it to model::job. Written by: migrations.';

CREATE TABLE public.key_rings (
    service text NOT NULL,
    instance uuid NOT NULL,
    key_ids text[] NOT NULL,
    marks text[] NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT key_rings_key_ids_check CHECK ((cardinality(key_ids) > 0)),
    CONSTRAINT key_rings_marks CHECK ((cardinality(marks) = cardinality(key_ids)))
);

COMMENT ON TABLE public.key_rings IS 'The ids of the keys that each running process has. Written by: api, gateway, workers, DNS manager, every 30 seconds.';

CREATE TABLE public.key_rotation (
    is_one boolean DEFAULT true NOT NULL,
    key_id text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    asked_by text NOT NULL,
    resealed bigint DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT key_rotation_is_one_check CHECK (is_one)
);

COMMENT ON TABLE public.key_rotation IS 'The rotation to another key. Written by: api opens and finishes it; api, gateway and DNS manager count what they have sealed anew.';

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    message_id uuid NOT NULL,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    message_type text NOT NULL,
    content_type text DEFAULT 'application/json'::text NOT NULL,
    body jsonb NOT NULL,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    correlation_id text NOT NULL,
    traceparent text,
    available_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    leased_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='2000');

COMMENT ON TABLE public.outbox IS 'Messages to be published, deleted once confirmed. Written by: each process that changes state, in the same transaction; emptied by the relay.';

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.plans (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    terms jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone
);

COMMENT ON TABLE public.plans IS 'Plans that a tenant sells. Written by: api.';

CREATE TABLE public.publishers (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    user_name text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT publishers_role_check CHECK ((role = ANY (ARRAY['operator'::text, 'admin'::text, 'owner'::text])))
);

COMMENT ON TABLE public.publishers IS 'RabbitMQ users whose commands act for a tenant. Written by: api.';

CREATE TABLE public.resources (
    name text NOT NULL,
    capacity integer NOT NULL,
    CONSTRAINT resources_capacity_check CHECK ((capacity > 0))
);

COMMENT ON TABLE public.resources IS 'Resources that jobs hold units of while they run, such as a server''s mutation slot. Written by: api.';

CREATE VIEW public.resources_next AS
 SELECT resources.name,
    unit.free,
    job.job_id
   FROM public.resources,
    LATERAL ( SELECT GREATEST((resources.capacity - count(*)), (0)::bigint) AS units
           FROM public.open_jobs
          WHERE ((open_jobs.resource = resources.name) AND (open_jobs.slot IS NOT NULL))) left_over,
    (LATERAL ( SELECT unit_1.unit AS free,
            row_number() OVER () AS nth
           FROM generate_series(1, resources.capacity) unit_1(unit)
          WHERE (NOT (EXISTS ( SELECT
                   FROM public.open_jobs
                  WHERE ((open_jobs.resource = resources.name) AND (open_jobs.slot = unit_1.unit)))))
         LIMIT left_over.units) unit
     JOIN LATERAL ( SELECT heads.id AS job_id,
            row_number() OVER () AS nth
           FROM ( SELECT job_1.id
                   FROM public.open_jobs job_1
                  WHERE ((job_1.resource = resources.name) AND (job_1.status = ANY (ARRAY['pending'::text, 'unwinding'::text])) AND (job_1.lease_owner IS NULL) AND (job_1.waiting_on IS NULL) AND (NOT job_1.delayed) AND (NOT job_1.behind) AND (job_1.due_at <= now()) AND (job_1.id = ( SELECT head.id
                           FROM public.open_jobs head
                          WHERE (head.target = job_1.target)
                          ORDER BY (head.status = 'pending'::text), head.seq
                         LIMIT 1)))
                  ORDER BY (job_1.started_at IS NULL), job_1.turn, job_1.seq
                 LIMIT left_over.units) heads) job USING (nth));

CREATE TABLE public.server_credentials (
    server_id uuid NOT NULL,
    kind text NOT NULL,
    sealed_username bytea NOT NULL,
    sealed_secret bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    username_sealed_by text GENERATED ALWAYS AS (public.sealed_by_v1(sealed_username)) STORED COLLATE pg_catalog."C",
    secret_sealed_by text GENERATED ALWAYS AS (public.sealed_by_v1(sealed_secret)) STORED COLLATE pg_catalog."C",
    CONSTRAINT server_credentials_kind_check CHECK ((kind = 'panel'::text))
);

COMMENT ON TABLE public.server_credentials IS 'How to log in to hosts, sealed. Written by: api; gateway seals them anew. Read by: gateway alone, which opens them.';

CREATE TABLE public.server_pace (
    server_id uuid NOT NULL,
    reads_paid_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    changes bigint DEFAULT 0 NOT NULL,
    try_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    stranger uuid,
    stranger_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.server_pace IS 'The pace of calls to one server, over all gateways. Written by: gateway; api lets a verification try at once.';

CREATE TABLE public.server_shell_keys (
    server_id uuid NOT NULL,
    sealed_private_key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    private_key_sealed_by text GENERATED ALWAYS AS (public.sealed_by_v1(sealed_private_key)) STORED COLLATE pg_catalog."C"
);

COMMENT ON TABLE public.server_shell_keys IS 'The private keys for the shells of hosts. Written by: api, sealed; gateway seals anew. Opened by the gateway.';

CREATE TABLE public.server_sweeps (
    server_id uuid NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    terms_policy text DEFAULT 'report'::text NOT NULL,
    unknown_policy text DEFAULT 'report'::text NOT NULL,
    holder uuid,
    lease_until timestamp with time zone,
    last_started_at timestamp with time zone,
    last_finished_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    last_error text,
    set_status text,
    CONSTRAINT server_sweeps_check CHECK (((holder IS NULL) = (lease_until IS NULL))),
    CONSTRAINT server_sweeps_failures_check CHECK ((failures >= 0)),
    CONSTRAINT server_sweeps_last_error_check CHECK ((length(last_error) <= 1000)),
    CONSTRAINT server_sweeps_set_status_check CHECK ((set_status = ANY (ARRAY['degraded'::text, 'unavailable'::text]))),
    CONSTRAINT server_sweeps_terms_policy_check CHECK ((terms_policy = ANY (ARRAY['report'::text, 'heal'::text]))),
    CONSTRAINT server_sweeps_unknown_policy_check CHECK ((unknown_policy = ANY (ARRAY['report'::text, 'quarantine'::text])))
);

COMMENT ON TABLE public.server_sweeps IS 'When each server is looked at. Written by: drift reconciler; api sets policies and makes a server due.';

CREATE TABLE public.server_turns (
    server_id uuid NOT NULL,
    slot integer NOT NULL,
    holder uuid,
    until timestamp with time zone NOT NULL,
    CONSTRAINT server_turns_slot_check CHECK (((slot >= 1) AND (slot <= 16)))
);

COMMENT ON TABLE public.server_turns IS 'The changes under way, over all gateways. Written by: gateway.';

CREATE TABLE public.servers (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    url text,
    certificate_sha256 text,
    addresses text[] NOT NULL,
    capacity integer NOT NULL,
    accounts integer DEFAULT 0 NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    status text DEFAULT 'unverified'::text NOT NULL,
    status_reason text,
    verified_at timestamp with time zone,
    reads_per_second integer,
    mutation_slots integer DEFAULT 1 NOT NULL,
    version text,
    programs text[] DEFAULT '{}'::text[] NOT NULL,
    features text[],
    php_versions text[],
    keeps_quotas boolean,
    without_quotas text DEFAULT 'refuse'::text NOT NULL,
    fault jsonb,
    fault_since timestamp with time zone,
    fault_stops text,
    ssh_host text,
    ssh_port integer,
    ssh_user text,
    ssh_host_keys text[],
    break_glass_until timestamp with time zone,
    break_glass_reason text,
    break_glass_by text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT servers_accounts_check CHECK ((accounts >= 0)),
    CONSTRAINT servers_addresses_check CHECK (((cardinality(addresses) >= 1) AND (cardinality(addresses) <= 16))),
    CONSTRAINT servers_break_glass CHECK (((num_nulls(break_glass_until, break_glass_reason, break_glass_by) = ANY (ARRAY[0, 3])) AND ((break_glass_until IS NULL) OR (ssh_host IS NOT NULL)))),
    CONSTRAINT servers_capacity CHECK ((accounts <= capacity)),
    CONSTRAINT servers_capacity_check CHECK ((capacity > 0)),
    CONSTRAINT servers_certificate_sha256_check CHECK ((certificate_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT servers_deleted CHECK (((deleted_at IS NULL) OR (accounts = 0))),
    CONSTRAINT servers_fault CHECK ((num_nulls(fault, fault_since, fault_stops) = ANY (ARRAY[0, 3]))),
    CONSTRAINT servers_fault_stops_check CHECK ((fault_stops = ANY (ARRAY['calls'::text, 'changes'::text]))),
    CONSTRAINT servers_kind_check CHECK ((kind = ANY (ARRAY['virtualmin'::text, 'bare'::text, 'bench'::text]))),
    CONSTRAINT servers_mutation_slots_check CHECK (((mutation_slots >= 1) AND (mutation_slots <= 16))),
    CONSTRAINT servers_panel CHECK (((kind <> 'virtualmin'::text) OR (url IS NOT NULL))),
    CONSTRAINT servers_reads_per_second_check CHECK (((reads_per_second >= 1) AND (reads_per_second <= 1000))),
    CONSTRAINT servers_shell CHECK ((num_nulls(ssh_host, ssh_port, ssh_user, ssh_host_keys) = ANY (ARRAY[0, 4]))),
    CONSTRAINT servers_ssh_host_keys_check CHECK (((cardinality(ssh_host_keys) >= 1) AND (cardinality(ssh_host_keys) <= 2))),
    CONSTRAINT servers_ssh_port_check CHECK (((ssh_port >= 1) AND (ssh_port <= 65535))),
    CONSTRAINT servers_status_check CHECK ((status = ANY (ARRAY['unverified'::text, 'active'::text, 'draining'::text, 'maintenance'::text, 'degraded'::text, 'unavailable'::text]))),
    CONSTRAINT servers_url_check CHECK ((url ~~ 'https://%'::text)),
    CONSTRAINT servers_without_quotas_check CHECK ((without_quotas = ANY (ARRAY['refuse'::text, 'accept'::text])))
);

COMMENT ON TABLE public.servers IS 'Hosts, with or without a panel. Written by: api registers and opens shells, workers and drift reconciler set status and what the host says, gateway sets the fault.';

CREATE TABLE public.services (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    domain text NOT NULL,
    external_id text,
    status text DEFAULT 'created'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT services_domain_check CHECK (((domain = lower(domain)) AND (length(domain) <= 253))),
    CONSTRAINT services_status_check CHECK ((status = ANY (ARRAY['created'::text, 'active'::text, 'suspended'::text, 'terminated'::text])))
);

COMMENT ON TABLE public.services IS 'Plans sold to customers, as billing wants them. Written by: api; a worker resets one whose account could not be made.';

CREATE TABLE public.tenant_quotas (
    tenant_id uuid NOT NULL,
    servers integer,
    dns_servers integer,
    plans integer,
    tokens integer,
    services integer,
    open_jobs integer,
    requests integer,
    CONSTRAINT tenant_quotas_dns_servers_check CHECK ((dns_servers >= 0)),
    CONSTRAINT tenant_quotas_open_jobs_check CHECK ((open_jobs >= 0)),
    CONSTRAINT tenant_quotas_plans_check CHECK ((plans >= 0)),
    CONSTRAINT tenant_quotas_requests_check CHECK ((requests >= 1)),
    CONSTRAINT tenant_quotas_servers_check CHECK ((servers >= 0)),
    CONSTRAINT tenant_quotas_services_check CHECK ((services >= 0)),
    CONSTRAINT tenant_quotas_tokens_check CHECK ((tokens >= 0))
);

COMMENT ON TABLE public.tenant_quotas IS 'The most that tenants may have, where it is not the default. Written by: api.';

CREATE TABLE public.tenant_uses (
    tenant_id uuid NOT NULL,
    services integer DEFAULT 0 NOT NULL,
    CONSTRAINT tenant_uses_services_check CHECK ((services >= 0))
);

COMMENT ON TABLE public.tenant_uses IS 'How much tenants have of what a quota counts. Written by: triggers.';

CREATE TABLE public.tenants (
    id uuid NOT NULL,
    name text NOT NULL,
    platform boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text))
);

COMMENT ON TABLE public.tenants IS 'Hosting companies. Written by: api.';

COMMENT ON COLUMN public.tenants.platform IS 'Whether its owners look after the platform: tenants, and the tokens of all. Written by: api, at its start.';

CREATE TABLE public.unopened_values (
    sealed_column text NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    row_id uuid NOT NULL,
    place text NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.unopened_values IS 'Sealed values that the last rotation passed over, because they do not open. Written by: api, gateway, DNS manager; api clears it.';

CREATE TABLE public.zone_records (
    zone_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    ttl integer NOT NULL,
    contents text[] NOT NULL,
    CONSTRAINT zone_records_contents_check CHECK (((cardinality(contents) >= 1) AND (cardinality(contents) <= 100))),
    CONSTRAINT zone_records_kind_check CHECK ((kind = ANY (ARRAY['A'::text, 'AAAA'::text, 'MX'::text, 'TXT'::text]))),
    CONSTRAINT zone_records_name_check CHECK ((name = lower(name))),
    CONSTRAINT zone_records_ttl_check CHECK (((ttl >= 1) AND (ttl <= 2147483647)))
);

COMMENT ON TABLE public.zone_records IS 'The record sets of a zone that the platform writes. Written by: provisioning worker.';

CREATE TABLE public.zones (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    account_id uuid,
    dns_server_id uuid NOT NULL,
    name text NOT NULL,
    wanted boolean DEFAULT true NOT NULL,
    verified_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT zones_name_check CHECK (((name = lower(name)) AND (length(name) <= 253)))
);

COMMENT ON TABLE public.zones IS 'Zones as they are wanted. Written by: provisioning worker wants them, DNS manager verifies them.';

ALTER TABLE ONLY public.jobs ATTACH PARTITION public.finished_jobs FOR VALUES IN (false);

ALTER TABLE ONLY public.jobs ATTACH PARTITION public.open_jobs FOR VALUES IN (true);

ALTER TABLE ONLY public.jobs ALTER COLUMN seq SET DEFAULT nextval('public.jobs_seq'::regclass);

ALTER TABLE ONLY public.account_passwords
    ADD CONSTRAINT account_passwords_pkey PRIMARY KEY (account_id, place);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_sha256_key UNIQUE (sha256);

ALTER TABLE ONLY public.audit_anchor
    ADD CONSTRAINT audit_anchor_pkey PRIMARY KEY (is_one);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.dns_servers
    ADD CONSTRAINT dns_servers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.domain_proofs
    ADD CONSTRAINT domain_proofs_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY public.drift_findings
    ADD CONSTRAINT drift_findings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.finished_jobs
    ADD CONSTRAINT finished_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, key);

ALTER TABLE ONLY public.job_steps
    ADD CONSTRAINT job_steps_pkey PRIMARY KEY (job_id, name);

ALTER TABLE ONLY public.job_transitions
    ADD CONSTRAINT job_transitions_pkey PRIMARY KEY (from_status, to_status);

ALTER TABLE ONLY public.key_rings
    ADD CONSTRAINT key_rings_pkey PRIMARY KEY (service, instance);

ALTER TABLE ONLY public.key_rotation
    ADD CONSTRAINT key_rotation_pkey PRIMARY KEY (is_one);

ALTER TABLE ONLY public.open_jobs
    ADD CONSTRAINT open_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.publishers
    ADD CONSTRAINT publishers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.publishers
    ADD CONSTRAINT publishers_user_name_key UNIQUE (user_name);

ALTER TABLE ONLY public.resources
    ADD CONSTRAINT resources_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.server_credentials
    ADD CONSTRAINT server_credentials_pkey PRIMARY KEY (server_id, kind);

ALTER TABLE ONLY public.server_pace
    ADD CONSTRAINT server_pace_pkey PRIMARY KEY (server_id);

ALTER TABLE ONLY public.server_shell_keys
    ADD CONSTRAINT server_shell_keys_pkey PRIMARY KEY (server_id);

ALTER TABLE ONLY public.server_sweeps
    ADD CONSTRAINT server_sweeps_pkey PRIMARY KEY (server_id);

ALTER TABLE ONLY public.server_turns
    ADD CONSTRAINT server_turns_pkey PRIMARY KEY (server_id, slot);

ALTER TABLE ONLY public.servers
    ADD CONSTRAINT servers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenant_quotas
    ADD CONSTRAINT tenant_quotas_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenant_uses
    ADD CONSTRAINT tenant_uses_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_name_key UNIQUE (name);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.unopened_values
    ADD CONSTRAINT unopened_values_pkey PRIMARY KEY (sealed_column, key_id, row_id, place);

ALTER TABLE ONLY public.zone_records
    ADD CONSTRAINT zone_records_pkey PRIMARY KEY (zone_id, name, kind);

ALTER TABLE ONLY public.zones
    ADD CONSTRAINT zones_pkey PRIMARY KEY (id);

CREATE INDEX account_passwords_key ON public.account_passwords USING btree (sealed_by, account_id, place);

CREATE INDEX accounts_by_domain ON public.accounts USING btree (tenant_id, domain, id DESC);

CREATE INDEX accounts_by_plan ON public.accounts USING btree (plan_id, id) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text]));

CREATE INDEX accounts_by_server ON public.accounts USING btree (server_id) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text]));

CREATE INDEX accounts_by_status ON public.accounts USING btree (tenant_id, status, id DESC);

CREATE INDEX accounts_by_tenant ON public.accounts USING btree (tenant_id, id DESC);

CREATE INDEX accounts_changed ON public.accounts USING btree (server_id, updated_at);

CREATE UNIQUE INDEX accounts_live_domain ON public.accounts USING btree (domain) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text]));

CREATE UNIQUE INDEX accounts_live_service ON public.accounts USING btree (service_id) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text]));

CREATE UNIQUE INDEX accounts_live_username ON public.accounts USING btree (server_id, username) WHERE (status = ANY (ARRAY['pending'::text, 'active'::text, 'suspended'::text]));

CREATE INDEX api_tokens_by_tenant ON public.api_tokens USING btree (tenant_id, id DESC);

CREATE INDEX api_tokens_live ON public.api_tokens USING btree (tenant_id, expires_at) WHERE (revoked_at IS NULL);

CREATE INDEX audit_heads_by_key ON public.audit_heads USING btree (key_id);

CREATE INDEX audit_log_at ON public.audit_log USING btree (at);

CREATE INDEX audit_log_by_action ON public.audit_log USING btree (tenant_id, action, seq DESC);

CREATE INDEX audit_log_by_actor ON public.audit_log USING btree (tenant_id, actor, seq DESC);

CREATE INDEX audit_log_by_target ON public.audit_log USING btree (tenant_id, target, seq DESC);

CREATE INDEX audit_log_by_tenant ON public.audit_log USING btree (tenant_id, seq DESC);

CREATE UNIQUE INDEX audit_log_denials ON public.audit_log USING btree (actor, target, date_trunc('minute'::text, (at AT TIME ZONE 'UTC'::text))) WHERE (action = 'access.denied'::text);

CREATE INDEX dead_letters_by_owner ON public.dead_letters USING btree (owner, id DESC);

CREATE INDEX dead_letters_by_queue ON public.dead_letters USING btree (owner, queue, id DESC);

CREATE INDEX dead_letters_by_queue_and_status ON public.dead_letters USING btree (owner, queue, status, id DESC);

CREATE INDEX dead_letters_by_status ON public.dead_letters USING btree (owner, status, id DESC);

CREATE INDEX dead_letters_created ON public.dead_letters USING btree (created_at);

CREATE INDEX dead_letters_ended ON public.dead_letters USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);

CREATE INDEX dead_letters_of_jobs ON public.dead_letters USING btree (job_id) WHERE (status = 'open'::text);

CREATE INDEX dns_servers_api_key_key ON public.dns_servers USING btree (api_key_sealed_by, id);

CREATE INDEX dns_servers_by_tenant ON public.dns_servers USING btree (tenant_id, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX dns_servers_tenant_id_name_key ON public.dns_servers USING btree (tenant_id, name) WHERE (deleted_at IS NULL);

CREATE INDEX drift_findings_by_server ON public.drift_findings USING btree (server_id, id DESC);

CREATE INDEX drift_findings_by_server_and_status ON public.drift_findings USING btree (server_id, status, id DESC);

CREATE INDEX drift_findings_by_status ON public.drift_findings USING btree (tenant_id, status, id DESC);

CREATE INDEX drift_findings_by_tenant ON public.drift_findings USING btree (tenant_id, id DESC);

CREATE UNIQUE INDEX drift_findings_open ON public.drift_findings USING btree (server_id, account_id, domain, field) NULLS NOT DISTINCT WHERE (closed_at IS NULL);

CREATE INDEX jobs_by_parent ON ONLY public.jobs USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX finished_jobs_parent_id_idx ON public.finished_jobs USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX jobs_by_kind ON ONLY public.jobs USING btree (tenant_id, kind, seq DESC);

CREATE INDEX finished_jobs_tenant_id_kind_seq_idx ON public.finished_jobs USING btree (tenant_id, kind, seq DESC);

CREATE INDEX jobs_by_kind_and_status ON ONLY public.jobs USING btree (tenant_id, kind, status, seq DESC);

CREATE INDEX finished_jobs_tenant_id_kind_status_seq_idx ON public.finished_jobs USING btree (tenant_id, kind, status, seq DESC);

CREATE INDEX jobs_by_tenant ON ONLY public.jobs USING btree (tenant_id, seq DESC);

CREATE INDEX finished_jobs_tenant_id_seq_idx ON public.finished_jobs USING btree (tenant_id, seq DESC);

CREATE INDEX jobs_by_status ON ONLY public.jobs USING btree (tenant_id, status, seq DESC);

CREATE INDEX finished_jobs_tenant_id_status_seq_idx ON public.finished_jobs USING btree (tenant_id, status, seq DESC);

CREATE INDEX jobs_by_target ON ONLY public.jobs USING btree (tenant_id, target, seq DESC);

CREATE INDEX finished_jobs_tenant_id_target_seq_idx ON public.finished_jobs USING btree (tenant_id, target, seq DESC);

CREATE INDEX jobs_by_child ON public.open_jobs USING btree (waiting_on) WHERE (waiting_on IS NOT NULL);

CREATE INDEX jobs_by_end ON public.finished_jobs USING btree (finished_at);

CREATE INDEX jobs_by_resource ON public.finished_jobs USING btree (resource, finished_at DESC) WHERE ((resource IS NOT NULL) AND (status = 'completed'::text));

CREATE INDEX jobs_due ON public.open_jobs USING btree (due_at) WHERE (((resource IS NULL) OR delayed) AND (status = ANY (ARRAY['pending'::text, 'unwinding'::text])) AND (lease_until IS NULL) AND (waiting_on IS NULL) AND (NOT behind));

CREATE INDEX jobs_ended ON public.finished_jobs USING btree (target, finished_at);

CREATE INDEX jobs_held ON public.open_jobs USING btree (resource, due_at) WHERE ((held_since IS NOT NULL) AND delayed);

CREATE UNIQUE INDEX jobs_holding ON public.open_jobs USING btree (resource, slot) WHERE (slot IS NOT NULL);

CREATE INDEX jobs_leased ON public.open_jobs USING btree (lease_until) WHERE (lease_until IS NOT NULL);

CREATE INDEX jobs_of_flows ON public.open_jobs USING btree (resource, tenant_id, lane, turn) WHERE ((resource IS NOT NULL) AND (status = 'pending'::text) AND (started_at IS NULL));

CREATE INDEX jobs_of_targets ON public.open_jobs USING btree (target, ((status = 'pending'::text)), seq);

CREATE UNIQUE INDEX jobs_one_at_a_time ON public.open_jobs USING btree (target) WHERE (status = ANY (ARRAY['running'::text, 'waiting'::text, 'unwinding'::text, 'stuck'::text]));

CREATE INDEX jobs_queued ON public.open_jobs USING btree (resource, ((started_at IS NULL)), turn, seq) WHERE ((resource IS NOT NULL) AND (status = ANY (ARRAY['pending'::text, 'unwinding'::text])) AND (lease_owner IS NULL) AND (waiting_on IS NULL) AND (NOT delayed) AND (NOT behind));

CREATE INDEX jobs_to_retry ON public.finished_jobs USING btree (tenant_id, status, finished_at, id) WHERE ((status = ANY (ARRAY['failed'::text, 'cancelled'::text])) AND (parent_id IS NULL));

CREATE INDEX open_jobs_parent_id_idx ON public.open_jobs USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX open_jobs_tenant_id_kind_seq_idx ON public.open_jobs USING btree (tenant_id, kind, seq DESC);

CREATE INDEX open_jobs_tenant_id_kind_status_seq_idx ON public.open_jobs USING btree (tenant_id, kind, status, seq DESC);

CREATE INDEX open_jobs_tenant_id_seq_idx ON public.open_jobs USING btree (tenant_id, seq DESC);

CREATE INDEX open_jobs_tenant_id_status_seq_idx ON public.open_jobs USING btree (tenant_id, status, seq DESC);

CREATE INDEX open_jobs_tenant_id_target_seq_idx ON public.open_jobs USING btree (tenant_id, target, seq DESC);

CREATE INDEX outbox_available ON public.outbox USING btree (available_at, id);

CREATE INDEX plans_by_tenant ON public.plans USING btree (tenant_id, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX plans_tenant_id_name_key ON public.plans USING btree (tenant_id, name) WHERE (deleted_at IS NULL);

CREATE INDEX server_credentials_secret_key ON public.server_credentials USING btree (secret_sealed_by, server_id, kind);

CREATE INDEX server_credentials_username_key ON public.server_credentials USING btree (username_sealed_by, server_id, kind);

CREATE INDEX server_shell_keys_key ON public.server_shell_keys USING btree (private_key_sealed_by, server_id);

CREATE INDEX server_sweeps_due ON public.server_sweeps USING btree (due_at);

CREATE INDEX servers_by_tenant ON public.servers USING btree (tenant_id, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX servers_tenant_id_name_key ON public.servers USING btree (tenant_id, name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX servers_tenant_id_url_key ON public.servers USING btree (tenant_id, url) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX servers_url_key ON public.servers USING btree (url) WHERE ((deleted_at IS NULL) AND (verified_at IS NOT NULL));

CREATE INDEX services_at ON public.services USING btree (domain, tenant_id) WHERE (status <> 'terminated'::text);

CREATE INDEX services_below ON public.services USING btree (reverse(domain) COLLATE "C", tenant_id) WHERE (status <> 'terminated'::text);

CREATE INDEX services_by_domain ON public.services USING btree (tenant_id, domain, id DESC);

CREATE INDEX services_by_plan ON public.services USING btree (plan_id) WHERE (status <> 'terminated'::text);

CREATE INDEX services_by_tenant ON public.services USING btree (tenant_id, id DESC);

CREATE UNIQUE INDEX services_domain ON public.services USING btree (tenant_id, domain) WHERE (status <> 'terminated'::text);

CREATE UNIQUE INDEX services_external ON public.services USING btree (tenant_id, external_id) WHERE (external_id IS NOT NULL);

CREATE UNIQUE INDEX zones_account ON public.zones USING btree (account_id);

CREATE INDEX zones_of_dns_server ON public.zones USING btree (dns_server_id, id) WHERE wanted;

CREATE UNIQUE INDEX zones_wanted_name ON public.zones USING btree (dns_server_id, name) WHERE wanted;

ALTER INDEX public.jobs_by_parent ATTACH PARTITION public.finished_jobs_parent_id_idx;

ALTER INDEX public.jobs_by_kind ATTACH PARTITION public.finished_jobs_tenant_id_kind_seq_idx;

ALTER INDEX public.jobs_by_kind_and_status ATTACH PARTITION public.finished_jobs_tenant_id_kind_status_seq_idx;

ALTER INDEX public.jobs_by_tenant ATTACH PARTITION public.finished_jobs_tenant_id_seq_idx;

ALTER INDEX public.jobs_by_status ATTACH PARTITION public.finished_jobs_tenant_id_status_seq_idx;

ALTER INDEX public.jobs_by_target ATTACH PARTITION public.finished_jobs_tenant_id_target_seq_idx;

ALTER INDEX public.jobs_by_parent ATTACH PARTITION public.open_jobs_parent_id_idx;

ALTER INDEX public.jobs_by_kind ATTACH PARTITION public.open_jobs_tenant_id_kind_seq_idx;

ALTER INDEX public.jobs_by_kind_and_status ATTACH PARTITION public.open_jobs_tenant_id_kind_status_seq_idx;

ALTER INDEX public.jobs_by_tenant ATTACH PARTITION public.open_jobs_tenant_id_seq_idx;

ALTER INDEX public.jobs_by_status ATTACH PARTITION public.open_jobs_tenant_id_status_seq_idx;

ALTER INDEX public.jobs_by_target ATTACH PARTITION public.open_jobs_tenant_id_target_seq_idx;

CREATE TRIGGER accounts_guard BEFORE DELETE OR UPDATE ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.accounts_guard();

CREATE TRIGGER accounts_occupy AFTER INSERT OR DELETE OR UPDATE ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.accounts_occupy();

CREATE TRIGGER audit_anchor_guard BEFORE UPDATE ON public.audit_anchor FOR EACH ROW EXECUTE FUNCTION public.audit_anchor_guard();

CREATE TRIGGER audit_anchor_stays BEFORE DELETE OR TRUNCATE ON public.audit_anchor FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();

CREATE TRIGGER audit_append_only BEFORE UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.audit_refuse();

CREATE TRIGGER audit_chain BEFORE INSERT ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.audit_chain();

CREATE TRIGGER audit_heads_guard BEFORE INSERT ON public.audit_heads FOR EACH ROW EXECUTE FUNCTION public.audit_heads_guard();

CREATE TRIGGER audit_heads_removal AFTER DELETE ON public.audit_heads REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_removal();

CREATE TRIGGER audit_heads_stay BEFORE UPDATE OR TRUNCATE ON public.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse();

CREATE TRIGGER audit_removal AFTER DELETE ON public.audit_log REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_removal();

CREATE TRIGGER job_steps_fence_insert AFTER INSERT ON public.job_steps REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION public.job_steps_fence();

CREATE TRIGGER job_steps_fence_update AFTER UPDATE ON public.job_steps REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION public.job_steps_fence();

CREATE TRIGGER jobs_guard AFTER UPDATE ON public.jobs REFERENCING OLD TABLE AS jobs_before NEW TABLE AS jobs_after FOR EACH STATEMENT EXECUTE FUNCTION public.jobs_guard();

CREATE TRIGGER jobs_guard AFTER UPDATE ON public.open_jobs REFERENCING OLD TABLE AS jobs_before NEW TABLE AS jobs_after FOR EACH STATEMENT EXECUTE FUNCTION public.jobs_guard();

CREATE TRIGGER jobs_guard_end AFTER DELETE ON public.open_jobs REFERENCING OLD TABLE AS jobs_before FOR EACH STATEMENT EXECUTE FUNCTION public.jobs_guard_end();

CREATE TRIGGER services_count AFTER INSERT ON public.services REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.services_count();

CREATE TRIGGER services_guard BEFORE INSERT OR UPDATE OF plan_id ON public.services FOR EACH ROW EXECUTE FUNCTION public.services_guard();

CREATE TRIGGER services_recount AFTER UPDATE OF status ON public.services FOR EACH ROW WHEN (((old.status = 'terminated'::text) <> (new.status = 'terminated'::text))) EXECUTE FUNCTION public.services_recount();

CREATE TRIGGER services_recount_removed AFTER DELETE ON public.services FOR EACH ROW WHEN ((old.status <> 'terminated'::text)) EXECUTE FUNCTION public.services_recount();

CREATE TRIGGER zones_guard BEFORE INSERT OR UPDATE OF wanted, dns_server_id ON public.zones FOR EACH ROW WHEN (new.wanted) EXECUTE FUNCTION public.zones_guard();

ALTER TABLE ONLY public.account_passwords
    ADD CONSTRAINT account_passwords_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plans(id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.services(id);

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.dns_servers
    ADD CONSTRAINT dns_servers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.domain_proofs
    ADD CONSTRAINT domain_proofs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.drift_findings
    ADD CONSTRAINT drift_findings_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.drift_findings
    ADD CONSTRAINT drift_findings_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.drift_findings
    ADD CONSTRAINT drift_findings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE public.jobs
    ADD CONSTRAINT jobs_resource_fkey FOREIGN KEY (resource) REFERENCES public.resources(name);

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.publishers
    ADD CONSTRAINT publishers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.server_credentials
    ADD CONSTRAINT server_credentials_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.server_pace
    ADD CONSTRAINT server_pace_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.server_shell_keys
    ADD CONSTRAINT server_shell_keys_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.server_sweeps
    ADD CONSTRAINT server_sweeps_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.server_turns
    ADD CONSTRAINT server_turns_server_id_fkey FOREIGN KEY (server_id) REFERENCES public.servers(id);

ALTER TABLE ONLY public.servers
    ADD CONSTRAINT servers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plans(id);

ALTER TABLE ONLY public.services
    ADD CONSTRAINT services_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.tenant_quotas
    ADD CONSTRAINT tenant_quotas_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.tenant_uses
    ADD CONSTRAINT tenant_uses_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

ALTER TABLE ONLY public.zone_records
    ADD CONSTRAINT zone_records_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES public.zones(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.zones
    ADD CONSTRAINT zones_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);

ALTER TABLE ONLY public.zones
    ADD CONSTRAINT zones_dns_server_id_fkey FOREIGN KEY (dns_server_id) REFERENCES public.dns_servers(id);

ALTER TABLE ONLY public.zones
    ADD CONSTRAINT zones_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id);

GRANT SELECT,INSERT ON TABLE public.audit_log TO praho_api;
GRANT INSERT ON TABLE public.audit_log TO praho_provisioning_worker;
GRANT INSERT ON TABLE public.audit_log TO praho_virtualmin_gateway;
GRANT INSERT ON TABLE public.audit_log TO praho_dns_manager;
GRANT INSERT ON TABLE public.audit_log TO praho_drift_reconciler;

GRANT SELECT(at) ON TABLE public.audit_log TO praho_virtualmin_gateway;

GRANT SELECT(actor) ON TABLE public.audit_log TO praho_virtualmin_gateway;

GRANT SELECT(action) ON TABLE public.audit_log TO praho_virtualmin_gateway;

GRANT SELECT(target) ON TABLE public.audit_log TO praho_virtualmin_gateway;

REVOKE ALL ON FUNCTION public.audit_retire_v1(kept interval, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.audit_retire_v1(kept interval, most bigint) TO praho_api;

GRANT SELECT,UPDATE ON TABLE public.jobs TO praho_api;
GRANT SELECT ON TABLE public.jobs TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.jobs TO praho_dns_manager;
GRANT SELECT ON TABLE public.jobs TO praho_drift_reconciler;

GRANT USAGE ON SEQUENCE public.jobs_seq TO praho_api;
GRANT USAGE ON SEQUENCE public.jobs_seq TO praho_provisioning_worker;
GRANT USAGE ON SEQUENCE public.jobs_seq TO praho_dns_manager;
GRANT USAGE ON SEQUENCE public.jobs_seq TO praho_drift_reconciler;

GRANT SELECT,INSERT,UPDATE ON TABLE public.open_jobs TO praho_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.open_jobs TO praho_provisioning_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.open_jobs TO praho_dns_manager;
GRANT SELECT,INSERT ON TABLE public.open_jobs TO praho_drift_reconciler;
GRANT SELECT ON TABLE public.open_jobs TO praho_virtualmin_gateway;

GRANT UPDATE(due_at) ON TABLE public.open_jobs TO praho_virtualmin_gateway;

GRANT UPDATE(delayed) ON TABLE public.open_jobs TO praho_virtualmin_gateway;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_passwords TO praho_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_passwords TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.account_passwords TO praho_virtualmin_gateway;

GRANT SELECT,INSERT,UPDATE ON TABLE public.accounts TO praho_api;
GRANT SELECT ON TABLE public.accounts TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.accounts TO praho_virtualmin_gateway;
GRANT SELECT ON TABLE public.accounts TO praho_dns_manager;
GRANT SELECT ON TABLE public.accounts TO praho_drift_reconciler;

GRANT UPDATE(username) ON TABLE public.accounts TO praho_provisioning_worker;

GRANT UPDATE(terms) ON TABLE public.accounts TO praho_provisioning_worker;

GRANT UPDATE(status) ON TABLE public.accounts TO praho_provisioning_worker;

GRANT UPDATE(site_proof) ON TABLE public.accounts TO praho_provisioning_worker;

GRANT UPDATE(site_proved_at) ON TABLE public.accounts TO praho_provisioning_worker;

GRANT UPDATE(created_at) ON TABLE public.accounts TO praho_drift_reconciler;

GRANT SELECT,INSERT,UPDATE ON TABLE public.api_tokens TO praho_api;

GRANT SELECT ON TABLE public.audit_anchor TO praho_api;

GRANT SELECT,INSERT ON TABLE public.audit_heads TO praho_api;

GRANT SELECT,INSERT ON TABLE public.dead_letters TO praho_provisioning_worker;
GRANT SELECT,INSERT ON TABLE public.dead_letters TO praho_dns_manager;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dead_letters TO praho_api;

GRANT INSERT,UPDATE ON TABLE public.dns_servers TO praho_api;
GRANT SELECT ON TABLE public.dns_servers TO praho_dns_manager;

GRANT SELECT(id) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(id) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(tenant_id) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(tenant_id) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(name) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(name) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(kind) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(kind) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(api_url) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(api_url) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT UPDATE(sealed_api_key) ON TABLE public.dns_servers TO praho_dns_manager;

GRANT SELECT(nameservers) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(nameservers) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(ns_names) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(ns_names) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(hostmaster) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(hostmaster) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(glue) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(glue) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(secondaries) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(secondaries) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(created_at) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(created_at) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(deleted_at) ON TABLE public.dns_servers TO praho_api;
GRANT SELECT(deleted_at) ON TABLE public.dns_servers TO praho_provisioning_worker;

GRANT SELECT(api_key_sealed_by) ON TABLE public.dns_servers TO praho_api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.domain_proofs TO praho_api;

GRANT SELECT,UPDATE ON TABLE public.drift_findings TO praho_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.drift_findings TO praho_drift_reconciler;

GRANT SELECT,DELETE,UPDATE ON TABLE public.finished_jobs TO praho_api;
GRANT SELECT,INSERT ON TABLE public.finished_jobs TO praho_provisioning_worker;
GRANT SELECT,INSERT ON TABLE public.finished_jobs TO praho_dns_manager;
GRANT SELECT ON TABLE public.finished_jobs TO praho_drift_reconciler;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO praho_api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.job_steps TO praho_provisioning_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.job_steps TO praho_dns_manager;
GRANT SELECT,DELETE ON TABLE public.job_steps TO praho_api;

GRANT SELECT ON TABLE public.job_transitions TO praho_api;
GRANT SELECT ON TABLE public.job_transitions TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.job_transitions TO praho_virtualmin_gateway;
GRANT SELECT ON TABLE public.job_transitions TO praho_dns_manager;
GRANT SELECT ON TABLE public.job_transitions TO praho_drift_reconciler;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_rings TO praho_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_rings TO praho_provisioning_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_rings TO praho_virtualmin_gateway;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_rings TO praho_dns_manager;

GRANT SELECT,INSERT,UPDATE ON TABLE public.key_rotation TO praho_api;
GRANT SELECT ON TABLE public.key_rotation TO praho_virtualmin_gateway;
GRANT SELECT ON TABLE public.key_rotation TO praho_dns_manager;

GRANT UPDATE(resealed) ON TABLE public.key_rotation TO praho_virtualmin_gateway;
GRANT UPDATE(resealed) ON TABLE public.key_rotation TO praho_dns_manager;

GRANT INSERT ON TABLE public.outbox TO praho_virtualmin_gateway;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO praho_api;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO praho_provisioning_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO praho_dns_manager;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO praho_drift_reconciler;

GRANT SELECT,INSERT,UPDATE ON TABLE public.plans TO praho_api;
GRANT SELECT ON TABLE public.plans TO praho_provisioning_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.publishers TO praho_api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.resources TO praho_api;
GRANT SELECT ON TABLE public.resources TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.resources TO praho_dns_manager;
GRANT SELECT ON TABLE public.resources TO praho_drift_reconciler;
GRANT SELECT ON TABLE public.resources TO praho_virtualmin_gateway;

GRANT SELECT ON TABLE public.resources_next TO praho_api;
GRANT SELECT ON TABLE public.resources_next TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.resources_next TO praho_dns_manager;
GRANT SELECT ON TABLE public.resources_next TO praho_drift_reconciler;
GRANT SELECT ON TABLE public.resources_next TO praho_virtualmin_gateway;

GRANT INSERT,DELETE,UPDATE ON TABLE public.server_credentials TO praho_api;
GRANT SELECT ON TABLE public.server_credentials TO praho_virtualmin_gateway;

GRANT SELECT(server_id) ON TABLE public.server_credentials TO praho_api;

GRANT SELECT(kind) ON TABLE public.server_credentials TO praho_api;

GRANT UPDATE(sealed_username) ON TABLE public.server_credentials TO praho_virtualmin_gateway;

GRANT UPDATE(sealed_secret) ON TABLE public.server_credentials TO praho_virtualmin_gateway;

GRANT SELECT(username_sealed_by) ON TABLE public.server_credentials TO praho_api;

GRANT SELECT(secret_sealed_by) ON TABLE public.server_credentials TO praho_api;

GRANT INSERT,DELETE ON TABLE public.server_pace TO praho_api;
GRANT SELECT,UPDATE ON TABLE public.server_pace TO praho_virtualmin_gateway;

GRANT SELECT(server_id) ON TABLE public.server_pace TO praho_api;

GRANT UPDATE(try_at) ON TABLE public.server_pace TO praho_api;

GRANT INSERT,DELETE,UPDATE ON TABLE public.server_shell_keys TO praho_api;
GRANT SELECT ON TABLE public.server_shell_keys TO praho_virtualmin_gateway;

GRANT SELECT(server_id) ON TABLE public.server_shell_keys TO praho_api;

GRANT UPDATE(sealed_private_key) ON TABLE public.server_shell_keys TO praho_virtualmin_gateway;

GRANT SELECT(private_key_sealed_by) ON TABLE public.server_shell_keys TO praho_api;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.server_sweeps TO praho_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.server_sweeps TO praho_drift_reconciler;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.server_turns TO praho_virtualmin_gateway;

GRANT SELECT,INSERT,UPDATE ON TABLE public.servers TO praho_api;
GRANT SELECT ON TABLE public.servers TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.servers TO praho_virtualmin_gateway;
GRANT SELECT ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(status) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(status) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(status_reason) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(status_reason) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(verified_at) ON TABLE public.servers TO praho_provisioning_worker;

GRANT UPDATE(version) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(version) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(programs) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(programs) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(features) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(features) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(php_versions) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(php_versions) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(keeps_quotas) ON TABLE public.servers TO praho_provisioning_worker;
GRANT UPDATE(keeps_quotas) ON TABLE public.servers TO praho_drift_reconciler;

GRANT UPDATE(fault) ON TABLE public.servers TO praho_virtualmin_gateway;

GRANT UPDATE(fault_since) ON TABLE public.servers TO praho_virtualmin_gateway;

GRANT UPDATE(fault_stops) ON TABLE public.servers TO praho_virtualmin_gateway;

GRANT SELECT,INSERT,UPDATE ON TABLE public.services TO praho_api;
GRANT SELECT ON TABLE public.services TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.services TO praho_virtualmin_gateway;
GRANT SELECT ON TABLE public.services TO praho_drift_reconciler;

GRANT UPDATE(status) ON TABLE public.services TO praho_provisioning_worker;

GRANT UPDATE(created_at) ON TABLE public.services TO praho_drift_reconciler;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tenant_quotas TO praho_api;

GRANT SELECT ON TABLE public.tenant_uses TO praho_api;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tenants TO praho_api;

GRANT SELECT,INSERT,DELETE ON TABLE public.unopened_values TO praho_api;
GRANT SELECT,INSERT ON TABLE public.unopened_values TO praho_virtualmin_gateway;
GRANT SELECT,INSERT ON TABLE public.unopened_values TO praho_dns_manager;

GRANT SELECT ON TABLE public.zone_records TO praho_api;
GRANT SELECT,INSERT,DELETE ON TABLE public.zone_records TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.zone_records TO praho_dns_manager;

GRANT SELECT ON TABLE public.zones TO praho_api;
GRANT SELECT,INSERT,UPDATE ON TABLE public.zones TO praho_provisioning_worker;
GRANT SELECT ON TABLE public.zones TO praho_dns_manager;

GRANT UPDATE(verified_at) ON TABLE public.zones TO praho_dns_manager;
