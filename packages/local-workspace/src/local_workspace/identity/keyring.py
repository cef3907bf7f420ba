"""The workspace's secrets: made at random at the first start, kept over restarts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local_workspace.identity.known_users import SERVICE_PRINCIPALS, USERS
from local_workspace.private_file import write_private


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """What is secret in a local workspace."""

    signing_key: str
    """The key of every OAuth token and of every Lakebase credential."""
    client_secrets: Mapping[str, str]
    """The OAuth secret of each service principal, by application id."""
    tokens: Mapping[str, str]
    """The personal access token of each user, by user name."""

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """Return the secrets in `path`; make those that are not there."""
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        keyring = cls(
            signing_key=kept.get("signing_key") or secrets.token_hex(32),
            client_secrets={
                one.user_name: f"dose{secrets.token_hex(16)}" for one in SERVICE_PRINCIPALS.values()
            }
            | kept.get("client_secrets", {}),
            tokens={one.user_name: f"dapi{secrets.token_hex(16)}" for one in USERS}
            | kept.get("tokens", {}),
        )
        if asdict(keyring) != kept:
            write_private(path, json.dumps(asdict(keyring), indent=1))
        return keyring
