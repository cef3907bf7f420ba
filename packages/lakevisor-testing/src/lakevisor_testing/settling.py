"""Whether a plugin says exactly what its effects would do, as the host asks it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from lakevisor_plugin import Answer, Launched, Operations, Settled, SubAgent, ToolCall, Turn

S = TypeVar("S", bound=BaseModel)


async def assert_settles(
    sub_agent: SubAgent[S], settings: S, call: ToolCall, turn: Turn
) -> Settled | Answer | Launched:
    """Settle a call as the host does, and fail the test where the contract of `settle` is broken.

    What it settles must be a call that the tool takes and leave nothing open: settled again it is
    the same. While it looks, nothing may be launched, stopped or repaired.

    Args:
        sub_agent: as the plugin registers it.
        settings: its settings.
        call: a call of one of its effects, as a model would write it.
        turn: the turn; see `make_turn`.

    Returns:
        What `settle` returns.
    """
    __tracebackhide__ = True
    settle = sub_agent.settle
    assert settle is not None, f"The sub-agent {sub_agent.name!r} has no settle."
    assert call.tool in sub_agent.effects, f"{call.tool!r} does not stand in effects."
    looking = replace(turn, operations=_Looking(turn.operations))
    found = await settle(settings, call, looking)
    if isinstance(found, Answer | Launched):
        return found
    assert isinstance(found, Settled), f"settle returned {type(found).__name__}."
    made = sub_agent.build_tools(settings) if sub_agent.build_tools else ()
    (tool,) = (each for each in made if each.name == call.tool)
    _assert_fits(tool, found.arguments, turn)
    again = await settle(settings, call.model_copy(update={"arguments": found.arguments}), looking)
    assert again == found, f"Settled again it is another call: {again!r} instead of {found!r}."
    return found


def _assert_fits(tool: BaseTool, arguments: Mapping[str, Any], turn: Turn) -> None:
    __tracebackhide__ = True
    unknown = sorted(set(arguments) - set(tool.args))
    assert not unknown, f"{tool.name!r} takes no {', '.join(unknown)}."
    schema: Any = tool.get_input_schema()
    fields: Mapping[str, Any] = schema.model_fields
    injected = {name: turn for name, each in fields.items() if each.annotation is Turn}
    try:
        schema.model_validate({**arguments, **injected})
    except ValidationError as error:
        raise AssertionError(f"{tool.name!r} does not take what was settled: {error}") from error


class _Looking:
    """Operations that can be looked at; whoever changes one fails the test."""

    def __init__(self, operations: Operations) -> None:
        self.get = operations.get
        self.list = operations.list
        self.note = operations.note
        self.may_see_everybody = operations.may_see_everybody

    async def launch(self, **_: Any) -> NoReturn:
        raise AssertionError("settle launches something; it may only look.")

    async def adopt(self, **_: Any) -> NoReturn:
        raise AssertionError("settle adopts something; it may only look.")

    async def keep(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("settle keeps something; it may only look.")

    async def request_cancel(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("settle stops something; it may only look.")

    async def repaired(self, *_: Any, **__: Any) -> NoReturn:
        raise AssertionError("settle repairs something; it may only look.")
