"""How many questions the workspace takes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config

SALES = "01f10000000000000000000000000001"
START = f"/api/2.0/genie/spaces/{SALES}/start-conversation"


@pytest.fixture
def limit(server) -> Iterator[None]:
    """Let two questions pass in two seconds."""
    server.control("PUT", "genie/rate-limit", {"questions": 2, "seconds": 2})
    yield
    server.control("DELETE", "genie/rate-limit")


def ask(server, user="analyst"):
    headers = {"Authorization": f"Bearer {user}"}
    return httpx.post(server.url + START, json={"content": "Hello"}, headers=headers)


def test_one_question_too_many_is_told_when_to_come_again(server, limit):
    answers = [ask(server, user) for user in ("analyst", "viewer", "admin")]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2


def test_a_question_that_waited_is_answered(server, limit):
    while (answer := ask(server)).status_code == 200:
        pass
    time.sleep(int(answer.headers["retry-after"]))
    assert ask(server).status_code == 200


def test_the_sdk_waits_by_itself(server, limit):
    config = Config(host=server.url, token="analyst", auth_type="pat", retry_timeout_seconds=10)
    genie = WorkspaceClient(config=config).genie
    started = time.monotonic()
    for _ in range(3):
        genie.start_conversation(SALES, "Hello")
    assert time.monotonic() - started >= 1


def test_a_follow_up_counts_and_reading_does_not(server, limit):
    first = ask(server).json()
    where = f"/api/2.0/genie/spaces/{SALES}/conversations/{first['conversation_id']}/messages"
    headers = {"Authorization": "Bearer analyst"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        read = [client.get(where).status_code for _ in range(5)]
        asked = [client.post(where, json={"content": "Hello"}).status_code for _ in range(2)]
    assert (read, asked) == ([200] * 5, [200, 429])


def test_there_is_no_limit_unless_asked_for(server):
    assert server.control("GET", "genie/rate-limit") == {"questions": None, "seconds": 60.0}
    assert {ask(server).status_code for _ in range(8)} == {200}


def test_the_limit_of_the_platform_can_be_set_from_the_start(serving, tmp_path):
    with serving(tmp_path, questions_per_minute=5) as server:
        assert [ask(server).status_code for _ in range(6)] == [200] * 5 + [429]
