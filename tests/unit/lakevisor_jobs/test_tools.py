"""What the model is told of the tools, and what is decided before the workspace is asked."""

from __future__ import annotations

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from lakevisor_jobs.plugin import lakevisor_register_agent
from lakevisor_jobs.settings import JobsSettings
from lakevisor_jobs.tools import build_tools
from lakevisor_plugin import GiveUp, Operation, OperationNotFound, TryAgain, Turn
from lakevisor_testing.turns import InMemoryOperations

ANOMALIES = {"job_id": 1, "title": "Transaction anomalies", "description": "Finds odd ones."}
REPORT = {"job_id": 2, "title": "Report", "description": "Writes it."}
ONE = JobsSettings.model_validate({"jobs": {"anomalies": ANOMALIES}})
TWO = JobsSettings.model_validate({"jobs": {"anomalies": ANOMALIES, "report": REPORT}})
START, POLL, TERMINATE = range(3)


def test_the_model_sees_the_tools_of_the_original_example() -> None:
    functions = [convert_to_openai_tool(tool)["function"] for tool in build_tools(ONE)]

    arguments = {each["name"]: set(each["parameters"]["properties"]) for each in functions}
    assert arguments == {
        "start_databricks_job": {"user_request", "notebook_params", "job"},
        "poll_databricks_job": {"run_id"},
        "terminate_databricks_job": {"run_id"},
    }


def test_the_model_reads_which_jobs_there_are() -> None:
    function = convert_to_openai_tool(build_tools(TWO)[START])["function"]

    job = function["parameters"]["properties"]["job"]
    assert (
        "anomalies: Transaction anomalies — Finds odd ones; report: Report — Writes it"
        in job["description"]
    )
    assert job["anyOf"][0]["enum"] == ["anomalies", "report"]


async def test_where_there_are_several_jobs_one_must_be_named(turn: Turn) -> None:
    with pytest.raises(TryAgain, match="Say which job, one of: anomalies"):
        await build_tools(TWO)[START].ainvoke({"user_request": "Go!", "turn": turn})


async def test_a_job_that_is_not_configured_is_refused_with_those_that_are(turn: Turn) -> None:
    with pytest.raises(TryAgain, match="no job 'other'"):
        await build_tools(TWO)[START].ainvoke({"user_request": "x", "job": "other", "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE])
@pytest.mark.parametrize("run_id", ["abc", "12345; drop", "-1", "1.5", "١٢", "9" * 30])
async def test_a_run_id_that_is_not_a_number_is_refused(tool: int, run_id: str, turn: Turn) -> None:
    with pytest.raises(TryAgain, match="A run id is a number"):
        await build_tools(ONE)[tool].ainvoke({"run_id": run_id, "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE])
async def test_a_run_that_nobody_started_here_does_not_exist(tool: int, turn: Turn) -> None:
    with pytest.raises(OperationNotFound):
        await build_tools(ONE)[tool].ainvoke({"run_id": 12345, "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE])
async def test_without_any_run_there_is_nothing_to_say(
    tool: int, turn: Turn, operations: InMemoryOperations
) -> None:
    operations.add(Operation(kind="other", run_id="1", title="Other", state="running"))

    with pytest.raises(GiveUp, match="No job was started in this conversation"):
        await build_tools(ONE)[tool].ainvoke({"turn": turn})


def test_the_router_reads_which_jobs_there_are() -> None:
    agent = lakevisor_register_agent()
    assert callable(agent.delegate_when)

    assert "Transaction anomalies, Report" in agent.delegate_when(TWO)


def test_the_shortcuts_are_tools_that_exist() -> None:
    names = {tool.name for tool in build_tools(ONE)}

    assert set(lakevisor_register_agent().shortcuts) == names
