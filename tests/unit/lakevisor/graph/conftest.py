"""A small house for the graph: two sub-agents with real tools, a scripted model, one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.base import Checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from lakevisor.config import SupervisorSettings
from lakevisor.graph import (
    DirectCall,
    Limits,
    TurnContext,
    build_graph,
    current_turn,
    new_turn,
    reply_text,
)
from lakevisor.graph.state import State
from lakevisor.ledger import Lease, OwnerKey, TurnOperations, TurnRateLimits, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.values import OperationRecord
from lakevisor.registry import EnabledAgent, Hooks, Plugin, Registry
from lakevisor.supervisor import Request
from lakevisor.supervisor.acceptance import reaction_to
from lakevisor_plugin import (
    Answer,
    AskFirst,
    AskPerson,
    CurrentTurn,
    Event,
    GiveUp,
    Launched,
    Settled,
    Started,
    SubAgent,
    TryAgain,
    Turn,
)
from lakevisor_testing.scripted_model import ScriptedModel
from lakevisor_testing.turns import NoWorkspace

OWNER = OwnerKey(workspace_id="1", owner="ada")


@tool
async def look_up(question: str) -> Answer:
    """Answer a question about data."""
    return Answer(text=f"| answer |\n|---|\n| {question} |", for_model="1 row", data={"rows": 1})


@tool
async def describe(table: str) -> dict[str, str]:
    """Describe a table, for whoever asks."""
    if table == "broken":
        raise ZeroDivisionError("secret-canary")
    if table == "odd":
        raise TryAgain("The tables are: orders.")
    if table == "gone":
        raise GiveUp("That table was dropped.")
    if table == "which":
        raise AskPerson("Which table do you mean?")
    return {"table": table}


def settled(request: str) -> Settled:
    """Return what a launch would do."""
    return Settled(arguments={"request": request}, action="start Work", values={"request": request})


@tool
async def launch(request: str, turn: CurrentTurn) -> Launched:
    """Start long work."""

    async def start(token: str) -> Started:
        return Started(run_id=f"run-{token[:6]}", state="running")

    if request == "dear" and not turn.is_accepted:
        raise AskFirst("This is dear.", settled=settled("very dear"))
    operation = await turn.operations.launch(
        kind="job_run", title="Work", job="work", parameters={"request": request}, start=start
    )
    turn.progress("starting")
    return Launched(operation=operation, text=f"Started Work. Run {operation.run_id}.")


class _NoSettings(BaseModel):
    pass


def agent(
    name: str,
    tools: Sequence[Any],
    shortcuts: Sequence[str] = (),
    *,
    settle: Any = None,
    **more: Any,
) -> Any:
    sub_agent = SubAgent(
        name=name,
        delegate_when=f"For {name}.",
        settings=_NoSettings,
        effects=("launch",),
        settle=settle,
    )
    return EnabledAgent(
        name=name,
        sub_agent=sub_agent,
        settings=_NoSettings(),
        delegate_when=f"For {name}.",
        prompt=f"You are {name}.",
        tools=tuple(tools),
        shortcuts=tuple(shortcuts),
        **more,
    )


DATA = agent("data", [describe, look_up], ["look_up"])
WORK = agent("work", [launch], ["launch"])


@dataclass
class Talk:
    """One thread with the graph, turn after turn."""

    agents: Sequence[EnabledAgent] = (DATA, WORK)
    plugins: Sequence[Plugin] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    model: ScriptedModel = field(default_factory=ScriptedModel)
    saver: InMemorySaver = field(default_factory=InMemorySaver)
    events: list[Event] = field(default_factory=list)
    context: TurnContext = field(init=False)
    turns: int = 0

    async def act(self, agent: str, tool: str, **arguments: Any) -> str:
        """Let a tool be called without a model, and return the whole reply."""
        return await self.say(tool, action=DirectCall(agent=agent, tool=tool, arguments=arguments))

    async def say(self, text: str, *script: Any, action: DirectCall | None = None) -> str:
        """Send a message while the model follows a script, and return the whole reply."""
        if script:
            self.model.then(*script)
        self.turns += 1
        self.events = []
        settings = SupervisorSettings(system_prompt="You help.", **self.settings)
        registry = Registry(agents=tuple(self.agents), hooks=Hooks(self.plugins))
        graph = build_graph(registry, lambda _: self.model, settings)
        graph = graph.copy(update={"checkpointer": self.saver})
        lease = await self._begin(text)
        self.context = self._context(lease)
        reaction = await reaction_to(Request(text=text), self.ledger.proposals, lease)
        try:
            async for event in graph.astream(
                new_turn(
                    HumanMessage(text, id=lease.turn_id),
                    accepted=reaction.accepted,
                    action=action,
                    said=reaction.said,
                    is_answered=reaction.is_all,
                ),
                {"configurable": {"thread_id": "thread"}},
                context=self.context,
                stream_mode="custom",
                durability="sync",
            ):
                self.events.append(event)
        finally:
            await self.ledger.turns.release(lease)
        return reply_text(current_turn(self.messages))

    async def _begin(self, text: str) -> Lease:
        start = TurnStart(
            owner=OWNER,
            thread_key="key",
            thread_id="thread",
            turn_id=f"turn-{self.turns}",
            body_digest=text,
            holder="test",
            lease_seconds=60,
        )
        lease = await self.ledger.turns.begin(start)
        assert isinstance(lease, Lease)
        return lease

    def _context(self, lease: Lease) -> TurnContext:
        limits = {"model_calls": 8, "model_seconds": 5.0, "turn_seconds": 10.0, **self.limits}
        operations = TurnOperations(store=self.ledger.operations, lease=lease)
        turn = Turn(
            thread_id="thread",
            turn_id=lease.turn_id,
            workspace=NoWorkspace(),
            operations=operations.for_call("", "", may_change=False),
            rate_limits=TurnRateLimits(slots=self.ledger.slots, owner=OWNER),
            deadline=time.monotonic() + limits["turn_seconds"],
            tell=lambda _: None,
        )
        return TurnContext(
            turn=turn,
            operations=operations,
            proposals=self.ledger.proposals,
            audit=self.ledger.audit,
            limits=Limits(proposal_seconds=60, **limits),
        )

    async def operations(self) -> Sequence[OperationRecord]:
        """Return what was launched, the latest first."""
        return await self.ledger.operations.list(OWNER)

    @property
    def state(self) -> State:
        """What the thread remembers."""
        return self._checkpoint["channel_values"]

    @property
    def versions(self) -> Mapping[str, Any]:
        """The version of each part of the state; a part that is written gets a new one."""
        return self._checkpoint["channel_versions"]

    @property
    def _checkpoint(self) -> Checkpoint:
        found = self.saver.get_tuple({"configurable": {"thread_id": "thread"}})
        assert found is not None
        return found.checkpoint

    @property
    def messages(self) -> Sequence[AnyMessage]:
        return self.state["messages"]

    def heard(self, kind: type[Event]) -> list[Any]:
        """Return the events of a kind, of the last turn."""
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def talk_with() -> Callable[..., Talk]:
    return Talk


@pytest.fixture
def describing_agent() -> EnabledAgent:
    """A sub-agent whose only tool is a shortcut, and gives content instead of an answer."""
    return agent("data", [describe], ["describe"])


@pytest.fixture
def settling_agent() -> Callable[[Any], EnabledAgent]:
    """A sub-agent that says what a launch would do."""
    return lambda settle: agent("work", [launch], ["launch"], settle=settle)


@pytest.fixture
def agent_with_graph() -> Callable[[Any], EnabledAgent]:
    """A sub-agent that is a graph of its own."""
    return lambda graph: agent("own", [], graph=graph)


@pytest.fixture
def new_agent() -> Callable[..., EnabledAgent]:
    """Give a function that makes a sub-agent of a name, tools and shortcuts."""
    return agent
