"""Who asks a served model: whose token Model Serving has for the request, and nothing else."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lakevisor.config import Configuration, load_configuration
from lakevisor.errors import InvalidValue

CONFIGS = Path(__file__).parents[4] / "configs"
PLATFORM = '''
"""What Model Serving's own package offers: the token of the request that a thread works on."""

from threading import local

request = local()


def fetch_obo_token():
    """Return it, or None where the endpoint has no user policy."""
    return getattr(request, "token", None)
'''
LAUNCH = "Analyze all customer transactions for anomalies"
HELLO = {"input": [{"role": "user", "content": "Hello."}]}
Ask = Callable[..., Any]


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give Model Serving's own package, in a process that looks like one of its own."""
    package = tmp_path / "mlflowserving" / "scoring_server"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    (package / "agent_utils.py").write_text(PLATFORM, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("IS_IN_DB_MODEL_SERVING_ENV", "true")
    from mlflowserving.scoring_server import (  # type: ignore[import-not-found]  # written above
        agent_utils,
    )

    yield agent_utils
    for name in [each for each in sys.modules if each.startswith("mlflowserving")]:
        del sys.modules[name]


def configured(workspace: Any, identity: str) -> Configuration:
    pointed = [f"workspace.config_file={workspace.config_file}", "workspace.start=[]"]
    changes = [*pointed, f"serving.identity={identity}"]
    return load_configuration(folder=CONFIGS, overrides=changes, environment={})


@pytest.fixture
def agent(workspace: Any, logged: Any) -> Iterator[Any]:
    """Give an agent that knows who asks from Model Serving; MLflow has been imported before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lakevisor.serving import ResponsesAgent

    made = ResponsesAgent(configured(workspace, "model_serving"), environment={})
    yield made
    made.close()


@pytest.fixture
def ask_as(agent: Any, platform: Any, workspace: Any) -> Ask:
    """Give a function that sends a request as a person does, in a thread of its own."""

    def ask(user: str | None, text: str, **custom_inputs: Any) -> Any:
        def in_thread() -> Any:
            platform.request.token = workspace.tokens[user] if user else None
            message = {"role": "user", "content": text}
            body = {"input": [message], "custom_inputs": custom_inputs}
            return agent.predict(body).model_dump()

        with ThreadPoolExecutor(1) as threads:
            return threads.submit(in_thread).result()

    return ask


def operations(answer: Any) -> list[str]:
    return [each["run_id"] for each in answer["custom_outputs"]["operations"]]


def test_runs_and_threads_belong_to_whose_token_it_is(ask_as: Ask, stop_runs: Any) -> None:
    launched = ask_as("analyst", LAUNCH)
    run_id, thread_id = stop_runs(launched), launched["custom_outputs"]["thread_id"]
    status = f"What is the status of run {run_id}?"

    assert operations(ask_as("analyst", status)) == [run_id]
    assert operations(ask_as("viewer", status, thread_id=thread_id)) == []


def test_requests_at_the_same_time_keep_their_own_tokens(ask_as: Ask, stop_runs: Any) -> None:
    users = ("analyst", "viewer", "analyst", "viewer")
    with ThreadPoolExecutor(len(users)) as threads:
        launched = [stop_runs(each) for each in threads.map(ask_as, users, [LAUNCH] * len(users))]

    for user, run_id in zip(users, launched, strict=True):
        other = "viewer" if user == "analyst" else "analyst"
        status = f"What is the status of run {run_id}?"
        assert operations(ask_as(user, status)) == [run_id]
        assert operations(ask_as(other, status)) == []


@pytest.mark.parametrize("token", [None, "dapi-of-nobody"])
def test_without_a_token_that_the_workspace_knows_nobody_is_let_in(
    agent: Any, platform: Any, token: str | None
) -> None:
    platform.request.token = token

    with pytest.raises(Exception, match=r"code caller_unknown, correlation id \w+"):
        agent.predict(HELLO)


def test_a_token_of_the_whole_process_is_not_taken(
    agent: Any, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IS_IN_DB_MODEL_SERVING_ENV", "true")
    monkeypatch.setattr(
        threading.main_thread(), "invokers_token", workspace.tokens["viewer"], raising=False
    )

    with pytest.raises(Exception, match="caller_unknown"):
        agent.predict(HELLO)


def test_a_model_that_would_believe_headers_is_refused(workspace: Any, logged: Any) -> None:
    from lakevisor.serving import ResponsesAgent

    with pytest.raises(InvalidValue, match="must be self or model_serving"):
        ResponsesAgent(configured(workspace, "proxy"), environment={})
