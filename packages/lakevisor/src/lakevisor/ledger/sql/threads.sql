-- name: list_threads
SELECT
    thread.thread_id,
    thread.created_at,
    coalesce(latest.begun_at, thread.created_at) AS last_turn_at,
    coalesce(thread.lease_until > now(), false) AS is_busy
FROM {schema}.threads AS thread
LEFT JOIN LATERAL (
    SELECT max(turn.begun_at) AS begun_at
    FROM {schema}.turns AS turn
    WHERE turn.thread_key = thread.thread_key
) AS latest ON true
WHERE thread.workspace_id = %(workspace_id)s
    AND thread.owner = %(owner)s
    AND thread.forgotten_at IS NULL
    AND (%(thread_key)s::text IS NULL OR thread.thread_key = %(thread_key)s)
ORDER BY last_turn_at DESC, thread.thread_id
LIMIT %(limit)s

-- name: forget_thread
-- Under require_fence. Operations and the audit stay: they say what was done, not what was said.
WITH forgotten AS (
    UPDATE {schema}.threads
    SET forgotten_at = now(), fence = fence + 1, turn_id = NULL, holder = NULL, lease_until = NULL
    WHERE thread_key = %(thread_key)s AND fence = %(fence)s
    RETURNING thread_key
), proposals_gone AS (
    DELETE FROM {schema}.proposals AS proposal
    USING forgotten
    WHERE proposal.thread_key = forgotten.thread_key
), responses_gone AS (
    DELETE FROM {schema}.responses AS response
    USING forgotten
    WHERE response.thread_key = forgotten.thread_key
)
DELETE FROM {schema}.turns AS turn
USING forgotten
WHERE turn.thread_key = forgotten.thread_key
