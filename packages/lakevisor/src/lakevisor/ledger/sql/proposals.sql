-- name: supersede_proposals
-- One question at a time: what was proposed before is void, also by an attempt at the same turn
-- that did not come to its end.
WITH superseded AS (
    UPDATE {schema}.proposals
    SET decision = 'superseded', decided_in = %(turn_id)s, decided_at = now()
    WHERE thread_key = %(thread_key)s AND proposal_id <> %(proposal_id)s AND decision IS NULL
    RETURNING *
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, token, details
)
SELECT
    workspace_id, owner, decision, agent, tool, thread_key, decided_in, trace_id, proposal_id,
    json_build_object('arguments', arguments)
FROM superseded
ORDER BY proposed_at, proposal_id

-- name: add_proposal
WITH added AS (
    INSERT INTO {schema}.proposals (
        proposal_id, workspace_id, owner, thread_key, turn_id, agent, tool, arguments, reason,
        trace_id, expires_at
    )
    VALUES (
        %(proposal_id)s, %(workspace_id)s, %(owner)s, %(thread_key)s, %(turn_id)s, %(agent)s,
        %(tool)s, %(arguments)s, %(reason)s, %(trace_id)s,
        now() + make_interval(secs => %(expires_seconds)s)
    )
    ON CONFLICT (proposal_id) DO NOTHING
    RETURNING *
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, token, details
)
SELECT
    workspace_id, owner, 'proposed', agent, tool, thread_key, turn_id, trace_id, proposal_id,
    json_build_object('arguments', arguments, 'expires_seconds', %(expires_seconds)s::float8)
FROM added

-- name: proposal_of_id
SELECT {proposal} FROM {schema}.proposals AS p WHERE proposal_id = %(proposal_id)s

-- name: open_proposals
SELECT {proposal} FROM {schema}.proposals AS p
WHERE thread_key = %(thread_key)s
    AND (
        decision IS NULL AND turn_id <> %(turn_id)s AND expires_at > now()
        OR decision = 'accepted' AND decided_in = %(turn_id)s
    )
ORDER BY proposed_at, proposal_id

-- name: decide_proposal
-- Only a later turn of the same thread decides; accepting what expired decides nothing.
WITH decided AS (
    UPDATE {schema}.proposals
    SET decision = %(decision)s, decided_in = %(turn_id)s, decided_at = now()
    WHERE proposal_id = %(proposal_id)s
        AND thread_key = %(thread_key)s
        AND turn_id <> %(turn_id)s
        AND decision IS NULL
        AND (expires_at > now() OR %(decision)s = 'declined')
    RETURNING *
)
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, token, details
)
SELECT
    workspace_id, owner, decision, agent, tool, thread_key, decided_in, trace_id, proposal_id,
    json_build_object('arguments', arguments)
FROM decided
