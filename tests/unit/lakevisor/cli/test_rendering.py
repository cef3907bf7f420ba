"""What is shown of answers and of the events of a turn."""

import io

import pytest
from rich.console import Console

from lakevisor.cli.labels import Labels
from lakevisor.cli.markdown import Spoken
from lakevisor.cli.turn_view import TurnView
from lakevisor_plugin import (
    AgentStarted,
    Answered,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
)

LABELS = Labels(["genie", "jobs"])
TABLE = """\
Revenue by region.

| region | revenue |
| --- | ---: |
| Europe | 1,234.50 |
| Asia | 7.00 |
"""
CALL = {"agent": "genie", "tool": "query_genie", "call_id": "c1"}


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=60)


def _printed(console, *events):
    with TurnView(console, LABELS) as view:
        for event in events:
            view.show(event)
    return console.file.getvalue()


def test_tables_are_aligned_beside_the_label(console):
    console.print(Spoken(LABELS.of("genie"), TABLE), end="")
    assert console.file.getvalue().splitlines() == [
        "genie › Revenue by region.",
        "",
        "        region   revenue",
        "        ────────────────",
        "        Europe  1,234.50",
        "        Asia        7.00",
    ]


def test_numbers_stay_whole_where_room_is_short(console):
    wide = "| text | number |\n| --- | ---: |\n" + f"| {'word ' * 30} | 1,234,567,890.12 |\n"
    console.print(Spoken(LABELS.of("genie"), wide))
    assert "1,234,567,890.12" in console.file.getvalue()
    assert max(map(len, console.file.getvalue().splitlines())) <= 60


def test_without_colours_a_link_shows_its_address(console):
    console.print(Spoken(LABELS.of("jobs"), "[The run](https://example.com/run/1)"))
    assert "https://example.com/run/1" in console.file.getvalue()


def test_the_supervisor_speaks_under_the_name_of_the_product():
    assert LABELS.of("supervisor").plain == "lakevisor › "
    assert LABELS.of("jobs").plain == "jobs  › "


def test_an_answer_that_was_streamed_is_printed_once(console):
    deltas = [TextDelta(agent="supervisor", text=text) for text in ("Hel", "lo.")]
    answered = Answered(agent="supervisor", text="Hello.", streamed=True)
    shown = _printed(console, AgentStarted(agent="supervisor"), *deltas, answered)
    assert shown == "lakevisor › Hello.\n"


def test_a_streamed_answer_that_was_asked_for_again_shows_the_one_that_stands(console):
    cut = TextDelta(agent="supervisor", text="Hel")
    shown = _printed(console, cut, Answered(agent="supervisor", text="Hello.", streamed=True))
    assert shown == "lakevisor › Hello.\n"


def test_words_before_a_tool_call_are_kept(console):
    words = TextDelta(agent="genie", text="Let me look.")
    shown = _printed(console, words, ToolStarted(**CALL, arguments={"query": "How many?"}))
    assert shown == 'genie › Let me look.\n        query_genie("How many?")\n'


def test_what_was_said_of_an_answer_that_failed_is_kept(console):
    assert _printed(console, TextDelta(agent="genie", text="So f")) == "genie › So f\n"


def test_a_tool_that_fails_is_shown_with_its_reason(console):
    failed = ToolFinished(**CALL, outcome="error", content="There is no such space.")
    shown = _printed(console, ToolStarted(**CALL, arguments={}), failed)
    assert "✗ query_genie · There is no such space.\n" in shown


def test_of_a_reason_with_a_list_the_first_words_are_shown(console):
    failed = ToolFinished(**CALL, outcome="error", content="Which space?\n\n- one\n- two")
    shown = _printed(console, ToolStarted(**CALL, arguments={}), failed)
    assert "✗ query_genie · Which space?\n" in shown


def test_on_a_terminal_a_finished_tool_call_stays_and_its_progress_goes():
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    shown = _printed(
        console,
        ToolStarted(**CALL, arguments={"query": "How many?"}),
        Progress(agent="genie", text="running the query"),
        ToolFinished(**CALL, outcome="answer", content="7"),
        Answered(agent="genie", text="Seven."),
    )
    assert '✓ query_genie("How many?") · 0.0 s\n' in shown
    assert shown.count("Seven.") == 1


def test_dates_and_numbers_stay_whole_and_long_texts_take_a_few_lines(console):
    comment = "a comment that goes on and on " * 6
    head = "| id | opened | balance | comment |\n| ---: | --- | ---: | --- |\n"
    row = f"| 1 | 2026-01-31 | -1,234,567.00 | {comment} |\n"
    console.print(Spoken(LABELS.of("genie"), head + row + row))
    lines = console.file.getvalue().splitlines()
    assert sum("2026-01-31  -1,234,567.00  a comment" in line for line in lines) == 2
    assert len(lines) <= 10
    assert "…" in console.file.getvalue()
