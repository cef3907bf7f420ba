"""What the model is told of the tools, and what is decided before the workspace is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from lakevisor_jobs.plugin import lakevisor_register_agent
from lakevisor_jobs.settings import JobsSettings
from lakevisor_jobs.tools import build_tools
from lakevisor_plugin import AskFirst, GiveUp, Operation, OperationNotFound, TryAgain, Turn
from lakevisor_testing.turns import InMemoryOperations

ANOMALIES = {"job_id": 1, "title": "Transaction anomalies", "description": "Finds odd ones."}
REPORT = {"job_id": 2, "title": "Report", "description": "Writes it."}
ONE = JobsSettings.model_validate({"jobs": {"anomalies": ANOMALIES}})
TWO = JobsSettings.model_validate({"jobs": {"anomalies": ANOMALIES, "report": REPORT}})
START, POLL, TERMINATE, REPAIR, LIST = range(5)


def test_the_model_sees_the_tools_of_the_original_example() -> None:
    functions = [convert_to_openai_tool(tool)["function"] for tool in build_tools(ONE)]

    arguments = {each["name"]: set(each["parameters"]["properties"]) for each in functions}
    assert arguments == {
        "start_databricks_job": {"user_request", "notebook_params", "job"},
        "poll_databricks_job": {"run_id"},
        "terminate_databricks_job": {"run_id"},
        "repair_databricks_job": {"run_id"},
        "list_databricks_runs": {"everyone"},
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
    with pytest.raises(TryAgain, match=r"^Which job\?") as refused:
        await build_tools(TWO)[START].ainvoke({"user_request": "Go!", "turn": turn})

    assert refused.value.message.splitlines()[2:] == [
        "- Transaction anomalies (`anomalies`): Finds odd ones.",
        "- Report (`report`): Writes it.",
    ]


async def test_what_a_job_takes_stands_below_it(turn: Turn) -> None:
    parameters = {"days": {"type": "integer", "description": "how long\nback"}, "note": ""}
    jobs = {"anomalies": ANOMALIES, "report": {**REPORT, "parameters": parameters}}

    settings = JobsSettings.model_validate({"jobs": jobs})

    with pytest.raises(TryAgain) as refused:
        await build_tools(settings)[START].ainvoke({"user_request": "Go!", "turn": turn})

    assert refused.value.message.splitlines()[-2:] == [
        "    - `days`: a whole number: how long back",
        "    - `note`: text",
    ]


async def test_a_job_that_is_not_configured_is_refused_with_those_that_are(turn: Turn) -> None:
    with pytest.raises(TryAgain, match="no job 'other'"):
        await build_tools(TWO)[START].ainvoke({"user_request": "x", "job": "other", "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE, REPAIR])
@pytest.mark.parametrize("run_id", ["abc", "12345; drop", "-1", "1.5", "١٢", "9" * 30])
async def test_a_run_id_that_is_not_a_number_is_refused(tool: int, run_id: str, turn: Turn) -> None:
    with pytest.raises(TryAgain, match="A run id is a number"):
        await build_tools(ONE)[tool].ainvoke({"run_id": run_id, "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE, REPAIR])
async def test_a_run_that_nobody_started_here_does_not_exist(tool: int, turn: Turn) -> None:
    with pytest.raises(OperationNotFound):
        await build_tools(ONE)[tool].ainvoke({"run_id": 12345, "turn": turn})


@pytest.mark.parametrize("tool", [POLL, TERMINATE, REPAIR])
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


def restricted(**report: Any) -> JobsSettings:
    job = {**REPORT, "allowed": ["finance"], **report}
    return JobsSettings.model_validate({"jobs": {"anomalies": ANOMALIES, "report": job}})


async def refusal(settings: JobsSettings, job: str, turn: Turn) -> str:
    with pytest.raises(TryAgain) as refused:
        await build_tools(settings)[START].ainvoke({"user_request": "x", "job": job, "turn": turn})
    return refused.value.message


async def test_a_job_of_others_is_refused_in_the_words_for_one_that_nobody_has(turn: Turn) -> None:
    theirs = await refusal(restricted(), "report", turn)
    nobodys = await refusal(restricted(), "nowhere", turn)

    assert theirs == nobodys.replace("nowhere", "report")
    assert "Writes it" not in theirs


async def test_whose_group_is_allowed_reaches_the_job(turn: Turn) -> None:
    member = replace(turn, names=frozenset({"finance"}))

    with pytest.raises(AskFirst, match="Report"):
        await build_tools(restricted(confirm="always"))[START].ainvoke(
            {"user_request": "x", "job": "report", "turn": member}
        )


async def test_who_may_start_nothing_is_told_so(turn: Turn) -> None:
    settings = JobsSettings.model_validate({"jobs": {"report": {**REPORT, "allowed": ["other"]}}})

    with pytest.raises(GiveUp, match="no job that you may start"):
        await build_tools(settings)[START].ainvoke({"user_request": "x", "turn": turn})


async def test_a_default_job_that_is_not_the_callers_is_not_meant(turn: Turn) -> None:
    settings = restricted().model_copy(update={"default_job": "report"})
    settings = settings.model_copy(
        update={"jobs": {**settings.jobs, "third": settings.jobs["anomalies"]}}
    )

    with pytest.raises(TryAgain, match=r"(?s)Which job\?.*`anomalies`.*`third`") as refused:
        await build_tools(settings)[START].ainvoke({"user_request": "x", "turn": turn})

    assert "Writes it" not in refused.value.message


async def test_a_job_that_needs_a_yes_says_with_what_it_would_start(turn: Turn) -> None:
    job = {
        **ANOMALIES,
        "confirm": "always",
        "parameters": {"days": {"type": "integer"}},
        "request_parameter": "request",
        "thread_parameter": "thread",
    }
    settings = JobsSettings.model_validate({"jobs": {"anomalies": job}})
    arguments = {"user_request": "Look!", "notebook_params": {"days": 3}, "turn": turn}

    with pytest.raises(AskFirst) as question:
        await build_tools(settings)[START].ainvoke(arguments)

    assert question.value.message == '"Transaction anomalies" is started only after your yes.'
    assert question.value.settled is not None
    assert question.value.settled.action == 'start "Transaction anomalies"'
    assert question.value.settled.values == {"days": "3", "request": "Look!"}


async def test_without_a_run_the_list_says_so(turn: Turn) -> None:
    answer = await build_tools(ONE)[LIST].ainvoke({"turn": turn})

    assert answer.text == "You have not started any job yet."


async def test_the_runs_are_a_table_with_the_latest_first(
    turn: Turn, operations: InMemoryOperations
) -> None:
    for number in range(25):
        operations.add(
            Operation(
                kind="job_run",
                run_id=str(number),
                title="A | B",
                state="timed_out",
                is_final=True,
                launched_at=datetime(2026, 1, 31, 9, number, tzinfo=UTC),
            )
        )

    answer = await build_tools(ONE)[LIST].ainvoke({"turn": turn})

    lines = answer.text.splitlines()
    assert lines[2] == "| 24 | A \\| B | timed out | 2026-01-31 09:24 UTC |"
    assert lines[-1] == "The latest 20 runs."
    assert [run["run_id"] for run in answer.data["runs"]] == [str(n) for n in range(24, 4, -1)]


@pytest.mark.parametrize("is_administrator", [False, True])
async def test_who_may_not_see_everybodys_runs_is_told(turn: Turn, is_administrator: bool) -> None:
    operations = InMemoryOperations()
    operations.may_see_everybody = is_administrator
    operations.add(
        Operation(kind="job_run", run_id="7", title="Report", state="succeeded", is_final=True)
    )
    arguments = {"turn": replace(turn, operations=operations), "everyone": True}

    answer = await build_tools(ONE)[LIST].ainvoke(arguments)

    told = "These are your own; only administrators see everybody's."
    assert answer.text.endswith(told) is not is_administrator


def test_what_starts_or_stops_something_is_named() -> None:
    agent = lakevisor_register_agent()

    assert set(agent.effects) == {tool.name for tool in build_tools(ONE)} - {
        "poll_databricks_job",
        "list_databricks_runs",
    }
