"""Every combination of what Databricks may say is a state, and never an end too early."""

from __future__ import annotations

from itertools import product

import pytest
from databricks.sdk.service.jobs import (
    Run,
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    RunStatus,
    RunTask,
    TerminationCodeCode,
    TerminationDetails,
)
from databricks.sdk.service.jobs import RunState as OldRunState
from hypothesis import given
from hypothesis import strategies as st

from lakevisor_jobs.run_state import _CODES, _RESULTS, RunState, state_of

V2_STATES = [None, *RunLifecycleStateV2State]
CODES = [None, *TerminationCodeCode]
OLD_STATES = [None, *RunLifeCycleState]
RESULTS = [None, *RunResultState]
OLD_ENDS = {
    RunLifeCycleState.TERMINATED,
    RunLifeCycleState.SKIPPED,
    RunLifeCycleState.INTERNAL_ERROR,
}


def new(state: RunLifecycleStateV2State | None, code: TerminationCodeCode | None) -> RunStatus:
    return RunStatus(state=state, termination_details=TerminationDetails(code=code))


def old(state: RunLifeCycleState | None, result: RunResultState | None) -> OldRunState:
    return OldRunState(life_cycle_state=state, result_state=result)


@pytest.mark.parametrize(("state", "code"), [*product(V2_STATES, CODES)])
def test_only_terminated_is_the_end(
    state: RunLifecycleStateV2State | None, code: TerminationCodeCode | None
) -> None:
    is_end = state is RunLifecycleStateV2State.TERMINATED

    assert state_of(Run(status=new(state, code))).is_final == is_end


@pytest.mark.parametrize(("state", "result"), [*product(OLD_STATES, RESULTS)])
def test_the_older_state_counts_where_there_is_no_status(
    state: RunLifeCycleState | None, result: RunResultState | None
) -> None:
    assert state_of(Run(state=old(state, result))).is_final == (state in OLD_ENDS)


@given(
    state=st.sampled_from(V2_STATES),
    code=st.sampled_from(CODES),
    old_state=st.sampled_from(OLD_STATES),
    result=st.sampled_from(RESULTS),
)
def test_success_is_said_only_where_the_code_or_the_lone_result_says_it(
    state: RunLifecycleStateV2State | None,
    code: TerminationCodeCode | None,
    old_state: RunLifeCycleState | None,
    result: RunResultState | None,
) -> None:
    found = state_of(Run(status=new(state, code), state=old(old_state, result)))

    said = code.value if code else result.value if result else ""
    assert found.is_success == (
        state is RunLifecycleStateV2State.TERMINATED
        and said in {"SUCCESS", "SUCCESS_WITH_FAILURES"}
    )


def test_every_code_and_result_of_the_sdk_is_known() -> None:
    assert set(_CODES) >= {code.value for code in TerminationCodeCode}
    assert set(_RESULTS) >= {result.value for result in RunResultState}


def test_a_status_that_the_sdk_does_not_know_is_no_end() -> None:
    run = Run.from_dict(
        {"status": {"state": "HIBERNATING"}, "state": {"life_cycle_state": "TERMINATED"}}
    )

    assert state_of(run) is RunState.UNKNOWN


def test_an_end_without_a_code_that_is_known_is_not_called_a_success() -> None:
    run = Run.from_dict(
        {"status": {"state": "TERMINATED", "termination_details": {"code": "EVAPORATED"}}}
    )

    assert state_of(run) is RunState.ENDED


def test_a_run_without_any_state_is_unknown() -> None:
    assert state_of(Run(run_id=1)) is RunState.UNKNOWN


@pytest.mark.parametrize(
    ("code", "result", "expected"),
    [
        ("CANCELED", "TIMEDOUT", RunState.TIMED_OUT),
        ("USER_CANCELED", "CANCELED", RunState.CANCELLED),
        ("SKIPPED", "UPSTREAM_FAILED", RunState.UPSTREAM_FAILED),
        ("SKIPPED", "UPSTREAM_CANCELED", RunState.UPSTREAM_CANCELLED),
        ("MAX_CONCURRENT_RUNS_EXCEEDED", "MAXIMUM_CONCURRENT_RUNS_REACHED", RunState.SKIPPED),
        ("SUCCESS", "FAILED", RunState.SUCCEEDED),
        ("RUN_EXECUTION_ERROR", "FAILED", RunState.FAILED),
    ],
)
def test_the_older_result_tells_apart_what_the_code_does_not(
    code: str, result: str, expected: RunState
) -> None:
    task = RunTask(
        task_key="main",
        status=new(RunLifecycleStateV2State.TERMINATED, TerminationCodeCode(code)),
        state=old(RunLifeCycleState.TERMINATED, RunResultState(result)),
    )

    assert state_of(task) is expected


def test_a_failed_run_of_the_older_form_has_failed() -> None:
    run = Run(state=old(RunLifeCycleState.INTERNAL_ERROR, RunResultState.FAILED))

    assert state_of(run) is RunState.FAILED
