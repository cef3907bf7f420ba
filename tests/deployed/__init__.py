"""A deployment from its plan to its rollback, on a local workspace; `make deployed` runs it."""
