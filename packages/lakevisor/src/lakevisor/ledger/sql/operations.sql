-- name: add_owner
INSERT INTO {schema}.owners (workspace_id, owner)
VALUES (%(workspace_id)s, %(owner)s)
ON CONFLICT DO NOTHING

-- name: lock_owner
-- Always the owner, then the job, then threads: nobody waits in a circle.
SELECT 1 FROM {schema}.owners
WHERE workspace_id = %(workspace_id)s AND owner = %(owner)s
FOR NO KEY UPDATE

-- name: add_job
INSERT INTO {schema}.jobs (workspace_id, kind, job)
SELECT %(workspace_id)s, %(kind)s, %(job)s WHERE %(job)s::text IS NOT NULL
ON CONFLICT DO NOTHING

-- name: lock_job
SELECT 1 FROM {schema}.jobs
WHERE workspace_id = %(workspace_id)s AND kind = %(kind)s AND job = %(job)s
FOR NO KEY UPDATE

-- name: intend_operation
-- Under the locks of owner and job. Says 'known', 'intended' or which limit is reached.
WITH hourly AS (
    -- The launch with which the limit was reached; when it is an hour old, there is room again.
    SELECT intended_at FROM {schema}.operations
    WHERE workspace_id = %(workspace_id)s
        AND owner = %(owner)s
        AND kind = %(kind)s
        AND intended_at > now() - interval '1 hour'
        AND abandoned_at IS NULL
    ORDER BY intended_at DESC
    OFFSET greatest(%(launches_per_hour)s::integer - 1, 0) LIMIT 1
), verdict AS (
    SELECT CASE
        WHEN EXISTS (
            SELECT FROM {schema}.operations WHERE token = %(token)s AND abandoned_at IS NULL
        ) THEN 'known'
        WHEN %(launches_per_hour)s::integer = 0
            OR %(launches_per_hour)s::integer IS NOT NULL AND EXISTS (SELECT FROM hourly)
        THEN 'launches_per_hour'
        WHEN %(running_per_owner)s::integer <= (
            SELECT count(*) FROM {schema}.operations
            WHERE workspace_id = %(workspace_id)s
                AND owner = %(owner)s
                AND kind = %(kind)s
                AND ended_at IS NULL
                AND abandoned_at IS NULL
        ) THEN 'running_per_owner'
        WHEN %(running_per_job)s::integer <= (
            SELECT count(*) FROM {schema}.operations
            WHERE workspace_id = %(workspace_id)s
                AND kind = %(kind)s
                AND job = %(job)s
                AND ended_at IS NULL
                AND abandoned_at IS NULL
        ) AND %(job)s::text IS NOT NULL THEN 'running_per_job'
        ELSE 'intended'
    END AS verdict
), intended AS (
    INSERT INTO {schema}.operations (
        token, workspace_id, owner, thread_key, thread_id, turn_id, agent, tool, kind, job, title,
        parameters, parameters_digest, trace_id, details
    )
    SELECT
        %(token)s, %(workspace_id)s, %(owner)s, %(thread_key)s, %(thread_id)s, %(turn_id)s,
        %(agent)s, %(tool)s, %(kind)s, %(job)s, %(title)s,
        %(parameters)s, %(parameters_digest)s, %(trace_id)s, %(details)s
    FROM verdict WHERE verdict = 'intended'
    ON CONFLICT (token) DO UPDATE
    SET intended_at = EXCLUDED.intended_at, trace_id = EXCLUDED.trace_id,
        abandoned_at = NULL, abandon_reason = NULL
), audited AS (
    INSERT INTO {schema}.audit (
        workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, token, details
    )
    SELECT
        %(workspace_id)s, %(owner)s,
        CASE verdict WHEN 'intended' THEN 'intended' ELSE 'refused' END,
        %(agent)s, %(tool)s, %(thread_key)s, %(turn_id)s, %(trace_id)s, %(job)s, %(token)s,
        CASE verdict WHEN 'intended' THEN '{{}}' ELSE json_build_object('limit', verdict) END
    FROM verdict WHERE verdict <> 'known'
)
SELECT
    verdict,
    CASE WHEN verdict = 'launches_per_hour' AND %(launches_per_hour)s::integer > 0 THEN
        (SELECT extract(epoch FROM intended_at + interval '1 hour' - now())::float8 FROM hourly)
    END AS retry_after_seconds
