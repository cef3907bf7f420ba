"""What a client adds to Genie's own time: ours, and databricks-ai-bridge's, on the same answers.

    python tests/benchmarks/genie_overhead.py [QUESTIONS]

Starts a local workspace whose Genie takes seconds that are drawn once and are the same for both
clients. Genie's own time is that from the message's creation to its last change, as the API says
it. The rest is the client's: sending, the pauses between its looks, and reading the result.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import chain

from own_workspace import OwnWorkspace, own_workspace

from lakevisor_genie.asking import Asking
from lakevisor_genie.outcomes import Answered
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space
from lakevisor_testing.turns import make_turn

SPACE = "01f10000000000000000000000000001"
QUESTION = "What is the total revenue by region?"
STAGES = {
    "FETCHING_METADATA": (0.2, 0.8),
    "FILTERING_CONTEXT": (0.2, 1.5),
    "ASKING_AI": (1.0, 6.0),
    "EXECUTING_QUERY": (0.3, 3.0),
}
"""The statuses, and between how many seconds each lasts."""
Client = Callable[[], Awaitable[None]]


def ours(workspace: OwnWorkspace) -> Client:
    """Return what asks the question with our client."""
    spaces = {"spaces": {"sales": {"space_id": SPACE, "description": "Sales."}}}
    settings = GenieSettings.model_validate(spaces)
    client = workspace.client()

    async def ask() -> None:
        turn = make_turn(workspace=client, seconds=120)
        asking = Asking(space=choose_space(settings, None), settings=settings, turn=turn)
        assert isinstance(await asking.outcome(QUESTION), Answered)

    return ask


def bridge(workspace: OwnWorkspace) -> Client:
    """Return what asks the question with databricks-ai-bridge's client."""
    import mlflow
    from databricks_ai_bridge.genie import Genie

    mlflow.tracing.disable()
    genie = Genie(SPACE, client=workspace.client())

    async def ask() -> None:
        answer = await asyncio.to_thread(genie.ask_question, QUESTION)
        assert "|" in str(answer.result)

    return ask


async def overhead(workspace: OwnWorkspace, ask: Client, stages: list[dict[str, object]]) -> float:
    """Return the seconds that an answer took beside Genie's own."""
    workspace.control("genie/rules", {"statuses": stages})
    began = time.perf_counter()
    await ask()
    seconds = time.perf_counter() - began
    genie = workspace.client().genie
    conversations = genie.list_conversations(SPACE).conversations or ()
    listed = [
        genie.list_conversation_messages(SPACE, str(each.conversation_id)).messages or ()
        for each in conversations
    ]
    last = max(chain.from_iterable(listed), key=lambda each: each.created_timestamp or 0)
    return seconds - ((last.last_updated_timestamp or 0) - (last.created_timestamp or 0)) / 1000


def drawn(seed: int) -> list[dict[str, object]]:
    """Return how long Genie takes in each status."""
    draw = random.Random(seed)  # noqa: S311 - waiting times, no secrets
    return [{"status": name, "seconds": draw.uniform(*span)} for name, span in STAGES.items()]


async def measure(workspace: OwnWorkspace, questions: int) -> None:
    """Ask both clients each question, one after the other, and print what they added."""
    clients = {"lakevisor-genie": ours(workspace), "databricks-ai-bridge": bridge(workspace)}
    took: dict[str, list[float]] = {name: [] for name in clients}
    for ask in clients.values():
        await overhead(workspace, ask, drawn(0))
    for seed in range(1, questions + 1):
        for name, ask in clients.items():
            took[name].append(await overhead(workspace, ask, drawn(seed)))
    print("| client | questions | median s | worst s |")
    print("|---|---:|---:|---:|")
    for name, seconds in took.items():
        print(f"| {name} | {questions} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        with own_workspace() as own:
            asyncio.run(measure(own, int(sys.argv[1]) if len(sys.argv) > 1 else 12))
