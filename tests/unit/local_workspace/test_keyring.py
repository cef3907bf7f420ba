"""The workspace's secrets: random, and kept."""

from __future__ import annotations

import json
from pathlib import Path

from local_workspace.identity.keyring import Keyring


def test_no_two_secrets_and_no_two_workspaces_are_alike(tmp_path: Path) -> None:
    one, other = Keyring.open(tmp_path / "one"), Keyring.open(tmp_path / "other")
    secrets = [
        secret
        for ring in (one, other)
        for secret in (ring.signing_key, *ring.tokens.values(), *ring.client_secrets.values())
    ]
    assert len(set(secrets)) == len(secrets)


def test_secrets_stay_over_restarts(tmp_path: Path) -> None:
    assert Keyring.open(tmp_path / "secrets") == Keyring.open(tmp_path / "secrets")


def test_what_an_older_version_did_not_have_is_added(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    first = Keyring.open(file)
    kept = json.loads(file.read_text(encoding="utf-8"))
    del kept["client_secrets"]
    file.write_text(json.dumps(kept), encoding="utf-8")
    again = Keyring.open(file)
    assert (again.signing_key, again.tokens) == (first.signing_key, first.tokens)
    assert again == Keyring.open(file)
    assert again.client_secrets.keys() == first.client_secrets.keys()
