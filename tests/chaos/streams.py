"""The rows about streams: an answer that is cut at any byte starts only what it says whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chaos.finding import Finding
from chaos.row import Options, Row
from chaos.sse import End, Endpoint, Said
from chaos.world import World
from lakevisor.errors import ModelError
from lakevisor.supervisor import preload

AT_ONCE = 8
"""Streams that are read at the same time."""
SOME = 100
"""One byte of so many is enough to see that the harness sees."""
START = "start_databricks_job"
STOP = "terminate_databricks_job"


def _said(name: str, *calls: tuple[str, Mapping[str, Any]], **more: Any) -> Said:
    written = [(tool, json.dumps(each, ensure_ascii=False)) for tool, each in calls]
    return Said(name=name, calls=written, **more)


MESSAGES = (
    _said("a launch", (START, {"user_request": "Analyze all", "job": "transaction_anomalies"})),
    _said(
        "letters of several bytes", (START, {"user_request": "Prüfe 交易 – 🧾!", "job": "größe"})
    ),
    # Without what comes after the name, `{}` would be the whole conversation's run.
    _said("a stop that names its run", (STOP, {"run_id": "77"})),
    _said("two launches", (START, {"user_request": "a"}), (START, {"user_request": "b"})),
    Said(
        name="valid before its end",
        calls=[(START, '{"user_request": "a"}   ')],
        pieces=['{"user_request": "a"}', "   "],
    ),
)
AGAIN = _said("again", (START, {"user_request": "as I said", "job": "transaction_anomalies"}))
"""What the model says when it is asked once more: other words, to be told apart."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where and how a stream ends."""

    said: Said
    after: int
    end: End

    def __str__(self) -> str:
        """Return it for people, and for the endpoint."""
        return json.dumps([self.said.name, self.after, self.end])


def cuts(*, every: int) -> Iterator[Cut]:
    """Yield each N-th cut of each message, and what lies around its end."""
    for said in MESSAGES:
        length = len(b"".join(said.events()))
        chosen = {*range(0, length + 1, every), *range(said.said_at() - 3, said.said_at() + 4)}
        for after in sorted(chosen):
            yield Cut(said=said, after=after, end="broken")
            yield Cut(said=said, after=after, end="clean")


async def read(chosen: Sequence[Cut]) -> Sequence[Finding]:
    """Let the real client of the model read each of these streams, and say what came of it."""
    await asyncio.to_thread(preload)
    names = {each.name: each for each in MESSAGES}
    endpoint = Endpoint(said=names, again=dict.fromkeys(names, AGAIN))
    room = asyncio.Semaphore(AT_ONCE)
    async with endpoint.serving():
        speaker = await asyncio.to_thread(_speaker, endpoint.url)

        async def one(cut: Cut) -> Finding:
            async with room:
                return await _read(speaker, endpoint, cut)

        return await asyncio.gather(*(one(each) for each in chosen))


@contextmanager
def believing_cut_streams() -> Iterator[None]:
    """Act on whatever came of a message, with its arguments completed as LangChain does."""
    from lakevisor.graph import model_call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_call, "_is_complete", lambda *_: True)
        patch.setattr(model_call, "_streamed_calls", lambda whole: whole.tool_calls)
        yield


async def _read(speaker: Any, endpoint: Endpoint, cut: Cut) -> Finding:
    from langchain_core.messages import HumanMessage

    try:
        message = await speaker.speak([HumanMessage(str(cut))], _context(), lambda _: None)
    except ModelError as error:
        return Finding(what=str(cut), unusable=error.message)
    acted = [(each["name"], each["args"]) for each in message.tool_calls]
    is_asked_again = endpoint.asked[str(cut)] == 2
    meant = AGAIN if is_asked_again else cut.said
    wrong = []
    if acted != [(tool, json.loads(text)) for tool, text in meant.calls]:
        wrong.append(f"it would run {acted}")
    if not is_asked_again and cut.after < cut.said.said_at():
        wrong.append("it acts on a message of which it has not seen the end")
    return Finding(what=str(cut), wrong=wrong)


def _speaker(url: str) -> Any:
    """Return the supervisor's voice, with the real client of Model Serving behind it."""
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.config import Config

    from lakevisor.chat_models import build_chat_model
    from lakevisor.config import ModelSettings
    from lakevisor.graph.model_call import Speaker

    client = WorkspaceClient(config=Config(host=url, token="none"))
    model = build_chat_model(ModelSettings(endpoint="cut"), client)
    return Speaker(agent="supervisor", model=model, prompt="You help.")


def _context() -> Any:
    from lakevisor.graph import Limits, TurnContext
    from lakevisor_testing.turns import make_turn

    limits = Limits(model_calls=2, model_seconds=60, turn_seconds=60, proposal_seconds=60)
    nothing: Any = None
    return TurnContext(
        turn=make_turn(seconds=60),
        operations=nothing,
        proposals=nothing,
        audit=nothing,
        limits=limits,
    )


async def _cut(_: World, options: Options) -> Sequence[Finding]:
    return await read(list(cuts(every=options.every)))


async def _cut_and_believed(_: World, options: Options) -> Sequence[Finding]:
    await asyncio.to_thread(preload)
    with believing_cut_streams():
        return await read(list(cuts(every=options.every * SOME)))


ROWS = (
    Row(name="streams cut at every byte", run=_cut),
    Row(name="without whole messages, streams cut", run=_cut_and_believed, must_find=True),
)
