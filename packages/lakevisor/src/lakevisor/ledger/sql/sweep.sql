-- name: try_sweep_lock
-- Of the session: whoever dies lets it go. It only saves requests; two sweeps at once do no harm.
SELECT pg_try_advisory_lock(hashtextextended('lakevisor sweep {schema}.operations', 0)) AS is_ours

-- name: end_sweep_lock
SELECT pg_advisory_unlock(hashtextextended('lakevisor sweep {schema}.operations', 0))
