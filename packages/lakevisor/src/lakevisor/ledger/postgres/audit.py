"""The audit of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Json

from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import audit_of, origin_parameters, owner_parameters
from lakevisor.ledger.values import AuditEntry, AuditRecord, OwnerKey


class PostgresAudit:
    """Who did what; see `lakevisor.ledger.port.AuditTrail`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entry: AuditEntry) -> None:
        """Write an entry."""
        parameters = {
            **owner_parameters(entry.owner),
            **origin_parameters(entry.origin),
            "action": entry.action.value,
            "job": entry.job,
            "run_id": entry.run_id,
            "token": entry.token,
            "details": Json(entry.details),
        }
        await self._database.run("append_audit", parameters=parameters)

    async def of(self, owner: OwnerKey, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what this owner did, the latest first."""
        parameters = {**owner_parameters(owner), "limit": limit}
        [rows] = await self._database.run("audit_of", parameters=parameters)
        return [audit_of(row) for row in rows]

    async def of_everybody(self, workspace_id: str, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what was done in a workspace, the latest first."""
        parameters = {"workspace_id": workspace_id, "limit": limit}
        [rows] = await self._database.run("audit_of_everybody", parameters=parameters)
        return [audit_of(row) for row in rows]
