"""A conversation that a client brings along."""

from __future__ import annotations

from lakevisor.supervisor import Request, Said
from lakevisor.supervisor.earlier import messages_of

BEFORE = (
    Said(role="user", text="one"),
    Said(role="assistant", text="two"),
    Said(role="user", text="six"),
    Said(role="assistant", text="ten"),
)


def test_it_keeps_its_order() -> None:
    request = Request(text="Go on", history=BEFORE)
    told = messages_of(request, max_chars=100)
    assert [each.text for each in told] == ["one", "two", "six", "ten"]


def test_only_the_latest_whole_turns_fit() -> None:
    request = Request(text="Go on", history=BEFORE)
    assert [each.text for each in messages_of(request, max_chars=9)] == ["six", "ten"]


def test_the_same_request_makes_the_same_messages() -> None:
    request = Request(text="Go on", turn_id="r1", history=BEFORE)
    first, second = (messages_of(request, max_chars=100) for _ in range(2))
    assert [each.id for each in first] == [each.id for each in second]
