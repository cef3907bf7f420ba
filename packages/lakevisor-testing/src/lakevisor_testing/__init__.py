"""The kit for plugin authors: a scripted model, turns in memory, fixtures and conformance checks.

Installed beside pytest it brings its fixtures by itself. Names are imported on first use, because
pytest imports this package at every start and langchain-core is slow to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakevisor_testing.conformance import assert_conforms, check_plugin
    from lakevisor_testing.rate_limits import InMemoryRateLimits
    from lakevisor_testing.replies import Reply, ToolUse
    from lakevisor_testing.scripted_model import RecordedCall, ScriptedModel
    from lakevisor_testing.settling import assert_settles
    from lakevisor_testing.turns import InMemoryOperations, NoWorkspace, make_turn

__all__ = [
    "InMemoryOperations",
    "InMemoryRateLimits",
    "NoWorkspace",
    "RecordedCall",
    "Reply",
    "ScriptedModel",
    "ToolUse",
    "assert_conforms",
    "assert_settles",
    "check_plugin",
    "make_turn",
]

_HOMES = {
    "InMemoryOperations": "turns",
    "InMemoryRateLimits": "rate_limits",
    "NoWorkspace": "turns",
    "RecordedCall": "scripted_model",
    "Reply": "replies",
    "ScriptedModel": "scripted_model",
    "ToolUse": "replies",
    "assert_conforms": "conformance",
    "assert_settles": "settling",
    "check_plugin": "conformance",
    "make_turn": "turns",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
