"""What a running workspace tells others about itself: `workspace.json` and `databrickscfg`.

Both are in the data folder and readable for their owner only, for they hold tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local_workspace.private_file import write_private


@dataclass(frozen=True, kw_only=True)
class State:
    """A running workspace: where it is, who can call it and what it holds."""

    pid: int
    """The process that serves it."""
    url: str
    """The address that clients use as `host`."""
    port: int
    """The port of that address; the next start takes the same one if it can."""
    users: Mapping[str, str]
    """The personal access token of each user, by user name."""
    service_principal: Mapping[str, str]
    """`client_id` and `client_secret` of the service principal that deploys."""
    config_file: str
    """The path of the `databrickscfg` with a profile for each of them."""
    further_service_principals: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The same of the others, by the name of their profile."""
    lakebase: Mapping[str, Any] = field(default_factory=dict)
    """How Lakebase is addressed: the instance, the branch and the endpoint."""
    genie_spaces: Sequence[str] = ()
    """The ids of the Genie spaces that are there from the start."""
    jobs: Sequence[int] = ()
    """The ids of the jobs that are there from the start."""

    @classmethod
    def read(cls, data: Path) -> State | None:
        """Return what the last server in this folder said, or None where none has started."""
        try:
            return cls(**json.loads(_path(data).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            # A file that another version wrote, or that a full disk cut, is as good as none.
            return None

    def write(self, data: Path) -> None:
        """Write both files; `workspace.json` comes last, for it says that all is ready."""
        write_private(Path(self.config_file), self._config_text())
        write_private(_path(data), json.dumps(asdict(self), indent=1))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON would have it."""
        return asdict(self)

    def profiles(self) -> dict[str, dict[str, str]]:
        """Return what the SDKs need to act as each identity, by the name of its profile."""
        tokens = {user.partition("@")[0]: token for user, token in self.users.items()}
        named = {"DEFAULT": tokens["admin"], "local": tokens["admin"], **tokens}
        principals = {"service-principal": self.service_principal}
        principals |= self.further_service_principals
        return {name: {"host": self.url, "token": token} for name, token in named.items()} | {
            name: {"host": self.url, **secret} for name, secret in principals.items()
        }

    def _config_text(self) -> str:
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
            for name, values in self.profiles().items()
        )


def config_file(data: Path) -> Path:
    """Return where the profiles of the workspace in `data` are."""
    return data / "databrickscfg"


def _path(data: Path) -> Path:
    return data / "workspace.json"
