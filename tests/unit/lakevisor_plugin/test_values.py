"""The values that plugins and host exchange: frozen, closed, and safe to store."""

import pytest
from pydantic import BaseModel, ValidationError

from lakevisor_plugin import (
    Answer,
    AskPerson,
    Decision,
    Event,
    Finding,
    GiveUp,
    Launched,
    Operation,
    OperationNotFound,
    Resource,
    Started,
    ToolCall,
    ToolFault,
    TryAgain,
    TurnStarted,
    Verdict,
)

OPERATION = Operation(kind="job_run", run_id="7", title="Anomalies", state="RUNNING")
VALUES = [
    Answer(text="42"),
    Finding(is_problem=False, text="There."),
    Launched(operation=OPERATION, text="Run 7."),
    OPERATION,
    Resource(kind="job", name="7", permission="CAN_MANAGE_RUN"),
    Started(run_id="7", state="PENDING"),
    ToolCall(agent="jobs", tool="start", call_id="c", arguments={}),
    TurnStarted(thread_id="thread-1", turn_id="turn-1"),
    Verdict(decision=Decision.ALLOW),
]
BY_TYPE = [pytest.param(value, id=type(value).__name__) for value in VALUES]


@pytest.mark.parametrize("value", BY_TYPE)
def test_a_value_cannot_be_changed(value: BaseModel):
    name = next(iter(type(value).model_fields))

    with pytest.raises(ValidationError, match="frozen"):
        setattr(value, name, getattr(value, name))


@pytest.mark.parametrize("value", BY_TYPE)
def test_a_value_takes_no_unknown_field(value: BaseModel):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        type(value)(**{**value.model_dump(), "unknown": 1})


@pytest.mark.parametrize("value", BY_TYPE)
def test_a_value_survives_json(value: BaseModel):
    assert type(value).model_validate_json(value.model_dump_json()) == value


@pytest.mark.parametrize("event", Event.__subclasses__())
def test_events_are_frozen_and_closed(event):
    assert event.model_config["frozen"] is True
    assert event.model_config["extra"] == "forbid"


@pytest.mark.parametrize("empty", [{"text": ""}, {}])
def test_an_answer_says_something(empty):
    with pytest.raises(ValidationError):
        Answer(**empty)


def test_the_verdicts_are_ordered_by_strictness():
    assert max(Decision.ASK, Decision.REFUSE, Decision.ALLOW) is Decision.REFUSE
    assert Decision.ASK > Decision.ALLOW


@pytest.mark.parametrize("fault", [TryAgain, GiveUp, AskPerson])
def test_a_fault_carries_its_message(fault):
    error = fault("Which job?")

    assert isinstance(error, ToolFault)
    assert error.message == str(error) == "Which job?"


def test_a_run_that_is_not_the_callers_is_a_reason_to_give_up():
    error = OperationNotFound("7")

    assert isinstance(error, GiveUp)
    assert error.message == "You have no run '7'."
