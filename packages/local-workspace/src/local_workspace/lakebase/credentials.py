"""Passwords for Lakebase: tokens of an hour, bound to one identity and to this database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from local_workspace.area import Caller
from local_workspace.errors import InvalidToken
from local_workspace.lakebase.wire import INVALID_PASSWORD, LoginRefused

LIFETIME = timedelta(hours=1)
_SCOPE = "postgres"


class Identities(Protocol):
    """What Lakebase asks of the workspace's identity area."""

    def find(self, user_name: str) -> Caller | None:
        """Return the user or service principal of that name, or None."""

    def everyone(self) -> Sequence[Caller]:
        """Return all users and service principals."""

    def sign(self, claims: Mapping[str, Any], seconds: int) -> str:
        """Return a signed token that counts for `seconds`."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return a token's claims; raise InvalidToken where it does not count."""


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A token and its end."""

    token: str
    expires: datetime

    @property
    def expires_text(self) -> str:
        """Its end as the API writes times."""
        return self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")


class Credentials:
    """Makes tokens for callers and checks them when somebody logs in."""

    def __init__(self, identities: Identities, *, audiences: Sequence[str]) -> None:
        self._identities = identities
        self._audiences = frozenset(audiences)

    def mint(
        self, caller: Caller, *, audience: str | Sequence[str], lifetime: timedelta = LIFETIME
    ) -> Credential:
        """Return a token with which the caller can log in; whether a role exists is not asked."""
        claims = {"typ": "pg", "sub": caller.user_name, "aud": audience, "scope": _SCOPE}
        token = self._identities.sign(claims, int(lifetime.total_seconds()))
        return Credential(token=token, expires=datetime.now(UTC) + lifetime)

    def check(self, token: str, *, role: str) -> None:
        """Let pass who may log in as that role with that token.

        The message is Lakebase's own. It is the same for every kind of wrong token; the reason
        goes into the detail, where a real workspace says nothing.

        Raises:
            LoginRefused: the token is not good for that role.
        """
        problem = self._problem(token, role)
        if problem is not None:
            message = (
                f'Failed to decode token for role "{role}" and native postgres login was '
                "either not attempted due to configuration or failed."
            )
            raise LoginRefused(message, code=INVALID_PASSWORD, detail=problem)

    def _problem(self, token: str, role: str) -> str | None:
        try:
            claims = self._identities.verify(token)
        except InvalidToken:
            return "The password is not a token of this workspace, or it has expired or is revoked."
        audience = claims.get("aud") or []
        names = {audience} if isinstance(audience, str) else set(audience)
        if claims.get("scope") != _SCOPE or not names & self._audiences:
            return "The token was not made for this database."
        caller = self._identities.find(str(claims.get("sub")))
        if caller is None or (role != caller.user_name and role not in caller.groups):
            return "The token belongs to another identity."
        return None