FROM verdict

-- name: operation_of_token
-- A statement of its own after each change: it sees also what another transaction did meanwhile.
SELECT {operation} FROM {schema}.operations AS o WHERE token = %(token)s

-- name: operation_launched
WITH launched AS (
    UPDATE {schema}.operations AS o
    SET run_id = %(run_id)s, state = %(state)s, url = %(url)s, launched_at = now(), seen_at = now(),
        abandoned_at = NULL, abandon_reason = NULL
    WHERE token = %(token)s
        AND run_id IS NULL
        AND NOT EXISTS (
            SELECT FROM {schema}.operations AS other
            WHERE other.workspace_id = o.workspace_id
                AND other.run_id = %(run_id)s
                AND other.kind = o.kind
        )
    RETURNING *
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, run_id, token,
    details
)
SELECT
    workspace_id, owner, 'launched', agent, tool, thread_key, turn_id, trace_id, job, run_id, token,
    '{{}}'
FROM launched

-- name: operation_abandoned
WITH abandoned AS (
    UPDATE {schema}.operations
    SET abandoned_at = now(), abandon_reason = %(reason)s
    WHERE token = %(token)s AND run_id IS NULL AND abandoned_at IS NULL
    RETURNING *
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, token, details
)
SELECT
    workspace_id, owner, 'launch_failed', agent, tool, thread_key, turn_id, trace_id, job, token,
    json_build_object('reason', abandon_reason)
FROM abandoned

-- name: get_operation
SELECT {operation} FROM {schema}.operations AS o
WHERE workspace_id = %(workspace_id)s
    AND owner = %(owner)s
    AND run_id = %(run_id)s
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY intended_at DESC, token DESC LIMIT 1

-- name: get_any_operation
SELECT {operation} FROM {schema}.operations AS o
WHERE workspace_id = %(workspace_id)s
    AND run_id = %(run_id)s
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY intended_at DESC, token DESC LIMIT 1

-- name: list_operations
SELECT {operation} FROM {schema}.operations AS o
WHERE workspace_id = %(workspace_id)s
    AND owner = %(owner)s
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(thread_key)s::text IS NULL OR thread_key = %(thread_key)s)
    AND (%(turn_id)s::text IS NULL OR turn_id = %(turn_id)s)
    AND (NOT %(only_open)s OR (ended_at IS NULL AND abandoned_at IS NULL))
ORDER BY intended_at DESC, token DESC LIMIT %(limit)s

-- name: list_any_operations
SELECT {operation} FROM {schema}.operations AS o
WHERE workspace_id = %(workspace_id)s
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(job)s::text IS NULL OR job = %(job)s)
    AND (NOT %(only_open)s OR (ended_at IS NULL AND abandoned_at IS NULL))
ORDER BY intended_at DESC, token DESC LIMIT %(limit)s

-- name: note_operation
-- An end stays an end, and a look from before a repair says nothing about the run after it.
UPDATE {schema}.operations
SET state = %(state)s,
    url = coalesce(%(url)s, url),
    seen_at = now(),
    ended_at = CASE WHEN %(is_final)s THEN now() END
WHERE token = %(token)s AND ended_at IS NULL AND repairs = %(repairs)s

-- name: keep_details
-- Only what was read is replaced. The same change again, whose answer was lost, is no other one.
UPDATE {schema}.operations
SET details = %(details)s
WHERE token = %(token)s
    AND ended_at IS NULL
    AND abandoned_at IS NULL
    AND details IN (%(expected)s, %(details)s)
RETURNING token

-- name: request_cancel
WITH requested AS (
    UPDATE {schema}.operations
    SET cancel_requested_at = now()
    WHERE token = %(token)s
        AND ended_at IS NULL
        AND cancel_requested_at IS NULL
        AND repairs = %(repairs)s
    RETURNING owner, job, run_id, token
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, run_id, token,
    details
)
SELECT
    %(workspace_id)s, %(owner)s, 'cancel_requested', %(agent)s, %(tool)s, %(thread_key)s,
    %(turn_id)s, %(trace_id)s, job, run_id, token,
    json_strip_nulls(json_build_object('owner', nullif(owner, %(owner)s)))
FROM requested

