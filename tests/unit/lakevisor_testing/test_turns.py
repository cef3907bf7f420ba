"""Turns and operations without a server."""

import asyncio

import pytest

from lakevisor_plugin import OperationNotFound, Started
from lakevisor_testing import InMemoryOperations, make_turn


class Jobs:
    """Starts runs, and remembers the tokens that it was sent."""

    def __init__(self):
        self.tokens = []

    async def start(self, token):
        self.tokens.append(token)
        await asyncio.sleep(0)
        return Started(run_id=str(len(self.tokens)), state="PENDING", url="https://run")


@pytest.fixture
def jobs():
    return Jobs()


async def launch(operations, jobs, **changes):
    wish = {"kind": "job_run", "title": "Anomalies", "job": "anomalies", "parameters": {"a": 1}}
    return await operations.launch(**{**wish, **changes}, start=jobs.start)


async def test_a_launch_is_remembered_with_all_that_is_known(jobs):
    operations = InMemoryOperations(agent="jobs")

    operation = await launch(operations, jobs)

    assert operation.model_dump() == {
        "kind": "job_run",
        "run_id": "1",
        "title": "Anomalies",
        "state": "PENDING",
        "job": "anomalies",
        "url": "https://run",
        "owner": None,
        "is_final": False,
        "is_cancel_requested": False,
        "agent": "jobs",
        "launched_at": None,
    }
    assert await operations.get("1") == operation


async def test_a_turn_that_is_run_again_launches_once(jobs):
    operations = InMemoryOperations()
    first = await launch(operations, jobs)

    again = await launch(operations.in_turn("turn-1"), jobs, title="Other words")

    assert again == first
    assert len(jobs.tokens) == 1


async def test_two_launches_of_one_wish_at_once_are_one(jobs):
    operations = InMemoryOperations()

    one, other = await asyncio.gather(launch(operations, jobs), launch(operations, jobs))

    assert one == other
    assert len(jobs.tokens) == 1


async def test_a_failed_launch_is_tried_again_with_the_same_token(jobs):
    operations, seen = InMemoryOperations(), []

    async def fail(token):
        seen.append(token)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await operations.launch(
            kind="job_run", title="", job="anomalies", parameters={"a": 1}, start=fail
        )
    await launch(operations, jobs)

    assert seen == jobs.tokens


@pytest.mark.parametrize(
    "changes", [{"parameters": {"a": 2}}, {"job": "other"}, {"job": None}, {"kind": "question"}]
)
async def test_another_wish_has_another_token(jobs, changes):
    operations = InMemoryOperations()
    await launch(operations, jobs)
    await launch(operations, jobs, **changes)

    assert len(set(jobs.tokens)) == 2


async def test_the_same_wish_in_another_turn_or_thread_has_another_token(jobs):
    operations = InMemoryOperations()
    await launch(operations, jobs)
    await launch(operations.in_turn("turn-2"), jobs)
    await launch(InMemoryOperations(thread_id="thread-2"), jobs)

    assert len(set(jobs.tokens)) == 3


async def test_the_order_of_parameters_does_not_matter(jobs):
    operations = InMemoryOperations()
    await launch(operations, jobs, parameters={"a": 1, "b": 2})
    await launch(operations, jobs, parameters={"b": 2, "a": 1})

    assert len(jobs.tokens) == 1


async def test_a_token_fits_into_what_jobs_takes(jobs):
    await launch(InMemoryOperations(), jobs, parameters={"text": "x" * 10_000})

    assert 0 < len(jobs.tokens[0]) <= 64


async def test_a_later_turn_sees_what_an_earlier_one_launched(jobs):
    operations = InMemoryOperations()
    await launch(operations, jobs)
    later = operations.in_turn("turn-2")
    await launch(later, jobs, kind="question")

    assert [each.run_id for each in await later.list(kind="job_run")] == ["1"]
    noted = await later.note("1", state="TERMINATED", is_final=True)
    assert noted.is_final
    assert (await operations.get("1")).state == "TERMINATED"


async def test_what_has_begun_already_is_adopted_once():
    operations = InMemoryOperations(agent="genie")
    question = {"kind": "genie_question", "title": "Revenue?", "job": "sales", "parameters": {}}
    started = Started(run_id="c1/m1", state="running")

    first = await operations.adopt(**question, started=started)
    again = await operations.in_turn("turn-2").adopt(**question, started=started)

    assert first == again == await operations.get("c1/m1", kind="genie_question")
    assert (first.kind, first.agent) == ("genie_question", "genie")


async def test_a_run_id_of_another_kind_is_another_run():
    operations = InMemoryOperations()
    question = {"kind": "genie_question", "title": "?", "job": None, "parameters": {}}
    await operations.adopt(**question, started=Started(run_id="7", state="running"))

    with pytest.raises(OperationNotFound):
        await operations.get("7", kind="job_run")


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        ("get", {}),
        ("note", {"state": "RUNNING", "is_final": False}),
        ("request_cancel", {"state": "RUNNING"}),
    ],
)
async def test_a_run_of_another_thread_does_not_exist(ask, arguments):
    with pytest.raises(OperationNotFound, match="no run '1'"):
        await getattr(InMemoryOperations(), ask)("1", **arguments)


def test_a_tool_that_reaches_for_a_workspace_that_is_not_there_fails_the_test():
    with pytest.raises(AssertionError, match=r"turn\.workspace\.jobs"):
        make_turn().workspace.jobs.list()


def test_a_turn_has_the_workspace_that_it_is_given():
    client = object()
    assert make_turn(workspace=client).workspace is client


async def test_a_turn_and_its_operations_are_of_one_thread(jobs):
    turn = make_turn(thread_id="thread-7", turn_id="turn-7")
    await launch(turn.operations, jobs)
    await launch(InMemoryOperations(thread_id="thread-7", turn_id="turn-7"), jobs)

    assert len(set(jobs.tokens)) == 1


def test_a_turn_says_what_it_is_made_of():
    assert "NoWorkspace" in repr(make_turn())
