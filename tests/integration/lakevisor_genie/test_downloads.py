"""The full result behind an answer, as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from lakevisor_genie.downloads import download
from lakevisor_plugin import Answer, Downloaded, GiveUp

IDS = "SELECT id, CAST(id AS STRING) AS name FROM range({}) ORDER BY id"
MANY, FEW = IDS.format(120_000), IDS.format(6_000)
"""Both are more than Genie keeps; of the first, a link has more than one piece."""
ODD = "SELECT 1 AS n, 'a \"b\", c' AS text, '' AS empty, NULL AS missing, DATE '2026-01-31' AS day"
LINKS = "/external-links/*"
Fetch = Callable[..., Awaitable[tuple[list[list[str]], Downloaded]]]


@pytest.fixture
def fetch(settings: Any, turn_of: Any) -> Fetch:
    """Give a function that downloads what is behind an answer, and reads it."""

    async def fetched(
        answer: Answer, *, user: str = "analyst"
    ) -> tuple[list[list[str]], Downloaded]:
        reference = str(answer.data["download"])
        parts = [each async for each in download(settings(), reference, turn_of(user, seconds=60))]
        *pieces, end = parts
        assert isinstance(end, Downloaded)
        assert max(len(each) for each in pieces if isinstance(each, bytes)) < 2_000_000
        text = b"".join(each for each in pieces if isinstance(each, bytes)).decode()
        return list(csv.reader(io.StringIO(text, newline=""))), end

    return fetched


@pytest.fixture
def come_as(workspace: Any) -> Iterator[Callable[[str], None]]:
    """Give a function that chooses the format of Genie's download."""

    def choose(form: str) -> None:
        rule = {"contains": "range(6000)", "format": form}
        workspace.control("POST", "sql/rules", body=rule)

    yield choose
    workspace.control("DELETE", "sql/rules")


async def test_what_genie_has_kept_is_read_from_there(
    ask: Any, fetch: Fetch, add_fault: Any
) -> None:
    answer = await ask("List the keys of the first orders", read_rows=10)
    add_fault(kind="status", status=400, path="*/downloads", times=9)

    rows, end = await fetch(answer)

    assert (rows[0], len(rows)) == (["o_orderkey"], 2501)
    assert end == Downloaded(text="2,500 rows.", data={"rows": 2500, "is_truncated": False})


async def test_beyond_genies_own_limit_all_rows_come_behind_links(
    ask: Any, fetch: Fetch, add_rule: Any
) -> None:
    add_rule(sql=MANY)
    answer = await ask("All of it")
    assert answer.data["is_truncated"]

    rows, end = await fetch(answer)

    assert rows[0] == ["id", "name"]
    assert rows[1:] == [[str(number)] * 2 for number in range(120_000)]
    assert end.text == "120,000 rows."


async def test_values_are_those_of_the_warehouse(ask: Any, fetch: Fetch, add_rule: Any) -> None:
    add_rule(sql=ODD)
    rows, end = await fetch(await ask("Something odd"))
    assert rows[1] == ["1", 'a "b", c', "", "", "2026-01-31"]
    assert end.text == "1 row."


@pytest.mark.parametrize(
    ("sql", "count", "fault"),
    [
        pytest.param(MANY, 120_000, {"kind": "cut", "after_bytes": 1_500_000}, id="breaks off"),
        pytest.param(FEW, 6_000, {"kind": "status", "status": 403}, id="has expired"),
        pytest.param(FEW, 6_000, {"kind": "drop_before"}, id="is not reached"),
    ],
)
async def test_a_link_that_fails_is_asked_for_anew(
    ask: Any, fetch: Fetch, add_rule: Any, add_fault: Any, *, sql: str, count: int, fault: Any
) -> None:
    add_rule(sql=sql)
    answer = await ask("All of it")
    add_fault(path=LINKS, **fault)

    rows, _ = await fetch(answer)

    assert rows[1:] == [[str(number)] * 2 for number in range(count)]


async def test_links_that_always_fail_are_an_error_that_does_not_name_them(
    ask: Any, fetch: Fetch, add_rule: Any, add_fault: Any
) -> None:
    add_rule(sql=FEW)
    answer = await ask("All of it")
    add_fault(path=LINKS, kind="cut", after_bytes=100, times=9)

    with pytest.raises(GiveUp, match="workspace does not answer") as failed:
        await fetch(answer)

    assert failed.value.__cause__ is not None
    assert failed.value.__cause__.__cause__ is None
    assert failed.value.__cause__.__suppress_context__


async def test_genies_download_may_be_csv(
    ask: Any, fetch: Fetch, add_rule: Any, come_as: Any
) -> None:
    add_rule(sql=FEW)
    answer = await ask("All of it")
    come_as("CSV")

    rows, end = await fetch(answer)

    assert (len(rows), end.text) == (6_001, "6,000 rows.")


async def test_a_form_that_is_not_known_is_said(
    ask: Any, fetch: Fetch, add_rule: Any, come_as: Any
) -> None:
    add_rule(sql=FEW)
    answer = await ask("All of it")
    come_as("ARROW_STREAM")

    with pytest.raises(GiveUp, match="comes in the format ARROW_STREAM"):
        await fetch(answer)


async def test_an_expired_result_is_made_again(ask: Any, fetch: Fetch, workspace: Any) -> None:
    answer = await ask("How many nations are in each region?")
    statement = answer.data["statement_id"]
    workspace.control("POST", "sql/expire", body={"statement_id": statement})

    rows, _ = await fetch(answer)

    assert rows == [["region", "nations"], *([name, "5"] for name, _ in answer.data["rows"])]


async def test_another_person_gets_nothing_by_the_same_reference(ask: Any, fetch: Fetch) -> None:
    answer = await ask("How many nations are in each region?")
    with pytest.raises(GiveUp):
        await fetch(answer, user="viewer")


async def test_an_answer_that_was_deleted_is_said(
    ask: Any, fetch: Fetch, workspace: Any, space_id: str
) -> None:
    data = (answer := await ask("How many nations are in each region?")).data
    genie = workspace.client("analyst").genie
    genie.delete_conversation_message(space_id, data["conversation_id"], data["message_id"])

    with pytest.raises(GiveUp, match="was deleted"):
        await fetch(answer)
