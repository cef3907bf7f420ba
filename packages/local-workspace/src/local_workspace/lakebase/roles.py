"""PostgreSQL's roles, as both of Lakebase's APIs see them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from psycopg import errors
from psycopg.sql import SQL, Composed, Identifier, Literal

from local_workspace.area import Caller
from local_workspace.errors import ApiError, InvalidParameter, NotFound
from local_workspace.lakebase.access import Access
from local_workspace.lakebase.credentials import Identities
from local_workspace.lakebase.superuser import Superuser
from local_workspace.lakebase.wire import INVALID_PASSWORD, LoginRefused

DATABASE = "databricks_postgres"
MEMBERSHIP = "DATABRICKS_SUPERUSER"
IDENTITY_TYPES = ("USER", "SERVICE_PRINCIPAL", "GROUP")
_LONGEST_NAME = 63
_SCHEMA_OF_THE_ADMIN = "test_limited_perm_schema"
"""Databricks' published permission tests ask an administrator to make a schema of this name."""


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a role may do besides its grants, by PostgreSQL's names."""

    bypassrls: bool = False
    createdb: bool = False
    createrole: bool = False

    @classmethod
    def parse(cls, asked: Mapping[str, Any] | None) -> Attributes:
        """Return the attributes that a request's body asks for."""
        names = (field.name for field in fields(cls))
        return cls(**{name: bool((asked or {}).get(name)) for name in names})


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role that can be seen through the API."""

    name: str
    identity_type: str | None
    """USER, SERVICE_PRINCIPAL or GROUP; None is a role of PostgreSQL alone."""
    given_id: str | None = None
    """The id that its maker chose in the autoscaling API."""
    can_login: bool = True
    attributes: Attributes = Attributes()
    is_superuser: bool = False
    """Whether it is a member of `databricks_superuser`."""

    @property
    def role_id(self) -> str:
        """The id in the autoscaling API: the given one, else made from the name."""
        return self.given_id or resource_id(self.name, prefix="role")


class Roles:
    """Finds, makes and drops roles, and says which of them may log in with a token."""

    def __init__(self, superuser: Superuser, identities: Identities, access: Access) -> None:
        self._superuser = superuser
        self._identities = identities
        self.access = access

    @property
    def owner(self) -> str:
        """Who made the database and owns it: the workspace's first admin."""
        return next(one.user_name for one in self._identities.everyone() if one.is_admin)

    async def prepare(self) -> None:
        """Make what each Lakebase has from the start: its owner, a database, the first roles."""
        [answer] = await self._superuser.rows("superuser_exists")
        if not answer["exists"]:
            await self._superuser.rows("create_superuser")
        owner = Identifier(self.owner)
        everything = Attributes(bypassrls=True, createdb=True, createrole=True)
        for name in (self.owner, *self.access.managers):
            if await self._ensure(name, is_superuser=True, attributes=everything):
                admin = SQL("GRANT databricks_superuser TO {} WITH ADMIN OPTION")
                await self._superuser.run(admin.format(Identifier(name)))
        for name in self.access.managers:
            await self._superuser.run(SQL("GRANT {} TO {}").format(owner, Identifier(name)))
        for name in self.access.members:
            await self._ensure(name, is_superuser=True)
        for name in self.access.users:
            await self._ensure(name)
        await self._ensure_database(owner)

    async def _ensure(self, name: str, **options: Any) -> bool:
        """Make the role of an identity if there is none; return whether it was made."""
        if await self.find(name) is not None:
            return False
        identity = self._identities.find(name)
        assert identity is not None
        await self.create(Role(name=name, identity_type=identity_type(identity), **options))
        return True

    async def _ensure_database(self, owner: Identifier) -> None:
        [answer] = await self._superuser.rows("database_exists", (DATABASE,))
        if answer["exists"]:
            return
        database, schema = Identifier(DATABASE), Identifier(_SCHEMA_OF_THE_ADMIN)
        await self._superuser.run(SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        await self._superuser.run_in(
            DATABASE, SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(schema, owner)
        )

    async def grant_connect(self, name: str, database: str) -> None:
        """Let an identity connect to a database and create in it; it gets a role if it has none.

        Raises:
            NotFound: there is no such database.
        """
        await self._ensure(name)
        grant = SQL("GRANT CONNECT, CREATE ON DATABASE {} TO {}")
        try:
            await self._superuser.run(grant.format(Identifier(database), Identifier(name)))
        except errors.InvalidCatalogName as error:
            raise NotFound(f"Database '{database}' does not exist.") from error

    async def check_login(self, name: str) -> None:
        """Refuse a role that no identity stands behind; one that is missing PostgreSQL refuses.

        Raises:
            LoginRefused: the role was made with plain `CREATE ROLE`, as Lakebase's words say.
        """
        for row in await self._superuser.rows("login_type", (name,)):
            if row["case"] is None:
                raise LoginRefused(
                    "An oauth token was supplied but no role security label was configured in "
                    f'postgres for role "{name}"',
                    code=INVALID_PASSWORD,
                )

    async def all(self) -> list[Role]:
        """Return the roles by name."""
        return [
            Role(attributes=Attributes.parse(row.pop("attributes")), **row)
            for row in await self._superuser.rows("list")
        ]

    async def find(self, name: str) -> Role | None:
        """Return the role of that name, or None."""
        return next((role for role in await self.all() if role.name == name), None)

    async def create(self, role: Role) -> None:
        """Make a role.

        Raises:
            ApiError: it exists, its name is too long, or nobody in the workspace has it.
        """
        self._check_identity(role)
        note: dict[str, Any] = {"databricks_identity": role.identity_type, "role_id": role.given_id}
        try:
            await self._superuser.run(_create_statement(role))
        except errors.DuplicateObject as error:
            raise ApiError(
                "role with that name already exists", error_code="BAD_REQUEST", status=400
            ) from error
        await self._superuser.run(
            SQL("COMMENT ON ROLE {} IS {}").format(
                Identifier(role.name),
                Literal(json.dumps({key: value for key, value in note.items() if value})),
            )
        )

    async def drop(self, name: str, *, heir: str | None = None) -> None:
        """Drop a role.

        Args:
            name: The role.
            heir: Who gets what it owns; without one it must own nothing.

        Raises:
            ApiError: it owns something, and PostgreSQL's sentence says what; or no such heir.
        """
        if heir is not None:
            await self._bequeath(name, heir)
        try:
            await self._superuser.run(SQL("DROP ROLE {}").format(Identifier(name)))
        except errors.DependentObjectsStillExist as error:
            message = f"{error.diag.message_primary}: {error.diag.message_detail}"
            raise ApiError(message, error_code="BAD_REQUEST", status=400) from error

    async def _bequeath(self, name: str, heir: str) -> None:
        if await self.find(heir) is None:
            raise InvalidParameter(f"Role '{heir}', who is to own the objects, does not exist.")
        old, new = Identifier(name), Identifier(heir)
        await self._superuser.run_everywhere(
            SQL("REASSIGN OWNED BY {} TO {}").format(old, new),
            SQL("DROP OWNED BY {}").format(old),
        )

    def identities_json(self) -> str:
        """Return who there is, by name with the type, for `databricks_create_role`."""
        everyone = self._identities.everyone()
        groups = {group: "GROUP" for one in everyone for group in one.groups}
        return json.dumps(groups | {one.user_name: identity_type(one) for one in everyone})

    def _check_identity(self, role: Role) -> None:
        if not 0 < len(role.name.encode()) <= _LONGEST_NAME:
            raise InvalidParameter(f"A role's name has 1 to {_LONGEST_NAME} bytes.")
        if role.identity_type is None:
            return
        known: dict[str, str] = json.loads(self.identities_json())
        if known.get(role.name) != role.identity_type:
            raise InvalidParameter(
                f"Identity '{role.name}' of type {role.identity_type} not found in the workspace."
            )


def identity_type(caller: Caller) -> str:
    """Return the type of identity that a caller is."""
    return "SERVICE_PRINCIPAL" if caller.is_service_principal else "USER"


def resource_id(name: str, *, prefix: str) -> str:
    """Return an id of lowercase letters, digits and hyphens that begins with a letter."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return (plain if re.match(r"[a-z].{3}", plain) else f"{prefix}-{plain}")[:_LONGEST_NAME]


def _create_statement(role: Role) -> Composed:
    options = {
        "LOGIN": role.can_login,
        "CREATEDB": role.attributes.createdb,
        "CREATEROLE": role.attributes.createrole,
        "BYPASSRLS": role.attributes.bypassrls,
        "IN ROLE databricks_superuser": role.is_superuser,
    }
    chosen = SQL(" ").join(SQL(option) for option, wanted in options.items() if wanted)
    return SQL("CREATE ROLE {} {}").format(Identifier(role.name), chosen)
