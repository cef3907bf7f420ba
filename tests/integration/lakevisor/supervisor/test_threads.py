"""A thread goes on in another process, and only for the one whose it is."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from lakevisor.supervisor import Request

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANALYST = "analyst@local.test"
GRANTS = (
    "CREATE EXTENSION IF NOT EXISTS databricks_auth",
    f"SELECT databricks_create_role('{ANALYST}', 'USER')",
    f'GRANT CREATE ON DATABASE databricks_postgres TO "{ANALYST}"',
    f'GRANT USAGE, CREATE ON SCHEMA lakevisor TO "{ANALYST}"',
    f'GRANT ALL ON ALL TABLES IN SCHEMA lakevisor TO "{ANALYST}"',
    f'GRANT ALL ON ALL SEQUENCES IN SCHEMA lakevisor TO "{ANALYST}"',
)


async def test_a_thread_id_is_made_and_given_back(supervisor: Any) -> None:
    first, second = [await supervisor.ask(Request(text="Hello")) for _ in range(2)]

    assert first.thread_id
    assert first.thread_id != second.thread_id
    assert first.custom_outputs["thread_id"] == first.thread_id


async def test_a_given_thread_id_is_kept(begin: Any) -> None:
    finished = await begin(thread_id="chat-42:a.b_c").say("Hello")

    assert finished.thread_id == "chat-42:a.b_c"


async def test_a_second_supervisor_continues_the_thread(
    begin: Any, workspace: Any, open_on: Any
) -> None:
    thread = begin()
    run = await thread.launch()

    async with open_on(workspace) as second:
        finished = await begin(supervisor=second, thread_id=thread.thread_id).say("What's the status?")

    assert f"Run {run.run_id} is " in finished.text


async def test_a_second_process_continues_the_thread(
    begin: Any, workspace: Any, ask_in_a_process: Any
) -> None:
    thread = begin()
    run = await thread.launch()

    done = await ask_in_a_process(workspace, "What's the status?", "--thread", thread.thread_id)

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["thread_id"] == thread.thread_id
    assert f"Run {run.run_id} is " in answer["text"]
    assert [each["run_id"] for each in answer["operations"]] == [run.run_id]


async def test_earlier_turns_are_sent_to_the_model(begin: Any, recorder: Any) -> None:
    thread = begin()
    await thread.say("Hello")
    recorder.script({"content": "You greeted me."})

    await thread.say("Thank you")

    said = [(each["role"], each["content"]) for each in recorder.prompts()[-1]["messages"][1:]]
    assert [role for role, _ in said] == ["user", "assistant", "user"]
    assert (said[0][1], said[-1][1]) == ("Hello", "Thank you")


async def test_the_run_of_another_thread_is_not_meant_by_it(begin: Any) -> None:
    run = await begin().launch()

    finished = await begin().say("Cancel it")

    assert f"Stop requested for run {run.run_id}" not in finished.text


async def test_a_run_that_somebody_else_started_does_not_exist(
    begin: Any, workspace: Any, recorder: Any
) -> None:
    jobs = workspace.client("analyst").jobs
    theirs = str(jobs.run_now(workspace.state["jobs"][0]).run_id)
    never = str(int(theirs) + 1)

    answers = [(await begin().say(f"Cancel job {each}")).text for each in (theirs, never)]

    assert answers[0].replace(theirs, "N") == answers[1].replace(never, "N")
    assert "/api/2.2/jobs/runs/cancel" not in recorder.paths()
    jobs.cancel_run(int(theirs))


@pytest.fixture(scope="module")
def analyst_may_connect(own_workspace: Any) -> None:
    """Give the second identity what it needs once the tables are there."""
    database = own_workspace.client().database
    instance = database.get_database_instance("local-lakebase")
    password = database.generate_database_credential(instance_names=[instance.name]).token
    login = {"host": instance.read_write_dns, "user": "admin@local.test", "password": password}
    address = {**login, "dbname": "databricks_postgres", "sslmode": "require"}
    with psycopg.connect(**address, autocommit=True) as connection:
        for statement in GRANTS:
            connection.execute(statement)


async def test_another_user_with_the_same_thread_id_finds_nothing(
    new_conversation: Any, own_workspace: Any, open_on: Any, request: Any
) -> None:
    async with open_on(own_workspace) as supervisor:
        admins = new_conversation(supervisor=supervisor)
        run = await admins.launch()
        request.getfixturevalue("analyst_may_connect")
        async with open_on(own_workspace, profile="analyst") as theirs:
            thread = new_conversation(supervisor=theirs, thread_id=admins.thread_id)
            answers = [
                await thread.say(text)
                for text in ("What's the status?", f"Cancel job {run.run_id}", "Cancel it")
            ]
        mine = await admins.say("What's the status?")
        await admins.say("Cancel it")

    assert [each.operations for each in answers] == [(), (), ()]
    assert "No job was started in this conversation" in answers[0].text
    assert f"There is no run '{run.run_id}'" in answers[1].text
    assert f"Run {run.run_id} is running" in mine.text


async def test_another_users_model_reads_nothing_of_the_thread(
    new_conversation: Any, own_workspace: Any, open_on: Any, request: Any
) -> None:
    async with open_on(own_workspace) as supervisor:
        admins = new_conversation(supervisor=supervisor)
        await admins.say("Hello, this is a secret")
        request.getfixturevalue("analyst_may_connect")
    own_workspace.control("DELETE", "requests")
    async with open_on(own_workspace, profile="analyst") as theirs:
        await new_conversation(supervisor=theirs, thread_id=admins.thread_id).say("Hello")

    (asked,) = own_workspace.requests("/serving-endpoints/chat/completions")
    assert asked["user"] == ANALYST
    assert "secret" not in str(asked["body"])
