"""Apps, from the workspace's files to their answers, through the SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk.errors import OperationFailed, PermissionDenied
from databricks.sdk.service.apps import (
    App,
    AppAccessControlRequest,
    AppDeployment,
    AppPermissionLevel,
    AppResource,
    AppResourceDatabase,
    AppResourceDatabaseDatabasePermission,
    AppResourceJob,
    AppResourceJobJobPermission,
    AppResourceSecret,
    AppResourceSecretSecretPermission,
    EnvVar,
)
from databricks.sdk.service.workspace import ImportFormat

NAME, SOURCE = "telling", "/Workspace/Users/admin@local.test/telling"
START = """
command: [python, telling_app.py, $DATABRICKS_APP_PORT]
env:
  - {name: JOB, valueFrom: the-job}
  - {name: GREETING, valueFrom: the-greeting}
"""
JOB = 100200300400500


@pytest.fixture(scope="module")
def app(workspace: Any) -> Iterator[App]:
    """Give an app that runs, with a job, a secret and a database."""
    w = workspace.client()
    w.workspace.mkdirs(SOURCE)
    app_file = Path(__file__).with_name("telling_app.py").read_bytes()
    for name, content in (("telling_app.py", app_file), ("app.yaml", START.encode())):
        w.workspace.upload(f"{SOURCE}/{name}", content, format=ImportFormat.RAW)
    w.secrets.create_scope("telling")
    w.secrets.put_secret("telling", "greeting", string_value="Good day")
    w.apps.create_and_wait(App(name=NAME, resources=_resources(), user_api_scopes=["sql"]))
    w.apps.deploy_and_wait(NAME, AppDeployment(source_code_path=SOURCE))
    yield w.apps.get(NAME)
    w.apps.delete(NAME)


def _resources() -> list[AppResource]:
    manage_run = AppResourceJobJobPermission.CAN_MANAGE_RUN
    secret = AppResourceSecret(
        scope="telling", key="greeting", permission=AppResourceSecretSecretPermission.READ
    )
    database = AppResourceDatabase(
        instance_name="local-lakebase",
        database_name="databricks_postgres",
        permission=AppResourceDatabaseDatabasePermission.CAN_CONNECT_AND_CREATE,
    )
    return [
        AppResource(name="the-job", job=AppResourceJob(id=str(JOB), permission=manage_run)),
        AppResource(name="the-greeting", secret=secret),
        AppResource(name="the-database", database=database),
    ]


def ask(workspace: Any, app: App, *, user: str = "admin", **headers: str) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(
            f"{app.url}/a%20path?x=1",
            content="said",
            headers={"Authorization": f"Bearer {workspace.tokens[user]}", **headers},
        )


def test_a_deployed_app_finds_its_resources(workspace: Any, app: App) -> None:
    assert (app.app_status.state.value, app.compute_status.state.value) == ("RUNNING", "ACTIVE")
    answer = ask(workspace, app)
    told = answer.json()
    assert answer.is_success, told
    assert (told["path"], told["body"]) == ("/a%20path?x=1", "said")
    found = told["environment"]
    assert (found["JOB"], found["GREETING"]) == (str(JOB), "Good day")
    assert found["DATABRICKS_CLIENT_ID"] == app.service_principal_client_id
    assert found["PGDATABASE"] == "databricks_postgres"
    assert found["HOME"].startswith(str(workspace.data))


def test_its_principal_is_granted_what_the_resources_say(workspace: Any, app: App) -> None:
    w = workspace.client()
    granted = {
        entry.service_principal_name: entry.all_permissions[0].permission_level.value
        for entry in w.permissions.get("jobs", str(JOB)).access_control_list
    }
    assert granted[app.service_principal_client_id] == "CAN_MANAGE_RUN"
    roles = [role.name for role in w.database.list_database_instance_roles("local-lakebase")]
    assert app.service_principal_client_id in roles


def test_the_proxy_says_who_asks_and_nobody_else_does(workspace: Any, app: App) -> None:
    forged = {"X-Forwarded-Email": "admin@local.test", "X-Forwarded-Groups": "admins"}
    assert ask(workspace, app, user="analyst").status_code == 403
    use = AppAccessControlRequest(
        user_name="analyst@local.test", permission_level=AppPermissionLevel.CAN_USE
    )
    workspace.client().apps.update_permissions(NAME, access_control_list=[use])
    headers = ask(workspace, app, user="analyst", **forged).json()["headers"]
    assert headers["x-forwarded-email"] == "analyst@local.test"
    assert headers["x-forwarded-access-token"] == workspace.tokens["analyst"]
    assert not {"authorization", "x-forwarded-groups"} & set(headers)
    with pytest.raises(PermissionDenied):
        workspace.client("analyst").apps.stop(NAME)


def test_without_a_token_nobody_comes_in(app: App) -> None:
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{app.url}/").status_code == 401


def test_an_app_that_cannot_start_leaves_the_one_before(workspace: Any, app: App) -> None:
    w = workspace.client()
    broken = AppDeployment(
        source_code_path=SOURCE, env_vars=[EnvVar(name="APP_BREAKS", value="yes")]
    )
    with pytest.raises(OperationFailed, match="ended with status 1"):
        w.apps.deploy_and_wait(NAME, broken)
    assert ask(workspace, app).status_code == 200
    log = (workspace.data / "apps" / NAME / "app.log").read_text()
    assert "this app cannot start" in log


def test_a_stopped_app_is_not_there_until_it_is_started(workspace: Any, app: App) -> None:
    w = workspace.client()
    w.apps.stop_and_wait(NAME)
    assert ask(workspace, app).status_code == 503
    w.apps.start(NAME)
    while w.apps.get(NAME).app_status.state.value == "DEPLOYING":
        time.sleep(0.05)
    assert ask(workspace, app).json()["environment"]["DATABRICKS_APP_NAME"] == NAME
