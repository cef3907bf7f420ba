"""Who may see, run and change a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_workspace.area import Caller
from local_workspace.errors import InvalidParameter, PermissionDenied
from local_workspace.jobs.records import Job

_RANK = {"CAN_VIEW": 1, "CAN_MANAGE_RUN": 2, "CAN_MANAGE": 3, "IS_OWNER": 3}
_NEEDED = {
    "CAN_VIEW": "View or Manage Run or Owner or Admin",
    "CAN_MANAGE_RUN": "Manage Run or Owner or Admin",
    "CAN_MANAGE": "Manage or Owner or Admin",
}
_PRINCIPALS = ("user_name", "group_name", "service_principal_name")

EVERY_USER = ({"group_name": "users", "permission_level": "CAN_MANAGE_RUN"},)
"""The access list of a job whose maker gave none."""


def may(caller: Caller, level: str, job: Job) -> bool:
    """Whether the caller has at least this permission level on the job."""
    if caller.is_admin or caller.user_name == job.creator:
        return True
    granted = [entry for entry in job.access if _is_meant(entry, caller)]
    return any(_RANK[entry["permission_level"]] >= _RANK[level] for entry in granted)


def require(caller: Caller, level: str, job: Job) -> None:
    """Refuse a caller who has less than this permission level.

    Raises:
        PermissionDenied: in the platform's words.
    """
    if not may(caller, level, job):
        raise PermissionDenied(
            f"User {caller.user_name} does not have {_NEEDED[level]} permissions on job "
            f"{job.job_id}"
        )


def access_list(given: Any) -> list[dict[str, str]]:
    """Return a request's `access_control_list`, checked.

    Raises:
        InvalidParameter: an entry names nobody or a level that jobs do not have.
    """
    entries = []
    for entry in given if isinstance(given, list) else [given]:
        known = entry if isinstance(entry, dict) else {}
        principals = [name for name in _PRINCIPALS if known.get(name)]
        level = known.get("permission_level")
        if len(principals) != 1 or level not in _RANK:
            raise InvalidParameter(
                "Each entry of access_control_list needs one of user_name, group_name or "
                f"service_principal_name, and a permission_level of {', '.join(_RANK)}."
            )
        entries.append({principals[0]: known[principals[0]], "permission_level": level})
    return entries


def merged(old: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> list[Any]:
    """Return an access list in which the new entries replace those of the same principals."""
    named = {_principal(entry): dict(entry) for entry in [*old, *new]}
    return list(named.values())


def permissions_view(job: Job) -> dict[str, Any]:
    """Return what the permissions API answers about a job."""
    owner = {"user_name": job.creator, "all_permissions": [_granted("IS_OWNER")]}
    others = [
        {
            **dict([_principal(entry)]),
            "all_permissions": [_granted(entry["permission_level"])],
        }
        for entry in job.access
    ]
    inherited = {"inherited": True, "inherited_from_object": ["/jobs/"]}
    admins = {
        "group_name": "admins",
        "all_permissions": [{"permission_level": "CAN_MANAGE", **inherited}],
    }
    return {
        "object_id": f"/jobs/{job.job_id}",
        "object_type": "job",
        "access_control_list": [owner, *others, admins],
    }


def _granted(level: str) -> dict[str, Any]:
    return {"permission_level": level, "inherited": False}


def _principal(entry: Mapping[str, str]) -> tuple[str, str]:
    return next((name, entry[name]) for name in _PRINCIPALS if name in entry)


def _is_meant(entry: Mapping[str, str], caller: Caller) -> bool:
    kind, name = _principal(entry)
    return name in caller.groups if kind == "group_name" else name == caller.user_name
