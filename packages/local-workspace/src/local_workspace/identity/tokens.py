"""Tokens: whose they are, and whether they still count."""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import uuid4

import jwt

from local_workspace.database import Database
from local_workspace.errors import InvalidToken
from local_workspace.identity.keyring import Keyring

_ALGORITHM = "HS256"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS revoked_tokens (token_id TEXT PRIMARY KEY, user_name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS revoked_before (user_name TEXT PRIMARY KEY, issued_before REAL NOT NULL);
"""


class Tokens:
    """Personal access tokens, and the JSON Web Tokens that the workspace signs."""

    def __init__(self, keyring: Keyring, database: Database) -> None:
        self._key = keyring.signing_key
        self._personal = {token: user_name for user_name, token in keyring.tokens.items()}
        self._database = database
        database.create(_SCHEMA)

    def owner(self, token: str) -> str:
        """Return the user name that a bearer token of the REST API stands for.

        Raises:
            InvalidToken: the token is unknown, expired, revoked or meant for something else.
        """
        user_name = self._personal.get(token)
        if user_name is None:
            claims = self.verify(token)
            if claims.get("scope") != "all-apis":
                raise InvalidToken
            return str(claims.get("sub"))
        if self._is_revoked(_token_id(token)):
            raise InvalidToken
        return user_name

    def sign(self, claims: Mapping[str, Any], seconds: int) -> str:
        """Return a token that carries `claims` and counts for `seconds`."""
        now = time.time()
        stamps = {"iat": now, "exp": now + seconds, "jti": uuid4().hex}
        return jwt.encode({**stamps, **claims}, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that this workspace signed and that still counts.

        Raises:
            InvalidToken: the signature is not ours, or the token has expired or was revoked.
        """
        required = ["sub", "iat", "exp", "jti"]
        # A workspace token names its audience for whom it concerns; whoever verifies checks it.
        options: Any = {"require": required, "verify_aud": False}
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=options)
        except jwt.InvalidTokenError as error:
            raise InvalidToken from error
        if self._is_revoked(claims["jti"]) or self._is_outdated(claims):
            raise InvalidToken
        return claims

    def revoke(self, token: str) -> None:
        """Make one token void, personal or signed."""
        user_name = self._personal.get(token)
        if user_name is not None:
            self._insert_revoked(_token_id(token), user_name=user_name)
            return
        claims = self.verify(token)
        self._insert_revoked(claims["jti"], user_name=claims["sub"])

    def revoke_all(self, user_name: str) -> None:
        """Make void every token that a user holds now; OAuth tokens issued from now on count."""
        for token, owner in self._personal.items():
            if owner == user_name:
                self._insert_revoked(_token_id(token), user_name=user_name)
        self.expire_signed(user_name)

    def expire_signed(self, user_name: str) -> None:
        """End the signed tokens of a user before their time; the personal one goes on."""
        self._database.rows(
            "INSERT OR REPLACE INTO revoked_before VALUES (?, ?)", (user_name, time.time())
        )

    def restore(self, user_name: str) -> None:
        """Let the user's personal token count again; signed tokens that were ended stay ended."""
        self._database.rows("DELETE FROM revoked_tokens WHERE user_name = ?", (user_name,))

    def _insert_revoked(self, token_id: str, *, user_name: str) -> None:
        self._database.rows(
            "INSERT OR IGNORE INTO revoked_tokens VALUES (?, ?)", (token_id, user_name)
        )

    def _is_revoked(self, token_id: str) -> bool:
        found = self._database.rows("SELECT 1 FROM revoked_tokens WHERE token_id = ?", (token_id,))
        return bool(found)

    def _is_outdated(self, claims: Mapping[str, Any]) -> bool:
        query = "SELECT issued_before FROM revoked_before WHERE user_name = ?"
        return any(claims["iat"] < row[0] for row in self._database.rows(query, (claims["sub"],)))


def _token_id(token: str) -> str:
    """Name a personal token without keeping it: the database is not where secrets live."""
    return sha256(token.encode()).hexdigest()
