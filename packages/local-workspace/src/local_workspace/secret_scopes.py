"""Secret scopes: `/api/2.0/secrets/...`, and the references to them in endpoints' variables."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, call_routes, text
from local_workspace.documents import now
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from local_workspace.private_file import write_private
from local_workspace.settings import Settings

_LEVELS = ("READ", "WRITE", "MANAGE")
_REFERENCE = re.compile(r"\{\{\s*secrets/(?P<scope>[\w.@-]+)/(?P<key>[\w.@-]+)\s*\}\}")


class SecretScopes:
    """Keeps secrets in one file that only its owner reads."""

    def __init__(self, settings: Settings) -> None:
        self._file: Path = settings.databases / "scopes.json"

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of scopes, secrets and their access lists."""
        calls: dict[tuple[str, str], Call] = {
            ("POST", "scopes/create"): self._create,
            ("POST", "scopes/delete"): self._delete,
            ("GET", "scopes/list"): self._list_scopes,
            ("POST", "put"): self._put,
            ("POST", "delete"): self._delete_secret,
            ("GET", "list"): self._list,
            ("GET", "get"): self._get,
            ("POST", "acls/put"): self._put_acl,
            ("POST", "acls/delete"): self._delete_acl,
            ("GET", "acls/list"): self._list_acls,
            ("GET", "acls/get"): self._get_acl,
        }
        return call_routes("/api/2.0/secrets", calls)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: secrets are a file."""
        yield

    def resolved(self, caller: Caller, variables: Mapping[str, str]) -> dict[str, str]:
        """Return variables with the secrets that stand behind `{{secrets/scope/key}}`.

        Raises:
            NotFound: there is no such scope or secret.
            PermissionDenied: the caller may not read the scope.
        """
        return {
            name: _REFERENCE.sub(lambda match: self._value(caller, match), value)
            for name, value in variables.items()
        }

    def _value(self, caller: Caller, match: re.Match[str]) -> str:
        secrets = self._scope(caller, match["scope"], "READ")["secrets"]
        return _decoded(_secret(secrets, match["scope"], match["key"]))

    def _read(self) -> dict[str, Any]:
        if not self._file.exists():
            return {}
        kept: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return kept

    def _save(self, name: str, scope: Mapping[str, Any] | None) -> dict[str, Any]:
        kept = {other: each for other, each in self._read().items() if other != name}
        if scope is not None:
            kept[name] = scope
        write_private(self._file, json.dumps(kept, indent=1))
        return {}

    def _scope(self, caller: Caller, name: str, level: str) -> dict[str, Any]:
        scope: dict[str, Any] | None = self._read().get(name)
        if scope is None:
            raise NotFound(f"Scope {name} does not exist!")
        principals = {caller.user_name, *caller.groups}
        given = [has for who, has in scope["acls"].items() if who in principals]
        has = max((_LEVELS.index(each) for each in given), default=-1)
        if not caller.is_admin and has < _LEVELS.index(level):
            raise PermissionDenied(
                f"User {caller.user_name} does not have {level} permission on scope {name}"
            )
        return scope

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = text(given, "scope")
        if name in self._read():
            raise AlreadyExists(f"Scope {name} already exists!", status=400)
        acls = {caller.user_name: "MANAGE"}
        if given.get("initial_manage_principal"):
            acls[str(given["initial_manage_principal"])] = "MANAGE"
        return self._save(name, {"acls": acls, "secrets": {}})

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        self._scope(caller, text(given, "scope"), "MANAGE")
        return self._save(given["scope"], None)

    def _list_scopes(self, _: Caller, __: Given) -> dict[str, Any]:
        return {"scopes": [{"name": name, "backend_type": "DATABRICKS"} for name in self._read()]}

    def _put(self, caller: Caller, given: Given) -> dict[str, Any]:
        name, key = text(given, "scope"), text(given, "key")
        scope = self._scope(caller, name, "WRITE")
        value = given.get("bytes_value")
        if value is None:
            value = base64.b64encode(text(given, "string_value").encode()).decode()
        scope["secrets"][key] = {"value": value, "updated": now()}
        return self._save(name, scope)

    def _delete_secret(self, caller: Caller, given: Given) -> dict[str, Any]:
        name, key = text(given, "scope"), text(given, "key")
        scope = self._scope(caller, name, "WRITE")
        _secret(scope["secrets"], name, key)
        del scope["secrets"][key]
        return self._save(name, scope)

    def _list(self, caller: Caller, given: Given) -> dict[str, Any]:
        secrets = self._scope(caller, text(given, "scope"), "READ")["secrets"]
        listed = [
            {"key": key, "last_updated_timestamp": each["updated"]} for key, each in secrets.items()
        ]
        return {"secrets": listed}

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        name, key = text(given, "scope"), text(given, "key")
        secret = _secret(self._scope(caller, name, "READ")["secrets"], name, key)
        return {"key": key, "value": secret["value"]}

    def _put_acl(self, caller: Caller, given: Given) -> dict[str, Any]:
        name, level = text(given, "scope"), text(given, "permission")
        if level not in _LEVELS:
            raise InvalidParameter(f"permission must be one of {', '.join(_LEVELS)}.")
        scope = self._scope(caller, name, "MANAGE")
        scope["acls"][text(given, "principal")] = level
        return self._save(name, scope)

    def _delete_acl(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = text(given, "scope")
        scope = self._scope(caller, name, "MANAGE")
        if scope["acls"].pop(text(given, "principal"), None) is None:
            raise NotFound(f"No ACL for {given['principal']} in scope {name}.")
        return self._save(name, scope)

    def _list_acls(self, caller: Caller, given: Given) -> dict[str, Any]:
        acls = self._scope(caller, text(given, "scope"), "MANAGE")["acls"]
        return {"items": [{"principal": who, "permission": level} for who, level in acls.items()]}

    def _get_acl(self, caller: Caller, given: Given) -> dict[str, Any]:
        acls = self._scope(caller, text(given, "scope"), "MANAGE")["acls"]
        who = text(given, "principal")
        if who not in acls:
            raise NotFound(f"No ACL for {who} in scope {given['scope']}.")
        return {"principal": who, "permission": acls[who]}


def _secret(secrets: Mapping[str, Any], scope: str, key: str) -> dict[str, Any]:
    if key not in secrets:
        raise NotFound(f"Secret does not exist with scope: {scope} and key: {key}")
    found: dict[str, Any] = secrets[key]
    return found


def _decoded(secret: Mapping[str, Any]) -> str:
    return base64.b64decode(secret["value"]).decode()
