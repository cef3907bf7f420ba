"""One local workspace for all trials of a session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from chaos.world import World, local_workspace


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    """Run a local workspace."""
    with local_workspace(tmp_path_factory.mktemp("chaos")) as state:
        yield state


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(
    workspace: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Give the workspace to the trials."""
    async with World.opened(workspace, tmp_path_factory.mktemp("logs")) as opened:
        yield opened
