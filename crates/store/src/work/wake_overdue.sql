-- Wakes jobs again that have been ready for longer than $1 seconds, $2 of them at most.
--
-- A job that needs a resource is looked for at the head of the resource's queue alone, so the walk is as long as there are
-- resources, however many jobs wait for them. The others, and those whose delay is over, come in the order in which they
-- became due.
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtext('wake overdue jobs')) AS ours),
overdue AS (
    SELECT id FROM open_jobs
    WHERE lease_owner IS NULL AND due_at < now() - $1 * interval '1 second' AND id = ANY(ARRAY(
        SELECT job_id FROM resources_next WHERE (SELECT ours FROM turn) AND free IS NOT NULL
        UNION ALL
        -- The words are those of the index jobs_due. A job that is not the first of its target is claimed in vain once, and
        -- is then behind.
        (SELECT id FROM open_jobs
         WHERE (SELECT ours FROM turn) AND (resource IS NULL OR delayed) AND status IN ('pending', 'unwinding')
           AND lease_until IS NULL AND waiting_on IS NULL AND NOT behind
           AND due_at < now() - $1 * interval '1 second'
         ORDER BY due_at LIMIT $2)))
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED),
again AS (
    UPDATE open_jobs SET due_at = now(), delayed = false WHERE id = ANY(ARRAY(SELECT id FROM overdue))
    RETURNING open_jobs.*)
SELECT job_wake(again::jobs) FROM again
