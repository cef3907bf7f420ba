"""Who may do what in Lakebase from the start, before anybody has made a role or a grant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local_workspace.area import Caller


@dataclass(frozen=True, kw_only=True)
class Access:
    """The permissions on the instance, and the roles that a new database has."""

    managers: Sequence[str] = ()
    """Who has CAN MANAGE, as all admins do, and a role with the rights of the database's owner."""
    members: Sequence[str] = ()
    """Who has a role in `databricks_superuser`, which reads and writes what others have made."""
    users: Sequence[str] = ()
    """Who has a role without rights of its own."""

    def may_manage(self, caller: Caller) -> bool:
        """Tell whether a caller has CAN MANAGE."""
        return caller.is_admin or caller.user_name in self.managers
