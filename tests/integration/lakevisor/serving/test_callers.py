"""The proxy's headers say who asks; nothing else does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

LAUNCH = "Analyze all customer transactions for anomalies"


def _listed(server: Any, user: str) -> list[tuple[str, str]]:
    listed = server.call("GET", "/operations?limit=10", user=user).json()["operations"]
    return [(each["thread_id"], each["operation"]["run_id"]) for each in listed]


def test_without_the_proxys_header_nobody_is_let_in(shared_server: Any) -> None:
    answer = shared_server.call("POST", "/responses", body={"input": "Hello."})

    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert answer.json()["error"]["code"] == "caller_unknown"


@pytest.mark.parametrize("names", [("a@x.com", "b@x.com"), ("a@x.com", "a@x.com")])
def test_a_header_that_comes_twice_is_believed_in_neither_form(
    shared_server: Any, names: tuple[str, str]
) -> None:
    headers = [("x-forwarded-email", name) for name in names]
    with shared_server.client() as client:
        answer = client.post("/responses", json={"input": "Hello."}, headers=headers)

    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_two_people_see_neither_threads_nor_runs_of_each_other(
    shared_server: Any, stop_runs: Any
) -> None:
    ann, bob = (f"{name}-{uuid4().hex}@example.com" for name in ("ann", "bob"))
    launched = shared_server.ask(LAUNCH, user=ann)
    run_id, thread_id = stop_runs(launched), launched["custom_outputs"]["thread_id"]
    status = f"What is the status of run {run_id}?"
    same_thread = {"custom_inputs": {"thread_id": thread_id}}

    hers = shared_server.ask(status, user=ann)["custom_outputs"]["operations"]
    his = shared_server.ask(status, user=bob, **same_thread)["custom_outputs"]["operations"]

    assert [each["run_id"] for each in hers] == [run_id]
    assert his == []
    assert _listed(shared_server, ann) == [(thread_id, run_id)]
    assert _listed(shared_server, bob) == []


def test_a_name_in_the_body_changes_nothing(shared_server: Any, stop_runs: Any) -> None:
    ann, bob = (f"{name}-{uuid4().hex}@example.com" for name in ("ann", "bob"))
    run_id = stop_runs(shared_server.ask(LAUNCH, user=ann))
    forged = {"user": ann, "context": {"user_id": ann}, "metadata": {"user": ann}}

    body = {"input": f"What is the status of run {run_id}?", **forged}
    his = shared_server.call("POST", "/responses", body=body, user=bob).json()

    assert his["custom_outputs"]["operations"] == []


def test_headers_say_nothing_where_no_proxy_is_configured(
    server: Any, shared_server: Any, stop_runs: Any
) -> None:
    run_id = stop_runs(server.ask(LAUNCH, user="somebody@example.com"))

    own = server.ask(f"What is the status of run {run_id}?")["custom_outputs"]["operations"]

    assert [each["run_id"] for each in own] == [run_id]


def test_the_case_of_an_address_makes_no_other_person(shared_server: Any) -> None:
    name = f"Ann-{uuid4().hex}@Example.com"
    thread_id = shared_server.ask("Hello.", user=name)["custom_outputs"]["thread_id"]

    answer = shared_server.call("GET", f"/threads/{thread_id}", user=name.lower())

    assert answer.status_code == httpx.codes.OK


def test_a_token_of_somebody_else_is_refused(workspace: Any, shared_server: Any) -> None:
    token = workspace.tokens["viewer"]
    headers = {"x-forwarded-access-token": token}
    theirs = shared_server.call(
        "POST", "/responses", body={"input": "Hello."}, user="viewer@local.test", **headers
    )
    forged = shared_server.call(
        "POST", "/responses", body={"input": "Hello."}, user="analyst@local.test", **headers
    )

    assert theirs.status_code == httpx.codes.OK
    assert forged.status_code == httpx.codes.UNAUTHORIZED
    assert token not in shared_server.log.read_text(encoding="utf-8")
