"""Secrets are nowhere: not in answers, logs, traces, tables, on no terminal, whatever goes wrong.

A plugin tells every secret in each way that a plugin has, the workspace repeats every secret in its
errors, and clients send them. That the same is found without the protection is tested too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.types.string import TextLoader

from integration.lakevisor.serving.leaky.cases import ALL, CASES, KNOWN, ME, Case, repeats

PLUGIN = Path(__file__).parent / "leaky"
CONFIGS = Path(__file__).parents[4] / "configs"
PASSWORD = "/api/2.0/database/credentials"
LOGIN = "/oidc/v1/token"
SCHEMA = "canaries"
USER = "analyst@local.test"
SECONDS = 30
VARIABLES = (
    "ACME_ACCESS_KEY",
    "ACME_API_KEY",
    "ACME_CREDENTIALS",
    "ACME_PASSWORD",
    "ACME_PRIVATE_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CALLER_KEY",
    "CLIENT_SECRET",
    "GITHUB_TOKEN",
    "OPENAI_API_KEY",
    "SMTP_PASSWD",
    "WEBHOOK_SECRET",
)
SHAPED = 2
"""The last two are not known to the process, but have the looks of a secret."""
LOOSELY = ("message", "answer", "extra", "own_span")
"""Those that leave something behind everywhere where nothing protects."""
COMMANDS: Mapping[str, Sequence[str]] = {
    "token not accepted": ("workspace.token=env:GITHUB_TOKEN",),
    "client secret not accepted": (
        "workspace.token=null",
        "workspace.client_id=somebody",
        "workspace.client_secret=env:CLIENT_SECRET",
    ),
    "no such host": ("workspace.host=https://nowhere.invalid", "workspace.token=env:GITHUB_TOKEN"),
}
"""What `lakevisor ask --verbose` is configured with."""


@dataclass(frozen=True, kw_only=True)
class Leaky:
    """A server with the plugin, and all that it writes."""

    server: Any
    workspace: Any
    canaries: Mapping[str, str]
    traces: Path
    """MLflow's store."""
    add_fault: Callable[[Mapping[str, Any]], None]

    def ask(self, case: Case) -> httpx.Response:
        """Let one thing go wrong, and return what the client is told."""
        if case.fault:
            told = {"error_code": "NO", "message": " | ".join(self.canaries.values())}
            body = {"body": told} if case.fault["kind"] == "answer" else {}
            self.add_fault({**case.fault, **body})
        headers = {"x_forwarded_access_token": self.canaries[case.token]}
        body = self._body(case)
        try:
            return self._ended(
                self.server.call("POST", "/responses", body=body, user=USER, **headers)
            )
        finally:
            self.workspace.control("DELETE", "faults")

    def _body(self, case: Case) -> Any:
        body: dict[str, Any] = {"input": "What is our revenue?", **case.body}
        if case.how:
            action = {"name": "leak", "arguments": {"how": case.how}}
            body |= {"input": [], "custom_inputs": {"action": action}}
        told = json.dumps(body)
        known = [*self.canaries.values()][:-SHAPED]
        for name, secrets in ((KNOWN, known), (ALL, self.canaries.values())):
            told = told.replace(f'"{name}"', json.dumps(" | ".join(secrets)))
        return json.loads(told)

    def _ended(self, answer: httpx.Response) -> httpx.Response:
        """Wait for what is answered in the background."""
        until = time.monotonic() + SECONDS
        while '"queued"' in answer.text or '"in_progress"' in answer.text[:400]:
            if answer.headers["content-type"].startswith("text/") or time.monotonic() > until:
                break
            time.sleep(0.1)
            path = f"/responses/{answer.json()['id']}"
            answer = self.server.call("GET", path, user=USER)
        return answer

    def written(self) -> Mapping[str, str]:
        """Return all that was written down so far, by where."""
        return {
            "logs": self.server.log.read_text(encoding="utf-8"),
            "tables": _tables(self.workspace),
            "traces": _rows(self.traces),
        }

    def found(self, text: str) -> list[str]:
        """Return which secrets stand in a text, in whatever form."""
        return [name for name, secret in self.canaries.items() if _stands_in(secret, text)]


def _stands_in(secret: str, text: str) -> bool:
    plain = json.dumps(secret)[1:-1]
    forms = (secret, quote(secret, safe=""), plain, json.dumps(plain)[1:-1], repr(secret)[1:-1])
    return any(form in text for form in forms)