-- name: operation_repaired
-- Under the locks of owner and job. Says 'known', 'repaired' or which limit is reached.
WITH verdict AS (
    SELECT CASE
        WHEN NOT EXISTS (
            SELECT FROM {schema}.operations
            WHERE token = %(token)s AND ended_at IS NOT NULL AND repairs = %(repairs)s
        ) THEN 'known'
        WHEN %(running_per_owner)s::integer <= (
            SELECT count(*) FROM {schema}.operations
            WHERE workspace_id = %(workspace_id)s
                AND owner = %(owner)s
                AND kind = %(kind)s
                AND ended_at IS NULL
                AND abandoned_at IS NULL
        ) THEN 'running_per_owner'
        WHEN %(running_per_job)s::integer <= (
            SELECT count(*) FROM {schema}.operations
            WHERE workspace_id = %(workspace_id)s
                AND kind = %(kind)s
                AND job = %(job)s
                AND ended_at IS NULL
                AND abandoned_at IS NULL
        ) AND %(job)s::text IS NOT NULL THEN 'running_per_job'
        ELSE 'repaired'
    END AS verdict
), repaired AS (
    UPDATE {schema}.operations
    SET state = %(state)s, seen_at = now(), repairs = repairs + 1,
        ended_at = NULL, told_at = NULL, cancel_requested_at = NULL,
        claim_key = NULL, claim_fence = NULL
    FROM verdict
    WHERE verdict = 'repaired'
        AND token = %(token)s AND ended_at IS NOT NULL AND repairs = %(repairs)s
), audited AS (
    INSERT INTO {schema}.audit (
        workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, run_id, token,
        details
    )
    SELECT
        %(workspace_id)s, %(by)s, CASE verdict WHEN 'repaired' THEN 'repaired' ELSE 'refused' END,
        %(agent)s, %(tool)s, %(thread_key)s, %(turn_id)s, %(trace_id)s, %(job)s, %(run_id)s,
        %(token)s,
        json_strip_nulls(json_build_object(
            'limit', nullif(verdict, 'repaired'), 'owner', nullif(%(owner)s::text, %(by)s::text)
        ))
    FROM verdict WHERE verdict <> 'known'
)
SELECT verdict FROM verdict

-- name: end_dead_claims
-- A turn whose lease ran out could still be extended and finish; if another one is to tell what it
-- has claimed, it must not.
UPDATE {schema}.threads AS thread
SET fence = fence + 1, turn_id = NULL, holder = NULL, lease_until = NULL
WHERE lease_until <= now()
    AND thread_key <> %(thread_key)s
    AND EXISTS (
        SELECT FROM {schema}.operations
        WHERE workspace_id = %(workspace_id)s
            AND owner = %(owner)s
            AND ended_at IS NOT NULL
            AND told_at IS NULL
            AND claim_key = thread.thread_key
            AND claim_fence = thread.fence
    )

-- name: claim_untold
-- Under lock_owner. Free is what no lease has claimed that still holds. A row that is locked is
-- being told or repaired right now.
WITH free AS (
    SELECT token FROM {schema}.operations AS o
    WHERE workspace_id = %(workspace_id)s
        AND owner = %(owner)s
        AND ended_at IS NOT NULL
        AND told_at IS NULL
        AND (
            claim_key IS NULL
            OR claim_key = %(thread_key)s
            OR NOT EXISTS (
                SELECT FROM {schema}.threads
                WHERE thread_key = o.claim_key AND fence = o.claim_fence
            )
        )
    FOR NO KEY UPDATE SKIP LOCKED
), claimed AS (
    UPDATE {schema}.operations AS o
    SET claim_key = %(thread_key)s, claim_fence = %(fence)s
    FROM free WHERE o.token = free.token
    RETURNING {operation}
)
SELECT * FROM claimed ORDER BY ended_at, token

-- name: unresolved_operations
SELECT {operation} FROM {schema}.operations AS o
WHERE run_id IS NULL
    AND ended_at IS NULL
    AND abandoned_at IS NULL
    AND intended_at <= now() - %(older_than)s::interval
    AND NOT EXISTS (
        SELECT FROM {schema}.threads
        WHERE thread_key = o.thread_key AND turn_id = o.turn_id AND lease_until > now()
    )
ORDER BY intended_at, token
