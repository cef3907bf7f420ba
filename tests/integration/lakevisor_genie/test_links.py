"""A result that Genie gives as links to its rows instead of the rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lakevisor_genie.downloads import download
from lakevisor_genie.outcomes import Answered, Failed, Partial

IDS = "SELECT id, CAST(id AS STRING) AS name FROM range(6000) ORDER BY id"
ALL = [(number, str(number)) for number in range(6000)]
RESULT = "*/query-result"
LINKS = "/external-links/*"
Given = Callable[..., Awaitable[None]]


def _download(genie: Any, *at: str) -> dict[str, Any]:
    """Return what Genie's own download of an answer's result is, as JSON."""
    attachments = genie.get_message(*at).attachments
    [attachment_id] = [each.attachment_id for each in attachments if each.query]
    begun = genie.generate_download_full_query_result(*at, attachment_id)
    look, key = (
        genie.get_download_full_query_result,
        (begun.download_id, begun.download_id_signature),
    )
    while (found := look(*at, attachment_id, *key).statement_response).result is None:
        time.sleep(0.05)
    return found.as_dict()


@pytest.fixture
def given_as_links(workspace: Any, ask: Any, space_id: str, add_rule: Any, add_fault: Any) -> Given:
    """Give a function that lets Genie's next results be links to the numbers from 0 to 5,999."""

    async def given(*, times: int = 1, **manifest: Any) -> None:
        add_rule(sql=IDS, times=2)
        genie, data = workspace.client("analyst").genie, (await ask("All of it")).data
        at = (space_id, data["conversation_id"], data["message_id"])
        links = await asyncio.to_thread(_download, genie, *at)
        links["result"]["data_array"] = None
        links["manifest"] |= manifest
        body = {"statement_response": links}
        add_fault(kind="patch", path=RESULT, body=body, times=times)

    return given


async def test_its_rows_are_read_from_there(given_as_links: Given, outcome_of: Any) -> None:
    await given_as_links()

    outcome = await outcome_of("All of it again", read_rows=6000)

    assert type(outcome) is Answered
    assert list(outcome.table.rows) == ALL


async def test_they_are_read_up_to_the_budget(given_as_links: Given, outcome_of: Any) -> None:
    await given_as_links()

    outcome = await outcome_of("All of it again", read_rows=10, max_rows=10)

    assert type(outcome) is Partial
    assert (list(outcome.table.rows), outcome.table.row_count) == (ALL[:10], 6000)


async def test_a_link_that_hangs_does_not_outlive_the_question(
    given_as_links: Given, outcome_of: Any, add_fault: Any
) -> None:
    await given_as_links()
    add_fault(kind="hang", path=LINKS, seconds=20)

    outcome = await outcome_of("All of it again", timeout_seconds=4)

    assert outcome.name == "too_slow"


async def test_a_form_that_is_not_known_is_said(given_as_links: Given, outcome_of: Any) -> None:
    await given_as_links(format="ARROW_STREAM")

    outcome = await outcome_of("All of it again")

    assert outcome == Failed(reason="its result comes in the format ARROW_STREAM")


async def test_the_download_has_all_of_them(
    given_as_links: Given, ask: Any, settings: Any, turn_of: Any
) -> None:
    await given_as_links(times=2)
    answer = await ask("All of it again", read_rows=10)

    parts = download(settings(), str(answer.data["download"]), turn_of(seconds=60))
    *pieces, end = [each async for each in parts]

    assert b"".join(pieces).count(b"\r\n") == 6001
    assert end.text == "6,000 rows."
