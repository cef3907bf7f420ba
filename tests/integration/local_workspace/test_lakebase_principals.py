"""What each service principal may do in the Lakebase of a workspace as a user starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.service.postgres import Role, RoleIdentityType, RoleRoleSpec
from databricks_ai_bridge.lakebase import (
    LakebaseClient,
    LakebasePool,
    SchemaPrivilege,
    TablePrivilege,
)
from psycopg.errors import OperationalError

BRANCH = "projects/local/branches/production"
APP = "22222222-3333-4444-5555-666666666666"
Connect = Callable[[str], LakebaseClient]


@pytest.fixture
def sdk(workspace: Any) -> Callable[[str], WorkspaceClient]:
    return lambda profile: WorkspaceClient(profile=profile, config_file=str(workspace.config_file))


@pytest.fixture
def connect(sdk: Any) -> Iterator[Connect]:
    """Give a function that opens Databricks' own client as a profile."""
    opened: list[tuple[LakebaseClient, LakebasePool]] = []

    def open_client(profile: str) -> LakebaseClient:
        pool = LakebasePool(instance_name="local-lakebase", workspace_client=sdk(profile))
        opened.append((LakebaseClient(pool=pool), pool))
        return opened[-1][0]

    yield open_client
    for client, pool in opened:
        client.close()
        pool.close()


@pytest.fixture
def notes(connect: Connect) -> Iterator[str]:
    """Give a table in `public` that the admin owns."""
    admin = connect("admin")
    admin.execute("create table public.notes (text text)")
    yield "public.notes"
    admin.execute("drop table public.notes")


def test_who_deploys_grants_an_app_what_belongs_to_the_admin(connect: Connect, notes: str) -> None:
    deployer = connect("service-principal")
    deployer.create_role(APP, "SERVICE_PRINCIPAL")
    deployer.grant_schema(APP, [SchemaPrivilege.USAGE], ["public"])
    deployer.grant_all_tables_in_schema(APP, [TablePrivilege.SELECT], ["public"])
    assert connect("service-principal-app").execute(f"select * from {notes}") == []


def test_who_deploys_manages_roles_through_the_api(sdk: Any) -> None:
    kind = RoleIdentityType.USER
    spec = RoleRoleSpec(postgres_role="viewer@local.test", identity_type=kind)
    postgres = sdk("service-principal").postgres
    made = postgres.create_role(BRANCH, Role(spec=spec), role_id="made-by-deployer").wait()
    postgres.delete_role(made.name).wait()
    with pytest.raises(PermissionDenied, match="CAN MANAGE"):
        sdk("service-principal-limited").postgres.create_role(BRANCH, Role(spec=spec))


def test_a_limited_role_connects_and_grants_nothing(connect: Connect, notes: str) -> None:
    limited = connect("service-principal-limited")
    assert limited.execute("select 1 as one") == [{"one": 1}]
    with pytest.raises(PermissionError, match="permission denied"):
        limited.grant_table(APP, [TablePrivilege.SELECT], [notes])
    with pytest.raises(PermissionError, match="permission denied"):
        limited.grant_schema(APP, [SchemaPrivilege.USAGE], ["test_limited_perm_schema"])


def test_the_analyst_works_with_what_the_admin_has_made(connect: Connect, notes: str) -> None:
    analyst = connect("analyst")
    analyst.execute(f"insert into {notes} values ('mine')")
    assert analyst.execute(f"select * from {notes}") == [{"text": "mine"}]


def test_without_a_role_a_credential_opens_nothing(sdk: Any, workspace: Any) -> None:
    import psycopg

    client = sdk("service-principal-without-role")
    minted = client.database.generate_database_credential(instance_names=["local-lakebase"])
    name = client.current_user.me().user_name
    with pytest.raises(OperationalError, match=f'role "{name}" does not exist'):
        psycopg.connect(
            host=workspace.state["lakebase"]["host"],
            user=name,
            password=minted.token,
            dbname="databricks_postgres",
            sslmode="require",
        )
