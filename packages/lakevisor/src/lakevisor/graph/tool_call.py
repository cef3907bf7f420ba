"""One tool call: checked, reviewed, run; and what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from lakevisor.errors import DeadlineExceeded, LakevisorError, TurnError
from lakevisor.graph.context import Emit, TurnContext
from lakevisor.ledger.values import Proposal
from lakevisor.registry import Hooks
from lakevisor.workspace import translated
from lakevisor_plugin import (
    Answer,
    AskFirst,
    AskPerson,
    Decision,
    Launched,
    Operation,
    ToolCall,
    ToolFault,
    ToolFinished,
    ToolStarted,
    Turn,
    Verdict,
)

logger = logging.getLogger(__name__)

Kind = Literal["content", "answer", "launched", "question", "refused", "error"]
OUTSIDE = "This conversation has words of others in it, so I ask before anything starts or stops."
TOO_LONG = "The tool took too long and was stopped."
_JSON: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a tool call."""

    kind: Kind
    content: str
    """What a model reads of it."""
    text: str = ""
    """What the person reads, word for word; empty if a model is to go on from the content."""
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    """What programs read of it."""
    operations: Sequence[Operation] = ()
    """What the call has launched, asked about or changed."""

    @property
    def ends_turn(self) -> bool:
        """Whether the turn ends here, whatever the model had in mind."""
        return self.kind in ("launched", "question")


@dataclass(frozen=True, kw_only=True)
class ToolRunner:
    """Runs the tools of all agents."""

    tools: Mapping[str, Mapping[str, BaseTool]]
    """Agent to tool name to tool."""
    hooks: Hooks
    effects: frozenset[str] = frozenset()
    """Names of the tools that start, stop or change something."""
    asks_after_outside: bool = False
    """Whether they wait for the person's yes once a model has read something from outside."""

    async def run(
        self,
        call: ToolCall,
        context: TurnContext,
        emit: Emit,
        *,
        accepted: bool = False,
        read_outside: bool = False,
    ) -> Outcome:
        """Run a tool call; what goes wrong in the tool is an outcome, never an exception.

        Args:
            call: a complete call, with arguments that were strict JSON.
            context: the turn.
            emit: where events go.
            accepted: whether the person has accepted this very call.
            read_outside: whether the model that wants the call can have read something that came
                from outside: cells of a table, the output of a job.

        Raises:
            TurnError: the turn's time is over, or a launch got no answer.
        """
        names = {"agent": call.agent, "tool": call.tool, "call_id": call.call_id}
        emit(ToolStarted(**names, arguments=call.arguments))
        operations = context.operations.for_call(call.agent, call.tool)
        turn = context.turn_for(call, operations, emit, accepted=accepted)
        verdict = self._review(call, turn, read_outside=read_outside)
        outcome = await self._outcome(call, turn, context, verdict)
        emit(ToolFinished(**names, outcome=outcome.kind, content=outcome.content))
        return replace(outcome, operations=operations.touched)

    async def _outcome(
        self, call: ToolCall, turn: Turn, context: TurnContext, verdict: Verdict
    ) -> Outcome:
        tool = self.tools.get(call.agent, {}).get(call.tool)
        if tool is None:
            return _error(f"There is no tool {call.tool!r}.")
        unknown = sorted(set(call.arguments) - set(tool.args))
        if unknown:
            known = ", ".join(tool.args) or "none"
            return _error(f"Unknown arguments: {', '.join(unknown)}. The tool takes: {known}.")
        if verdict.decision is Decision.REFUSE:
            return Outcome(kind="refused", content=f"Refused: {verdict.reason}")
        if verdict.decision is Decision.ASK and not turn.is_accepted:
            return await _propose(call, verdict.reason, context)
        try:
            return await _run(tool, {**call.arguments, **_injected(tool, turn)}, context)
        except AskFirst as question:
            arguments = {**call.arguments, **question.settled}
            settled = call.model_copy(update={"arguments": arguments})
            return await _propose(settled, question.message, context)

    def _review(self, call: ToolCall, turn: Turn, *, read_outside: bool) -> Verdict:
        """Ask the reviewers, and what the configuration says of effects."""
        verdict = self.hooks.review_tool_call(call, turn)
        asks = self.asks_after_outside and read_outside and call.tool in self.effects
        if asks and verdict.decision is Decision.ALLOW:
            return Verdict(decision=Decision.ASK, reason=OUTSIDE)
        return verdict


async def _run(tool: BaseTool, arguments: Mapping[str, Any], context: TurnContext) -> Outcome:
    try:
        async with asyncio.timeout(context.seconds_left()):
            with translated():
                return _of_result(await tool.ainvoke(dict(arguments)))
    except AskPerson as question:
        return Outcome(kind="question", content=question.message, text=question.message)
    except AskFirst:
        raise
    except ToolFault as fault:
        return _error(fault.message)
    except ValidationError as error:
        return _error(_readable(error))
    except TurnError:
        raise
    except (TimeoutError, LakevisorError) as error:
        if context.turn.seconds_left() <= 0:
            raise DeadlineExceeded(seconds=context.limits.turn_seconds) from error
        said = error.message if isinstance(error, LakevisorError) else TOO_LONG
        return _error(said)
    # A plugin's tool may raise anything; the turn goes on and the details stay in the log.
    except Exception:
        logger.exception("The tool %r failed.", tool.name, extra={"action": "tool_failed"})
        return _error("The tool failed for a reason of its own. Calling it again will not help.")


def _of_result(result: Any) -> Outcome:
    """Read what a tool returned, by its type alone."""
    if isinstance(result, Launched):
        return Outcome(kind="launched", content=result.text, text=result.text)
    if isinstance(result, Answer):
        return Outcome(
            kind="answer",
            content=result.for_model or result.text,
            text=result.text,
            data=result.data,
        )
    content = result if isinstance(result, str) else _JSON.dump_json(result).decode()
    return Outcome(kind="content", content=content)


def _injected(tool: BaseTool, turn: Turn) -> dict[str, Turn]:
    """Return the tool's parameter that takes the turn, if it has one."""
    schema = tool.get_input_schema()
    if not issubclass(schema, BaseModel):
        return {}
    return {name: turn for name, each in schema.model_fields.items() if each.annotation is Turn}


async def _propose(call: ToolCall, reason: str, context: TurnContext) -> Outcome:
    """Write down what waits for the person's own word, and ask for it."""
    proposed = await context.proposals.propose(
        context.operations.lease,
        Proposal(
            agent=call.agent,
            tool=call.tool,
            arguments=dict(call.arguments),
            reason=reason,
            expires_seconds=context.limits.proposal_seconds,
            trace_id=context.operations.trace_id,
        ),
    )
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    text = f"{reason}\n\nShall I go on with `{call.tool}({arguments})`? Answer yes or no."
    data: dict[str, JsonValue] = {
        "proposal_id": proposed.proposal_id,
        "tool": proposed.tool,
        "arguments": dict(proposed.arguments),
        "expires_at": proposed.expires_at.isoformat(),
    }
    return Outcome(kind="question", content=text, text=text, data={"proposal": data})


def _error(message: str) -> Outcome:
    return Outcome(kind="error", content=message)


def _readable(error: ValidationError) -> str:
    problems = (
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"The arguments do not fit. {'; '.join(problems)}."
