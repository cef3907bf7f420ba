-- Persons take turns in rounds: see keep_place in ../sql/slots.sql.

-- The round in which the latest slot was taken: who comes new has the first place there.
ALTER TABLE {schema}.rate_limits ADD COLUMN round bigint NOT NULL DEFAULT 0;

-- The round of a request, from the moment it enters the queue.
ALTER TABLE {schema}.rate_slots ADD COLUMN round bigint NOT NULL DEFAULT 0;
