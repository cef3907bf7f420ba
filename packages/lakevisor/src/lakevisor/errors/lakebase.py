"""The database of the conversations."""

from __future__ import annotations

from lakevisor.errors.root import LakevisorError, default_message, with_facts


class LakebaseError(LakevisorError):
    """Lakebase did not do what was asked."""

    exit_code = 5

    def __init__(
        self,
        message: str | None = None,
        *,
        address: str | None = None,
        role: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.address = address
        self.role = role
        facts = [("Lakebase", address), ("role", role)]
        super().__init__(message or with_facts(default_message(type(self)), facts), remedy=remedy)


class LakebaseUnreachable(LakebaseError):
    """Lakebase does not answer."""

    remedy = "Check the addresses under lakebase, and that the instance or endpoint runs."


class LakebaseNotFound(LakebaseError):
    """The workspace has no such Lakebase."""

    remedy = "Correct the instance, branch or endpoint under lakebase: lakevisor config show"


class LakebaseRoleMissing(LakebaseError):
    """Lakebase has no role for this identity."""

    remedy = "Create it as an administrator: SELECT databricks_create_role('<identity>', 'USER')"


class LakebasePermissionDenied(LakebaseError):
    """Lakebase does not let this identity use the tables."""

    remedy = "Grant the schema and its tables to the role; they belong to whoever created them."


class LedgerNotMigrated(LakebaseError):
    """The tables of the ledger are not those that this version works with."""

    remedy = "Bring them up to date: lakevisor db migrate"
