"""How many model calls a request takes: our graph and stock `create_supervisor`, in one run.

    python tests/benchmarks/routing.py

Both have the same two agents with the same tools and the same model: a policy that delegates, calls
a tool, and says what it read, whatever graph it stands in. What differs is how often it is asked.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph_supervisor import create_supervisor
from pydantic import BaseModel

from lakevisor.config import SupervisorSettings
from lakevisor.graph import Limits, TurnContext, build_graph, new_turn
from lakevisor.ledger import Lease, OwnerKey, TurnOperations, TurnRateLimits, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.registry import EnabledAgent, Hooks, Registry
from lakevisor_plugin import Answer, CurrentTurn, Launched, Started, SubAgent, Turn
from lakevisor_testing.replies import Reply, ToolUse
from lakevisor_testing.scripted_model import RecordedCall, ScriptedModel
from lakevisor_testing.turns import InMemoryOperations, NoWorkspace, make_turn

REQUESTS = {
    "small talk": ("Hello", []),
    "Genie question": ("What was our revenue?", ["query_genie"]),
    "launch": ("Start the anomaly job", ["start_databricks_job"]),
    "status": ("What is the status?", ["poll_databricks_job"]),
    "cancel": ("Cancel it", ["terminate_databricks_job"]),
    "Genie, then launch": ("Ask for revenue, then start", ["query_genie", "start_databricks_job"]),
}
AGENT_OF = {
    "query_genie": "genie",
    "start_databricks_job": "jobs",
    "poll_databricks_job": "jobs",
    "terminate_databricks_job": "jobs",
}
EFFECTS = ("start_databricks_job", "terminate_databricks_job")
TABLE = "\n".join(f"| {month} | {month * 1_000} |" for month in range(400))


@tool
async def query_genie(query: str) -> Answer:
    """Answer a question about data."""
    return Answer(text=f"{query}\n{TABLE}", for_model="400 rows, by month")


@tool
async def start_databricks_job(user_request: str, turn: CurrentTurn) -> Launched:
    """Start a job."""

    async def start(token: str) -> Started:
        return Started(run_id=token[:8], state="running")

    operation = await turn.operations.launch(
        kind="job_run", title="Job", job="job", parameters={"request": user_request}, start=start
    )
    return Launched(operation=operation, text=f"Started. Run {operation.run_id}.")


@tool
async def poll_databricks_job(run_id: str = "") -> Answer:
    """Say how a run is doing."""
    return Answer(text=f"Run {run_id} is running.")


@tool
async def terminate_databricks_job(run_id: str = "") -> Answer:
    """Stop a run."""
    return Answer(text=f"Stop requested for run {run_id}.")


TOOLS = {
    "genie": [query_genie],
    "jobs": [start_databricks_job, poll_databricks_job, terminate_databricks_job],
}


class Settings(BaseModel):
    """No settings."""


def policy(model: ScriptedModel, wanted: Sequence[str]) -> Callable[[Sequence[BaseMessage]], Any]:
    """Return what a sensible model says, wherever it is asked: the next wanted tool, or words."""
    left = list(wanted)

    def say(_: Sequence[BaseMessage]) -> Any:
        tools = {each["function"]["name"]: each["function"] for each in model.calls[-1].tools}
        if left and left[0] in tools:
            mine = [name for name in left if name in tools]
            del left[: len(mine)]
            return Reply(tool_uses=[_call(name) for name in mine])
        hand_offs = [f"transfer_to_{AGENT_OF[name]}" for name in left]
        if not left or hand_offs[0] not in tools:
            return "That is what I found."
        if "task" not in tools[hand_offs[0]].get("parameters", {}).get("properties", {}):
            return ToolUse(hand_offs[0])
        return Reply(tool_uses=[ToolUse(name, task="it") for name in hand_offs])

    return say


def _call(name: str) -> ToolUse:
    words = {"query_genie": {"query": "it"}, "start_databricks_job": {"user_request": "it"}}
    return ToolUse(name, **words.get(name, {}))


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one request took."""

    calls: int
    prompt_tokens: int


Send = Callable[[str, str], Awaitable[None]]


