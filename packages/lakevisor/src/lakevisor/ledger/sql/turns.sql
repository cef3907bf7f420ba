-- name: add_thread
-- Before lock_thread, which finds no row to lock where the thread is new.
INSERT INTO {schema}.threads (thread_key, workspace_id, owner, thread_id)
VALUES (%(thread_key)s, %(workspace_id)s, %(owner)s, %(thread_id)s)
ON CONFLICT (thread_key) DO NOTHING

-- name: lock_thread
-- A statement of its own: the next one takes its snapshot when the lock is held.
SELECT 1 FROM {schema}.threads WHERE thread_key = %(thread_key)s FOR NO KEY UPDATE

-- name: begin_turn
-- Under lock_thread. Says what was found; 'taken' if the thread is this turn's now.
WITH found AS (
    SELECT
        turn.answer,
        turn.finished_at,
        turn.turn_id IS NOT NULL AS is_resumed,
        CASE
            WHEN turn.body_digest <> %(body_digest)s THEN 'conflict'
            WHEN turn.finished_at IS NOT NULL THEN 'answered'
            WHEN thread.lease_until IS NULL OR thread.lease_until <= now() THEN 'taken'
            WHEN thread.turn_id <> %(turn_id)s THEN 'busy'
            WHEN thread.holder <> %(holder)s THEN 'running'
            ELSE 'taken'
        END AS verdict
    FROM {schema}.threads AS thread
    LEFT JOIN {schema}.turns AS turn
        ON turn.thread_key = thread.thread_key AND turn.turn_id = %(turn_id)s
    WHERE thread.thread_key = %(thread_key)s
), taken AS (
    UPDATE {schema}.threads AS thread
    SET fence = fence + 1,
        turn_id = %(turn_id)s,
        holder = %(holder)s,
        forgotten_at = NULL,
        lease_until = now() + make_interval(secs => %(seconds)s)
    FROM found
    WHERE thread.thread_key = %(thread_key)s AND found.verdict = 'taken'
    RETURNING thread.fence
), begun AS (
    INSERT INTO {schema}.turns AS turn (thread_key, turn_id, body_digest, fence)
    SELECT %(thread_key)s, %(turn_id)s, %(body_digest)s, taken.fence FROM taken
    ON CONFLICT (thread_key, turn_id) DO UPDATE SET fence = EXCLUDED.fence
    RETURNING turn.begun_at
)
SELECT found.*, taken.fence, begun.begun_at
FROM found LEFT JOIN taken ON true LEFT JOIN begun ON true

-- name: extend_lease
UPDATE {schema}.threads
SET lease_until = now() + make_interval(secs => %(seconds)s)
WHERE thread_key = %(thread_key)s AND fence = %(fence)s
RETURNING fence

-- name: finish_turn
-- The fencing number grows here too: what the turn left running cannot write after its end.
WITH ended AS (
    UPDATE {schema}.threads
    SET fence = fence + 1, turn_id = NULL, holder = NULL, lease_until = NULL
    WHERE thread_key = %(thread_key)s AND fence = %(fence)s
    RETURNING thread_key
), finished AS (
    UPDATE {schema}.turns AS turn
    SET answer = %(answer)s, finished_at = now()
    FROM ended
    WHERE turn.thread_key = ended.thread_key AND turn.turn_id = %(turn_id)s
)
UPDATE {schema}.operations
SET told_at = now()
FROM ended
WHERE token = ANY(%(told)s)
    AND workspace_id = %(workspace_id)s
    AND owner = %(owner)s
    AND ended_at IS NOT NULL
    AND told_at IS NULL

-- name: turn_finished_by
-- After finish_turn: also true when its first answer was lost and it is sent again.
SELECT 1 FROM {schema}.turns
WHERE thread_key = %(thread_key)s
    AND turn_id = %(turn_id)s
    AND fence = %(fence)s
    AND finished_at IS NOT NULL

-- name: release_lease
UPDATE {schema}.threads
SET fence = fence + 1, turn_id = NULL, holder = NULL, lease_until = NULL
WHERE thread_key = %(thread_key)s AND fence = %(fence)s

-- name: stored_answer
SELECT answer, finished_at FROM {schema}.turns
WHERE thread_key = %(thread_key)s AND turn_id = %(turn_id)s AND finished_at IS NOT NULL

-- name: forget_answers
WITH forgotten AS (
    DELETE FROM {schema}.turns
    WHERE finished_at < now() - %(older_than)s::interval
    RETURNING turn_id
)
SELECT count(*) AS forgotten FROM forgotten

-- name: require_fence
-- Ends the transaction with SQLSTATE LV001 unless the lease holds.
SELECT {schema}.require_fence(%(thread_key)s, %(fence)s)

-- name: fence_holds
-- The same as a question: no row says that the lease is lost.
SELECT 1 FROM {schema}.threads
WHERE thread_key = %(thread_key)s AND fence = %(fence)s
FOR SHARE
