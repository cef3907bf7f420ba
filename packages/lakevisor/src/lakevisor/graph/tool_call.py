"""One tool call: checked, reviewed, run; and what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar

from langchain_core.tools import BaseTool
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from lakevisor.config import SECRETS
from lakevisor.errors import DeadlineExceeded, LakevisorError, TurnError
from lakevisor.graph.context import Emit, TurnContext
from lakevisor.graph.question import as_written, question
from lakevisor.ledger.values import Action, AuditEntry, Proposal
from lakevisor.registry import Hooks
from lakevisor.workspace import translated
from lakevisor_plugin import (
    Answer,
    AskFirst,
    AskPerson,
    Decision,
    Deferred,
    Launched,
    Operation,
    Settled,
    ToolCall,
    ToolFault,
    ToolFinished,
    ToolStarted,
    Turn,
    Verdict,
)

logger = logging.getLogger(__name__)

Kind = Literal["content", "answer", "deferred", "launched", "question", "refused", "error"]
T = TypeVar("T")
Settle: TypeAlias = Callable[[ToolCall, Turn], Awaitable[Any]]
"""A plugin's `SubAgent.settle`, with its settings."""

OUTSIDE = "This conversation has words of others in it, so I ask before anything starts or stops."
TOO_LONG = "The tool took too long and was stopped."
FAILED = "The tool failed for a reason of its own. Calling it again will not help."
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
    run_id: str = ""
    """What brings the answer, where that comes after the turn."""
    is_outside: bool = False
    """Whether words of others can stand in it: what a tool found, or why it failed."""

    @property
    def ends_turn(self) -> bool:
        """Whether the turn ends here, whatever the model had in mind."""
        return self.kind in ("launched", "question")

    @property
    def is_answer(self) -> bool:
        """Whether the person has what they get of it in this turn, and no model need go on."""
        return self.kind in ("answer", "deferred")


@dataclass(frozen=True, kw_only=True)
class ToolRunner:
    """Runs the tools of all agents."""

    tools: Mapping[str, Mapping[str, BaseTool]]
    """Agent to tool name to tool."""
    hooks: Hooks
    effects: frozenset[str] = frozenset()
    """Names of the tools that start, stop or change something."""
    settle: Mapping[str, Settle] = field(default_factory=dict)
    """Agent to what says exactly what a call of one of its effects would do."""
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
        operations = context.operations.for_call(
            call.agent, call.tool, may_change=call.tool in self.effects
        )
        turn = context.turn_for(call, operations, emit, accepted=accepted)
        with turn.span(call.tool, kind="tool", inputs=dict(call.arguments)) as span:
            span.set_attributes(agent=call.agent, call_id=call.call_id)
            outcome = await self._outcome(call, turn, context, read_outside=read_outside)
            outcome = _without_secrets(outcome)
            span.set_attributes(outcome=outcome.kind)
            span.set_outputs(outcome.content)
            if outcome.kind == "error":
                span.fail(outcome.content)
        emit(ToolFinished(**names, outcome=outcome.kind, content=outcome.content))
        return replace(outcome, operations=(*outcome.operations, *operations.touched))

    async def _outcome(
        self, call: ToolCall, turn: Turn, context: TurnContext, *, read_outside: bool
    ) -> Outcome:
        tool = self.tools.get(call.agent, {}).get(call.tool)
        if tool is None:
            return _error(f"There is no tool {call.tool!r}.")
        if problem := arguments_problem(tool, call.arguments, turn):
            return _error(problem)
        verdict = self._review(call, turn, read_outside=read_outside)
        if verdict.decision is Decision.REFUSE:
            return await _refuse(call, verdict.reason, context)
        try:
            if verdict.decision is Decision.ASK and not turn.is_accepted:
                return await self._ask(call, turn, context, reason=verdict.reason)
            return await _guarded(partial(_invoke, tool, call, turn), context)
        except AskFirst as asked:
            settled = asked.settled or as_written(call)
            return await self._propose(call, settled, context, reason=asked.message)

    async def _ask(
        self, call: ToolCall, turn: Turn, context: TurnContext, *, reason: str
    ) -> Outcome:
        """Ask about what the call would do exactly; what it would not do is said at once."""
        settle = self.settle.get(call.agent) if call.tool in self.effects else None
        if settle is None:
            return await self._propose(call, as_written(call), context, reason=reason)
        looking = context.operations.for_call(call.agent, call.tool, may_change=False)
        turn = replace(turn, operations=looking)
        found = await _guarded(partial(settle, call, turn), context)
        if isinstance(found, Settled):
            outcome = await self._propose(call, found, context, reason=reason)
        elif isinstance(found, Outcome):
            outcome = found
        elif isinstance(found, Answer | Launched):
            outcome = _of_result(found)
        else:
            _log_bug(call, f"settle returned {type(found).__name__}")
            outcome = _error(FAILED)
        return replace(outcome, operations=looking.touched)

    async def _propose(
        self, call: ToolCall, settled: Settled, context: TurnContext, *, reason: str
    ) -> Outcome:
        """Write down what waits for the person's own word, and ask for it."""
        tool = self.tools[call.agent][call.tool]
        if problem := arguments_problem(tool, settled.arguments, context.turn):
            _log_bug(call, f"what was settled does not fit the tool: {problem}")
            return _error(FAILED)
        proposed = await context.proposals.propose(
            context.operations.lease,
            Proposal(
                agent=call.agent,
                tool=call.tool,
                arguments=dict(settled.arguments),
                reason=SECRETS.text(reason),
                expires_seconds=context.limits.proposal_seconds,
                trace_id=context.operations.trace_id,
            ),
        )
        text = question(reason, settled)
        data: dict[str, JsonValue] = {
            "proposal_id": proposed.proposal_id,
            "tool": proposed.tool,
            "arguments": dict(proposed.arguments),
            "action": settled.action,
            "values": dict(settled.values),
            "expires_at": proposed.expires_at.isoformat(),
        }
        return Outcome(kind="question", content=text, text=text, data={"proposal": data})

    def _review(self, call: ToolCall, turn: Turn, *, read_outside: bool) -> Verdict:
        """Ask the reviewers, and what the configuration says of effects."""
        verdict = self.hooks.review_tool_call(call, turn)
        asks = self.asks_after_outside and read_outside and call.tool in self.effects
        if asks and verdict.decision is Decision.ALLOW:
            return Verdict(decision=Decision.ASK, reason=OUTSIDE)
        return verdict


