"""`w.postgres` of the SDK: Lakebase's autoscaling projects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.postgres import (
    Database,
    DatabaseDatabaseSpec,
    EndpointType,
    Project,
    Role,
    RoleIdentityType,
    RoleMembershipRole,
    RoleRoleSpec,
)
from google.protobuf.duration_pb2 import Duration

PROJECT = "projects/local"
BRANCH = f"{PROJECT}/branches/production"
ENDPOINT = f"{BRANCH}/endpoints/primary"
SERVICE_PRINCIPAL = "11111111-2222-3333-4444-555555555555"


def test_project_branch_and_endpoint_are_listed_and_found(lakebase: Any) -> None:
    postgres = lakebase.client().postgres
    [project], [branch] = postgres.list_projects(), postgres.list_branches(PROJECT)
    [endpoint] = postgres.list_endpoints(BRANCH)
    assert (project, branch) == (postgres.get_project(PROJECT), postgres.get_branch(BRANCH))
    assert endpoint == postgres.get_endpoint(ENDPOINT)
    assert endpoint.status.endpoint_type is EndpointType.ENDPOINT_TYPE_READ_WRITE
    assert endpoint.status.hosts.host == lakebase.area.host


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("projects/other/branches/production/endpoints/primary", "project id not found"),
        ("projects/local/branches/other/endpoints/primary", "branch id not found"),
        ("projects/local/branches/production/endpoints/other", "endpoint id not found"),
    ],
)
def test_what_does_not_exist_is_named_by_its_kind(lakebase: Any, name: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        lakebase.client().postgres.get_endpoint(name)


def test_no_further_project_can_be_made(lakebase: Any) -> None:
    with pytest.raises(BadRequest, match="has one Lakebase endpoint"):
        lakebase.client().postgres.create_project(Project(), "second")


def test_a_credential_for_the_endpoint_logs_in(lakebase: Any) -> None:
    minted = lakebase.client().postgres.generate_database_credential(ENDPOINT)
    with lakebase.connect(password=minted.token) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_credential_can_be_wished_shorter(lakebase: Any) -> None:
    wish = Duration()
    wish.FromTimedelta(timedelta(minutes=5))
    minted = lakebase.client().postgres.generate_database_credential(ENDPOINT, ttl=wish)
    claims = jwt.decode(minted.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == pytest.approx(300)


def test_a_credential_needs_an_endpoint_that_exists(lakebase: Any) -> None:
    with pytest.raises(NotFound, match="endpoint id not found"):
        lakebase.client().postgres.generate_database_credential(f"{BRANCH}/endpoints/other")


def test_a_role_is_an_operation_that_is_done_and_can_be_asked_for(lakebase: Any) -> None:
    postgres = lakebase.client().postgres
    spec = RoleRoleSpec(
        postgres_role=SERVICE_PRINCIPAL,
        identity_type=RoleIdentityType.SERVICE_PRINCIPAL,
        membership_roles=[RoleMembershipRole.DATABRICKS_SUPERUSER],
    )
    role = postgres.create_role(BRANCH, Role(spec=spec), role_id="app-role").wait()
    assert role.name == f"{BRANCH}/roles/app-role"
    assert postgres.get_role(role.name) == role
    assert role.name in [one.name for one in postgres.list_roles(BRANCH)]
    minted = lakebase.service_principal().postgres.generate_database_credential(ENDPOINT)
    with lakebase.connect(SERVICE_PRINCIPAL, password=minted.token) as connection:
        assert connection.execute("select session_user").fetchone() == (SERVICE_PRINCIPAL,)
    postgres.delete_role(role.name).wait()
    with pytest.raises(NotFound, match="role id not found"):
        postgres.get_role(role.name)


def test_a_role_id_has_a_form(lakebase: Any) -> None:
    role = Role(spec=RoleRoleSpec(postgres_role="anything"))
    with pytest.raises(BadRequest, match="RFC 1123"):
        lakebase.client().postgres.create_role(BRANCH, role, role_id="Not_One")


def test_a_database_is_made_used_and_deleted(lakebase: Any) -> None:
    postgres = lakebase.client().postgres
    [owner] = [one for one in postgres.list_roles(BRANCH) if "admin" in one.role_id]
    spec = DatabaseDatabaseSpec(role=owner.name, postgres_database="app_data")
    made = postgres.create_database(BRANCH, Database(spec=spec), database_id="app-data").wait()
    assert made.status.role == owner.name
    assert made in list(postgres.list_databases(BRANCH))
    with lakebase.connect(dbname="app_data") as connection:
        assert connection.execute("select current_database()").fetchone() == ("app_data",)
    postgres.delete_database(made.name).wait()
    with pytest.raises(NotFound, match="database id not found"):
        postgres.get_database(made.name)


def test_the_first_database_belongs_to_the_owner(lakebase: Any) -> None:
    [database] = lakebase.client().postgres.list_databases(BRANCH)
    assert database.status.postgres_database == "databricks_postgres"
    assert database.status.role == f"{BRANCH}/roles/admin-local-test"
