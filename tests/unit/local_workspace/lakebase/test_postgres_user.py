"""As whom PostgreSQL runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_workspace.lakebase.postgres_user import PostgresUser


def run(user: PostgresUser, *command: str, folder: Path) -> str:
    done = subprocess.run(
        user.command(command, folders=[folder]), capture_output=True, text=True, check=True, cwd="/"
    )
    return done.stdout.strip()


def test_the_program_never_runs_as_root(tmp_path: Path) -> None:
    user = PostgresUser.here()
    assert run(user, "/usr/bin/id", "-u", folder=tmp_path) == str(user.uid) != "0"


def test_the_program_enters_folders_that_are_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    user = PostgresUser.here()
    closed.mkdir(mode=0o700)
    user.own(closed / "data")
    assert run(user, "/bin/ls", "-d", str(closed / "data"), folder=closed / "data")


def test_the_data_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    user = PostgresUser.here()
    user.own(tmp_path / "data")
    status = (tmp_path / "data").stat()
    assert (status.st_uid, status.st_mode & 0o777) == (user.uid, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")
def test_a_user_id_without_a_name_is_told_what_it_needs() -> None:
    program = (
        "import os; from local_workspace.lakebase.postgres_user import our_name; "
        "os.seteuid(54321); our_name()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "NamelessUser: The user id 54321 has no name on this system" in done.stderr


def test_root_becomes_somebody_else_and_others_stay_themselves() -> None:
    assert PostgresUser.here().is_other == (os.geteuid() == 0)
