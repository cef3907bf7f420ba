"""The fixtures of the kit, for every test beside which it is installed.

Nothing heavy is imported here: pytest loads this module at each start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lakevisor_plugin import Turn
    from lakevisor_testing.scripted_model import Script, ScriptedModel
    from lakevisor_testing.turns import InMemoryOperations


@pytest.fixture
def scripted_model() -> Callable[[Script], ScriptedModel]:
    """Make a model that follows a script: `scripted_model(["Hello."])`."""
    from lakevisor_testing.scripted_model import ScriptedModel

    return ScriptedModel


@pytest.fixture
def operations() -> InMemoryOperations:
    """The operations of the fixture `turn`; put earlier ones in with `add`."""
    from lakevisor_testing.turns import InMemoryOperations

    return InMemoryOperations()


@pytest.fixture
def progress() -> list[str]:
    """What a tool has said of its progress in the fixture `turn`."""
    return []


@pytest.fixture
def turn(operations: InMemoryOperations, progress: list[str]) -> Turn:
    """A turn without a workspace."""
    from lakevisor_testing.turns import make_turn

    return make_turn(operations=operations, tell=progress.append)
