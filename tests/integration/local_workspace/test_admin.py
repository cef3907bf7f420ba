"""Faults, the recorder and tokens on request."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import psycopg
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import InternalError, TooManyRequests
from databricks.sdk.errors import PermissionDenied as SdkPermissionDenied

ME = "/api/2.0/preview/scim/v2/Me"
CHAT = "/serving-endpoints/chat/completions"


def sdk(workspace: Any, profile: str = "local", *, retry_seconds: int = 10) -> WorkspaceClient:
    config = Config(
        profile=profile,
        config_file=str(workspace.config_file),
        retry_timeout_seconds=retry_seconds,
    )
    return WorkspaceClient(config=config)


def chat(text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "databricks-claude-sonnet-4-5", "messages": messages}


def test_a_rate_limit_is_answered_with_retry_after_and_the_sdk_tries_again(
    workspace: Any, add_fault: Any
) -> None:
    databricks = sdk(workspace)
    add_fault(kind="status", status=429, path=ME, retry_after=1)
    workspace.control("DELETE", "requests")
    assert databricks.current_user.me().user_name == "admin@local.test"
    assert [request["status"] for request in workspace.requests(ME)] == [429, 200]


def test_a_rate_limit_has_the_body_of_the_platform(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=429, path=ME, retry_after=7)
    answer = workspace.call("GET", ME)
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_500_is_an_internal_error_for_the_sdk(workspace: Any, add_fault: Any) -> None:
    databricks = sdk(workspace)
    add_fault(kind="status", status=500, path=ME)
    with pytest.raises(InternalError, match="error processing your request"):
        databricks.current_user.me()


def test_a_503_names_the_path(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=503, path=ME)
    answer = workspace.call("GET", ME)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert f"The service at {ME} is temporarily unavailable" in answer.json()["message"]


def test_a_dropped_connection_does_no_work(workspace: Any, add_fault: Any) -> None:
    workspace.control("POST", "model/script", body={"replies": [{"content": "once"}]})
    add_fault(kind="drop_before", path=CHAT)
    with pytest.raises(httpx.RemoteProtocolError):
        workspace.call("POST", CHAT, body=chat("hi"))
    answer = workspace.call("POST", CHAT, body=chat("hi")).json()
    assert answer["choices"][0]["message"]["content"] == "once"


@pytest.mark.parametrize("kind", ["lost_answer", "drop_after"])
def test_a_lost_answer_comes_after_the_work_was_done(
    workspace: Any, add_fault: Any, kind: str
) -> None:
    workspace.control("POST", "model/script", body={"replies": [{"content": "once"}]})
    add_fault(kind=kind, path=CHAT)
    with pytest.raises(httpx.RemoteProtocolError):
        workspace.call("POST", CHAT, body=chat("hi"))
    answer = workspace.call("POST", CHAT, body=chat("hi")).json()
    assert answer["choices"][0]["message"]["content"] == "Hello."


def test_the_sdk_sees_a_connection_error_and_sends_again(workspace: Any, add_fault: Any) -> None:
    databricks = sdk(workspace)
    add_fault(kind="lost_answer", path=ME)
    workspace.control("DELETE", "requests")
    assert databricks.current_user.me().user_name == "admin@local.test"
    assert [request["status"] for request in workspace.requests(ME)] == [None, 200]


def test_a_delay_is_a_late_answer(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="delay", seconds=0.3, path=ME)
    started = time.monotonic()
    assert workspace.call("GET", ME).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_hanging_request_ends_with_the_connection(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="hang", seconds=0.2, path=ME)
    with pytest.raises(httpx.RemoteProtocolError):
        workspace.call("GET", ME)


def test_a_hanging_request_is_given_up_when_its_client_leaves(
    workspace: Any, add_fault: Any
) -> None:
    add_fault(kind="hang", path=ME)
    headers = {"Authorization": f"Bearer {workspace.tokens['admin']}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(workspace.url + ME, headers=headers, timeout=0.2, trust_env=False)
    assert workspace.call("GET", ME).status_code == 200


def test_another_answer_can_be_given_and_nothing_is_done(workspace: Any, add_fault: Any) -> None:
    add_fault(kind="answer", path=ME, body={"userName": "nobody"})
    add_fault(kind="answer", path=ME, status=418, body={"error_code": "TEAPOT"})
    answers = [workspace.call("GET", ME) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 418]
    assert [each.json() for each in answers] == [{"userName": "nobody"}, {"error_code": "TEAPOT"}]


def test_an_answer_can_be_patched(workspace: Any, add_fault: Any) -> None:
    whole = workspace.call("GET", ME).json()
    add_fault(kind="patch", path=ME, body={"userName": None, "displayName": "Other"})
    patched = workspace.call("GET", ME).json()
    assert patched == {k: v for k, v in whole.items() if k != "userName"} | {"displayName": "Other"}


def test_an_answer_can_be_cut_off(workspace: Any, add_fault: Any) -> None:
    whole = workspace.call("GET", ME).content
    add_fault(kind="cut", path=ME, after_bytes=10)
    headers = {"Authorization": f"Bearer {workspace.tokens['admin']}"}
    read = bytearray()
    with httpx.stream("GET", workspace.url + ME, headers=headers, trust_env=False) as answer:
        with pytest.raises(httpx.RemoteProtocolError):
            read_into(read, answer)
        assert answer.status_code == 200
    assert read == whole[:10]


def read_into(read: bytearray, answer: httpx.Response) -> None:
    for piece in answer.iter_raw():
        read += piece


def test_a_rule_goes_for_its_method_and_body_only(workspace: Any, add_fault: Any) -> None:
    add_fault(
        kind="status", status=500, method="POST", path="/serving-*", body_contains="fail here"
    )
    assert workspace.call("POST", CHAT, body=chat("hello")).status_code == 200
    assert workspace.call("POST", CHAT, body=chat("fail here")).status_code == 500
    assert workspace.call("POST", CHAT, body=chat("fail here")).status_code == 200


def test_a_rule_lets_the_first_requests_pass_and_then_fails_as_often_as_told(
    workspace: Any, add_fault: Any
) -> None:
    add_fault(kind="status", status=500, path=ME, skip=1, times=2)
    seen = [workspace.call("GET", ME).status_code for _ in range(4)]
    assert seen == [200, 500, 500, 200]


def test_rules_are_listed_and_taken_back(workspace: Any, add_fault: Any) -> None:
    number = add_fault(kind="status", status=500, path=ME, times=None)
    [rule] = workspace.control("GET", "faults")["faults"]
    assert (rule["id"], rule["kind"], rule["times"]) == (number, "status", None)
    workspace.control("DELETE", f"faults/{number}")
    assert workspace.call("GET", ME).status_code == 200


def test_a_rule_that_is_none_is_refused_with_what_is_wrong(workspace: Any) -> None:
    answer = workspace.call("POST", "/local/faults", body={"kind": "explode", "wen": 1})
    assert answer.status_code == 400
    assert "kind" in answer.json()["message"]
    assert "wen" in answer.json()["message"]


def test_the_recorder_keeps_who_asked_what(workspace: Any) -> None:
    workspace.control("DELETE", "requests")
    workspace.call("POST", CHAT + "?a=1", body=chat("hi"), user="analyst")
    [request] = workspace.requests("/serving-endpoints/*")
    assert (request["method"], request["query"], request["status"]) == ("POST", "a=1", 200)
    assert request["user"] == "analyst@local.test"
    assert request["body"]["messages"][0]["content"] == "hi"
    assert workspace.requests("/api/2.2/jobs/*") == []


def test_requests_that_came_at_once_are_all_recorded(workspace: Any) -> None:
    workspace.control("DELETE", "requests")
    threads = [
        threading.Thread(target=workspace.call, args=("GET", ME), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [request["n"] for request in workspace.requests(ME)]
    assert len(set(numbers)) == 8


def test_the_admin_calls_are_for_admins_only(workspace: Any) -> None:
    answer = workspace.call("GET", "/local/requests", user="analyst")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_a_revoked_token_is_refused_until_it_is_restored(workspace: Any) -> None:
    workspace.control("POST", "tokens/revoke", body={"user_name": "viewer@local.test"})
    try:
        assert workspace.call("GET", ME, user="viewer").json()["error_code"] == 403
    finally:
        workspace.control("POST", "tokens/restore", body={"user_name": "viewer@local.test"})
    assert workspace.call("GET", ME, user="viewer").status_code == 200


def test_an_expired_oauth_token_is_refused_and_a_new_one_counts(workspace: Any) -> None:
    principal = sdk(workspace, "service-principal", retry_seconds=1)
    principal.current_user.me()
    client_id = workspace.state["service_principal"]["client_id"]
    workspace.control("POST", "tokens/expire", body={"user_name": client_id})
    with pytest.raises(SdkPermissionDenied):
        principal.current_user.me()
    assert sdk(workspace, "service-principal").current_user.me().user_name == client_id


def test_a_limit_that_does_not_end_reaches_the_caller(workspace: Any, add_fault: Any) -> None:
    databricks = sdk(workspace, retry_seconds=1)
    add_fault(kind="status", status=429, path=ME, retry_after=1, times=None)
    with pytest.raises((TooManyRequests, TimeoutError)):
        databricks.current_user.me()


def lakebase_login(workspace: Any) -> dict[str, Any]:
    database = sdk(workspace).database
    instance = database.get_database_instance("local-lakebase")
    password = database.generate_database_credential(instance_names=[instance.name]).token
    return {
        "host": instance.read_write_dns,
        "user": "admin@local.test",
        "password": password,
        "dbname": "databricks_postgres",
        "sslmode": "require",
    }


def test_lakebase_stops_and_starts_on_request(workspace: Any) -> None:
    address = lakebase_login(workspace)
    workspace.control("POST", "lakebase/stop")
    try:
        with pytest.raises(psycopg.OperationalError, match="is starting up"):
            psycopg.connect(**address)
    finally:
        workspace.control("POST", "lakebase/start")
    with psycopg.connect(**address) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("action", ["kill-connections", "restart"])
def test_lakebase_loses_its_connections_on_request(workspace: Any, action: str) -> None:
    address = lakebase_login(workspace)
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute("select 1")
        workspace.control("POST", f"lakebase/{action}")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with psycopg.connect(**address) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
