"""Who may do what in Lakebase from the start, before anybody has made a role or a grant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from local_workspace.access_lists import EVERYONE, AccessLists, Kind
from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.lakebase.resource_names import INSTANCE, PROJECT_ID

_LEVELS = ("CAN_USE", "CAN_MANAGE")
_KINDS = {
    INSTANCE: Kind("database-instances", "database-instance", _LEVELS),
    PROJECT_ID: Kind("database-projects", "database-project", _LEVELS),
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """The permissions on the instance, and the roles that a new database has."""

    managers: Sequence[str] = ()
    """Who has CAN MANAGE, as all admins do, and a role with the rights of the database's owner."""
    members: Sequence[str] = ()
    """Who has a role in `databricks_superuser`, which reads and writes what others have made."""
    users: Sequence[str] = ()
    """Who has a role without rights of its own."""
    lists: Mapping[str, AccessLists] = field(default_factory=dict)
    """The permissions of the instance and of the project, by name: they add to the managers."""

    def may_manage(self, caller: Caller) -> bool:
        """Tell whether a caller has CAN MANAGE."""
        if caller.is_admin or caller.user_name in self.managers:
            return True
        return any(lists.level(caller, name) == _LEVELS[-1] for name, lists in self.lists.items())


def permission_lists(
    database: Database, *, owner: str, managers: Sequence[str]
) -> dict[str, AccessLists]:
    """Return the permissions of the instance and of the project: everyone may use them."""
    grants = {EVERYONE: "CAN_USE"} | dict.fromkeys(managers, "CAN_MANAGE")
    lists = {name: AccessLists(database, kind) for name, kind in _KINDS.items()}
    for name, each in lists.items():
        each.ensure(name, owner=owner, grants=grants)
    return lists
