"""What is kept of a thread."""

from __future__ import annotations

from lakevisor_genie.provenance import Provenance
from lakevisor_genie.thread_memory import ThreadMemory
from lakevisor_plugin import Memory


def answer(question: str, *, sql: str = "SELECT 1") -> Provenance:
    return Provenance(
        space="sales",
        question=question,
        outcome="answered",
        conversation_id="c",
        message_id="m",
        sql=sql,
    )


def test_each_space_has_its_own_conversation() -> None:
    kept = ThreadMemory(memory=Memory())

    kept.continue_in("sales", "c1")
    kept.continue_in("stock", "c2")

    assert (kept.conversation_id("sales"), kept.conversation_id("stock")) == ("c1", "c2")
    assert kept.conversation_id("other") is None


def test_the_latest_answers_are_kept() -> None:
    kept = ThreadMemory(memory=Memory())

    for number in range(8):
        kept.add(answer(str(number)))

    assert [each.question for each in kept.answers()] == ["3", "4", "5", "6", "7"]


def test_old_answers_make_room_for_a_long_query() -> None:
    kept = ThreadMemory(memory=Memory())
    kept.add(answer("old", sql="S" * 9_000))

    kept.add(answer("new", sql="S" * 9_000))

    assert [each.question for each in kept.answers()] == ["new"]


def test_a_query_that_no_memory_holds_is_forgotten_and_its_answer_is_not() -> None:
    kept = ThreadMemory(memory=Memory())

    kept.add(answer("huge", sql="S" * 90_000))

    (only,) = kept.answers()
    assert (only.question, only.sql) == ("huge", None)


def test_what_another_version_kept_is_no_answer() -> None:
    assert ThreadMemory(memory=Memory({"answers": "x"})).answers() == []


def test_outside_of_a_thread_nothing_is_kept() -> None:
    kept = ThreadMemory(memory=Memory(max_bytes=0))

    kept.continue_in("sales", "c1")
    kept.add(answer("?"))

    assert (kept.conversation_id("sales"), kept.answers()) == (None, [])
