"""The node in which tools run, and where the turn goes from what they returned.

Every edge is decided from the results of this turn, by their type. After a launch nothing else of
its message runs and no model is called again: the edge to the end does not pass a model. An answer
that comes after the turn stops nothing else: a supervisor that has more to do is asked again, as
often as it does not only ask for that answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias
from uuid import uuid4

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.messages import ToolCall as Call
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command
from langgraph_supervisor.handoff import METADATA_KEY_HANDOFF_DESTINATION

from lakevisor.graph.context import Emit, TurnContext
from lakevisor.graph.delegation import TASK, Delegation
from lakevisor.graph.messages import (
    SUPERVISOR,
    is_reply_part,
    reply_part,
    shortened,
    tool_result,
)
from lakevisor.graph.put_off import IN_VAIN, PutOff, put_off_result
from lakevisor.graph.state import Assignment, State, after_answer
from lakevisor.graph.tool_call import Outcome, ToolRunner
from lakevisor_plugin import Answered, ToolCall
from lakevisor_plugin.rules import MORE_TO_DO

NOT_RUN = "Not run: the turn ended before it. Call it again only if it is asked for again."
LATER = "Not run yet: another agent works first. Call it again afterwards."
NO_MORE_HAND_OFFS = "No more hand-offs in this turn. Answer with what there is."
LEFT_OUT = "Not done, because the request ended before it: {}. Ask for it again."
WAITS = "I stop here, because an answer is still to come. Ask again for what is missing after it."
_SECONDS_TO_GO_ON = 5.0
"""What must be left of a turn that has put something off, for a model call more."""


Origin: TypeAlias = Literal["model", "accepted", "action"]
"""Whose call it is: a model's, one that the person has accepted, or one of their program."""


@dataclass(kw_only=True)
class Batch:
    """What came of the calls of one message, in order."""

    author: str
    origin: Origin
    has_more_to_do: bool
    """Whether the supervisor said that it has more to do afterwards."""
    put_off: PutOff
    """What was put off in this turn before it."""
    messages: list[AnyMessage] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    """Whose tools were called."""
    hand_offs: list[Assignment] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """The tools whose calls stood behind the end of the turn."""
    may_go_on: bool = True
    """Whether the turn has room for a model call more where an answer was put off."""
    is_in_vain: bool = False
    """Whether it asks again for what was put off."""
    is_incomplete: bool = False
    """Whether the supervisor must make a call again that came too early."""
    had_read_outside: bool = False
    """Whether words of others stood in the thread when the message was written.

    What its first call finds, its author has not read when it chose the second.
    """
    read_outside: bool = False
    """Whether its results have words of others."""

    @property
    def has_ended(self) -> bool:
        """Whether the turn ends here: work was launched, the person was asked, or was all."""
        is_all = self.origin == "action" and bool(self.outcomes)
        return is_all or any(outcome.ends_turn for outcome in self.outcomes)

    @property
    def is_answered(self) -> bool:
        """Whether every call that ran gave an answer for the person, now or later."""
        return bool(self.outcomes) and all(each.is_answer for each in self.outcomes)

    @property
    def is_over(self) -> bool:
        """Whether it cannot come back: it would ask in vain, or has no room to do anything else."""
        is_late = any(each.kind == "deferred" for each in self.outcomes)
        return self.is_in_vain or (is_late and not self.may_go_on)

    @property
    def come_back(self) -> bool:
        """Whether the supervisor is asked again after the last step."""
        return self.is_incomplete or (self.has_more_to_do and not self.is_over)


@dataclass(frozen=True, kw_only=True)
class ToolsNode:
    """Runs the tool calls of the last message, one after another."""

    runner: ToolRunner
    delegation: Delegation
    max_hand_offs: int

    async def __call__(self, state: State, runtime: Runtime[TurnContext]) -> Command[str]:
        """Run the calls and go where their results say."""
        context, emit = runtime.context, runtime.stream_writer
        message, origin = _calls_to_run(state)
        kept = state.get("memory", {})
        context.recall(kept)
        batch = Batch(
            author=str(message.name),
            origin=origin,
            has_more_to_do=_has_more_to_do(message),
            put_off=PutOff.of(state["messages"]),
        )
        # What a program calls in the person's name was wanted by no model.
        batch.had_read_outside = state.get("read_outside", False) and origin != "action"
        if origin != "model":
            batch.messages.append(message)
        for call in message.tool_calls:
            if batch.has_ended:
                batch.messages.append(tool_result(call, NOT_RUN, failed=True))
                batch.left_out.append(call["name"])
            elif batch.author == SUPERVISOR and call["name"] in self.delegation.hand_offs:
                self._hand_off(call, batch, state)
            elif batch.hand_offs:
                batch.messages.append(tool_result(call, LATER, failed=True))
                batch.is_incomplete = True
            elif batch.put_off.has(call):
                _refuse_repeated(call, batch)
            else:
                await self._run(call, batch, context, emit)
        batch.may_go_on = self._may_go_on(batch, context)
        _say_what_was_not_done(batch, state, emit)
        update: State = {}
        # A channel that is not written is not stored again.
        if (remembered := context.remembered()) != kept:
            update["memory"] = remembered
        return _goto(batch, state, update)

    def _may_go_on(self, batch: Batch, context: TurnContext) -> bool:
        """Tell whether a turn that has put something off has room for a model call more."""
        late = len(batch.put_off.run_ids) + sum(each.kind == "deferred" for each in batch.outcomes)
        return (
            late < self.max_hand_offs
            and context.model_calls < context.limits.model_calls
            and context.turn.seconds_left() > _SECONDS_TO_GO_ON
        )

    def _hand_off(self, call: Call, batch: Batch, state: State) -> None:
        agent = self.delegation.hand_offs[call["name"]]
        if state.get("hand_offs", 0) + len(batch.hand_offs) >= self.max_hand_offs:
            batch.messages.append(tool_result(call, NO_MORE_HAND_OFFS, failed=True))
            return
        task = str(call["args"].get(TASK, ""))
        batch.hand_offs.append(Assignment(agent=agent, task=task, come_back=False))
        batch.messages.append(
            tool_result(
                call,
                f"Handed over to {agent}.",
                metadata={METADATA_KEY_HANDOFF_DESTINATION: agent},
            )
        )

    async def _run(self, call: Call, batch: Batch, context: TurnContext, emit: Emit) -> None:
        agent = batch.author
        if agent == SUPERVISOR:
            agent = self.delegation.shortcuts.get(call["name"], SUPERVISOR)
        arguments = {name: value for name, value in call["args"].items() if name != MORE_TO_DO}
        request = ToolCall(
            agent=agent, tool=call["name"], call_id=str(call["id"]), arguments=arguments
        )
        outcome = await self.runner.run(
            request,
            context,
            emit,
            accepted=batch.origin == "accepted",
            read_outside=batch.had_read_outside,
        )
        if batch.origin == "action" and not outcome.text:
            # No model will read it and tell it in words of its own.
            outcome = replace(outcome, text=shortened(outcome.content))
        batch.agents.add(agent)
        batch.outcomes.append(outcome)
        batch.is_in_vain |= batch.put_off.is_awaited_by(outcome.operations)
        batch.messages.append(_result(call, outcome))
        batch.read_outside |= outcome.is_outside
        if outcome.text:
            batch.messages.append(_part(agent, outcome))
            emit(Answered(agent=agent, text=outcome.text))


