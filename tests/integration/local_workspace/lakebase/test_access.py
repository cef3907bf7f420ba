"""Who has a role from the start, also in a data folder that is older than the role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from local_workspace.lakebase import Access

ANALYST = "analyst@local.test"


def test_a_member_works_with_what_the_owner_has_made_and_changes_none_of_it(
    run_lakebase: Any, tmp_path: Path
) -> None:
    with run_lakebase(tmp_path) as older, older.connect() as admin:
        admin.execute("create schema app")
        admin.execute("create table app.notes (id serial, text text)")

    access = Access(members=[ANALYST])
    with run_lakebase(tmp_path, access=access) as newer, newer.connect(ANALYST) as member:
        member.execute("insert into app.notes (text) values ('mine')")
        assert member.execute("select id, text from app.notes").fetchall() == [(1, "mine")]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            member.execute("drop table app.notes")
