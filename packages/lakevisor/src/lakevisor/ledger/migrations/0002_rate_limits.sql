-- Rate limits of other systems, shared by all processes. See ../slots.py.

-- A row to lock while slots are counted: only those who share a limit wait for each other.
CREATE TABLE {schema}.rate_limits (
    workspace_id text,
    name text,
    blocked_until timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (workspace_id, name)
);

-- One row for each request that waits, or was sent a short time ago. A row says nothing any more
-- when its time (valid_until) is over, and is then deleted.
CREATE TABLE {schema}.rate_slots (
    ticket_id text PRIMARY KEY,
    workspace_id text NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    asked_at timestamptz NOT NULL,
    taken_at timestamptz,
    sent_at timestamptz,
    valid_until timestamptz NOT NULL
);

-- forget_slots, take_slot
CREATE INDEX rate_slots_limit ON {schema}.rate_slots (workspace_id, name);
