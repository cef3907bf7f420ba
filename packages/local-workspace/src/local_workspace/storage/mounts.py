"""Which folder of this machine stands behind a path of the Files API, and who may use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_workspace.area import Caller
from local_workspace.errors import InvalidParameter, NotFound

Check = Callable[[Caller, str, bool], None]
"""Refuses who may not read, or write (True), a path below a mount."""


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A part of the paths that the Files API serves."""

    prefix: str
    """`/Models`, `/WorkspaceInternal/Mlflow/Artifacts`: how its paths begin."""
    folder: Path
    """What stands behind it."""
    check: Check
    """Asked before each use."""
    place: Callable[[str], str] = str
    """What stands in the folder for a path below the prefix: unless told, the path itself."""


class Mounts:
    """All paths of the Files API."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        self._mounts = tuple(mounts)

    def file(self, caller: Caller, path: str, *, writes: bool = False) -> Path:
        """Return the file behind a path, if the caller may use it so.

        Raises:
            NotFound: no mount has the path.
            InvalidParameter: the path is not written plainly.
            PermissionDenied: the caller may not.
        """
        for mount in self._mounts:
            inside = path.removeprefix(mount.prefix + "/")
            if inside == path:
                continue
            # a path is checked as it is written, so it must name what it reaches
            if "\0" in inside or not {"", ".", ".."}.isdisjoint(inside.split("/")):
                raise InvalidParameter(f"Invalid path: {path}")
            mount.check(caller, inside, writes)
            return (mount.folder / mount.place(inside)).resolve()
        raise NotFound(f"The path {path} does not exist.", error_code="NOT_FOUND")
