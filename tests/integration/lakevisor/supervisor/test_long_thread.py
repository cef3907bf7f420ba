"""Launch, status, cancel, and another launch, ten times over on one thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from lakevisor_plugin import TurnFinished

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROUNDS = 10
WINDOW_TOKENS = 300


@dataclass(frozen=True, kw_only=True)
class Round:
    """One launch, and what was said about it."""

    run_id: str
    status: TurnFinished
    cancel: TurnFinished


@dataclass(frozen=True, kw_only=True)
class Story:
    """Ten rounds, and what the model was sent for them."""

    rounds: Sequence[Round]
    prompts: Sequence[Mapping[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def story(workspace: Any, open_on: Any, new_conversation: Any) -> AsyncIterator[Story]:
    """Have the conversation, with a small window so that it is soon full."""
    workspace.control("DELETE", "requests")
    rounds = []
    async with open_on(workspace, f"supervisor.window_tokens={WINDOW_TOKENS}") as supervisor:
        thread = new_conversation(supervisor=supervisor)
        for _ in range(ROUNDS):
            run = await thread.launch()
            status = await thread.say("What's the status?")
            cancel = await thread.say("Cancel it")
            rounds.append(Round(run_id=run.run_id, status=status, cancel=cancel))
    asked = workspace.requests("/serving-endpoints/chat/completions")
    yield Story(rounds=rounds, prompts=[each["body"] for each in asked])


async def test_each_launch_is_a_new_run(story: Story) -> None:
    assert len({each.run_id for each in story.rounds}) == ROUNDS


async def test_each_status_and_each_cancel_is_of_the_latest_run(story: Story) -> None:
    for each in story.rounds:
        assert f"Run {each.run_id} is " in each.status.text
        assert f"Stop requested for run {each.run_id}." in each.cancel.text


async def test_each_request_is_one_model_call(story: Story) -> None:
    assert len(story.prompts) == 3 * ROUNDS


async def test_no_tool_call_is_sent_without_its_result(story: Story) -> None:
    for prompt in story.prompts:
        assert calls_in(prompt["messages"]) == results_in(prompt["messages"])


async def test_the_prompt_does_not_grow_with_the_thread(story: Story) -> None:
    first, *rest = (length_of(prompt) for prompt in story.prompts)

    assert max(rest) <= first + 4 * WINDOW_TOKENS
    assert max(rest[-3:]) <= max(rest[5:10]) + 100, "a full window stays as it is"


async def test_the_beginning_of_the_prompt_stays_the_same(story: Story) -> None:
    beginnings = {(str(each["messages"][0]), str(each["tools"])) for each in story.prompts}

    assert len(beginnings) == 1


def calls_in(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [call["id"] for each in messages for call in each.get("tool_calls") or ()]


def results_in(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    return [each["tool_call_id"] for each in messages if each["role"] == "tool"]


def length_of(prompt: Mapping[str, Any]) -> int:
    return sum(len(each["content"] or "") for each in prompt["messages"])
