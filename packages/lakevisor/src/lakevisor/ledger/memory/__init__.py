"""The ledger in memory: the twin of the one in Lakebase, for tests and for a single process."""

from lakevisor.ledger.memory.ledger import MemoryLedger

__all__ = ["MemoryLedger"]
