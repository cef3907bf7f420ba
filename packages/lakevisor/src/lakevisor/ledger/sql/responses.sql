-- name: accept_response
-- Under lock_owner. Adds nothing where the id is known, or where too much is open.
WITH open AS (
    SELECT count(*) AS number FROM {schema}.responses
    WHERE workspace_id = %(workspace_id)s AND owner = %(owner)s AND ended_at IS NULL
), added AS (
    INSERT INTO {schema}.responses (
        thread_key, turn_id, workspace_id, owner, thread_id, body_digest, request, needs_owner
    )
    SELECT
        %(thread_key)s, %(turn_id)s, %(workspace_id)s, %(owner)s, %(thread_id)s, %(body_digest)s,
        %(request)s, %(needs_owner)s
    FROM open
    WHERE open.number < %(most_open)s AND NOT EXISTS (
        SELECT FROM {schema}.turns AS turn
        WHERE turn.thread_key = %(thread_key)s
            AND turn.turn_id = %(turn_id)s
            AND turn.body_digest <> %(body_digest)s
    )
    ON CONFLICT (thread_key, turn_id) DO NOTHING
    RETURNING thread_key, turn_id
), events AS (
    INSERT INTO {schema}.response_events (thread_key, turn_id, number, event)
    SELECT added.thread_key, added.turn_id, told.number, told.event
    FROM added, unnest(%(numbers)s::integer[], %(events)s::json[]) AS told (number, event)
)
SELECT EXISTS (
    SELECT FROM {schema}.responses
    WHERE thread_key = %(thread_key)s
        AND turn_id = %(turn_id)s
        AND body_digest <> %(body_digest)s
) OR EXISTS (
    SELECT FROM {schema}.turns
    WHERE thread_key = %(thread_key)s
        AND turn_id = %(turn_id)s
        AND body_digest <> %(body_digest)s
) AS is_conflict

-- name: get_response
SELECT {response}, coalesce(r.held_until > now(), false) AS is_held
FROM {schema}.responses AS r
WHERE r.thread_key = %(thread_key)s AND r.turn_id = %(turn_id)s

-- name: waiting_responses
-- What has its owner's token is taken up by who has the owner; to cancel it needs nobody.
SELECT {response}, false AS is_held
FROM {schema}.responses AS r
WHERE r.workspace_id = %(workspace_id)s
    AND (%(owner)s::text IS NULL OR r.owner = %(owner)s)
    AND r.ended_at IS NULL
    AND (r.held_until IS NULL OR r.held_until <= now())
    AND (NOT r.needs_owner OR r.cancel_requested_at IS NOT NULL)
    AND (r.cancel_requested_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM {schema}.responses AS earlier
        WHERE earlier.thread_key = r.thread_key
            AND earlier.ended_at IS NULL
            AND (earlier.accepted_at, earlier.turn_id) < (r.accepted_at, r.turn_id)
    ))
ORDER BY r.accepted_at, r.turn_id
LIMIT %(limit)s

-- name: take_response
-- Those of one thread one after the other; what is to be cancelled at any time.
UPDATE {schema}.responses AS r
SET fence = r.fence + 1, held_until = now() + make_interval(secs => %(seconds)s)
WHERE r.thread_key = %(thread_key)s
    AND r.turn_id = %(turn_id)s
    AND r.ended_at IS NULL
    AND (r.held_until IS NULL OR r.held_until <= now())
    AND (r.cancel_requested_at IS NOT NULL OR NOT EXISTS (
        SELECT FROM {schema}.responses AS earlier
        WHERE earlier.thread_key = r.thread_key
            AND earlier.ended_at IS NULL
            AND (earlier.accepted_at, earlier.turn_id) < (r.accepted_at, r.turn_id)
    ))
RETURNING {response}, true AS is_held

-- name: write_response
-- An event that is written again, because its first answer was lost, is written once.
WITH held AS (
    UPDATE {schema}.responses AS r
    SET status = coalesce(%(status)s, r.status),
        attempts = r.attempts + %(begun)s,
        held_until = now() + make_interval(secs => %(seconds)s),
        ended_at = CASE WHEN %(is_end)s THEN now() END,
        request = CASE WHEN %(is_end)s THEN NULL ELSE r.request END
    WHERE r.thread_key = %(thread_key)s
        AND r.turn_id = %(turn_id)s
        AND r.fence = %(fence)s
        AND r.ended_at IS NULL
    RETURNING {response}
), added AS (
    INSERT INTO {schema}.response_events (thread_key, turn_id, number, event)
    SELECT held.thread_key, held.turn_id, told.number, told.event
    FROM held, unnest(%(numbers)s::integer[], %(events)s::json[]) AS told (number, event)
    ON CONFLICT (thread_key, turn_id, number) DO NOTHING
)
SELECT held.*, true AS is_held FROM held

-- name: release_response
UPDATE {schema}.responses
SET held_until = NULL, fence = fence + 1
WHERE thread_key = %(thread_key)s AND turn_id = %(turn_id)s AND fence = %(fence)s

-- name: cancel_response
UPDATE {schema}.responses
SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE thread_key = %(thread_key)s AND turn_id = %(turn_id)s AND ended_at IS NULL

-- name: response_events
SELECT event FROM {schema}.response_events
WHERE thread_key = %(thread_key)s AND turn_id = %(turn_id)s AND number > %(after)s
ORDER BY number
LIMIT %(limit)s

-- name: last_response_event
SELECT event FROM {schema}.response_events
WHERE thread_key = %(thread_key)s AND turn_id = %(turn_id)s
ORDER BY number DESC
LIMIT 1

-- name: forget_responses
-- Also those that nobody could take up for so long.
WITH forgotten AS (
    DELETE FROM {schema}.responses
    WHERE accepted_at < now() - %(older_than)s::interval
        AND (
            ended_at < now() - %(older_than)s::interval
            OR ended_at IS NULL AND coalesce(held_until, '-infinity') < now()
        )
    RETURNING turn_id
)
SELECT count(*) AS forgotten FROM forgotten
