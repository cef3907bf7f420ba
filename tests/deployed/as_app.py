"""The rendered bundle as an app: what the Databricks CLI does with it, done with the SDK."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import yaml
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.apps import App, AppDeployment, AppResource
from databricks.sdk.service.workspace import ImportFormat

READY_SECONDS = 120


def start_app(client: WorkspaceClient, bundle: Path) -> str:
    """Upload the bundle's app, make it with its resources, start it, and return its address."""
    described: dict[str, Any] = yaml.safe_load((bundle / "databricks.yml").read_text())
    app = described["resources"]["apps"]["lakevisor"]
    source = f"/Workspace/Users/{client.current_user.me().user_name}/lakevisor"
    for path in sorted(each for each in (bundle / "app").rglob("*") if each.is_file()):
        target = f"{source}/{path.relative_to(bundle / 'app')}"
        client.workspace.mkdirs(target.rpartition("/")[0])
        with path.open("rb") as content:
            client.workspace.upload(target, content, format=ImportFormat.AUTO, overwrite=True)
    made = client.apps.create_and_wait(
        App(
            name=app["name"],
            resources=[AppResource.from_dict(each) for each in app["resources"]],
            user_api_scopes=app["user_api_scopes"],
        )
    )
    client.apps.deploy_and_wait(app["name"], AppDeployment(source_code_path=source))
    return str(made.url)


def ask_app(url: str, token: str, text: str) -> str:
    """Wait until the app is ready, ask it, and return the text of its answer."""
    headers = {"Authorization": f"Bearer {token}"}
    ends_at = time.monotonic() + READY_SECONDS
    while httpx.get(f"{url}/ready", headers=headers).is_error and time.monotonic() < ends_at:
        time.sleep(1)
    answer = httpx.post(f"{url}/responses", headers=headers, json={"input": text}, timeout=120)
    answer.raise_for_status()
    messages = [each for each in answer.json()["output"] if each["type"] == "message"]
    return "\n".join(part["text"] for each in messages for part in each["content"])