def ours(model: ScriptedModel, *, shortcuts: bool) -> Send:
    """Return how to send a message to our graph."""
    agents = tuple(_enabled(name, tools) for name, tools in sorted(TOOLS.items()))
    # The stock graph asks nobody either.
    settings = SupervisorSettings(
        system_prompt="You help with data and jobs.",
        shortcuts=shortcuts,
        confirm_after_outside=False,
    )
    graph = build_graph(Registry(agents=agents, hooks=Hooks()), lambda _: model, settings)
    graph = graph.copy(update={"checkpointer": InMemorySaver()})

    ledger = MemoryLedger()

    async def send(text: str, turn_id: str) -> None:
        start = TurnStart(
            owner=OwnerKey(workspace_id="1", owner="ada"),
            thread_key="t",
            thread_id="t",
            turn_id=turn_id,
            body_digest=text,
            holder="benchmark",
            lease_seconds=60,
        )
        lease = await ledger.turns.begin(start)
        assert isinstance(lease, Lease)
        operations = TurnOperations(store=ledger.operations, lease=lease)
        turn = Turn(
            thread_id="t",
            turn_id=turn_id,
            workspace=NoWorkspace(),
            operations=operations.for_call("", "", may_change=False),
            rate_limits=TurnRateLimits(slots=ledger.slots, owner=lease.owner),
            deadline=time.monotonic() + 60,
            tell=lambda _: None,
        )
        limits = Limits(model_calls=12, model_seconds=60, turn_seconds=60, proposal_seconds=60)
        await graph.ainvoke(
            new_turn(HumanMessage(text, id=turn_id)),
            {"configurable": {"thread_id": "t"}},
            context=TurnContext(
                turn=turn,
                operations=operations,
                proposals=ledger.proposals,
                audit=ledger.audit,
                limits=limits,
            ),
            durability="sync",
        )
        await ledger.turns.finish(lease, None)

    return send


def stock(model: ScriptedModel) -> Send:
    """Return how to send a message to langgraph-supervisor's graph."""
    turn = make_turn(operations=InMemoryOperations())
    agents = [
        create_agent(model, [_plain(each, turn) for each in tools], name=name)
        for name, tools in sorted(TOOLS.items())
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = create_supervisor(agents, model=model, prompt="You help with data and jobs.")
    compiled = graph.compile(checkpointer=InMemorySaver())

    async def send(text: str, turn_id: str) -> None:
        message = HumanMessage(text, id=turn_id)
        await compiled.ainvoke({"messages": [message]}, {"configurable": {"thread_id": "t"}})

    return send


def _plain(each: Any, turn: Turn) -> Any:
    """Return a tool as stock LangGraph runs it: its text, without the contract's types."""

    @tool(each.name, description=each.description)
    async def plain(words: str = "") -> str:
        arguments: dict[str, Any] = dict.fromkeys(each.args, words)
        if "turn" in each.get_input_schema().model_fields:
            arguments["turn"] = turn
        return str((await each.ainvoke(arguments)).text)

    return plain


def _enabled(name: str, tools: Sequence[Any]) -> EnabledAgent:
    sub_agent = SubAgent(
        name=name,
        delegate_when=f"For {name}.",
        settings=Settings,
        effects=[each.name for each in tools if each.name in EFFECTS],
    )
    return EnabledAgent(
        name=name,
        sub_agent=sub_agent,
        settings=Settings(),
        delegate_when=f"For {name}.",
        prompt=f"You are the {name} agent.",
        tools=tuple(tools),
        shortcuts=tuple(each.name for each in tools),
    )


def _tokens(call: RecordedCall) -> int:
    """Estimate the tokens of a prompt, its tools included, at four characters a token."""
    return (sum(len(str(each.content)) for each in call.messages) + len(str(call.tools))) // 4


async def measure(make: Callable[[ScriptedModel], Send]) -> dict[str, Figures]:
    """Send all requests on one thread, and return what each took."""
    model = ScriptedModel()
    send = make(model)
    figures = {}
    for name, (text, wanted) in REQUESTS.items():
        before = len(model.calls)
        model._choose = policy(model, wanted)
        await send(text, name)
        made = model.calls[before:]
        figures[name] = Figures(calls=len(made), prompt_tokens=sum(map(_tokens, made)))
    return figures


def main() -> None:
    """Print the table."""
    variants = {
        "stock create_supervisor": stock,
        "ours, without shortcuts": lambda model: ours(model, shortcuts=False),
        "ours": lambda model: ours(model, shortcuts=True),
    }
    print("| graph | " + " | ".join(REQUESTS) + " | prompt tokens of all six |")
    print("|---" * (len(REQUESTS) + 2) + "|")
    for name, make in variants.items():
        figures = asyncio.run(measure(make))
        calls = " | ".join(str(each.calls) for each in figures.values())
        tokens = sum(each.prompt_tokens for each in figures.values())
        print(f"| {name} | {calls} | {tokens:,} |")


if __name__ == "__main__":
    main()
