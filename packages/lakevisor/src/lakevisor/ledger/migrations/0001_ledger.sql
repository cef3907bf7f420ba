-- The first form of the ledger. Statements refer to what an index serves by their name in ../sql.
--
-- JSON columns are json, not jsonb: nothing looks into them, and jsonb refuses what a model or a
-- table's cell may well contain (the escape of a zero byte, half of a surrogate pair).

-- Who works on which thread. Rows are updated twice a turn and at each heartbeat: no index on what
-- changes and some room in each page, so that the updates stay in their page (HOT).
CREATE TABLE {schema}.threads (
    thread_key text PRIMARY KEY,
    workspace_id text NOT NULL,
    owner text NOT NULL,
    thread_id text NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    turn_id text,
    holder text,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- Takes part in somebody else's transaction: ends it with SQLSTATE LV001 unless the fencing number
-- is still the thread's, and keeps it so until the end of the transaction. A function, because only
-- an error stops the statements that follow it in the same pipeline.
CREATE FUNCTION {schema}.require_fence(wanted_key text, wanted_fence bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {schema}.threads
    WHERE thread_key = wanted_key AND fence = wanted_fence
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of the thread is lost' USING ERRCODE = 'LV001';
    END IF;
END
$$;

-- One row for each request of a client, with its answer.
CREATE TABLE {schema}.turns (
    thread_key text NOT NULL REFERENCES {schema}.threads ON DELETE CASCADE,
    turn_id text NOT NULL,
    body_digest text NOT NULL,
    fence bigint NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    answer json,
    PRIMARY KEY (thread_key, turn_id)
);

-- forget_answers
CREATE INDEX turns_finished ON {schema}.turns (finished_at) WHERE finished_at IS NOT NULL;

-- What was started in other systems. Rows outlive the turns and threads in which they were made.
CREATE TABLE {schema}.operations (
    token text PRIMARY KEY CHECK (length(token) <= 64),
    workspace_id text NOT NULL,
    owner text NOT NULL,
    thread_key text NOT NULL,
    thread_id text NOT NULL,
    turn_id text NOT NULL,
    agent text NOT NULL,
    tool text NOT NULL,
    kind text NOT NULL,
    job text,
    title text NOT NULL,
    parameters json NOT NULL,
    parameters_digest text NOT NULL,
    trace_id text,
    intended_at timestamptz NOT NULL DEFAULT now(),
    run_id text,
    state text,
    url text,
    launched_at timestamptz,
    seen_at timestamptz,
    ended_at timestamptz,
    told_at timestamptz,
    cancel_requested_at timestamptz,
    abandoned_at timestamptz,
    abandon_reason text,
    repairs integer NOT NULL DEFAULT 0,
    claim_key text,
    claim_fence bigint
);

-- get_operation, get_any_operation; and no run belongs to two tokens
CREATE UNIQUE INDEX operations_run ON {schema}.operations (workspace_id, run_id, kind)
    WHERE run_id IS NOT NULL;

-- list_operations; intend_operation (launches within an hour)
CREATE INDEX operations_owner
    ON {schema}.operations (workspace_id, owner, intended_at DESC, token DESC);

-- list_operations of a thread or a turn
CREATE INDEX operations_thread
    ON {schema}.operations (thread_key, intended_at DESC, token DESC);

-- list_any_operations
CREATE INDEX operations_workspace
    ON {schema}.operations (workspace_id, intended_at DESC, token DESC);

-- intend_operation (what an owner has running), list_operations with only_open
CREATE INDEX operations_open_of_owner
    ON {schema}.operations (workspace_id, owner, intended_at DESC)
    WHERE ended_at IS NULL AND abandoned_at IS NULL;

-- intend_operation (what runs of a job), list_any_operations with only_open
CREATE INDEX operations_open_of_job
    ON {schema}.operations (workspace_id, kind, job)
    WHERE ended_at IS NULL AND abandoned_at IS NULL;

-- end_dead_claims, claim_untold
CREATE INDEX operations_untold ON {schema}.operations (workspace_id, owner)
    WHERE ended_at IS NOT NULL AND told_at IS NULL;

-- unresolved_operations
CREATE INDEX operations_unresolved ON {schema}.operations (intended_at)
    WHERE run_id IS NULL AND ended_at IS NULL AND abandoned_at IS NULL;

-- Rows to lock while what they stand for is counted: limits are exact, and only those who share a
-- limit wait for each other. The key serves add_owner, lock_owner.
CREATE TABLE {schema}.owners (
    workspace_id text,
    owner text,
    PRIMARY KEY (workspace_id, owner)
);

-- The same for jobs: add_job, lock_job.
CREATE TABLE {schema}.jobs (
    workspace_id text,
    kind text,
    job text,
    PRIMARY KEY (workspace_id, kind, job)
);

-- What waits for a person's own word.
CREATE TABLE {schema}.proposals (
    proposal_id text PRIMARY KEY,
    workspace_id text NOT NULL,
    owner text NOT NULL,
    thread_key text NOT NULL,
    turn_id text NOT NULL,
    agent text NOT NULL,
    tool text NOT NULL,
    arguments json NOT NULL,
    reason text NOT NULL,
    trace_id text,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    decision text CHECK (decision IN ('accepted', 'declined', 'superseded')),
    decided_in text,
    decided_at timestamptz
);

-- open_proposals, supersede_proposals
CREATE INDEX proposals_thread ON {schema}.proposals (thread_key, proposed_at);

-- Who did what.
CREATE TABLE {schema}.audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    workspace_id text NOT NULL,
    owner text NOT NULL,
    action text NOT NULL,
    agent text,
    tool text,
    thread_key text,
    turn_id text,
    trace_id text,
    job text,
    run_id text,
    token text,
    details json NOT NULL
);

-- audit_of
CREATE INDEX audit_owner ON {schema}.audit (workspace_id, owner, number DESC);

CREATE FUNCTION {schema}.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- For each statement, so that it is refused also where it would find no row.
CREATE TRIGGER audit_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.audit
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
