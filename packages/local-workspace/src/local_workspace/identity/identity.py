"""The area of identity: who the callers are, and the routes that say so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.errors import InvalidToken, NotAuthenticated
from local_workspace.identity.keyring import Keyring
from local_workspace.identity.known_users import SERVICE_PRINCIPALS, USERS
from local_workspace.identity.oauth import OAuth
from local_workspace.identity.scim import scim_routes
from local_workspace.identity.tokens import Tokens
from local_workspace.settings import Settings


class Identity:
    """Users, their tokens, and the keys that sign them."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self.keyring = Keyring.open(settings.databases / "secrets.json")
        self.tokens = Tokens(self.keyring, database)
        self._callers = {
            caller.user_name: caller for caller in (*USERS, *SERVICE_PRINCIPALS.values())
        }

    def routes(self) -> Sequence[BaseRoute]:
        """Return host metadata, OAuth and SCIM."""
        oauth = OAuth(self._settings, self.tokens, client_secrets=self.keyring.client_secrets)
        return [*oauth.routes(), *scim_routes(self._settings)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: identity is files and a table."""
        yield

    def authenticate(self, authorization: str | None) -> Caller:
        """Return who an `Authorization` header stands for.

        Raises:
            NotAuthenticated: there is no bearer token in it.
            InvalidToken: the token does not count, or its owner is not known here.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated
        caller = self.find(self.tokens.owner(token.strip()))
        if caller is None:
            raise InvalidToken
        return caller

    def find(self, user_name: str) -> Caller | None:
        """Return the user or service principal of that name, or None."""
        return self._callers.get(user_name)

    def everyone(self) -> Sequence[Caller]:
        """Return all users and service principals."""
        return list(self._callers.values())

    def sign(self, claims: Mapping[str, Any], seconds: int) -> str:
        """Return a signed token that carries `claims` (with a `sub`) and counts for `seconds`."""
        return self.tokens.sign(claims, seconds)

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of `sign`.

        Raises:
            InvalidToken: the signature is not ours, or the token has expired or was revoked.
        """
        return self.tokens.verify(token)
