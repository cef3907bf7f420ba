"""The permissions API for one kind of object: `/api/2.0/permissions/{kind}/{object_id}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, call_routes
from local_workspace.database import Database
from local_workspace.documents import Documents
from local_workspace.errors import InvalidParameter, NotFound, PermissionDenied
from local_workspace.identity import SERVICE_PRINCIPALS, USERS

EVERYONE = "users"
"""The group in which all users and service principals are."""
_PRINCIPALS = ("user_name", "group_name", "service_principal_name")
_KINDS = {
    **{each.user_name: "user_name" for each in USERS},
    **{each.user_name: "service_principal_name" for each in SERVICE_PRINCIPALS.values()},
}


class Kind(NamedTuple):
    """A kind of object that has permissions."""

    path: str
    """How the API calls it in its paths: `serving-endpoints`, `apps`."""
    object_type: str
    """How the answer calls it: `serving-endpoint`, `app`."""
    levels: tuple[str, ...]
    """From the least to the most; the last one is the owner's."""


class AccessLists:
    """Who may do what with the objects of one kind."""

    def __init__(self, database: Database, kind: Kind) -> None:
        self._kind = kind
        self._documents = Documents(database, f"access:{kind.path}")

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that show and change the permissions on an object."""
        calls: dict[tuple[str, str], Call] = {
            ("GET", "{object_id}"): self._get,
            ("PUT", "{object_id}"): self._set,
            ("PATCH", "{object_id}"): self._update,
            ("GET", "{object_id}/permissionLevels"): self._levels,
        }
        return call_routes(f"/api/2.0/permissions/{self._kind.path}", calls)

    def add(self, object_id: str, *, owner: str, grants: Mapping[str, str] | None = None) -> None:
        """Say whose a new object is, and what others may do with it at first."""
        self._documents.put(object_id, {"owner": owner, "grants": dict(grants or {})})

    def ensure(self, object_id: str, *, owner: str, grants: Mapping[str, str]) -> None:
        """Say the same of an object that every workspace has, unless it was said before."""
        if self._documents.get(object_id) is None:
            self.add(object_id, owner=owner, grants=grants)

    def remove(self, object_id: str) -> None:
        """Forget an object that is no more."""
        self._documents.delete(object_id)

    def level(self, caller: Caller, object_id: str) -> str | None:
        """Return the highest level that a caller has on an object; None: no level at all."""
        kept = self._kept(object_id)
        if caller.is_admin or kept["owner"] == caller.user_name:
            return self._kind.levels[-1]
        principals = {caller.user_name, *caller.groups}
        given = [level for who, level in kept["grants"].items() if who in principals]
        return max(given, key=self._kind.levels.index, default=None)

    def require(self, caller: Caller, level: str, object_id: str) -> None:
        """Refuse a caller who has less than this level on an object.

        Raises:
            PermissionDenied: in the platform's words.
            NotFound: there is no such object.
        """
        has = self.level(caller, object_id)
        rank = self._kind.levels.index
        if has is None or rank(has) < rank(level):
            raise PermissionDenied(
                f"User {caller.user_name} does not have {level} permission on "
                f"{self._kind.object_type} {object_id}."
            )

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._view(self._managed(caller, given), given["object_id"])

    def _set(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._save(self._managed(caller, given), given, {})

    def _update(self, caller: Caller, given: Given) -> dict[str, Any]:
        kept = self._managed(caller, given)
        return self._save(kept, given, kept["grants"])

    def _save(
        self, kept: Mapping[str, Any], given: Given, old: Mapping[str, str]
    ) -> dict[str, Any]:
        changed = {**kept, "grants": {**old, **self._parsed(given)}}
        self._documents.put(given["object_id"], changed)
        return self._view(changed, given["object_id"])

    def _levels(self, _: Caller, given: Given) -> dict[str, Any]:
        self._kept(given["object_id"])
        described = [
            {"permission_level": level, "description": f"{level} on this {self._kind.object_type}"}
            for level in self._kind.levels
        ]
        return {"permission_levels": described}

    def _managed(self, caller: Caller, given: Given) -> dict[str, Any]:
        self.require(caller, self._kind.levels[-1], given["object_id"])
        return self._kept(given["object_id"])

    def _kept(self, object_id: str) -> dict[str, Any]:
        kept = self._documents.get(object_id)
        if kept is None:
            raise NotFound(f"{self._kind.object_type} {object_id} does not exist.")
        return kept

    def _parsed(self, given: Given) -> dict[str, str]:
        """Return the level of each principal that a request names."""
        grants = {}
        for entry in given.get("access_control_list") or []:
            known = entry if isinstance(entry, dict) else {}
            names = [known[kind] for kind in _PRINCIPALS if known.get(kind)]
            level = known.get("permission_level")
            if len(names) != 1 or level not in self._kind.levels:
                raise InvalidParameter(
                    "Each entry of access_control_list needs one of user_name, group_name or "
                    "service_principal_name, and a permission_level of "
                    f"{', '.join(self._kind.levels)}."
                )
            grants[names[0]] = level
        return grants

    def _view(self, kept: Mapping[str, Any], object_id: str) -> dict[str, Any]:
        given = [(kept["owner"], self._kind.levels[-1]), *kept["grants"].items()]
        listed = [
            {
                _KINDS.get(who, "group_name"): who,
                "all_permissions": [{"permission_level": level, "inherited": False}],
            }
            for who, level in given
        ]
        root = f"/{self._kind.path}/"
        inherited = {"inherited": True, "inherited_from_object": [root]}
        admins = {
            "group_name": "admins",
            "all_permissions": [{"permission_level": self._kind.levels[-1], **inherited}],
        }
        return {
            "object_id": f"{root}{object_id}",
            "object_type": self._kind.object_type,
            "access_control_list": [*listed, admins],
        }
