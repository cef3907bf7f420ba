"""A plugin of somebody else, as a source folder and as pip would have installed it."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

PYPROJECT = """\
[project]
name = "their-weather"
version = "1.2"
dependencies = ["lakevisor-plugin", "httpx>=0.20", "left-out ; sys_platform == 'win32'"]

[project.entry-points.lakevisor]
weather = "their_weather"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
CODE = '''
from lakevisor_plugin import Resource, SubAgent, hookimpl
from langchain_core.tools import tool
from pydantic import BaseModel


class Settings(BaseModel):
    warehouse: str = "w1"


@tool
def forecast(day: str) -> str:
    """Tell the weather of a day."""
    return day


def resources(settings):
    return [Resource(kind="sql_warehouse", name=settings.warehouse, permission="CAN_USE")]


@hookimpl
def lakevisor_register_agent():
    return SubAgent(
        name="weather",
        delegate_when="For the weather.",
        settings=Settings,
        prompt="Tell the weather.",
        build_tools=lambda settings: [forecast],
        resources=resources,
    )
'''
METADATA = """\
Metadata-Version: 2.1
Name: their-weather
Version: 1.2
Requires-Dist: lakevisor-plugin
Requires-Dist: httpx>=0.20
Requires-Dist: left-out; sys_platform == 'win32'
"""
INFO = "their_weather-1.2.dist-info"


@dataclass(frozen=True, kw_only=True)
class ThirdParty:
    """Writes the plugin into a folder that is on the path."""

    site: Path
    source: Path

    def install_editable(self) -> None:
        """Install it as `pip install --editable` does."""
        self.write_editable()
        sys.path.append(str(self.source))

    def write_editable(self) -> None:
        """Write what that writes; the source is not on this process's path."""
        self._write_source(self.source)
        self._write_metadata({"url": self.source.as_uri(), "dir_info": {"editable": True}})

    def install_from_folder(self, *, extra: str = "", is_pure: bool = True) -> None:
        """Install it as `pip install FOLDER` does."""
        self._write_code(self.site)
        self._write_metadata({"url": self.source.as_uri(), "dir_info": {}}, is_pure=is_pure)
        (self.site / INFO / "RECORD").write_text(
            f"their_weather/__init__.py,,\ntheir_weather/__pycache__/x.pyc,,\n{INFO}/METADATA,,\n"
            f"{INFO}/WHEEL,,\n{INFO}/entry_points.txt,,\n{INFO}/INSTALLER,,\n"
            f"{INFO}/direct_url.json,,\n{INFO}/RECORD,,\n{extra}"
        )

    def install_from_index(self) -> None:
        """Install it as `pip install their-weather` does."""
        self._write_code(self.site)
        self._write_metadata(None)

    def _write_source(self, folder: Path) -> None:
        self._write_code(folder)
        (folder / "pyproject.toml").write_text(PYPROJECT)

    def _write_code(self, folder: Path) -> None:
        (folder / "their_weather").mkdir(parents=True, exist_ok=True)
        (folder / "their_weather" / "__init__.py").write_text(CODE)

    def _write_metadata(self, direct_url: object, *, is_pure: bool = True) -> None:
        info = self.site / INFO
        info.mkdir(parents=True)
        (info / "METADATA").write_text(METADATA)
        purity = str(is_pure).lower()
        (info / "WHEEL").write_text(f"Root-Is-Purelib: {purity}\nTag: py3-none-any\n")
        (info / "entry_points.txt").write_text("[lakevisor]\nweather = their_weather\n")
        (info / "INSTALLER").write_text("pip\n")
        if direct_url is not None:
            (info / "direct_url.json").write_text(json.dumps(direct_url))
