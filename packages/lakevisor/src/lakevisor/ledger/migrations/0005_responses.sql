-- Requests that are worked on in the background, and what their clients are told of them. Rows are
-- updated at each sign of life: no index on what changes then, and some room in each page (HOT).
CREATE TABLE {schema}.responses (
    thread_key text NOT NULL,
    turn_id text NOT NULL,
    workspace_id text NOT NULL,
    owner text NOT NULL,
    thread_id text NOT NULL,
    body_digest text NOT NULL,
    request json,
    needs_owner boolean NOT NULL,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'in_progress', 'completed', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    held_until timestamptz,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    cancel_requested_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (thread_key, turn_id)
) WITH (fillfactor = 70);

-- accept_response (what an owner has open), waiting_responses
CREATE INDEX responses_open ON {schema}.responses (workspace_id, owner) WHERE ended_at IS NULL;

-- forget_responses
CREATE INDEX responses_accepted ON {schema}.responses (accepted_at);

CREATE TABLE {schema}.response_events (
    thread_key text NOT NULL,
    turn_id text NOT NULL,
    number integer NOT NULL,
    event json NOT NULL,
    PRIMARY KEY (thread_key, turn_id, number),
    FOREIGN KEY (thread_key, turn_id) REFERENCES {schema}.responses ON DELETE CASCADE
);
