"""Who gets the file behind an answer, and what becomes of one that is not whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from pydantic import BaseModel

from lakevisor.errors import DownloadFailed, LeaseLost, NothingToDownload
from lakevisor.ledger import OwnerKey, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.values import Lease
from lakevisor.registry import EnabledAgent
from lakevisor.supervisor.caller import Caller
from lakevisor.supervisor.downloads import DownloadRequest, Downloads
from lakevisor.workspace import WorkspaceConnection
from lakevisor_plugin import Downloaded, GiveUp, Started, SubAgent, Turn

REQUEST = DownloadRequest(thread_id="thread", turn_id="turn")
END = Downloaded(text="1 row.")


class _NoSettings(BaseModel):
    pass


async def bring(_: Any, reference: str, turn: Turn) -> AsyncIterator[bytes | Downloaded]:
    """Bring what the reference of a test says."""
    match reference:
        case "gone":
            raise GiveUp("It is gone.")
        case "bug":
            raise KeyError("secret")
        case "short":
            yield b"a"
        case "launch":
            await turn.operations.adopt(
                kind="k", title="t", job=None, parameters={}, started=Started(run_id="1", state="x")
            )
        case _:
            yield reference.encode()
            yield END


class Desk:
    """Where one thread of ann's has answers, and anybody can ask for their files."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        sub_agent = SubAgent(
            name="data", delegate_when="Data.", settings=_NoSettings, download=bring
        )
        self._agent = EnabledAgent(
            name="data", sub_agent=sub_agent, settings=_NoSettings(), delegate_when="", prompt=""
        )

    async def answer(self, *data: Any, agent: str = "data") -> None:
        """Store an answer of the thread's turn."""
        owner = OwnerKey(workspace_id="1", owner="ann")
        start = TurnStart(
            owner=owner,
            thread_key=REQUEST.thread_key(owner),
            thread_id=REQUEST.thread_id,
            turn_id=REQUEST.turn_id,
            body_digest="",
            holder="me",
            lease_seconds=9,
        )
        lease = await self.ledger.turns.begin(start)
        assert isinstance(lease, Lease)
        answers = [{"agent": agent, "text": ".", "data": each} for each in data]
        await self.ledger.turns.finish(lease, {"custom_outputs": {"answers": answers}})

    async def fetch(self, owner: str = "ann", request: DownloadRequest = REQUEST) -> list[Any]:
        """Ask for the file as somebody."""
        client = cast("Any", None)
        connection = WorkspaceConnection(
            client=client, host="", workspace_id=1, user_name="app", groups=frozenset()
        )
        downloads = Downloads(
            ledger=self.ledger,
            workspace=connection,
            caller=Caller(user_name=owner),
            agents={"data": self._agent},
        )
        return [part async for part in downloads.parts(request, print)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_the_owner_gets_the_file_of_the_last_answer_that_has_one(desk: Desk) -> None:
    await desk.answer({"download": "first"}, {"download": "second"}, {"rows": []})
    assert await desk.fetch() == [b"second", END]


@pytest.mark.parametrize(
    ("owner", "request_"),
    [
        ("bob", REQUEST),
        ("ann", DownloadRequest(thread_id="other", turn_id="turn")),
        ("ann", DownloadRequest(thread_id="thread", turn_id="other")),
    ],
    ids=["somebody else", "another thread", "another turn"],
)
async def test_there_is_no_other_way_to_it(
    desk: Desk, owner: str, request_: DownloadRequest
) -> None:
    await desk.answer({"download": "secret"})
    with pytest.raises(NothingToDownload):
        await desk.fetch(owner, request_)


@pytest.mark.parametrize(
    ("data", "agent"), [({"rows": []}, "data"), ({"download": 7}, "data"), ({}, "gone")]
)
async def test_an_answer_without_a_file_has_none(desk: Desk, data: Any, agent: str) -> None:
    await desk.answer(data, agent=agent)
    with pytest.raises(NothingToDownload):
        await desk.fetch()


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("gone", "It is gone."),
        ("bug", "The download did not come to its end."),
        ("short", "The download did not come to its end."),
    ],
)
async def test_a_file_that_is_not_whole_is_an_error(desk: Desk, reference: str, said: str) -> None:
    await desk.answer({"download": reference})
    with pytest.raises(DownloadFailed) as failed:
        await desk.fetch()
    assert failed.value.message == said


async def test_a_download_cannot_begin_anything(desk: Desk) -> None:
    await desk.answer({"download": "launch"})
    with pytest.raises(LeaseLost):
        await desk.fetch()
