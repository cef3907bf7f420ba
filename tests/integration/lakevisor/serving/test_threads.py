"""People can list, read and delete their own threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest


@pytest.fixture
def ann() -> str:
    return f"ann-{uuid4().hex}@example.com"


def _threads(server: Any, user: str) -> Sequence[str]:
    listed = server.call("GET", "/threads", user=user).json()["threads"]
    return [each["thread_id"] for each in listed]


def test_threads_are_listed_with_the_latest_first_and_can_be_read(
    shared_server: Any, ann: str
) -> None:
    for thread_id, text in (("one", "Hello."), ("two", "Hello."), ("one", "Who are you?")):
        shared_server.ask(text, user=ann, conversation=thread_id)

    read = shared_server.call("GET", "/threads/one", user=ann).json()["messages"]

    assert _threads(shared_server, ann) == ["one", "two"]
    assert [each["text"] for each in read if each["role"] == "user"] == ["Hello.", "Who are you?"]
    assert [each["agent"] for each in read] == [None, "supervisor", None, "supervisor"]


def test_a_thread_of_somebody_else_does_not_exist(shared_server: Any, ann: str) -> None:
    shared_server.ask("Hello.", user=ann, conversation="hers")

    answers = [
        shared_server.call(method, "/threads/hers", user="bob@example.com")
        for method in ("GET", "DELETE")
    ]

    assert {each.status_code for each in answers} == {httpx.codes.NOT_FOUND}
    assert _threads(shared_server, ann) == ["hers"]


def test_a_response_of_somebody_else_does_not_exist(shared_server: Any, ann: str) -> None:
    path = f"/responses/{shared_server.ask('Hello.', user=ann)['id']}"

    hers = shared_server.call("GET", path, user=ann)
    his = shared_server.call("GET", path, user="bob@example.com")
    nobodys = shared_server.call("GET", "/responses/resp_none", user=ann)

    assert [each.status_code for each in (hers, his, nobodys)] == [200, 404, 404]
    assert his.json()["message"] == nobodys.json()["message"]


def test_a_deleted_thread_is_gone_and_its_id_begins_a_new_one(shared_server: Any, ann: str) -> None:
    shared_server.ask("Hello, I am Ann.", user=ann, conversation="t")

    deleted = shared_server.call("DELETE", "/threads/t", user=ann)
    again = shared_server.call("GET", "/threads/t", user=ann)
    shared_server.ask("Hello.", user=ann, conversation="t")
    read = shared_server.call("GET", "/threads/t", user=ann).json()["messages"]

    assert (deleted.status_code, again.status_code) == (204, 404)
    assert [each["text"] for each in read if each["role"] == "user"] == ["Hello."]


def test_an_id_that_no_thread_can_have_is_a_400(shared_server: Any, ann: str) -> None:
    answer = shared_server.call("GET", "/threads/a%00b", user=ann)

    assert answer.status_code == httpx.codes.BAD_REQUEST
