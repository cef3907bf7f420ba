"""Plugins as they are installed: modules with their metadata, in a folder on the path."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path
from textwrap import dedent

import pytest

from lakevisor.config import Configuration, load_configuration
from lakevisor.registry import Discovery, discover
from lakevisor_plugin import ToolCall

PREAMBLE = '''
from langchain_core.tools import tool
from lakevisor_plugin import *
from pydantic import BaseModel


class Settings(BaseModel):
    city: str = "Delft"


@tool
def {name}_tool(day: str) -> str:
    """Answer for a day."""
    return day


def agent(**changes):
    given = dict(
        name="{name}",
        delegate_when="For questions of the tests.",
        settings=Settings,
        prompt="Answer briefly.",
        build_tools=lambda settings: [{name}_tool],
    )
    return SubAgent(**{{**given, **changes}})


'''
REGISTERS = """
@hookimpl
def lakevisor_register_agent():
    return agent()
"""
CONFIGURATION = """
supervisor:
  system_prompt: Be brief.
lakebase:
  instance_name: conversations
model:
  endpoint: claude
"""

Configure = Callable[..., Configuration]


class Site:
    """A folder with installed distributions, of which each test has its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def install(
        self, name: str, source: str = REGISTERS, *, of: str | None = None, target: str = ""
    ) -> None:
        """Install a plugin.

        Args:
            name: the entry point's name.
            source: the module, after a preamble that has all that a plugin needs.
            of: the distribution; without it one of the plugin's name.
            target: what the entry point names, if not the whole module.
        """
        of = of or f"dist-{name}"
        module = f"{of.replace('-', '_')}_{name}_{self.folder.name}".lower().replace("-", "_")
        self.modules.append(module)
        code = PREAMBLE.format(name=name) + dedent(source)
        (self.folder / f"{module}.py").write_text(code, encoding="utf-8")
        metadata = self.folder / f"{of.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {of}\nVersion: 1.2\n")
        lines = f"[lakevisor]\n{name} = {module}{target}\n"
        (metadata / "entry_points.txt").write_text(lines)

    def discover(self) -> Discovery:
        """Discover what is installed here, and nothing else."""
        found = distributions(path=[str(self.folder)])
        return discover(point for each in found for point in each.entry_points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    site = Site(folder)
    yield site
    for module in site.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Make a configuration with these agents, YAML below `agents:`."""

    def _configure(agents: str) -> Configuration:
        folder = tmp_path / "configs"
        (folder / "workspaces").mkdir(parents=True, exist_ok=True)
        (folder / "base.yaml").write_text(CONFIGURATION, encoding="utf-8")
        local = f"agents: {agents}\n"
        (folder / "workspaces" / "local.yaml").write_text(local, encoding="utf-8")
        return load_configuration(folder=folder, overrides=(), environment={})

    return _configure


@pytest.fixture
def tool_call() -> ToolCall:
    return ToolCall(agent="jobs", tool="start", call_id="call_1", arguments={"job": "anomalies"})
