"""A question that is its turn only after its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lakevisor_genie.later import follow
from lakevisor_genie.queueing import Waiting
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import Deferred, Operation
from lakevisor_testing import InMemoryOperations, InMemoryRateLimits

NATIONS = "How many nations are in each region?"
START = "*/start-conversation"
Work = Callable[[], Awaitable[None]]


class Desk:
    """A thread, its operations, and what goes on after its turns, when a test wants it to."""

    def __init__(self, settings: Any, turn_of: Any) -> None:
        self.settings, self.turn_of = settings, turn_of
        self.operations = InMemoryOperations(agent="genie")
        self.limits = InMemoryRateLimits(wait_seconds=90)
        self.works: list[Work] = []

    def turn(self, **more: Any) -> Any:
        begin = lambda work: self.works.append(work) is None  # noqa: E731
        given = {"operations": self.operations, "rate_limits": self.limits, "begin_work": begin}
        return self.turn_of(**given | more)

    async def call(self, name: str, *, turn: Any = None, **arguments: Any) -> Any:
        tools = {each.name: each for each in build_tools(self.settings())}
        return await tools[name].ainvoke({**arguments, "turn": turn or self.turn()})

    async def ask(self, **more: Any) -> Deferred:
        launched = await self.call("query_genie", query=NATIONS, **more)
        assert isinstance(launched, Deferred)
        return launched

    async def its_turn(self) -> None:
        """Let what goes on after the turns come to its end, with free slots."""
        self.limits.wait_seconds = 0
        works, self.works = self.works, []
        await asyncio.gather(*(work() for work in works))

    async def known(self) -> Operation:
        (operation,) = await self.operations.list(kind="genie_question")
        return operation

    async def answered(self) -> Any:
        while True:
            answer = await self.call("fetch_genie_answer")
            if answer.data["outcome"] not in ("too_slow", "queued"):
                return answer


@pytest.fixture
def desk(settings: Any, turn_of: Any) -> Desk:
    return Desk(settings, turn_of)


async def test_a_question_that_must_wait_beyond_its_turn_is_handed_back_unsent(
    desk: Desk, workspace: Any
) -> None:
    workspace.control("DELETE", "requests")

    launched = await desk.ask()

    assert "queued and not sent yet; it is its turn in about 90 s." in launched.text
    assert launched.operation.run_id in launched.text
    assert workspace.requests(START) == []


async def test_it_is_sent_after_the_turn_once_and_its_answer_told(
    desk: Desk, count_questions: Any
) -> None:
    before = count_questions()
    await desk.ask()
    await desk.its_turn()

    answer = await desk.answered()
    assert "| AFRICA | 5 |" in answer.text
    assert count_questions() == before + 1


async def test_who_asks_meanwhile_hears_how_long_it_still_is(desk: Desk) -> None:
    await desk.ask()

    answer = await desk.call("fetch_genie_answer")

    assert answer.text == "It was not sent to Genie yet: it is its turn in about 90 s."
    assert answer.data["outcome"] == "queued"


async def test_where_the_process_has_died_the_next_look_goes_on(
    desk: Desk, count_questions: Any, settings: Any
) -> None:
    before = count_questions()
    await desk.ask()
    desk.works.clear()
    seen = await follow(settings(), await desk.known(), desk.turn())
    await desk.its_turn()

    assert not seen.is_final
    assert "| AFRICA | 5 |" in (await desk.answered()).text
    assert count_questions() == before + 1


async def test_of_several_that_look_at_once_one_sends_it(desk: Desk, count_questions: Any) -> None:
    before = count_questions()
    await desk.ask()
    for _ in range(3):
        await desk.call("fetch_genie_answer")
    assert len(desk.works) == 4
    await desk.its_turn()

    await desk.answered()
    assert count_questions() == before + 1


async def test_what_may_have_been_sent_before_a_crash_is_looked_for_first(
    desk: Desk, count_questions: Any
) -> None:
    before = count_questions()
    launched = await desk.ask()
    unsent = Waiting.of(await desk.known())
    await desk.its_turn()
    sent = await desk.known()
    # As the ledger is left by a process that has died before it could say that it was sent.
    crashed = unsent.model_copy(
        update={"may_be_asked_since": Waiting.of(sent).may_be_asked_since, "place": None}
    )
    await desk.operations.keep(
        launched.operation.run_id, details=crashed.kept(), expected=sent.details
    )
    await desk.call("fetch_genie_answer")
    await desk.its_turn()

    await desk.answered()
    assert count_questions() == before + 1


async def test_a_turn_that_is_resumed_finds_its_question_queued(desk: Desk) -> None:
    first = await desk.ask()

    again = await desk.ask(turn=desk.turn(is_resumed=True))

    assert again.operation.run_id == first.operation.run_id


async def test_one_that_is_withdrawn_is_never_sent(desk: Desk, workspace: Any) -> None:
    await desk.ask()
    workspace.control("DELETE", "requests")

    answer = await desk.call("withdraw_genie_question")
    await desk.its_turn()

    assert answer.text.endswith("is withdrawn. It was not sent to Genie.")
    assert workspace.requests(START) == []


async def test_nobody_else_sends_what_needs_the_persons_own_token(
    desk: Desk, settings: Any, workspace: Any
) -> None:
    desk.settings = lambda: settings(on_behalf_of_user="required")
    await desk.ask(turn=desk.turn(make_user_workspace=lambda: workspace.client("admin")))
    desk.works.clear()
    workspace.control("DELETE", "requests")

    answer = await desk.call("fetch_genie_answer")

    assert "with your own permissions only" in answer.text
    assert (desk.works, workspace.requests(START)) == ([], [])
    assert not (await desk.known()).is_final


async def test_it_is_sent_with_the_persons_own_token(desk: Desk, workspace: Any) -> None:
    await desk.ask(turn=desk.turn(make_user_workspace=lambda: workspace.client("admin")))
    await desk.its_turn()

    conversation_id, _, message_id = Waiting.of(await desk.known()).sent_as.partition(":")
    space_id = desk.settings().spaces["examples"].space_id
    message = workspace.client().genie.get_message(space_id, conversation_id, message_id)
    assert message.user_id == int(workspace.client("admin").current_user.me().id)


async def test_what_genie_refuses_later_is_told_as_no_answer(desk: Desk, add_fault: Any) -> None:
    await desk.ask()
    add_fault(kind="status", status=403, path=START)
    await desk.its_turn()

    answer = await desk.call("fetch_genie_answer")

    assert answer.text.startswith("Genie could not answer: there is no permission for the space")
    assert (await desk.known()).is_final
