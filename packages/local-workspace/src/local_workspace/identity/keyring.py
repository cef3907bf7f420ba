"""The workspace's secrets: made at random at the first start, kept over restarts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local_workspace.identity.known_users import USERS
from local_workspace.private_file import write_private


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """What is secret in a local workspace."""

    signing_key: str
    """The key of every OAuth token and of every Lakebase credential."""
    client_secret: str
    """The OAuth secret of the service principal."""
    tokens: Mapping[str, str]
    """The personal access token of each user, by user name."""

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """Return the secrets in `path`; make them where there are none."""
        if path.exists():
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        keyring = cls(
            signing_key=secrets.token_hex(32),
            client_secret=f"dose{secrets.token_hex(16)}",
            tokens={user.user_name: f"dapi{secrets.token_hex(16)}" for user in USERS},
        )
        write_private(path, json.dumps(asdict(keyring), indent=1))
        return keyring
