"""From what the model gives to what the API takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lakevisor_jobs.job_parameters import Wish, job_parameters
from lakevisor_jobs.settings import JobSettings
from lakevisor_plugin import AskPerson, GiveUp, ToolFault, TryAgain


def job(**more: Any) -> JobSettings:
    described = {"job_id": 1, "title": "Anomalies", "description": "Finds them."}
    return JobSettings.model_validate({**described, **more})


def parameters_of(
    configured: JobSettings,
    values: Mapping[str, Any] | None = None,
    *,
    user_request: str = "Look!",
    declared: tuple[str, ...] = (),
    **ids: str,
) -> dict[str, str]:
    wish = Wish(
        user_request=user_request,
        given=values or {},
        **{"thread_id": "thread-1", "turn_id": "turn-1", **ids},
    )
    return job_parameters(configured, wish, declared=declared)


def test_the_persons_words_go_into_the_configured_parameter() -> None:
    assert parameters_of(job(request_parameter="request")) == {"request": "Look!"}


def test_without_a_parameter_for_them_the_words_are_not_sent() -> None:
    assert parameters_of(job()) == {}


def test_the_ids_of_thread_and_turn_travel_where_the_job_declares_them() -> None:
    found = parameters_of(job(thread_parameter="thread", turn_parameter="turn"))

    assert found == {"thread": "thread-1", "turn": "turn-1"}


def test_a_model_cannot_set_the_ids() -> None:
    with pytest.raises(TryAgain, match="no parameter 'thread'"):
        parameters_of(job(thread_parameter="thread"), {"thread": "x"}, declared=("thread", "a"))


def test_a_parameter_that_is_not_configured_is_refused_with_the_known_ones() -> None:
    configured = job(request_parameter="request", parameters={"days": "how many days"})

    with pytest.raises(TryAgain, match=r"no parameter 'dayz'\. It has: days, request\."):
        parameters_of(configured, {"dayz": 1})


def test_a_job_without_parameters_takes_none() -> None:
    with pytest.raises(TryAgain, match=r"no parameter 'days'\. It takes none\."):
        parameters_of(job(parameters={}), {"days": 1})


def test_without_configured_parameters_those_that_the_job_declares_are_known() -> None:
    values = {"days": 30, "deep": True, "regions": ["ASIA"], "name": "x", "left_out": None}

    found = parameters_of(job(), values, declared=("days", "deep", "regions", "name"))

    assert found == {"days": "30", "deep": "true", "regions": '["ASIA"]', "name": "x"}
    with pytest.raises(TryAgain, match=r"no parameter 'other'\. It has: days\."):
        parameters_of(job(), {"other": "1"}, declared=("days",))


@pytest.mark.parametrize(
    ("declared", "value", "text"),
    [
        ("what it is", "x", "x"),
        ("what it is", 30, "30"),
        ({"type": "string"}, True, "true"),
        ({"enum": ["ASIA", "EUROPE"]}, "ASIA", "ASIA"),
        ({"pattern": "[A-Z]{2}"}, "DE", "DE"),
        ({"type": "integer"}, 30, "30"),
        ({"type": "integer"}, "030", "30"),
        ({"type": "integer"}, 30.0, "30"),
        ({"type": "integer", "minimum": 1, "maximum": 90}, 90, "90"),
        ({"type": "integer", "enum": [1, 2]}, "2", "2"),
        ({"type": "number"}, 0.5, "0.5"),
        ({"type": "number"}, "1e3", "1000"),
        ({"type": "number", "minimum": -1}, -1, "-1"),
        ({"type": "boolean"}, False, "false"),
        ({"type": "boolean"}, "TRUE", "true"),
        ({"type": "date"}, "2026-01-31", "2026-01-31"),
        ({"type": "date", "minimum": "2026-01-01"}, "2026-01-01", "2026-01-01"),
    ],
)
def test_an_allowed_value_reaches_the_job_in_its_one_text(
    declared: Any, value: Any, text: str
) -> None:
    assert parameters_of(job(parameters={"p": declared}), {"p": value}) == {"p": text}


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        ("what it is", ["x"], "must be text"),
        ("what it is", {"x": 1}, "must be text"),
        ("what it is", "\ud800", "must be text"),
        ({"enum": ["ASIA", "EUROPE"]}, "asia", "must be one of ASIA, EUROPE"),
        ({"pattern": "[A-Z]{2}"}, "DEU", "must be text that matches [A-Z]{2}"),
        ({"type": "integer"}, "many", "must be a whole number"),
        ({"type": "integer"}, 1.5, "must be a whole number"),
        ({"type": "integer"}, True, "must be a whole number"),
        ({"type": "integer"}, 10**400, "must be a whole number"),
        ({"type": "integer"}, "٣", "must be a whole number"),
        (
            {"type": "integer", "minimum": 1, "maximum": 90},
            0,
            "must be a whole number from 1 up to 90",
        ),
        ({"type": "number", "maximum": 1}, 1.01, "must be a number up to 1"),
        ({"type": "number"}, float("nan"), "must be a number"),
        ({"type": "number"}, "1e999", "must be a number"),
        ({"type": "boolean"}, 1, "must be true or false"),
        ({"type": "date"}, "31.01.2026", "must be a date as YYYY-MM-DD"),
        ({"type": "date"}, "2026-02-30", "must be a date as YYYY-MM-DD"),
        (
            {"type": "date", "maximum": "2026-01-31"},
            "2026-02-01",
            "must be a date as YYYY-MM-DD up to 2026-01-31",
        ),
        ("what it is", "x" * 10_001, "must not be longer than 10000 characters"),
        ("what it is", "{{job.id}}", "must not contain '{{'"),
        ("what it is", "{{", "must not contain '{{'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(
    declared: Any, value: Any, said: str
) -> None:
    with pytest.raises(TryAgain, match=f"'p' {re.escape(said)}"):
        parameters_of(job(parameters={"p": declared}), {"p": value})


def test_a_required_parameter_is_asked_for_by_name() -> None:
    needed = {"type": "integer", "required": True, "description": "how many days"}

    with pytest.raises(AskPerson, match=r"name 'days' \(a whole number, required: how many days"):
        parameters_of(job(parameters={"days": needed}), {"days": None})


def test_a_default_is_sent_in_its_one_text_unless_a_value_is_named() -> None:
    configured = job(parameters={"days": {"type": "integer", "default": 7}})

    assert parameters_of(configured) == {"days": "7"}
    assert parameters_of(configured, {"days": 8}) == {"days": "8"}


@pytest.mark.parametrize("values", [{}, {"a": "{{job.id}}"}, {"a": ["{{job.id}}"]}])
def test_a_reference_is_refused_wherever_it_stands(values: dict[str, Any]) -> None:
    with pytest.raises(TryAgain, match="must not contain"):
        parameters_of(
            job(request_parameter="request"),
            values,
            user_request="hi" if values else "{{job.id}}",
            declared=("a",),
        )


def test_an_id_with_a_reference_is_not_sent() -> None:
    with pytest.raises(GiveUp, match="such an id"):
        parameters_of(job(turn_parameter="turn"), turn_id="{{job.id}}")


def test_all_parameters_together_have_ten_thousand_bytes_at_most() -> None:
    half = "é" * 2_000
    assert parameters_of(job(), {"a": half, "b": half}, declared=("a", "b"))

    with pytest.raises(TryAgain, match=r"have \d+ bytes, and 10000 are allowed"):
        parameters_of(job(), {"a": half, "b": half, "c": half}, declared=("a", "b", "c"))


CATALOGUE = {
    "region": {"enum": ["ASIA", "EUROPE"], "required": True},
    "days": {"type": "integer", "minimum": 1, "maximum": 90, "default": 7},
    "share": {"type": "number", "minimum": 0, "maximum": 1},
    "deep": {"type": "boolean"},
    "since": {"type": "date", "minimum": "2020-01-01"},
    "code": {"pattern": "[A-Z]{2}[0-9]*"},
    "note": "anything",
}
SATISFIES: dict[str, Callable[[str], object]] = {
    "region": lambda text: text in ("ASIA", "EUROPE"),
    "days": lambda text: text == str(int(text)) and 1 <= int(text) <= 90,
    "share": lambda text: 0 <= json.loads(text) <= 1,
    "deep": lambda text: text in ("true", "false"),
    "since": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text) and text >= "2020-01-01",
    "code": lambda text: re.fullmatch("[A-Z]{2}[0-9]*", text),
    "note": lambda _: True,
    "request": lambda _: True,
}
NEAR = st.sampled_from(
    ["ASIA", "EUROPE", "7", 7, 90, 91, 0, 0.5, "0.5", 1, True, "true", "2024-02-29", "DE1", "{{a}}"]
)
VALUES = NEAR | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters() | st.sampled_from("{{}}\ud800")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([*CATALOGUE, "request"]) | st.text(max_size=5)
ANY = st.dictionaries(NAMES, VALUES, max_size=3)
SENSIBLE = ANY.map(lambda values: {**values, "region": "ASIA"})


@settings(max_examples=400)
@given(values=ANY | SENSIBLE, words=st.text() | NEAR)
@example(values={"region": "ASIA", "days": 10**400}, words="x")
def test_whatever_the_model_sends_only_what_is_declared_reaches_the_job(
    values: dict[str, Any], words: Any
) -> None:
    configured = job(parameters=CATALOGUE, request_parameter="request")
    try:
        sent = parameters_of(configured, values, user_request=str(words))
    except ToolFault:
        return

    assert "region" in sent
    assert all(SATISFIES[name](text) for name, text in sent.items())
    assert not any("{{" in text for text in sent.values())
    assert len(json.dumps(sent, ensure_ascii=False).encode()) <= 10_000


def test_the_trace_goes_along_where_there_is_one() -> None:
    traced = job(trace_parameter="trace")

    assert parameters_of(traced, trace_id="tr-1")["trace"] == "tr-1"
    assert "trace" not in parameters_of(traced)
