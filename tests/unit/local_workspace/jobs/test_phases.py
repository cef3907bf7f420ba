"""Both generations of the API's states say the same."""

from __future__ import annotations

import pytest
from databricks.sdk.service.jobs import RunState, RunStatus

from local_workspace.jobs.phases import Phase, describe

UNFINISHED_WORDS = {
    "QUEUED": "QUEUED",
    "BLOCKED": "BLOCKED",
    "PENDING": "PENDING",
    "RUNNING": "RUNNING",
    "TERMINATING": "TERMINATING",
    "WAITING_FOR_RETRY": "WAITING",
}


@pytest.mark.parametrize("phase", Phase)
def test_the_sdk_knows_every_word(phase):
    view = describe(phase, message="why", is_run=False)
    assert RunState.from_dict(view["state"]).as_dict() == view["state"]
    assert RunStatus.from_dict(view["status"]).as_dict() == view["status"]


@pytest.mark.parametrize("phase", Phase)
def test_state_and_status_agree_on_whether_it_is_over(phase):
    view = describe(phase, message="why", is_run=True)
    state, status = view["state"], view["status"]
    assert phase.is_final == (status["state"] == "TERMINATED")
    assert phase.is_final == ("result_state" in state) == ("termination_details" in status)
    if not phase.is_final:
        assert status["state"] == UNFINISHED_WORDS[state["life_cycle_state"]]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.is_final])
def test_only_a_good_end_is_called_success(phase):
    view = describe(phase, message="", is_run=True)
    good = phase in (Phase.SUCCEEDED, Phase.SUCCEEDED_WITH_FAILURES)
    assert view["state"]["result_state"].startswith("SUCCESS") == good
    assert view["status"]["termination_details"]["code"].startswith("SUCCESS") == good


def test_a_failed_run_is_worded_otherwise_than_its_task():
    words = [
        describe(Phase.FAILED, message="", is_run=is_run)["state"]["life_cycle_state"]
        for is_run in (True, False)
    ]
    assert words == ["INTERNAL_ERROR", "TERMINATED"]
