"""The extension `databricks_auth`: roles for identities, made in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

ANALYST, VIEWER = "analyst@local.test", "viewer@local.test"
CREATE = "select databricks_create_role(%s, %s)"


@pytest.fixture
def owner(lakebase: Any) -> Iterator[psycopg.Connection[Any]]:
    """Give the owner's connection; the roles that a test makes are dropped."""
    with lakebase.connect() as connection:
        connection.execute("create extension if not exists databricks_auth")
        yield connection
        for role in (ANALYST, VIEWER, "users"):
            connection.execute(f'drop role if exists "{role}"')


def test_a_role_made_in_sql_can_log_in(lakebase: Any, owner: Any) -> None:
    owner.execute(CREATE, [VIEWER, "USER"])
    with lakebase.connect(VIEWER) as connection:
        assert connection.execute("select session_user").fetchone() == (VIEWER,)


def test_the_roles_are_listed_with_their_type(lakebase: Any, owner: Any) -> None:
    owner.execute(CREATE, [VIEWER, "user"])
    owner.execute(CREATE, ["users", "GROUP"])
    rows = owner.execute("select * from databricks_list_roles order by role_name").fetchall()
    assert rows == [("admin@local.test", "user"), ("users", "group"), (VIEWER, "user")]


def test_a_role_exists_once(owner: Any) -> None:
    owner.execute(CREATE, [VIEWER, "USER"])
    with pytest.raises(psycopg.errors.DuplicateObject):
        owner.execute(CREATE, [VIEWER, "USER"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("stranger@local.test", "USER"), (VIEWER, "SERVICE_PRINCIPAL"), (VIEWER, "ROBOT")],
)
def test_an_identity_that_is_not_there_is_refused(owner: Any, name: str, kind: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        owner.execute(CREATE, [name, kind])


def test_a_role_without_createrole_makes_no_roles(lakebase: Any, owner: Any) -> None:
    owner.execute(CREATE, [VIEWER, "USER"])
    with (
        lakebase.connect(VIEWER) as viewer,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        viewer.execute(CREATE, [ANALYST, "USER"])


def test_a_member_logs_in_as_the_group(lakebase: Any, owner: Any) -> None:
    owner.execute(CREATE, ["users", "GROUP"])
    with lakebase.connect("users", password=lakebase.token(VIEWER)) as connection:
        assert connection.execute("select session_user").fetchone() == ("users",)


def test_the_extension_works_in_every_database(lakebase: Any, owner: Any) -> None:
    owner.execute("create database second")
    with lakebase.connect(dbname="second") as connection:
        connection.execute("create extension databricks_auth")
        connection.execute(CREATE, [VIEWER, "USER"])
    owner.execute("drop database second with (force)")
    assert (VIEWER, "user") in owner.execute("select * from databricks_list_roles").fetchall()