def _refuse_repeated(call: Call, batch: Batch) -> None:
    """Answer a call that this turn has put off: made again, it would only be put off again."""
    batch.is_in_vain = True
    batch.outcomes.append(Outcome(kind="deferred", content=IN_VAIN))
    batch.messages.append(tool_result(call, IN_VAIN, failed=True))


def _result(call: Call, outcome: Outcome) -> ToolMessage:
    if outcome.run_id:
        return put_off_result(call, outcome.content, run_id=outcome.run_id)
    return tool_result(call, outcome.content, failed=outcome.kind in ("error", "refused"))


def _part(agent: str, outcome: Outcome) -> AIMessage:
    return reply_part(
        agent,
        outcome.text,
        for_model="" if outcome.content == outcome.text else outcome.content,
        for_programs={
            "data": dict(outcome.data),
            "operations": [each.model_dump(mode="json") for each in outcome.operations],
        },
    )


def _say_what_was_not_done(batch: Batch, state: State, emit: Emit) -> None:
    """Tell the person of steps that this turn does not come to; no model will."""
    waits = batch.has_more_to_do or any(each["come_back"] for each in state.get("assignments", ()))
    if batch.left_out:
        names = ", ".join(f"`{name}`" for name in batch.left_out)
        text = LEFT_OUT.format(names)
    elif batch.is_over and waits and not batch.come_back:
        text = WAITS
    else:
        return
    # Whoever ended the turn, or put the answer off, has said so in a part of the reply.
    told = [*state["messages"], *batch.messages]
    agent = next(str(each.name) for each in reversed(told) if is_reply_part(each))
    batch.messages.append(reply_part(agent, text))
    emit(Answered(agent=agent, text=text))


def _goto(batch: Batch, state: State, update: State) -> Command[str]:
    """Decide the edge from the results of this turn, by their type, and complete the update."""
    left = list(state.get("assignments", ()))
    if batch.is_over:
        left = [Assignment(**{**each, "come_back": False}) for each in left]
    if batch.has_ended:
        goto = END
    elif batch.hand_offs:
        goto, left = batch.hand_offs[0]["agent"], _steps(batch)
    elif batch.author != SUPERVISOR:
        left = left or [Assignment(agent=batch.author, task="", come_back=False)]
        goto, left = after_answer(left) if batch.is_answered else (batch.author, left)
    elif batch.is_answered:
        goto = SUPERVISOR if batch.come_back else END
    elif len(batch.agents) == 1 and SUPERVISOR not in batch.agents:
        (goto,) = batch.agents
        left = [Assignment(agent=goto, task="", come_back=batch.come_back)]
    else:
        goto = SUPERVISOR
    update |= {
        "messages": batch.messages,
        "read_outside": batch.read_outside,
        "assignments": left,
        "hand_offs": state.get("hand_offs", 0) + len(batch.hand_offs),
    }
    return Command(goto=goto, update=update)


def _steps(batch: Batch) -> list[Assignment]:
    """Return the hand-offs in order; the supervisor comes back, if at all, after the last."""
    *first, last = batch.hand_offs
    return [*first, Assignment(**{**last, "come_back": batch.come_back})]


def _calls_to_run(state: State) -> tuple[AIMessage, Origin]:
    """Return the message with the calls, and whose they are."""
    last = state["messages"][-1]
    if isinstance(last, AIMessage) and last.tool_calls:
        return last, "model"
    accepted, action = state.get("accepted"), state.get("action")
    direct = accepted or action
    assert direct is not None, "only a direct call leads from the person to the tools"
    call = Call(name=direct["tool"], args=direct["arguments"], id=f"call_{uuid4().hex}")
    message = AIMessage(content="", name=direct["agent"], tool_calls=[call])
    return message, "accepted" if accepted else "action"


def _has_more_to_do(message: AIMessage) -> bool:
    return any(bool(call["args"].get(MORE_TO_DO)) for call in message.tool_calls)
