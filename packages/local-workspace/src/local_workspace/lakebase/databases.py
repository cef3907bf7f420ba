"""The databases inside the PostgreSQL, as the autoscaling API sees them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from psycopg import errors
from psycopg.sql import SQL, Identifier, Literal

from local_workspace.errors import ApiError
from local_workspace.lakebase.roles import resource_id
from local_workspace.lakebase.superuser import Superuser


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database and its owner."""

    name: str
    owner: str
    given_id: str | None = None
    """The id that its maker chose."""

    @property
    def database_id(self) -> str:
        """The id in the API: the given one, else made from the name."""
        return self.given_id or resource_id(self.name, prefix="db")


class Databases:
    """Finds, makes and drops databases."""

    def __init__(self, superuser: Superuser) -> None:
        self._superuser = superuser

    async def all(self) -> list[Database]:
        """Return the databases by name."""
        return [Database(**row) for row in await self._superuser.rows("list_databases")]

    async def create(self, database: Database) -> None:
        """Make a database.

        Raises:
            ApiError: it exists, or its owner does not.
        """
        name, owner = Identifier(database.name), Identifier(database.owner)
        try:
            await self._superuser.run(SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        except (errors.DuplicateDatabase, errors.UndefinedObject) as error:
            is_there = isinstance(error, errors.DuplicateDatabase)
            message = "database with that name already exists" if is_there else str(error)
            raise ApiError(message, error_code="BAD_REQUEST", status=400) from error
        note = Literal(json.dumps({"database_id": database.given_id}))
        await self._superuser.run(SQL("COMMENT ON DATABASE {} IS {}").format(name, note))

    async def drop(self, name: str) -> None:
        """Drop a database and end the sessions in it."""
        await self._superuser.run(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
