"""As whom PostgreSQL runs: as ourselves, or, where we are root, as nobody."""

from __future__ import annotations

import os
import pwd
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local_workspace.lakebase import run_unprivileged


class NamelessUser(Exception):
    """PostgreSQL needs a name for the user that it runs as, and the system has none."""

    def __init__(self, uid: int) -> None:
        super().__init__(
            f"The user id {uid} has no name on this system, and PostgreSQL does not run without "
            f"one. Give it an entry in /etc/passwd (in a container's build: `RUN useradd -u {uid} "
            "workspace`), or run as a user that has one, or as root."
        )


@dataclass(frozen=True, kw_only=True)
class PostgresUser:
    """The user that PostgreSQL's processes and its data folder belong to."""

    uid: int
    gid: int
    is_other: bool
    """Whether it is somebody else than the user of this process."""

    @classmethod
    def here(cls) -> PostgresUser:
        """Return ourselves, or nobody where we are root: PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return cls(uid=os.geteuid(), gid=os.getegid(), is_other=False)
        nobody = pwd.getpwnam("nobody")
        return cls(uid=nobody.pw_uid, gid=nobody.pw_gid, is_other=True)

    def command(self, arguments: Sequence[str], *, folders: Sequence[Path]) -> list[str]:
        """Return the command line that runs a program as this user.

        Args:
            arguments: The program's path and its arguments.
            folders: What the program must be able to enter.
        """
        if not self.is_other:
            return list(arguments)
        reach = not all(_is_open_to_all(folder) for folder in folders)
        # -I -S: nothing of the environment and no site-packages, so that it starts in 15 ms.
        python = [sys.executable, "-I", "-S", run_unprivileged.__file__]
        return [*python, str(self.uid), str(self.gid), str(int(reach)), *arguments]

    def own(self, folder: Path) -> None:
        """Make a folder, and give it to this user with mode 0700, as PostgreSQL demands."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)


def our_name() -> str:
    """Return the name that PostgreSQL's peer check finds for this process.

    Raises:
        NamelessUser: there is none, as in a container that runs as an arbitrary user id.
    """
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise NamelessUser(os.geteuid()) from None


def _is_open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents)
