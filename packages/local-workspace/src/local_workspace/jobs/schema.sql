-- A job's definition. A deleted one stays, because its runs still name it.
CREATE TABLE IF NOT EXISTS jobs (
    job_id INTEGER PRIMARY KEY,
    creator TEXT NOT NULL,
    created_time INTEGER NOT NULL,
    settings TEXT NOT NULL,       -- JSON, as the API gives it back
    access TEXT NOT NULL,         -- JSON, a list of {principal, level}
    one_time INTEGER NOT NULL,    -- made by runs/submit: not a job that can be listed
    deleted INTEGER NOT NULL DEFAULT 0
);

-- A run of a job. Its settings are those of the moment it was asked for.
CREATE TABLE IF NOT EXISTS runs (
    run_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs,
    run_type TEXT NOT NULL,
    creator TEXT NOT NULL,
    token TEXT UNIQUE,            -- the idempotency token; stays after a deletion
    settings TEXT NOT NULL,
    parameters TEXT NOT NULL,     -- JSON, job_parameters of the request
    overriding TEXT NOT NULL,     -- JSON, the older notebook_params and its siblings
    phase TEXT NOT NULL,
    message TEXT NOT NULL,
    start_time INTEGER NOT NULL,
    admitted_time INTEGER,        -- when it left the queue
    end_time INTEGER,
    was_queued INTEGER NOT NULL,
    ending TEXT,                  -- the phase that a run that is being stopped will have
    leg INTEGER NOT NULL,         -- 0 for the original run, 1 for its first repair, ...
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS runs_by_job ON runs (job_id, phase);

-- One attempt at one task of a run.
CREATE TABLE IF NOT EXISTS task_runs (
    task_run_id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs,
    task_key TEXT NOT NULL,
    leg INTEGER NOT NULL,
    attempt INTEGER NOT NULL,     -- counts all attempts at this task in this run
    retries INTEGER NOT NULL,     -- counts the attempts of this leg
    phase TEXT NOT NULL,
    message TEXT NOT NULL,
    spec TEXT NOT NULL,           -- JSON, the task of the settings
    start_time INTEGER,
    end_time INTEGER,
    setup_duration INTEGER NOT NULL,
    retry_at INTEGER,
    ending TEXT,                  -- the phase it will have once its process is gone
    ending_since INTEGER,
    task_values TEXT NOT NULL,    -- JSON, what dbutils.jobs.taskValues.set kept
    outcome TEXT                  -- 'true' or 'false' of a condition
);
CREATE INDEX IF NOT EXISTS task_runs_by_run ON task_runs (run_id);

-- The original run and each repair of it.
CREATE TABLE IF NOT EXISTS legs (
    run_id INTEGER NOT NULL REFERENCES runs,
    leg INTEGER NOT NULL,
    repair_id INTEGER,
    start_time INTEGER NOT NULL,
    end_time INTEGER,
    phase TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, leg)
);
