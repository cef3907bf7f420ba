-- name: save_job
-- Makes a job or writes it anew.
INSERT OR REPLACE INTO jobs (job_id, creator, created_time, settings, access, one_time, deleted)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: job
-- One job, also a deleted one.
SELECT * FROM jobs WHERE job_id = ?;

-- name: listed_jobs
-- Jobs that can be listed, newest first.
SELECT * FROM jobs WHERE NOT deleted AND NOT one_time ORDER BY created_time DESC, job_id;

-- name: save_run
-- Makes a run or writes it anew.
INSERT OR REPLACE INTO runs (
    run_id, job_id, run_type, creator, token, settings, parameters, overriding, phase, message,
    start_time, admitted_time, end_time, was_queued, ending, leg, deleted
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: run
-- One run, also a deleted one.
SELECT * FROM runs WHERE run_id = ?;

-- name: run_of_token
-- The run that a token once started.
SELECT * FROM runs WHERE token = ?;

-- name: listed_runs
-- Runs of one job (or of all, when it is null), newest first.
SELECT * FROM runs
WHERE NOT deleted AND (?1 IS NULL OR job_id = ?1)
ORDER BY start_time DESC, run_id;

-- name: runs_under_way
-- Runs that the scheduler has to bring on.
SELECT * FROM runs
WHERE phase IN ('PENDING', 'RUNNING', 'TERMINATING')
ORDER BY start_time, run_id;

-- name: runs_that_count
-- How many runs of a job count against its limit.
SELECT count(*) AS number FROM runs
WHERE job_id = ? AND phase IN ('PENDING', 'RUNNING', 'TERMINATING');

-- name: queued_runs
-- Runs that wait for their turn, the longest waiting first.
SELECT * FROM runs WHERE phase = 'QUEUED' ORDER BY start_time, run_id;

-- name: save_task_run
-- Makes a task run or writes it anew.
INSERT OR REPLACE INTO task_runs (
    task_run_id, run_id, task_key, leg, attempt, retries, phase, message, spec, start_time,
    end_time, setup_duration, retry_at, ending, ending_since, task_values, outcome
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: task_run
-- One task run.
SELECT * FROM task_runs WHERE task_run_id = ?;

-- name: task_runs
-- All attempts at all tasks of a run.
SELECT * FROM task_runs WHERE run_id = ?;

-- name: save_leg
-- Makes a leg of a run or writes it anew.
INSERT OR REPLACE INTO legs (run_id, leg, repair_id, start_time, end_time, phase, message)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: legs
-- The original run and its repairs, in order.
SELECT * FROM legs WHERE run_id = ? ORDER BY leg;
