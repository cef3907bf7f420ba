"""`w.database` of the SDK: Lakebase's provisioned instances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import psycopg
import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service.database import (
    DatabaseInstance,
    DatabaseInstanceRole,
    DatabaseInstanceRoleAttributes,
    DatabaseInstanceRoleIdentityType,
    DatabaseInstanceRoleMembershipRole,
    DatabaseInstanceState,
)

VIEWER = "viewer@local.test"
INSTANCE = "local-lakebase"
USER = DatabaseInstanceRoleIdentityType.USER


@pytest.fixture
def viewer_role(lakebase: Any) -> Iterator[DatabaseInstanceRole]:
    """Give the viewer a role, made through the API, for one test."""
    database = lakebase.client().database
    yield database.create_database_instance_role(
        INSTANCE, DatabaseInstanceRole(name=VIEWER, identity_type=USER)
    )
    database.delete_database_instance_role(INSTANCE, VIEWER, allow_missing=True)


def test_there_is_one_instance_and_its_address_works(lakebase: Any) -> None:
    [instance] = lakebase.client().database.list_database_instances()
    assert (instance.name, instance.state) == (INSTANCE, DatabaseInstanceState.AVAILABLE)
    assert instance.creator == "admin@local.test"
    with lakebase.connect(host=instance.read_write_dns) as connection:
        assert connection.execute("select current_database()").fetchone() == (
            "databricks_postgres",
        )


def test_an_instance_is_found_by_name_and_by_uid(lakebase: Any) -> None:
    database = lakebase.client().database
    instance = database.get_database_instance(INSTANCE)
    assert database.find_database_instance_by_uid(uid=instance.uid) == instance


@pytest.mark.parametrize("name", ["nowhere", "local-lakebase2"])
def test_another_instance_does_not_exist(lakebase: Any, name: str) -> None:
    with pytest.raises(NotFound, match=f"'{name}' not found"):
        lakebase.client().database.get_database_instance(name)


def test_no_further_instance_can_be_made(lakebase: Any) -> None:
    with pytest.raises(BadRequest, match="has one database instance"):
        lakebase.client().database.create_database_instance(DatabaseInstance(name="second"))


def test_a_credential_names_its_caller_and_ends_after_an_hour(lakebase: Any) -> None:
    minted = lakebase.client(VIEWER).database.generate_database_credential(
        instance_names=[INSTANCE], request_id="one"
    )
    claims = jwt.decode(minted.token, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"], claims["scope"]) == (VIEWER, [INSTANCE], "postgres")
    expires = datetime.fromisoformat(minted.expiration_time)
    assert timedelta(minutes=59) < expires - datetime.now(UTC) <= timedelta(hours=1)


def test_a_credential_for_an_unknown_instance_is_refused(lakebase: Any) -> None:
    with pytest.raises(NotFound):
        lakebase.client().database.generate_database_credential(
            instance_names=[INSTANCE, "nowhere"], request_id="one"
        )


def test_a_credential_needs_an_instance(lakebase: Any) -> None:
    with pytest.raises(BadRequest, match="instance_names"):
        lakebase.client().database.generate_database_credential(request_id="one")


def test_a_role_made_through_the_api_can_log_in(lakebase: Any, viewer_role: Any) -> None:
    with lakebase.connect(VIEWER) as connection:
        assert connection.execute("select session_user").fetchone() == (VIEWER,)


def test_a_plain_role_cannot_read_the_owners_tables(lakebase: Any, viewer_role: Any) -> None:
    with lakebase.connect() as admin, lakebase.connect(VIEWER) as viewer:
        admin.execute("create table owned as select 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            viewer.execute("select * from owned")
        admin.execute("drop table owned")


def test_a_superuser_role_reads_and_writes_all_tables(lakebase: Any) -> None:
    database = lakebase.client().database
    made = database.create_database_instance_role(
        INSTANCE,
        DatabaseInstanceRole(
            name=VIEWER,
            identity_type=USER,
            membership_role=DatabaseInstanceRoleMembershipRole.DATABRICKS_SUPERUSER,
            attributes=DatabaseInstanceRoleAttributes(createdb=True),
        ),
    )
    with lakebase.connect() as admin, lakebase.connect(VIEWER) as viewer:
        admin.execute("create table owned (number int)")
        viewer.execute("insert into owned values (3)")
        assert viewer.execute("select number from owned").fetchone() == (3,)
        admin.execute("drop table owned")
    assert database.get_database_instance_role(INSTANCE, VIEWER) == made
    assert made.effective_attributes.createdb
    database.delete_database_instance_role(INSTANCE, VIEWER)


def test_the_owner_is_among_the_roles(lakebase: Any, viewer_role: Any) -> None:
    names = [
        role.name for role in lakebase.client().database.list_database_instance_roles(INSTANCE)
    ]
    assert names == ["admin@local.test", VIEWER]


def test_a_role_is_made_once(lakebase: Any, viewer_role: Any) -> None:
    with pytest.raises(BadRequest, match="already exists"):
        lakebase.client().database.create_database_instance_role(INSTANCE, viewer_role)


def test_a_role_for_nobody_in_the_workspace_is_refused(lakebase: Any) -> None:
    role = DatabaseInstanceRole(name="stranger@local.test", identity_type=USER)
    with pytest.raises(BadRequest, match="not found in the workspace"):
        lakebase.client().database.create_database_instance_role(INSTANCE, role)


def test_everybody_may_make_a_plain_role_for_themselves_only(lakebase: Any) -> None:
    database = lakebase.client(VIEWER).database
    database.create_database_instance_role(
        INSTANCE, DatabaseInstanceRole(name=VIEWER, identity_type=USER)
    )
    with pytest.raises(PermissionDenied):
        database.delete_database_instance_role(INSTANCE, "admin@local.test")
    lakebase.client().database.delete_database_instance_role(INSTANCE, VIEWER)


def test_a_missing_role_is_not_found(lakebase: Any) -> None:
    with pytest.raises(NotFound):
        lakebase.client().database.get_database_instance_role(INSTANCE, "nobody")


def test_a_role_that_owns_something_is_not_dropped(lakebase: Any, viewer_role: Any) -> None:
    with lakebase.connect() as admin:
        admin.execute(f'create schema theirs; grant all on schema theirs to "{VIEWER}"')
        with pytest.raises(DatabricksError, match="cannot be dropped"):
            lakebase.client().database.delete_database_instance_role(INSTANCE, VIEWER)
        admin.execute("drop schema theirs")


def test_what_a_dropped_role_owned_goes_to_its_heir(lakebase: Any, viewer_role: Any) -> None:
    with lakebase.connect() as admin:
        admin.execute(f'create schema theirs; grant all on schema theirs to "{VIEWER}"')
        with lakebase.connect(VIEWER) as viewer:
            viewer.execute("create table theirs.mine (number int)")
        lakebase.client().database.delete_database_instance_role(
            INSTANCE, VIEWER, reassign_owned_to="admin@local.test"
        )
        query = "select tableowner from pg_tables where tablename = 'mine'"
        assert admin.execute(query).fetchone() == ("admin@local.test",)
        admin.execute("drop schema theirs cascade")
