"""The supervisor of a model, opened by the first request."""

from __future__ import annotations

import asyncio
import warnings
from pathlib import Path
from typing import Any

import pytest

from lakevisor.config import load_configuration
from lakevisor.errors import ServerStopping, WorkspaceError
from lakevisor.serving.opened_on_demand import OpenedOnDemand
from lakevisor.supervisor import preload

CONFIGS = Path(__file__).parents[4] / "configs"
ME = "/api/2.0/preview/scim/v2/Me"


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import what warns of itself before a warning fails a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        preload()


def on_demand(workspace: Any, *changes: str) -> OpenedOnDemand:
    pointed = [f"workspace.config_file={workspace.config_file}", "workspace.start=[]", *changes]
    configuration = load_configuration(folder=CONFIGS, overrides=pointed, environment={})
    return OpenedOnDemand(configuration, {})


async def test_nothing_is_asked_before_the_first_request(workspace: Any) -> None:
    workspace.control("DELETE", "requests")
    opened = on_demand(workspace)

    await opened.close(drain_seconds=0)

    assert workspace.requests() == []


async def test_requests_that_come_together_open_it_once(workspace: Any) -> None:
    opened = on_demand(workspace)

    first, second = await asyncio.gather(opened.supervisor(), opened.supervisor())
    third = await opened.supervisor()
    await opened.close(drain_seconds=0)

    assert first is second is third


async def test_what_keeps_it_from_being_opened_is_told_and_tried_again(
    workspace: Any, add_fault: Any
) -> None:
    add_fault(kind="status", status=400, path=ME)
    opened = on_demand(workspace)

    with pytest.raises(WorkspaceError):
        await opened.supervisor()
    assert await opened.supervisor()
    await opened.close(drain_seconds=0)


async def test_who_waits_while_it_is_closed_is_told(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="delay", seconds=1, path=ME)
    opened = on_demand(workspace)
    waiting = asyncio.create_task(opened.supervisor())
    await asyncio.sleep(0)

    await opened.close(drain_seconds=0)

    with pytest.raises(ServerStopping):
        await waiting
