-- What an agent keeps with an operation, for itself: see keep_details in ../sql/operations.sql.
ALTER TABLE {schema}.operations ADD COLUMN details jsonb NOT NULL DEFAULT '{{}}';
