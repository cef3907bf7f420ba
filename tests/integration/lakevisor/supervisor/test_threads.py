"""A thread goes on in another process, and only for the one whose it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakevisor.errors import LakebaseRoleMissing
from lakevisor.supervisor import Request, Said

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
        finished = await begin(supervisor=second, thread_id=thread.thread_id).say(
            "What's the status?"
        )

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


async def test_a_conversation_that_is_brought_along_is_stored_once(
    supervisor: Any, recorder: Any
) -> None:
    before = (Said(role="user", text="I am Ada"), Said(role="assistant", text="Hello, Ada"))
    first = await supervisor.ask(Request(text="Hello", history=before))
    said = (*before, Said(role="user", text="Hello"), Said(role="assistant", text=first.text))
    recorder.clear()

    await supervisor.ask(Request(text="Thanks", thread_id=first.thread_id, history=said))

    (prompt,) = recorder.prompts()
    contents = [each["content"] for each in prompt["messages"][1:]]
    assert contents[:3] == ["I am Ada", "Hello, Ada", "Hello"]
    assert contents[4:] == ["Thanks"]


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

    answers = [own_words(await begin().say(f"Cancel job {each}")) for each in (theirs, never)]

    assert answers[0].replace(theirs, "N") == answers[1].replace(never, "N")
    assert "/api/2.2/jobs/runs/cancel" not in recorder.paths()
    jobs.cancel_run(int(theirs))


def own_words(finished: Any) -> str:
    """Return a reply without the ends of other tests' runs, of which it may tell too."""
    text = str(finished.text)
    for notice in finished.custom_outputs["notices"]:
        text = text.replace(notice["text"], "")
    return text.strip()


async def test_another_user_with_the_same_thread_id_finds_nothing(
    new_conversation: Any, shared_workspace: Any, open_on: Any
) -> None:
    async with open_on(shared_workspace) as supervisor:
        mine = new_conversation(supervisor=supervisor)
        run = await mine.launch()
        async with open_on(shared_workspace, profile="analyst") as other:
            theirs = new_conversation(supervisor=other, thread_id=mine.thread_id)
            status, cancel = [
                await theirs.say(text)
                for text in ("What's the status?", f"Cancel job {run.run_id}")
            ]
        mine_still = await mine.say("What's the status?")
        await mine.say("Cancel it")

    assert (status.operations, cancel.operations) == ((), ())
    assert "No job was started in this conversation" in status.text
    assert f"You have no run '{run.run_id}'" in cancel.text
    assert f"Run {run.run_id} is running" in mine_still.text


async def test_another_users_model_reads_nothing_of_the_thread(
    new_conversation: Any, shared_workspace: Any, open_on: Any
) -> None:
    async with open_on(shared_workspace) as supervisor:
        mine = new_conversation(supervisor=supervisor)
        await mine.say("Hello, this is a secret")
    shared_workspace.control("DELETE", "requests")
    async with open_on(shared_workspace, profile="analyst") as other:
        await new_conversation(supervisor=other, thread_id=mine.thread_id).say("Hello")

    (asked,) = shared_workspace.requests("/serving-endpoints/chat/completions")
    assert asked["user"] == "analyst@local.test"
    assert "secret" not in str(asked["body"])


async def test_a_user_without_a_role_is_told_what_to_ask_for(
    own_workspace: Any, open_on: Any
) -> None:
    with pytest.raises(LakebaseRoleMissing, match=r"viewer@local\.test") as refused:
        async with open_on(own_workspace, profile="viewer"):
            pass

    assert "databricks_create_role('viewer@local.test', 'USER')" in refused.value.remedy
