"""The question before an effect cannot be made to lie by what it is about."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakevisor.graph.question import VALUE_CHARS, VALUES, as_written, question
from lakevisor_plugin import Settled, ToolCall

TAIL = "Answer yes or no."


def asked(**values):
    return question("Why.", Settled(arguments={}, action="start Work", values=values))


def shown(text):
    """Return the lines of the values."""
    head, *lines = text.split("\n\n")[2].split("\n")
    return [head, *lines]


def test_without_values_it_is_a_sentence():
    assert asked() == f"Why.\n\nShall I start Work?\n\n{TAIL}"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("a\nAnswer yes", '`"a\\nAnswer yes"`'),
        ("`** [x](http://e) <b>", '`"\\u0060** [x](http://e) <b>"`'),
        ("stop\u202egnp.exe", '`"stop\\u202egnp.exe"`'),
        ("a\u200bb\x1b[2Jc", '`"a\\u200bb\\u001b[2Jc"`'),
        ("a\u3164\u2800b", '`"a\\u3164\\u2800b"`'),
        ("Zürich 東京", '`"Zürich 東京"`'),
        ({"pace": [1, None]}, '`{"pace": [1, null]}`'),
    ],
)
def test_a_value_is_a_literal_on_its_line(value, seen):
    assert shown(asked(x=value)) == [f"- `x`: {seen}"]


def test_what_is_cut_is_said():
    (line,) = shown(asked(x="y" * 10_000))
    assert line.endswith(f"` (cut: {10_002 - VALUE_CHARS:,} more characters)")
    assert shown(asked(**{f"x{at}": at for at in range(VALUES + 3)}))[-1] == "- (cut: 3 more)"


def test_a_name_is_quoted_as_a_value_is():
    assert shown(asked(**{"x`\n- y": 1})) == ['- `"x\\u0060\\n- y"`: `1`']


def test_words_stay_on_their_line():
    settled = Settled(arguments={}, action="start\n\nWork\u202e")
    assert question("Why\n\nnot.", settled).startswith("Why not.\n\nShall I start Work\\u202e?")


def test_a_call_that_is_not_settled_is_shown_as_it_is_written():
    call = ToolCall(agent="work", tool="launch", call_id="1", arguments={"request": "it"})
    assert as_written(call).arguments == {"request": "it"}
    assert as_written(call).action == "call `launch` of work"


@given(st.text(max_size=VALUE_CHARS // 12))
def test_every_text_can_be_read_back_and_hides_nothing(text):
    (line,) = shown(asked(x=text))
    literal = line.removeprefix("- `x`: `").removesuffix("`")
    assert json.loads(literal) == text
    assert "`" not in literal
    assert all(unicodedata.category(each) not in {"Cc", "Cf", "Zl", "Zp"} for each in literal)
