"""Actions: which tools a program can call itself, and with what."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel, BeforeValidator

from lakevisor.errors import InvalidRequest, UnknownAction
from lakevisor.registry import EnabledAgent, Hooks, Registry
from lakevisor.supervisor import Action, Request
from lakevisor.supervisor.actions import direct_call
from lakevisor_plugin import CurrentTurn, SubAgent

Number = Annotated[str, BeforeValidator(str)]


class NoSettings(BaseModel):
    """No settings."""


@tool
async def look(turn: CurrentTurn, run_id: Number | None = None) -> str:
    """Look at a run."""
    return f"{turn.thread_id} {run_id}"


@tool
async def stop(turn: CurrentTurn) -> str:
    """Stop everything; for models alone."""
    return turn.thread_id


@pytest.fixture
def registry() -> Registry:
    """Give one agent that lets programs look."""
    sub_agent = SubAgent(name="runs", delegate_when="For runs.", settings=NoSettings)
    agent = EnabledAgent(
        name="runs",
        sub_agent=sub_agent,
        settings=NoSettings(),
        delegate_when="For runs.",
        prompt="",
        tools=(look, stop),
        actions=("look",),
    )
    return Registry(agents=(agent,), hooks=Hooks([]))


def call_of(registry: Registry, name: str, **arguments: Any) -> Any:
    request = Request(text="x", action=Action(name=name, arguments=arguments))
    return direct_call(request, registry)


def test_words_alone_call_nothing(registry: Registry) -> None:
    assert direct_call(Request(text="Look!"), registry) is None


def test_an_action_is_the_call_of_the_agents_tool(registry: Registry) -> None:
    call = call_of(registry, "look", run_id=12)

    assert call == {"agent": "runs", "tool": "look", "arguments": {"run_id": 12}}


@pytest.mark.parametrize("name", ["stop", "lok"])
def test_a_tool_that_is_no_action_is_unknown(registry: Registry, name: str) -> None:
    with pytest.raises(UnknownAction) as raised:
        call_of(registry, name)

    assert raised.value.remedy == "Known: describe, look."


@pytest.mark.parametrize("arguments", [{"run": "1"}, {"turn": "mine"}])
def test_arguments_that_the_tool_does_not_take_are_refused(
    registry: Registry, arguments: Any
) -> None:
    with pytest.raises(InvalidRequest, match="The tool takes: run_id"):
        call_of(registry, "look", **arguments)