def _tables(workspace: Any) -> str:
    """Return every row of the ledger and of the checkpoints, bytes as letters."""
    database = workspace.client().database
    instance = database.get_database_instance("local-lakebase")
    password = database.generate_database_credential(instance_names=[instance.name]).token
    login = {"host": instance.read_write_dns, "user": "admin@local.test", "password": password}
    named = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema ~ %s"
    told = []
    with psycopg.connect(**login, dbname="databricks_postgres", sslmode="require") as connection:
        # Some are '-infinity', which Python has not.
        connection.adapters.register_loader("timestamptz", TextLoader)
        for table in connection.execute(named, [f"^{SCHEMA}"]).fetchall():
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(*table)))
            told += [_letters(value) for row in rows for value in row]
    return "\n".join(told)


def _rows(store: Path) -> str:
    """Return every value of an SQLite file."""
    told = []
    with sqlite3.connect(store) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            rows = connection.execute(f'SELECT * FROM "{table}"')
            told += [_letters(value) for row in rows for value in row]
    connection.close()
    return "\n".join(told)


def _letters(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="module")
def canaries(workspace: Any) -> Mapping[str, str]:
    """Give twenty secrets, by where each lives."""
    made = {name: f"canary-{name.lower()}-{uuid4().hex}" for name in VARIABLES}
    made["ACME_PASSWORD"] = f'canary "{uuid4().hex}"/\\&é%'
    return {
        **made,
        "the workspace's token": workspace.tokens["admin"],
        "the person's token": workspace.tokens["analyst"],
        "a plugin's setting": f"canary-setting-{uuid4().hex}",
        "Lakebase's password": f"canary-lakebase-{uuid4().hex}",
        "a token that nobody has": f"canary-forged-{uuid4().hex}",
        "a personal token of another": "dapi" + uuid4().hex,
        "another's access token": f"eyJ{uuid4().hex}.eyJ{uuid4().hex}.{uuid4().hex}",
    }


