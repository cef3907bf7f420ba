"""Databricks' own clients, unmodified, in all three ways to name a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from databricks_ai_bridge.lakebase import (
    AsyncLakebasePool,
    LakebaseClient,
    LakebasePool,
    SchemaPrivilege,
    SequencePrivilege,
    TablePrivilege,
)

SERVICE_PRINCIPAL = "11111111-2222-3333-4444-555555555555"
BRANCH = "projects/local/branches/production"
# Importing databricks_langchain imports unitycatalog, which still writes pydantic 1 classes.
pytestmark = pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")
ADDRESSES = {
    "instance": {"instance_name": "local-lakebase"},
    "project and branch": {"project": "local", "branch": "production"},
    "endpoint": {"autoscaling_endpoint": f"{BRANCH}/endpoints/primary"},
}
every_address = pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)


@pytest.fixture(scope="module")
def lakebase(tmp_path_factory: pytest.TempPathFactory, run_lakebase: Any) -> Iterator[Any]:
    """Give a Lakebase on 5432, the port that these clients always take."""
    with run_lakebase(tmp_path_factory.mktemp("lakebase"), port=5432) as running:
        yield running


@every_address
def test_the_pool_connects(lakebase: Any, address: Mapping[str, str]) -> None:
    pool = LakebasePool(**address, workspace_client=lakebase.client(), timeout=10)
    with pool.connection() as connection:
        assert connection.execute("select session_user as who").fetchone() == {
            "who": "admin@local.test"
        }
    pool.close()


@every_address
async def test_the_async_pool_connects(lakebase: Any, address: Mapping[str, str]) -> None:
    opened = AsyncLakebasePool(**address, workspace_client=lakebase.client())
    async with opened as pool, pool.connection() as connection:
        row = await (await connection.execute("select 1 as one")).fetchone()
    assert row == {"one": 1}


@every_address
def test_the_checkpoint_saver_keeps_a_thread(lakebase: Any, address: Mapping[str, str]) -> None:
    from databricks_langchain import CheckpointSaver
    from langgraph.checkpoint.base import empty_checkpoint

    config: Any = {"configurable": {"thread_id": uuid4().hex, "checkpoint_ns": ""}}
    with CheckpointSaver(**address, workspace_client=lakebase.client()) as saver:
        saver.setup()
        checkpoint = empty_checkpoint()
        saver.put(config, checkpoint, {"source": "input", "step": 1}, {})
        found = saver.get_tuple(config)
    assert found is not None
    assert found.checkpoint["id"] == checkpoint["id"]


@every_address
async def test_the_async_checkpoint_saver_keeps_a_thread(
    lakebase: Any, address: Mapping[str, str]
) -> None:
    from databricks_langchain import AsyncCheckpointSaver
    from langgraph.checkpoint.base import empty_checkpoint

    config: Any = {"configurable": {"thread_id": uuid4().hex, "checkpoint_ns": ""}}
    async with AsyncCheckpointSaver(**address, workspace_client=lakebase.client()) as saver:
        await saver.setup()
        checkpoint = empty_checkpoint()
        await saver.aput(config, checkpoint, {"source": "input", "step": 1}, {})
        found = await saver.aget_tuple(config)
    assert found is not None
    assert found.checkpoint["id"] == checkpoint["id"]


def test_the_client_makes_a_role_and_grants_it_what_it_needs(lakebase: Any) -> None:
    pool = LakebasePool(instance_name="local-lakebase", workspace_client=lakebase.client())
    with LakebaseClient(pool=pool) as client:
        client.create_role(SERVICE_PRINCIPAL, "SERVICE_PRINCIPAL")
        assert client.create_role(SERVICE_PRINCIPAL, "SERVICE_PRINCIPAL") is None
        client.execute("create schema app")
        client.execute("create table app.notes (id serial primary key, text text)")
        grantee, schemas = SERVICE_PRINCIPAL, ["app"]
        client.grant_schema(grantee, [SchemaPrivilege.USAGE], schemas)
        client.grant_all_tables_in_schema(grantee, [TablePrivilege.ALL], schemas)
        client.grant_all_sequences_in_schema(grantee, [SequencePrivilege.ALL], schemas)
        app = LakebasePool(
            instance_name="local-lakebase", workspace_client=lakebase.service_principal()
        )
        with app.connection() as connection:
            connection.execute("insert into app.notes (text) values ('mine')")
        app.close()
        assert client.execute("select id, text from app.notes") == [{"id": 1, "text": "mine"}]
        client.execute("drop schema app cascade")
        client.execute(f'drop role "{SERVICE_PRINCIPAL}"')
    pool.close()


def test_the_client_names_an_identity_that_is_not_there(lakebase: Any) -> None:
    pool = LakebasePool(instance_name="local-lakebase", workspace_client=lakebase.client())
    with pytest.raises(ValueError, match="not found in the Databricks workspace"):
        LakebaseClient(pool=pool).create_role("stranger@local.test", "USER")
    pool.close()
