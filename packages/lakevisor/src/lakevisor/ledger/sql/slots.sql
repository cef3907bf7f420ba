-- The time is clock_timestamp(): now() would be from before the lock was waited for.

-- name: add_rate_limit
INSERT INTO {schema}.rate_limits (workspace_id, name)
VALUES (%(workspace_id)s, %(name)s)
ON CONFLICT DO NOTHING

-- name: lock_rate_limit
SELECT 1 FROM {schema}.rate_limits
WHERE workspace_id = %(workspace_id)s AND name = %(name)s
FOR NO KEY UPDATE

-- name: forget_slots
DELETE FROM {schema}.rate_slots
WHERE workspace_id = %(workspace_id)s AND name = %(name)s AND valid_until <= clock_timestamp()

-- name: keep_place
-- Under lock_rate_limit. Persons take turns: a request enters the round after the person's last one,
-- and who has none known enters the round that is being served.
INSERT INTO {schema}.rate_slots AS slot (
    ticket_id, workspace_id, name, owner, round, asked_at, valid_until
)
VALUES (
    %(ticket_id)s, %(workspace_id)s, %(name)s, %(owner)s,
    greatest(
        (
            SELECT round FROM {schema}.rate_limits
            WHERE workspace_id = %(workspace_id)s AND name = %(name)s
        ),
        (
            SELECT max(round) + 1 FROM {schema}.rate_slots
            WHERE workspace_id = %(workspace_id)s AND name = %(name)s AND owner = %(owner)s
        )
    ),
    clock_timestamp(), clock_timestamp() + make_interval(secs => %(alive_seconds)s)
)
ON CONFLICT (ticket_id) DO UPDATE SET valid_until = EXCLUDED.valid_until
WHERE slot.taken_at IS NULL

-- name: take_slot
-- Under lock_rate_limit. The queue goes in rounds, and in a round by who asked first.
WITH clock AS (
    SELECT clock_timestamp() AS time
), mine AS (
    SELECT * FROM {schema}.rate_slots WHERE workspace_id = %(workspace_id)s AND name = %(name)s
), taken AS (
    SELECT CASE
        WHEN sent_at IS NOT NULL THEN valid_until
        ELSE greatest(
            taken_at + make_interval(secs => %(window_seconds)s + %(typical_sending_seconds)s),
            clock.time + make_interval(secs => %(typical_sending_seconds)s)
        )
    END - clock.time AS is_free_in
    FROM mine, clock WHERE taken_at IS NOT NULL
), queue AS (
    SELECT ticket_id, round, row_number() OVER (ORDER BY round, asked_at, ticket_id) AS place
    FROM mine WHERE taken_at IS NULL
), turn AS (
    SELECT queue.ticket_id, queue.round FROM queue, clock
    WHERE queue.ticket_id = %(ticket_id)s
        AND queue.place <= %(limit)s - (SELECT count(*) FROM taken)
        AND clock.time >= (
            SELECT blocked_until FROM {schema}.rate_limits
            WHERE workspace_id = %(workspace_id)s AND name = %(name)s
        )
), now_taken AS (
    UPDATE {schema}.rate_slots AS slot
    SET taken_at = clock.time,
        valid_until = clock.time
            + make_interval(secs => %(sending_seconds)s + %(window_seconds)s)
    FROM turn, clock WHERE slot.ticket_id = turn.ticket_id
), now_served AS (
    UPDATE {schema}.rate_limits AS rate_limit
    SET round = greatest(rate_limit.round, turn.round)
    FROM turn WHERE workspace_id = %(workspace_id)s AND name = %(name)s
)
SELECT
    EXISTS (SELECT FROM turn)
        OR EXISTS (SELECT FROM mine WHERE ticket_id = %(ticket_id)s AND taken_at IS NOT NULL)
        AS is_taken,
    (SELECT place FROM queue WHERE ticket_id = %(ticket_id)s) AS place,
    ARRAY(SELECT extract(epoch FROM is_free_in)::float8 FROM taken) AS frees,
    (
        SELECT extract(epoch FROM greatest(blocked_until, clock.time) - clock.time)::float8
        FROM {schema}.rate_limits, clock
        WHERE workspace_id = %(workspace_id)s AND name = %(name)s
    ) AS blocked_seconds

-- name: leave_queue
DELETE FROM {schema}.rate_slots WHERE ticket_id = %(ticket_id)s AND sent_at IS NULL

-- name: slot_sent
UPDATE {schema}.rate_slots
SET sent_at = clock_timestamp(),
    valid_until = clock_timestamp() + make_interval(secs => %(window_seconds)s)
WHERE ticket_id = %(ticket_id)s AND taken_at IS NOT NULL AND sent_at IS NULL

-- name: block_rate_limit
UPDATE {schema}.rate_limits
SET blocked_until = greatest(
    blocked_until, clock_timestamp() + make_interval(secs => %(seconds)s)
)
WHERE workspace_id = %(workspace_id)s AND name = %(name)s
