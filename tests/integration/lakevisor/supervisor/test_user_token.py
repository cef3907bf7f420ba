"""A tool can act with the token of the person who asks, and nothing shows the token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.errors import DatabricksError
from pydantic import SecretStr

from lakevisor.config import load_configuration
from lakevisor.supervisor import Caller, Request
from lakevisor.workspace import connect

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLUGIN = '''
"""Says who asks."""

from langchain_core.tools import tool
from lakevisor_plugin import Answer, CurrentTurn, SubAgent, hookimpl
from pydantic import BaseModel


class Settings(BaseModel):
    """No settings."""


def build_tools(settings):
    """Make the tool."""

    @tool
    async def who_am_i(turn: CurrentTurn) -> Answer:
        """Say who asks."""
        ours = await turn.call(turn.workspace.current_user.me)
        client = await turn.user_workspace()
        theirs = client and (await turn.call(client.current_user.me)).user_name
        same = client is await turn.user_workspace()
        text = f"We: {ours.user_name}. You: {theirs}. Once: {same}. {turn}"
        return Answer(text=text)

    return [who_am_i]


@hookimpl
def lakevisor_register_agent():
    """Register the sub-agent."""
    return SubAgent(
        name="who",
        delegate_when="When the person asks who they are.",
        settings=Settings,
        prompt="You say who asks.",
        build_tools=build_tools,
        shortcuts=("who_am_i",),
    )
'''
WHO = {"tool_calls": [{"name": "who_am_i", "arguments": {}}]}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the plugin into this process."""
    metadata = tmp_path / "acme_who-1.0.dist-info"
    metadata.mkdir()
    about = "Metadata-Version: 2.1\nName: acme-who\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(about, encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[lakevisor]\nwho = acme_who\n", encoding="utf-8")
    (tmp_path / "acme_who.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
async def test_a_tool_acts_as_the_person_where_the_request_brings_a_token(
    workspace: Any, open_on: Any, recorder: Any, caplog: Any
) -> None:
    token = SecretStr(workspace.tokens["analyst"])
    async with open_on(workspace, "agents.who={}") as supervisor:
        recorder.script(WHO)
        caller = Caller(user_name="analyst@local.test", user_token=token)
        with_token = await supervisor.ask(Request(text="Who am I?"), caller=caller)
        recorder.script(WHO)
        without = await supervisor.ask(Request(text="Who am I?"))

    assert "We: admin@local.test. You: analyst@local.test. Once: True." in with_token.text
    assert "We: admin@local.test. You: None. Once: True." in without.text
    shown = (with_token.model_dump_json(), caplog.text, str(recorder.prompts()))
    assert all(token.get_secret_value() not in each for each in shown)


async def test_no_other_credentials_stand_in_for_the_token(
    workspace: Any, overrides_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = overrides_of(workspace)
    connection = await connect(settings.workspace, {})
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.tokens["admin"])
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "somebody")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "secret")

    analyst = connection.client_of_user(workspace.tokens["analyst"])
    stranger = connection.client_of_user("dapi-unknown")

    assert analyst.current_user.me().user_name == "analyst@local.test"
    with pytest.raises(DatabricksError):
        stranger.current_user.me()


@pytest.fixture
def overrides_of() -> Any:
    """Give a function that returns the settings for a workspace."""
    folder = Path(__file__).parents[4] / "configs"

    def settings(workspace: Any) -> Any:
        given = [f"workspace.config_file={workspace.config_file}", "workspace.start=[]"]
        return load_configuration(folder=folder, overrides=given, environment={}).settings

    return settings
