"""Another endpoint as the model: here a local workspace's own, which speaks OpenAI's form too."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import StreamingResponse

from local_workspace.errors import InvalidParameter, RateLimited, Unavailable
from local_workspace.serving import Upstream, UpstreamSettings

MODEL = "databricks-claude-sonnet-4-5"
HELLO = {"model": "whatever", "messages": [{"role": "user", "content": "hello"}]}


def upstream(workspace: Any, **changed: Any) -> Upstream:
    known = {
        "url": f"{workspace.url}/serving-endpoints",
        "model": MODEL,
        "api_key": workspace.tokens["admin"],
    }
    return Upstream(UpstreamSettings(**{**known, **changed}))


async def test_an_answer_is_passed_on_as_it_is(workspace: Any) -> None:
    model = upstream(workspace)
    async with model.running():
        answer = await model.answer(HELLO)
        assert b'"content": "Hello."' in answer.body
        assert await model.complete(HELLO["messages"]) == "Hello."
    asked = workspace.requests("/serving-endpoints/*")[-1]
    assert asked["body"]["model"] == MODEL


async def test_a_stream_is_passed_on_as_it_comes(workspace: Any) -> None:
    model = upstream(workspace)
    async with model.running():
        answer = await model.answer({**HELLO, "stream": True})
        assert isinstance(answer, StreamingResponse)
        received = b"".join([piece async for piece in answer.body_iterator])
        await answer.background()
    assert answer.media_type.startswith("text/event-stream")
    assert received.endswith(b"data: [DONE]\n\n")


async def test_a_refused_request_is_the_callers_fault(workspace: Any) -> None:
    model = upstream(workspace)
    async with model.running():
        with pytest.raises(InvalidParameter, match="at least one message"):
            await model.answer({**HELLO, "messages": []})


async def test_a_refused_key_is_not_the_callers_fault(workspace: Any) -> None:
    model = upstream(workspace, api_key="wrong")
    async with model.running():
        with pytest.raises(Unavailable, match="The configured model answered 403"):
            await model.answer(HELLO)


async def test_a_limit_is_passed_on_with_its_wait(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=429, retry_after=9, path="/serving-endpoints/*")
    model = upstream(workspace)
    async with model.running():
        with pytest.raises(RateLimited) as limited:
            await model.answer(HELLO)
    assert limited.value.headers == {"Retry-After": "9"}


async def test_an_endpoint_that_is_not_there_is_unavailable(workspace: Any) -> None:
    model = upstream(workspace, url="http://127.0.0.1:9")
    async with model.running():
        with pytest.raises(Unavailable, match="does not answer"):
            await model.answer(HELLO)


@pytest.mark.parametrize(
    "names",
    [
        ("LOCAL_WORKSPACE_MODEL", "LOCAL_WORKSPACE_API_KEY"),
        ("LOCAL_WORKSPACE_MODEL_MODEL", "LOCAL_WORKSPACE_MODEL_API_KEY"),
    ],
)
def test_the_environment_names_the_endpoint(names: tuple[str, str]) -> None:
    environment = {"LOCAL_WORKSPACE_MODEL_URL": "http://x/v1", names[0]: "m", names[1]: "k"}
    expected = UpstreamSettings(url="http://x/v1", model="m", api_key="k")
    assert UpstreamSettings.from_environment(environment) == expected
    assert UpstreamSettings.from_environment({names[0]: "m"}) is None