@pytest.fixture(scope="module")
def environment(
    workspace: Any, canaries: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """Give the variables of a process that has the plugin, the secrets, and talks a lot."""
    folder = tmp_path_factory.mktemp("leaky")
    metadata = folder / "acme_leaky-1.0.dist-info"
    metadata.mkdir()
    about = "Metadata-Version: 2.1\nName: acme-leaky\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(about, encoding="utf-8")
    points = "[lakevisor]\nleaky = acme_leaky\n"
    (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
    (folder / "canaries.json").write_text(json.dumps([*canaries.values()]), encoding="utf-8")
    path = [str(folder), str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **{name: canaries[name] for name in VARIABLES},
        "PYTHONPATH": os.pathsep.join(path),
        "LEAKY_FILE": str(folder / "canaries.json"),
        "LEAKY_KNOWN": str(len(canaries) - SHAPED),
        "WORKSPACE_LOGIN": workspace.tokens["admin"],
        "DATABRICKS_DEBUG_HEADERS": "true",
        "DATABRICKS_DEBUG_TRUNCATE_BYTES": "4000",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "LAKEVISOR_LOG": "debug",
    }


def _changes(workspace: Any, canaries: Mapping[str, str]) -> Sequence[str]:
    key = canaries["a plugin's setting"]
    return (
        f"workspace.host={workspace.url}",
        "workspace.profile=null",
        "workspace.token=env:WORKSPACE_LOGIN",
        "workspace.http_timeout_seconds=1",
        f"lakebase.schema_name={SCHEMA}",
        "serving.identity=proxy",
        "tracing={enabled: true, experiment: canaries, caller_key: 'env:CALLER_KEY'}",
        f"agents.leaky={{key: {key}}}",
    )


@pytest.fixture(scope="module")
def leaky(
    workspace: Any, start_server: Any, canaries: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[Leaky]:
    """Give a server with the plugin; a password that it had for Lakebase was wrong."""

    def add_fault(rule: Mapping[str, Any]) -> None:
        workspace.control("POST", "faults", body=rule)

    def has_used_it(_: httpx.Response) -> bool:
        # Other tests' servers on this workspace get the wrong password too.
        workspace.control("POST", "lakebase/kill-connections")
        return "Failed to decode token" in server.log.read_text(encoding="utf-8")

    with start_server(workspace, *_changes(workspace, canaries), **environment) as server:
        server.wait_until(lambda answer: answer.is_success)
        wrong = {"token": canaries["Lakebase's password"]}
        add_fault({"kind": "patch", "path": PASSWORD, "body": wrong, "times": None})
        server.wait_until(has_used_it)
        workspace.control("DELETE", "faults")
        server.wait_until(lambda answer: answer.is_success)
        yield Leaky(
            server=server,
            workspace=workspace,
            canaries=canaries,
            traces=Path(environment["MLFLOW_TRACKING_URI"].removeprefix("sqlite:///")),
            add_fault=add_fault,
        )


@pytest.fixture(scope="module")
def answers(leaky: Leaky) -> Mapping[str, httpx.Response]:
    """Give what clients were told, after everything has gone wrong."""
    return {case.name: leaky.ask(case) for case in CASES}


@pytest.fixture(scope="module")
def written(leaky: Leaky, answers: Mapping[str, httpx.Response]) -> Mapping[str, str]:
    """Give what was written down by then, with the last trace."""
    assert len(answers) == len(CASES)
    leaky.server.wait_until(lambda _: "leaky span of MLflow" in leaky.written()["traces"])
    return leaky.written()


@pytest.fixture(scope="module")
def loosely(leaky: Leaky, written: Mapping[str, str]) -> Mapping[str, str]:
    """Give what was written down after that, and told, without the protection."""
    cases = [Case(name=how, how=how) for how in ("loosen", *LOOSELY)]
    told = "".join(leaky.ask(case).text for case in cases)

    def added() -> Mapping[str, str]:
        return {
            place: text[len(written[place]) :] if place == "logs" else text
            for place, text in leaky.written().items()
        }

    leaky.server.wait_until(lambda _: bool(leaky.found(added()["traces"])))
    return {**added(), "answers": told}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_goes_wrong_tells_its_client_no_secret(
    leaky: Leaky, answers: Mapping[str, httpx.Response], case: Case
) -> None:
    answer = answers[case.name]

    assert answer.status_code == case.status, answer.text
    assert leaky.found(answer.text + str(answer.headers)) == []


@pytest.mark.parametrize("place", ["logs", "tables", "traces"])
def test_no_secret_is_written_down(leaky: Leaky, written: Mapping[str, str], place: str) -> None:
    assert "leak" in written[place]
    assert leaky.found(written[place]) == []


@pytest.mark.parametrize("place", ["logs", "tables", "traces", "answers"])
def test_without_the_protection_they_would_be_found(
    leaky: Leaky, loosely: Mapping[str, str], place: str
) -> None:
    assert len(leaky.found(loosely[place])) >= len(leaky.canaries) - SHAPED


@pytest.fixture(scope="module")
def commands(
    workspace: Any, canaries: Mapping[str, str], environment: Mapping[str, str]
) -> Mapping[str, subprocess.CompletedProcess[str]]:
    """Give what became of each command; they run at once."""
    told = {"error": "invalid_client", "message": " | ".join(canaries.values())}
    for path in (ME, LOGIN):
        workspace.control("POST", "faults", body={**repeats(path, 401), "body": told})
    variables = {**os.environ, "LAKEVISOR_CONFIGS": str(CONFIGS), **environment}

    def run(name: str) -> subprocess.CompletedProcess[str]:
        more = ("workspace.start=[]", "workspace.connect_timeout_seconds=2")
        changes = (*_changes(workspace, canaries), *more, *COMMANDS[name])
        given = [word for each in changes for word in ("--set", each)]
        command = [Path(sys.executable).with_name("lakevisor"), "ask", "Hello", "--verbose"]
        return subprocess.run(
            [*command, *given], env=variables, capture_output=True, text=True, timeout=90
        )

    with ThreadPoolExecutor() as threads:
        ended = dict(zip(COMMANDS, threads.map(run, COMMANDS), strict=True))
    workspace.control("DELETE", "faults")
    return ended


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_fails_shows_no_secret(
    canaries: Mapping[str, str],
    commands: Mapping[str, subprocess.CompletedProcess[str]],
    name: str,
) -> None:
    done = commands[name]

    assert done.returncode == 4, done.stderr
    said = done.stdout + done.stderr
    assert [name for name, secret in canaries.items() if _stands_in(secret, said)] == []
