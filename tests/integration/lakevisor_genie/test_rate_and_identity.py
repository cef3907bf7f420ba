"""When a question may be sent, and as whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from lakevisor_genie.asking import Asking
from lakevisor_genie.outcomes import Answered, NoAccess, Outcome, Throttled
from lakevisor_genie.spaces import choose_space
from lakevisor_testing import InMemoryRateLimits

NATIONS = "How many nations are in each region?"
START = "*/start-conversation"


@pytest.fixture
def limits() -> InMemoryRateLimits:
    return InMemoryRateLimits()


@pytest.fixture
def asked_in(settings: Any) -> Any:
    """Give a function that asks in a turn of one's own."""

    async def ask(turn: Any, **more: Any) -> Outcome:
        given = settings(**more)
        asking = Asking(space=choose_space(given, None), settings=given, turn=turn)
        return await asking.outcome(NATIONS)

    return ask


async def test_each_question_takes_a_slot_of_the_limit_that_all_share(
    asked_in: Any, turn_of: Any, limits: InMemoryRateLimits
) -> None:
    await asked_in(turn_of(rate_limits=limits), questions_per_minute=7)

    assert (limits.per_minute, limits.sent) == ({"genie": 7}, ["genie"])


async def test_who_waits_hears_how_long(
    asked_in: Any, turn_of: Any, limits: InMemoryRateLimits, progress: list[str]
) -> None:
    limits.wait_seconds = 12

    await asked_in(turn_of(rate_limits=limits))

    assert progress[0] == "Genie has many questions; yours is next in about 12 s…"


async def test_a_wait_beyond_the_turn_is_said_with_its_length(
    asked_in: Any, turn_of: Any, limits: InMemoryRateLimits, workspace: Any
) -> None:
    limits.wait_seconds = 90
    workspace.control("DELETE", "requests")

    assert await asked_in(turn_of(rate_limits=limits)) == Throttled(seconds=90)
    assert workspace.requests(START) == []


async def test_what_the_workspace_says_holds_for_all_servers(
    asked_in: Any, turn_of: Any, limits: InMemoryRateLimits, add_fault: Any
) -> None:
    add_fault(kind="status", status=429, path=START, retry_after=70)

    assert await asked_in(turn_of(rate_limits=limits)) == Throttled(seconds=70)
    assert limits.wait_seconds == 70


async def test_a_turn_that_was_interrupted_does_not_ask_again(
    asked_in: Any, turn_of: Any, count_questions: Any
) -> None:
    turn = turn_of()
    first = await asked_in(turn)
    turn.memory.clear()
    before = count_questions()

    again = await asked_in(replace(turn, is_resumed=True))

    assert isinstance(again, Answered)
    assert again.reply.at == first.reply.at
    assert count_questions() == before


@pytest.mark.parametrize(
    ("mode", "asker"), [("if_possible", "admin"), ("required", "admin"), ("never", "analyst")]
)
async def test_the_person_asks_where_there_is_a_token_and_it_may_be_used(
    asked_in: Any, turn_of: Any, workspace: Any, mode: str, asker: str
) -> None:
    turn = turn_of("analyst", make_user_workspace=lambda: workspace.client("admin"))

    outcome = await asked_in(turn, on_behalf_of_user=mode)

    at = outcome.reply.at
    message = workspace.client().genie.get_message(at.space_id, at.conversation_id, at.message_id)
    assert message.user_id == int(workspace.client(asker).current_user.me().id)


async def test_who_has_no_right_is_told_so_and_nobody_else_asks_instead(
    asked_in: Any, turn_of: Any, workspace: Any, make_space: Any
) -> None:
    space_id, level = make_space("For the analyst"), PermissionLevel.CAN_RUN
    analyst = AccessControlRequest(user_name="analyst@local.test", permission_level=level)
    workspace.client().permissions.set("genie", space_id, access_control_list=[analyst])
    turn = turn_of("analyst", make_user_workspace=lambda: workspace.client("viewer"))

    assert isinstance(await asked_in(turn_of("analyst"), space_id=space_id), Answered)
    assert await asked_in(turn, space_id=space_id) == NoAccess()


async def test_without_the_persons_token_nobody_else_asks_for_them(
    asked_in: Any, turn_of: Any
) -> None:
    outcome = await asked_in(turn_of(), on_behalf_of_user="required")

    assert outcome == NoAccess(is_token_missing=True)
