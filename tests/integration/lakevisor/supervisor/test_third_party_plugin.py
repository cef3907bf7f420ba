"""A plugin that nobody here knows, found by its entry point in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakevisor.errors import InvalidPlugins

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLUGIN = '''
"""Says how many letters a word has."""

from langchain_core.tools import tool
from lakevisor_plugin import Answer, CurrentTurn, SubAgent, hookimpl
from pydantic import BaseModel


class Settings(BaseModel):
    """No settings but one."""

    unit: str


def build_tools(settings):
    """Make the tool."""

    @tool
    async def count_letters(word: str, turn: CurrentTurn) -> Answer:
        """Count the letters of a word."""
        text = f"{word} has {len(word)} {settings.unit}."
        return Answer(text=text, data={"letters": len(word), "for": turn.workspace.config.host})

    return [count_letters]


@hookimpl
def lakevisor_register_agent():
    """Register the sub-agent."""
    return SubAgent(
        name="letters",
        delegate_when="When the person asks how many letters a word has.",
        settings=Settings,
        prompt="You count letters.",
        build_tools=build_tools,
        shortcuts=("count_letters",),
    )
'''
METADATA = "Metadata-Version: 2.1\nName: acme-letters\nVersion: 1.0\n"
ENTRY_POINTS = "[lakevisor]\nletters = acme_letters\n"
COUNT = {"name": "count_letters", "arguments": {"word": "lakehouse"}}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Write the distribution as installing it would, and return the folder."""
    metadata = tmp_path / "acme_letters-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(METADATA, encoding="utf-8")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (tmp_path / "acme_letters.py").write_text(PLUGIN, encoding="utf-8")
    return tmp_path


async def test_an_installed_and_enabled_plugin_answers(
    installed: Path, ask_in_a_process: Any, recorder: Any, workspace: Any
) -> None:
    recorder.script({"tool_calls": [COUNT]})

    done = await ask_in_a_process(
        workspace,
        "How many letters has lakehouse?",
        changes=["agents.letters.unit=letters"],
        PYTHONPATH=str(installed),
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["agent"] == "letters"
    assert answer["text"].startswith("lakehouse has 9 letters.")
    assert answer["custom_outputs"]["letters"] == {"letters": 9, "for": workspace.url}
    offered = [each["function"]["name"] for each in recorder.prompts()[0]["tools"]]
    assert offered.index("query_genie") < offered.index("count_letters")


async def test_a_plugin_that_is_enabled_and_not_installed_is_said(
    workspace: Any, open_on: Any
) -> None:
    with pytest.raises(InvalidPlugins, match=r"agents\.letters is configured, but no plugin"):
        async with open_on(workspace, "agents.letters.unit=letters"):
            pass
