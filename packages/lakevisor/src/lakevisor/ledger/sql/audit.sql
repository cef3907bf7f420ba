-- name: append_audit
INSERT INTO {schema}.audit (
    workspace_id, owner, action, agent, tool, thread_key, turn_id, trace_id, job, run_id, token,
    details
)
VALUES (
    %(workspace_id)s, %(owner)s, %(action)s, %(agent)s, %(tool)s, %(thread_key)s, %(turn_id)s,
    %(trace_id)s, %(job)s, %(run_id)s, %(token)s, %(details)s
)

-- name: audit_of
SELECT
    number, at, a.workspace_id, a.owner, action, agent, tool, thread_key, a.turn_id, trace_id,
    job, run_id, token, details, thread.thread_id
FROM {schema}.audit AS a
LEFT JOIN {schema}.threads AS thread USING (thread_key)
WHERE a.workspace_id = %(workspace_id)s AND a.owner = %(owner)s
ORDER BY number DESC LIMIT %(limit)s

-- name: audit_of_everybody
SELECT
    number, at, a.workspace_id, a.owner, action, agent, tool, thread_key, a.turn_id, trace_id,
    job, run_id, token, details, thread.thread_id
FROM {schema}.audit AS a
LEFT JOIN {schema}.threads AS thread USING (thread_key)
WHERE a.workspace_id = %(workspace_id)s
ORDER BY number DESC LIMIT %(limit)s

-- name: count_everything
SELECT
    (SELECT count(*) FROM {schema}.threads) AS threads,
    (SELECT count(*) FROM {schema}.turns) AS turns,
    (SELECT count(*) FROM {schema}.operations) AS operations,
    (
        SELECT count(*) FROM {schema}.operations WHERE ended_at IS NULL AND abandoned_at IS NULL
    ) AS open_operations,
    (
        SELECT count(*) FROM {schema}.operations
        WHERE run_id IS NULL AND ended_at IS NULL AND abandoned_at IS NULL
    ) AS unresolved,
    (SELECT count(*) FROM {schema}.audit) AS audit
