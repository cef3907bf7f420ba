"""What a test says shall become of a statement: slow, failed, in another format."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from local_workspace.rules import Rule
from local_workspace.sql.failure import SqlFailed
from local_workspace.sql.statement import LINK_SECONDS, Format


class StatementError(BaseModel):
    """Why a statement shall fail, in the words of Databricks SQL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error_class: str = "INTERNAL_ERROR"
    message: str = "The statement was told to fail."
    sql_state: str = "XX000"

    def failure(self) -> SqlFailed:
        """Return the failure."""
        return SqlFailed(self.error_class, self.message, sql_state=self.sql_state)


class StatementRule(Rule):
    """What `POST /local/sql/rules` takes; it goes for statements of Genie, too."""

    contains: str = ""
    """A piece of the SQL, in any case."""
    seconds: float = Field(default=0, ge=0)
    """How long it is RUNNING before it really runs."""
    error: StatementError | None = None
    """It fails with this, and is not run."""
    format: Format | None = None
    """The format of its result, where that is behind external links."""
    link_seconds: float = Field(default=LINK_SECONDS, ge=0)
    """How long the links to its result can be used."""

    def fits(self, sql: str) -> bool:
        """Return whether a statement is meant."""
        return self.contains.lower() in sql.lower()
