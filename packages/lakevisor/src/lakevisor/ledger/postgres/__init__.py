"""The ledger in PostgreSQL: Lakebase, next to the checkpoints, in a schema of its own."""

from lakevisor.ledger.postgres.fence import fence_holds, is_lease_lost, require_fence
from lakevisor.ledger.postgres.ledger import PostgresLedger

__all__ = ["PostgresLedger", "fence_holds", "is_lease_lost", "require_fence"]
