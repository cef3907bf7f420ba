"""Which honest requests are asked about first, where words of others count."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="session")

REVENUE = "What was our total revenue last quarter?"
ANALYZE = "Analyze all customer transactions for anomalies"
STATUS = "What's the status?"
CANCEL = "Cancel it"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def careful(workspace: Any, open_on: Any) -> AsyncIterator[Any]:
    """Give a supervisor that asks after words of others."""
    async with open_on(workspace, "supervisor.confirm_after_outside=true") as opened:
        yield opened


async def asked_about(thread: Any, *requests: str) -> list[str]:
    """Say each, and yes where that is wanted; return the requests that wanted it."""
    asked = []
    for request in requests:
        finished = await thread.say(request)
        if "Shall I " in finished.text:
            asked.append(request)
            await thread.say("yes")
    return asked


async def test_in_a_thread_without_words_of_others_nothing_is_asked(
    begin: Any, careful: Any
) -> None:
    assert await asked_about(begin(supervisor=careful), ANALYZE, CANCEL) == []


async def test_of_the_conversation_of_the_readme_two_requests_are_asked_about(
    begin: Any, careful: Any, recorder: Any
) -> None:
    thread = begin(supervisor=careful)

    asked = await asked_about(thread, REVENUE, ANALYZE, STATUS, CANCEL, STATUS)

    assert asked == [ANALYZE, CANCEL]
    (launch,) = recorder.launches()
    assert launch["job_parameters"]["user_request"] == ANALYZE


async def test_a_question_says_exactly_what_would_start_and_nothing_starts_without_a_yes(
    begin: Any, careful: Any, recorder: Any
) -> None:
    thread = begin(supervisor=careful)
    await thread.say(REVENUE)

    finished = await thread.say(ANALYZE)

    assert 'Shall I start "Transaction anomalies", with:' in finished.text
    assert f'- `user_request`: `"{ANALYZE}"`' in finished.text
    proposal = finished.custom_outputs["jobs"]["proposal"]
    assert proposal["arguments"]["job"] == "transaction_anomalies"
    assert recorder.launches() == []


async def test_a_question_about_the_run_of_the_thread_names_it(begin: Any, careful: Any) -> None:
    thread = begin(supervisor=careful)
    run_id = (await thread.launch()).run_id
    await thread.say(STATUS)

    finished = await thread.say(CANCEL)

    assert f'Shall I stop run {run_id} ("Transaction anomalies")?' in finished.text
    assert finished.custom_outputs["jobs"]["proposal"]["arguments"] == {"run_id": run_id}
