-- People can list and delete their threads. A deleted one keeps its row: its fencing number must go
-- on growing, or a process that was frozen before could write into its successor.
ALTER TABLE {schema}.threads ADD COLUMN forgotten_at timestamptz;

-- list_threads
CREATE INDEX threads_owner ON {schema}.threads (workspace_id, owner);
