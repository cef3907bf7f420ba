"""`local-workspace env`: what a shell needs, and that the real clients take it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENV = [sys.executable, "-m", "local_workspace.cli", "env"]
WHO_AM_I = "from databricks.sdk import WorkspaceClient as W; print(W().current_user.me().user_name)"


def env(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*ENV, "--data", data, *options], capture_output=True, text=True)


def in_shell(script: str, *command: str) -> str:
    """Return what a command prints in a shell that has another workspace's login set."""
    environment = {"PATH": "/usr/bin:/bin", "DATABRICKS_TOKEN": "dapi-old", "HOME": "/"}
    shell = ["sh", "-c", f'{script}\nexec "$@"', "sh", *command]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("profile", "user_name"),
    [
        ("viewer", "viewer@local.test"),
        ("service-principal-limited", "33333333-4444-5555-6666-777777777777"),
    ],
)
def test_the_sdk_is_whom_the_profile_names(workspace: Any, profile: str, user_name: str) -> None:
    script = env(workspace.data, "--profile", profile).stdout
    assert in_shell(script, sys.executable, "-c", WHO_AM_I) == user_name


def test_what_there_is_to_use_is_named(workspace: Any) -> None:
    lines = in_shell(env(workspace.data).stdout, "env").splitlines()
    lakebase = workspace.state["lakebase"]
    assert f"GENIE_SPACE_ID={workspace.state['genie_spaces'][0]}" in lines
    assert f"LAKEBASE_INSTANCE_NAME={lakebase['instance_name']}" in lines
    assert {"LAKEBASE_PROJECT=local", "LAKEBASE_BRANCH=production"} <= set(lines)
    assert f"LAKEBASE_AUTOSCALING_ENDPOINT={lakebase['endpoint']}" in lines


def test_what_published_tests_need_is_there_on_request(workspace: Any) -> None:
    plain = env(workspace.data).stdout
    script = env(workspace.data, "--published-tests").stdout
    assert script.startswith(plain.strip())
    others = workspace.state["further_service_principals"]
    for name, secret in (
        ("LIMITED", others["service-principal-limited"]),
        ("NO_ROLE", others["service-principal-without-role"]),
    ):
        assert f"LAKEBASE_{name}_SP_CLIENT_ID={secret['client_id']}\n" in script
        assert f"LAKEBASE_{name}_SP_CLIENT_SECRET={secret['client_secret']}" in script


def test_an_unknown_profile_is_wrong_usage(workspace: Any) -> None:
    done = env(workspace.data, "--profile", "nobody")
    assert done.returncode == 2
    assert "service-principal-app" in done.stderr


def test_a_workspace_that_does_not_run_is_said(tmp_path: Path) -> None:
    done = env(tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "local-workspace up" in done.stderr