def _without_secrets(outcome: Outcome) -> Outcome:
    """Return what the model, the person and the database are told of a call.

    An error's words are whoever's: a client's that repeats its headers, a server's that repeats
    what it was sent. A result is data, and loses nothing but what is known to be a secret.
    """
    if outcome.kind in ("error", "refused"):
        return replace(outcome, content=SECRETS.text(outcome.content))
    return replace(
        outcome,
        content=SECRETS.content(outcome.content),
        text=SECRETS.content(outcome.text),
        data=SECRETS.content_value(outcome.data),
    )


async def _invoke(tool: BaseTool, call: ToolCall, turn: Turn) -> Outcome:
    return _of_result(await tool.ainvoke({**call.arguments, **_injected(tool, turn)}))


async def _guarded(function: Callable[[], Awaitable[T]], context: TurnContext) -> T | Outcome:
    """Return what a plugin's function returns; what goes wrong in it is an outcome."""
    try:
        async with asyncio.timeout(context.seconds_left()):
            with translated():
                return await function()
    except AskPerson as asked:
        return Outcome(kind="question", content=asked.message, text=asked.message)
    except AskFirst:
        raise
    except ToolFault as fault:
        return replace(_error(fault.message), is_outside=True)
    except ValidationError as error:
        return _error(_readable(error))
    except TurnError:
        raise
    except (TimeoutError, LakevisorError) as error:
        if context.turn.seconds_left() <= 0:
            raise DeadlineExceeded(seconds=context.limits.turn_seconds) from error
        said = error.message if isinstance(error, LakevisorError) else TOO_LONG
        return replace(_error(said), is_outside=True)
    # A plugin's function may raise anything; the turn goes on and the details stay in the log.
    except Exception:
        logger.exception("A plugin's function failed.", extra={"action": "tool_failed"})
        return _error(FAILED)


def _of_result(result: Any) -> Outcome:
    """Read what a plugin's function returned, by its type alone."""
    if isinstance(result, Launched):
        return Outcome(kind="launched", content=result.text, text=result.text)
    if isinstance(result, Deferred):
        return Outcome(
            kind="deferred",
            content=result.text,
            text=result.text,
            data=result.data,
            run_id=result.operation.run_id,
        )
    if isinstance(result, Answer):
        return Outcome(
            kind="answer",
            content=result.for_model or result.text,
            text=result.text,
            data=result.data,
            is_outside=True,
        )
    content = result if isinstance(result, str) else _JSON.dump_json(result).decode()
    return Outcome(kind="content", content=content, is_outside=True)


def _injected(tool: BaseTool, turn: Turn) -> dict[str, Turn]:
    """Return the tool's parameter that takes the turn, if it has one."""
    schema = tool.get_input_schema()
    if not issubclass(schema, BaseModel):
        return {}
    return {name: turn for name, each in schema.model_fields.items() if each.annotation is Turn}


async def _refuse(call: ToolCall, reason: str, context: TurnContext) -> Outcome:
    """Write down what a reviewer has refused, and tell the model."""
    entry = AuditEntry(
        owner=context.operations.lease.owner,
        action=Action.REFUSED,
        origin=context.operations.origin(call.agent, call.tool),
        details={
            "reason": SECRETS.text(reason),
            "arguments": SECRETS.content_value(dict(call.arguments)),
        },
    )
    await context.audit.append(entry)
    return Outcome(kind="refused", content=f"Refused: {reason}")


def arguments_problem(
    tool: BaseTool, arguments: Mapping[str, Any], turn: Turn | None = None
) -> str:
    """Return why a tool does not take these arguments, or nothing.

    Args:
        tool: the tool.
        arguments: those that a model or a program gives.
        turn: the one that the tool is given with them; without it, that parameter is left out.
    """
    if unknown := sorted(set(arguments) - set(tool.args)):
        known = ", ".join(tool.args) or "none"
        return f"Unknown arguments: {', '.join(unknown)}. The tool takes: {known}."
    schema: Any = tool.get_input_schema() if turn is not None else tool.tool_call_schema
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        injected = _injected(tool, turn) if turn is not None else {}
        try:
            schema.model_validate({**arguments, **injected})
        except ValidationError as error:
            return _readable(error)
    return ""


def _log_bug(call: ToolCall, what: str) -> None:
    logger.error(
        "The plugin of %r has a bug: %s.", call.tool, what, extra={"action": "tool_failed"}
    )


def _error(message: str) -> Outcome:
    return Outcome(kind="error", content=message)


def _readable(error: ValidationError) -> str:
    problems = (
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"The arguments do not fit. {'; '.join(problems)}."
